import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import init, { BlobEncoder } from '@mysten/walrus-wasm'
import { blake2b } from '@noble/hashes/blake2.js'
import * as fc from 'fast-check'

import { hashRoom } from './blake2b-code.ts'
import { Engine } from './engine.ts'
import { invert, multiply } from './field.ts'
import { blobGeometry, RedStuffEncoder, RowBuilder, sliverBytes } from './index.ts'

function noise(size: number, seed = 'noise'): Uint8Array {
  return size === 0
    ? new Uint8Array()
    : createHash('shake256', { outputLength: size }).update(seed).digest().slice()
}

interface Digest {
  readonly Digest: readonly number[]
}

/** What the official encoder makes of a blob. */
function official(blob: Uint8Array, shards: number, length: { primary: number; secondary: number }) {
  init()
  using encoder = new BlobEncoder(shards)
  const primary = new Uint8Array(shards * length.primary)
  const secondary = new Uint8Array(shards * length.secondary)
  const slices = (bytes: Uint8Array): Uint8Array[] =>
    Array.from({ length: shards }, (_, i) => {
      const size = bytes.length / shards
      return bytes.subarray(i * size, (i + 1) * size)
    })
  const [metadata, root] = encoder.encode(blob, slices(primary), slices(secondary)) as [
    {
      blob_id: readonly number[]
      metadata: { V1: { hashes: readonly { primary_hash: Digest; secondary_hash: Digest }[] } }
    },
    Digest,
  ]
  const hashes = metadata.metadata.V1.hashes.flatMap(pair => [
    ...pair.primary_hash.Digest,
    ...pair.secondary_hash.Digest,
  ])
  return {
    commitment: {
      blobId: Uint8Array.from(metadata.blob_id),
      rootHash: Uint8Array.from(root.Digest),
      sliverHashes: Uint8Array.from(hashes),
    },
    primary,
    secondary,
  }
}

function agrees(encoder: RedStuffEncoder, blob: Uint8Array, shards: number): void {
  const { rowSize, primarySymbols, symbolSize } = blobGeometry(blob.length, shards)
  const length = { primary: sliverBytes(rowSize), secondary: sliverBytes(primarySymbols * symbolSize) }
  const expected = official(blob, shards, length)
  const primary = new Uint8Array(expected.primary.length)
  const secondary = new Uint8Array(expected.secondary.length)
  assert.deepEqual(encoder.encode(blob, { primary, secondary }), expected.commitment)
  assert.ok(Buffer.from(primary).equals(expected.primary), 'primary slivers')
  assert.ok(Buffer.from(secondary).equals(expected.secondary), 'secondary slivers')
  assert.deepEqual(encoder.identify(blob), expected.commitment)
  const row = primary.subarray(-4 - rowSize, -4)
  assert.deepEqual(
    encoder.primaryHash(row, symbolSize),
    expected.commitment.sliverHashes.slice(64 * (shards - 1), 64 * (shards - 1) + 32),
  )
}

test('every byte is that of the official encoder, at any number of shards and any size', () => {
  const encoders = new Map<number, RedStuffEncoder>()
  const shards = fc.oneof(fc.integer({ min: 4, max: 40 }), fc.constantFrom(64, 97, 100, 128, 129, 193, 300))
  fc.assert(
    fc.property(shards, fc.integer({ min: 0, max: 60_000 }), fc.string(), (count, size, seed) => {
      const encoder = encoders.get(count) ?? new RedStuffEncoder(count)
      encoders.set(count, encoder)
      agrees(encoder, noise(size, seed), count)
    }),
    { numRuns: 120 },
  )
})

// Sizes around whole blocks of 64 and whole symbols: 34 * 67 symbols at 100 shards.
for (const symbolSize of [2, 62, 64, 66, 126, 128, 130, 512, 576])
  test(`symbols of ${symbolSize} bytes`, () => {
    const encoder = new RedStuffEncoder(100)
    const size = 34 * 67 * symbolSize
    for (const bytes of [size, size - 1, size - symbolSize - 1]) agrees(encoder, noise(bytes), 100)
  })

