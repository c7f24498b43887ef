import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'

import { ByteBudget } from './byte-budget.ts'

/** Work that has begun, by name, and can be ended. */
class Desk {
  readonly #budget: ByteBudget
  readonly #open = new Map<string, PromiseWithResolvers<void>>()

  constructor(bytes: number) {
    this.#budget = new ByteBudget(bytes)
  }

  get begun(): string {
    return [...this.#open.keys()].join(' ')
  }

  ask(name: string, bytes: number, signal = new AbortController().signal): Promise<void> {
    return this.#budget.use(bytes, signal, async () => {
      const work = Promise.withResolvers<void>()
      this.#open.set(name, work)
      await work.promise
    })
  }

  async end(name: string, error?: Error): Promise<void> {
    const work = this.#open.get(name)
    this.#open.delete(name)
    if (error === undefined) work?.resolve()
    else work?.reject(error)
    await turn()
  }
}

test('who does not fit waits, and nobody overtakes', async () => {
  const desk = new Desk(10)
  const all = [desk.ask('a', 6), desk.ask('b', 4), desk.ask('c', 5), desk.ask('d', 1)]
  await turn()
  assert.equal(desk.begun, 'a b')
  await desk.end('b')
  assert.equal(desk.begun, 'a')
  await desk.end('a')
  assert.equal(desk.begun, 'c d')
  for (const name of ['c', 'd']) await desk.end(name)
  await Promise.all(all)
})

test('who wants more than there is runs alone', async () => {
  const desk = new Desk(10)
  const all = [desk.ask('small', 1), desk.ask('huge', 11), desk.ask('next', 1)]
  await turn()
  assert.equal(desk.begun, 'small')
  await desk.end('small')
  assert.equal(desk.begun, 'huge')
  await desk.end('huge')
  assert.equal(desk.begun, 'next')
  await desk.end('next')
  await Promise.all(all)
})

test('who leaves makes room for those behind, and so does who fails', async () => {
  const desk = new Desk(10)
  const leaving = new AbortController()
  const failing = desk.ask('fails', 6)
  const left = desk.ask('leaves', 8, leaving.signal)
  const behind = desk.ask('behind', 4)
  await turn()
  assert.equal(desk.begun, 'fails')
  leaving.abort(new Error('enough'))
  await assert.rejects(left, /enough/)
  await turn()
  assert.equal(desk.begun, 'fails behind')
  const last = desk.ask('last', 6)
  await turn()
  assert.equal(desk.begun, 'fails behind')
  const failed = assert.rejects(failing, /broken/)
  await desk.end('fails', new Error('broken'))
  await failed
  assert.equal(desk.begun, 'behind last')
  for (const name of ['behind', 'last']) await desk.end(name)
  await Promise.all([behind, last])
  await assert.rejects(desk.ask('too late', 1, leaving.signal), /enough/)
})
