import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { parseStorePath } from '@squid/formats/store-path'

import { checkedNar } from './checked-nar.ts'

const content = Buffer.from('one two three')
const declared = {
  storePath: parseStorePath('/nix/store/00000000000000000000000000000000-x'),
  narSize: BigInt(content.length),
  narHash: createHash('sha256').update(content).digest(),
}

/** What is handed out before it ends, and whether it ends well. */
async function outcome(nar: typeof declared, pieces: readonly string[]): Promise<[string, boolean]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  let handedOut = ''
  try {
    for await (const piece of checkedNar(nar, source(), () => new Error('mismatch')))
      handedOut += Buffer.from(piece).toString()
    return [handedOut, true]
  } catch (error) {
    assert.equal((error as Error).message, 'mismatch')
    return [handedOut, false]
  }
}

test('what is as declared is handed out', async () => {
  assert.deepEqual(await outcome(declared, ['one ', '', 'two ', 'three']), ['one two three', true])
  assert.deepEqual(await outcome(declared, ['one two three', '']), ['one two three', true])
  const empty = { ...declared, narSize: 0n, narHash: createHash('sha256').digest() }
  assert.deepEqual(await outcome(empty, []), ['', true])
})

test('nobody gets as many bytes as are declared when they are others, fewer or more', async () => {
  assert.deepEqual(await outcome(declared, ['one ', 'two ', 'THREE']), ['one two ', false])
  assert.deepEqual(await outcome(declared, ['one ', 'two ', 'THREE', '']), ['one two ', false])
  assert.deepEqual(await outcome(declared, ['one ', 'two ', 'three', '!']), ['one two ', false])
  assert.deepEqual(await outcome(declared, ['one ', 'two ']), ['one ', false])
  assert.deepEqual(await outcome(declared, ['one two three four']), ['', false])
  assert.deepEqual(await outcome({ ...declared, narSize: 0n }, ['one']), ['', false])
})