test('1000 shards', () => agrees(new RedStuffEncoder(1000), noise(1_000_000), 1000))

test('a larger blob, and smaller ones after it', () => {
  const encoder = new RedStuffEncoder(100)
  for (const size of [5_000_000, 7, 100_000]) agrees(encoder, noise(size), 100)
})

test('what is no blob is refused', () => {
  for (const shards of [3, 16_385]) assert.throws(() => new RedStuffEncoder(shards), /4 to 16384 shards/)
  const encoder = new RedStuffEncoder(4)
  // 2 * 3 symbols of at most 65,535 bytes.
  assert.throws(() => encoder.identify(new Uint8Array(6 * 65_536)), /too many for one blob/)
  assert.throws(() => encoder.primaryHash(new Uint8Array(7), 2), /a row has 3 symbols of 2 bytes/)
  const slivers = { primary: new Uint8Array(5), secondary: new Uint8Array(5) }
  assert.throws(() => encoder.encode(new Uint8Array(10), slivers), RangeError)
})

test('hashes are those of another BLAKE2b-256', () => {
  const engine = new Engine()
  for (const length of [0, 1, 62, 63, 64, 126, 127, 128, 129, 254, 255, 256, 1000])
    for (const count of [1, 2, 5]) {
      engine.giveBack(0)
      const distance = length + 3
      const messages = noise(count * distance)
      const from = engine.reserve(messages.length)
      const to = engine.reserve((count + 1) * 32)
      const room = engine.reserve(hashRoom(length))
      engine.view(from, messages.length).set(messages)
      engine.hash(to, { at: from, distance }, count, length, 7, room)
      for (let i = 0; i < count; i++) {
        const message = Uint8Array.of(7, ...messages.subarray(i * distance, i * distance + length))
        assert.deepEqual(engine.view(to + 32 * i, 32).slice(), blake2b(message, { dkLen: 32 }))
      }
    }
})

test('the field is one', () => {
  for (let a = 1; a < 65536; a += 997) {
    assert.equal(multiply(a, 1), a)
    assert.equal(multiply(a, invert(a)), 1)
    for (let b = 1; b < 65536; b += 4093) {
      assert.equal(multiply(a, b), multiply(b, a))
      assert.equal(multiply(a, b ^ 77), multiply(a, b) ^ multiply(a, 77))
    }
  }
  assert.equal(multiply(0, 5), 0)
})

test('sums of products of bytes are those of their elements, in whole blocks and in the rest', () => {
  const [one, two] = [noise(600).subarray(0, 300), noise(600).subarray(300)]
  const recipe = [
    { row: 4, factor: 0x1234 },
    { row: 7, factor: 0xf00f },
  ]
  const rows = new Map([
    [4, one],
    [7, two],
  ])
  const [target] = new RowBuilder(150).follow([recipe], rows)
  const element = (bytes: Uint8Array, low: number, high: number): number =>
    (bytes[low] as number) | ((bytes[high] as number) << 8)
  // Second symbol: blocks of 64 at 150 and 214, then 22 bytes at 278.
  for (const [low, high] of [
    [0, 32],
    [150, 182],
    [213 - 32, 213],
    [214, 246],
    [278, 289],
    [288, 299],
  ] as const)
    assert.equal(
      element(target as Uint8Array, low, high),
      multiply(0x1234, element(one, low, high)) ^ multiply(0xf00f, element(two, low, high)),
    )
})

test('rows of many panels are made like rows of one', () => {
  const [one, two] = [noise(200_200, 'one'), noise(200_200, 'two')]
  const rows = new Map([
    [0, one],
    [1, two],
  ])
  const recipe = [
    { row: 0, factor: 1 },
    { row: 1, factor: 1 },
  ]
  const [sum] = new RowBuilder(70).follow([recipe], rows)
  assert.deepEqual(
    sum,
    Uint8Array.from(one, (byte, index) => byte ^ (two[index] as number)),
  )
})
