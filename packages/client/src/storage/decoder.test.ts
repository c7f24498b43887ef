import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { Decoder } from './decoder.ts'
import { blobGeometry } from './layout.ts'
import { decodeMetadata } from './metadata.ts'
import { encodeForTest } from './testing.ts'

function noise(size: number): Uint8Array {
  return createHash('shake256', { outputLength: size }).update('noise').digest()
}

for (const [shards, size] of [
  [4, 100],
  [7, 3000],
  [10, 50_000],
  [13, 7],
  [100, 400_000],
  [40, 100_000],
  [64, 20_000],
] as const) {
  test(`any rows give all others, as the official encoder has them: ${shards} shards`, async () => {
    const blob = await encodeForTest(noise(size), shards)
    const geometry = blobGeometry(size, shards)
    const decoder = new Decoder()
    try {
      const row = (index: number): { row: number; bytes: Uint8Array } => ({
        row: index,
        bytes: blob.row(index),
      })
      const all = Array.from({ length: shards }, (_, index) => index)
      const faulty = Math.floor((shards - 1) / 3)
      // The first rows lost; only parity and the last ones left.
      for (const first of [1, Math.min(faulty, geometry.primarySymbols)]) {
        const given = all.slice(first, first + geometry.primarySymbols)
        const wanted = [0, first - 1, shards - 1]
        const made = await decoder.rebuild({ geometry, given: given.map(row), wanted })
        for (const [i, index] of wanted.entries()) assert.deepEqual(made[i], blob.row(index), `row ${index}`)
      }
    } finally {
      await decoder.close()
    }
  })

  test(`metadata tells right slivers from wrong ones: ${shards} shards`, async () => {
    const blob = await encodeForTest(noise(size), shards)
    const geometry = blobGeometry(size, shards)
    const metadata = decodeMetadata(blob.metadata, blob.blobId, shards)
    assert.equal(metadata?.size, size)
    const decoder = new Decoder()
    try {
      for (const index of [0, geometry.primarySymbols, shards - 1]) {
        const bytes = blob.row(index)
        assert.deepEqual(await decoder.hash({ geometry, row: bytes }), metadata.primaryHashes[index])
        const wrong = Uint8Array.from(bytes)
        wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1
        assert.notDeepEqual(await decoder.hash({ geometry, row: wrong }), metadata.primaryHashes[index])
      }
    } finally {
      await decoder.close()
    }
  })
}

test('a large room is given back, a small one kept for the next task', async () => {
  const blob = await encodeForTest(noise(50_000), 10)
  const geometry = blobGeometry(50_000, 10)
  const size = geometry.rowSize
  for (const [maxKeptRoom, kept] of [
    [size, size],
    [size - 1, 0],
  ]) {
    const decoder = new Decoder(maxKeptRoom)
    try {
      const hashing = decoder.hash({ geometry, row: blob.row(0) })
      assert.equal(decoder.roomBytes, size)
      await hashing
      assert.equal(decoder.roomBytes, kept)
      // And the next task works as the first.
      assert.deepEqual(await decoder.hash({ geometry, row: blob.row(0) }), await hashing)
    } finally {
      await decoder.close()
    }
  }
})

test('metadata that the id does not commit to is no metadata', async () => {
  const blob = await encodeForTest(noise(5000), 10)
  for (let at = 0; at < blob.metadata.length; at++) {
    if (at < 32) continue // The id in front is not looked at: the caller's counts.
    const wrong = Uint8Array.from(blob.metadata)
    wrong[at] = (wrong[at] as number) ^ 1
    assert.equal(decodeMetadata(wrong, blob.blobId, 10), undefined, `byte ${at}`)
  }
  assert.equal(decodeMetadata(blob.metadata.subarray(0, -1), blob.blobId, 10), undefined)
  assert.equal(decodeMetadata(blob.metadata, blob.blobId, 11), undefined)
  assert.equal(decodeMetadata(blob.metadata, blob.blobId.toReversed(), 10), undefined)
})
