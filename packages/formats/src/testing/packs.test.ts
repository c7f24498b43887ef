import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { readPackIndex } from '../pack/index.ts'
import { readVectorJson } from './codec.ts'

const vectors = readVectorJson('pack/vectors.json') as { pack: string; refused: Record<string, string> }

/** Reads the index as from Walrus: the end first, then what it asks for. */
function readFromEnd(pack: Uint8Array): number {
  for (let tail = Math.min(12, pack.length); ;) {
    const index = readPackIndex(pack.subarray(pack.length - tail), pack.length)
    if ('entries' in index) return index.entries.length
    assert.ok(index.needTailBytes > tail && index.needTailBytes <= pack.length)
    tail = index.needTailBytes
  }
}

test('packs that the reference refuses, read whole and from their end', () => {
  assert.equal(readFromEnd(parseHex(vectors.pack)), 2)
  for (const [what, hex] of Object.entries(vectors.refused)) {
    const pack = parseHex(hex)
    assert.throws(() => readPackIndex(pack, pack.length), DecodeError, what)
    assert.throws(() => readFromEnd(pack), DecodeError, what)
  }
})

test('an index that claims more than memory is refused from twelve bytes', () => {
  const trailer = parseHex(vectors.pack).slice(-12)
  trailer.set([0, 0, 16, 0])
  // 2^20 entries are allowed and 49 MiB long; a pack must have room for them.
  assert.throws(() => readPackIndex(trailer, 1 << 25), DecodeError)
  assert.deepEqual(readPackIndex(trailer, 1 << 26), { needTailBytes: 12 + 49 * 2 ** 20 })
  trailer.set([1, 0, 16, 0])
  assert.throws(() => readPackIndex(trailer, 2 ** 40), DecodeError)
})
