import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from '@squid/formats/errors'
import { decodeMetadata, metadataLength } from './metadata.ts'
import { encodeOfficially, sampleBytes } from './testing.ts'

const SHARDS = 13
const { id, metadata } = encodeOfficially(sampleBytes(1000), SHARDS)

test('metadata hashes to the id that the official encoder gives', () => {
  for (const shards of [4, 7, 10, SHARDS, 100])
    for (const size of [0, 1, 777]) {
      const official = encodeOfficially(sampleBytes(size), shards)
      assert.equal(official.metadata.length, metadataLength(shards))
      const { blobId, unencodedLength, rootHash } = decodeMetadata(official.metadata, shards)
      assert.deepEqual([blobId, unencodedLength], [official.id, size])
      assert.deepEqual(Uint8Array.from(rootHash), official.rootHash)
    }
})

test('any flipped bit is refused or changes the id', () => {
  for (let at = 0; at < metadata.length; at++) {
    const flipped = Uint8Array.from(metadata)
    flipped[at] = (flipped[at] as number) ^ 1
    let seen
    try {
      seen = decodeMetadata(flipped, SHARDS).blobId
    } catch (error) {
      assert.ok(error instanceof DecodeError)
    }
    assert.notEqual(seen, id)
  }
})

test('metadata for another number of shards is refused', () => {
  assert.throws(() => decodeMetadata(metadata, SHARDS + 1), DecodeError)
  assert.throws(() => decodeMetadata(metadata.subarray(1), SHARDS), DecodeError)
})
