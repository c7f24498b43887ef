import assert from 'node:assert/strict'
import { test } from 'node:test'

import { blobGeometry, rowsOf, shardGeometry, shardOfPair } from './layout.ts'
import { encodeForTest } from './testing.ts'

// From the Walrus documentation: n = 3f + 1, p = n - 2f source rows, s = n - f source columns.
for (const [shards, primarySymbols, secondarySymbols] of [
  [10, 4, 7],
  [100, 34, 67],
  [1000, 334, 667],
] as const) {
  test(`${shards} shards have ${primarySymbols} x ${secondarySymbols} source symbols`, () => {
    assert.deepEqual(shardGeometry(shards), { shards, primarySymbols, secondarySymbols })
  })
}

test('symbols are even and the matrix is just large enough', () => {
  // 4 x 7 = 28 symbols: 28 bytes need symbols of 1 byte, made even; 57 bytes need 3, made 4.
  assert.equal(blobGeometry(28, 10).symbolSize, 2)
  assert.equal(blobGeometry(57, 10).symbolSize, 4)
  assert.equal(blobGeometry(57, 10).rowSize, 28)
})

test('the rows of a range', () => {
  const geometry = blobGeometry(57, 10)
  assert.deepEqual(rowsOf(geometry, 0, 28), [0, 1])
  assert.deepEqual(rowsOf(geometry, 27, 2), [0, 2])
  assert.deepEqual(rowsOf(geometry, 28, 29), [1, 3])
})

test('pair 0 of the blob id 1 (little-endian u256) lies on the shard that 2^248 modulo the shards names', () => {
  const id = new Uint8Array(32)
  id[0] = 1
  assert.equal(shardOfPair(0, id, 100), Number(2n ** 248n % 100n))
  assert.equal(shardOfPair(99, id, 100), Number((2n ** 248n + 99n) % 100n))
})

test("the official encoder's systematic primary slivers are the rows of the blob", async () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7 + (index >> 8)) % 256)
  const { slivers } = await encodeForTest(bytes, 10)
  const { rowSize, primarySymbols } = blobGeometry(bytes.length, 10)
  for (let row = 0; row < primarySymbols; row++) {
    const expected = Buffer.alloc(rowSize)
    Buffer.from(bytes).copy(expected, 0, row * rowSize)
    assert.deepEqual(Buffer.from(slivers[row] as Uint8Array).subarray(-4 - rowSize, -4), expected)
  }
})
