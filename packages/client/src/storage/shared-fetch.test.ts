import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'

import { SharedFetches, untilAborted } from './shared-fetch.ts'

test('who leaves does not take the others along', async () => {
  const fetches = new SharedFetches<string>()
  const leaving = new AbortController()
  const answer = Promise.withResolvers<string>()
  let begun = 0
  const fetch = (): Promise<string> => {
    begun++
    return answer.promise
  }
  const first = fetches.get('key', fetch, leaving.signal)
  const second = fetches.get('key', fetch, undefined)
  leaving.abort(new Error('gone'))
  await assert.rejects(first, /gone/)
  answer.resolve('value')
  assert.equal(await second, 'value')
  assert.equal(begun, 1)
})

test('when all have left the fetch is aborted, its failure heard by nobody, and the next caller begins anew', async () => {
  const fetches = new SharedFetches<string>()
  const leaving = new AbortController()
  let aborted = 0
  const fetch = async (signal: AbortSignal): Promise<string> => {
    await sleep(60_000, undefined, { signal }).finally(() => aborted++)
    return 'never'
  }
  const both = [fetches.get('key', fetch, leaving.signal), fetches.get('key', fetch, leaving.signal)]
  leaving.abort(new Error('gone'))
  for (const caller of both) await assert.rejects(caller, /gone/)
  await sleep(1)
  assert.equal(aborted, 1)
  assert.equal(await fetches.get('key', async () => 'value', undefined), 'value')
})

test('an aborted signal is told at once', async () => {
  const never = new Promise<never>(() => undefined)
  await assert.rejects(untilAborted(never, AbortSignal.abort(new Error('gone'))), /gone/)
  assert.equal(await untilAborted(Promise.resolve(1), undefined), 1)
})
