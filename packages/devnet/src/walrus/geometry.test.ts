import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blobIdOf } from './blob-id.ts'
import { geometryOf, pairOfShard, shapeOf, shardOfPair } from './geometry.ts'
import { frameSliver } from './sliver.ts'
import { encodeOfficially, sampleBytes } from './testing.ts'

test('plain rows are the official primary slivers', () => {
  for (const size of [0, 1, 500, 6000]) {
    const geometry = geometryOf(10)
    const { symbolSize, rowSize } = shapeOf(geometry, size)
    const { blob, primary } = encodeOfficially(sampleBytes(size), 10)
    for (let row = 0; row < geometry.rows; row++) {
      const symbols = blob.subarray(row * rowSize, (row + 1) * rowSize)
      assert.deepEqual(frameSliver(symbols, rowSize, symbolSize, row), primary[row])
    }
  }
})

test('the largest blob is the notes’ figure', () => {
  // Measured with the official encoder: 1.83 MB for 10 shards, 149 MB for 100, 14.6 GB for 1000.
  assert.equal(geometryOf(10).maxBlobSize, 1_834_952)
  assert.equal(Math.round(geometryOf(100).maxBlobSize / 1e6), 149)
  assert.equal(Math.round(geometryOf(1000).maxBlobSize / 1e8), 146)
})

test('pairs rotate by the id read as a number', () => {
  // 0x0102 = 258; 258 + 3 = 1 modulo 10.
  const id = blobIdOf(Uint8Array.from([...new Uint8Array(30), 1, 2]))
  assert.equal(shardOfPair(id, 3, 10), 1)
  for (let shard = 0; shard < 10; shard++)
    assert.equal(shardOfPair(id, pairOfShard(id, shard, 10), 10), shard)
})
