import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { concatBytes, equalBytes, formatHex } from '../bytes/index.ts'
import { sha256 } from '../hash/index.ts'
import { readVectorJson } from '../testing/codec.ts'
import { noise } from '../testing/noise.ts'
import {
  Chunker,
  decodeChunk,
  encodeChunk,
  GEAR,
  MAX_CHUNK_BYTES,
  MAX_STORED_RAW_BYTES,
  MIN_CHUNK_BYTES,
  rawChunk,
} from './index.ts'

const vectors = readVectorJson('pack/vectors.json') as {
  gear: number[]
  noiseCuts: number[]
  zeroCuts: number[]
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunker = new Chunker()
  return [...chunker.push(bytes), ...chunker.finish()]
}

test('the gear table and the cuts are those of the reference', () => {
  assert.deepEqual([...GEAR.subarray(0, 8)], vectors.gear)
  assert.deepEqual(
    chunksOf(noise(1 << 21)).map(chunk => chunk.length),
    vectors.noiseCuts,
  )
  assert.deepEqual(
    chunksOf(new Uint8Array(600_000)).map(chunk => chunk.length),
    vectors.zeroCuts,
  )
})

test('chunks make up the stream, within their sizes, wherever its pieces end', () => {
  const bytes = noise(1 << 20)
  const whole = chunksOf(bytes).map(chunk => formatHex(sha256(chunk)))
  const pieces = fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(pieces, sizes => {
      const chunker = new Chunker()
      const chunks: Uint8Array[] = []
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1
        chunks.push(...chunker.push(bytes.slice(at, at + size)))
        at += size
      }
      chunks.push(...chunker.finish())
      assert.deepEqual(
        chunks.map(chunk => formatHex(sha256(chunk))),
        whole,
      )
      assert.ok(chunks.every(chunk => chunk.length <= MAX_CHUNK_BYTES))
      assert.ok(chunks.slice(0, -1).every(chunk => chunk.length >= MIN_CHUNK_BYTES))
      assert.ok(equalBytes(concatBytes(chunks), bytes))
    }),
    { numRuns: 15 },
  )
  assert.deepEqual(chunksOf(new Uint8Array(0)), [])
  assert.deepEqual(chunksOf(Uint8Array.of(1)), [Uint8Array.of(1)])
})

test('an insertion changes only the chunks around it', () => {
  const bytes = noise(1 << 21)
  const changed = concatBytes([bytes.subarray(0, 500_000), Uint8Array.of(1, 2, 3), bytes.subarray(500_000)])
  const before = new Set(chunksOf(bytes).map(chunk => formatHex(sha256(chunk))))
  const after = chunksOf(changed).map(chunk => formatHex(sha256(chunk)))
  assert.ok(after.filter(id => !before.has(id)).length <= 3)
})

test('a chunk is compressed when that helps, and comes back', () => {
  const text = new Uint8Array(50_000).fill(65)
  const small = encodeChunk(text)
  assert.equal(small.encoding, 'zstd')
  assert.ok(small.bytes.length < 100)
  assert.deepEqual(decodeChunk(small, small.bytes), text)
  const random = encodeChunk(noise(50_000), { level: 19 })
  assert.equal(random.encoding, 'raw')
  assert.equal(random.bytes.length, 50_000)
  assert.deepEqual(decodeChunk(random, random.bytes), noise(50_000))
  const empty = encodeChunk(new Uint8Array(0))
  assert.deepEqual([empty.encoding, decodeChunk(empty, empty.bytes).length], ['raw', 0])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 19 }), (raw, level) => {
      const chunk = encodeChunk(raw, { level })
      assert.ok(chunk.bytes.length <= raw.length)
      assert.deepEqual(decodeChunk(chunk, chunk.bytes), raw)
    }),
  )
})

test('stored bytes that are not the chunk are refused', () => {
  const refused = { code: 'CHUNK_MISMATCH' }
  const chunk = encodeChunk(new Uint8Array(5000).fill(1))
  const bomb = zstdCompressSync(new Uint8Array(1 << 26))
  assert.throws(() => decodeChunk({ ...chunk, id: new Uint8Array(32) }, chunk.bytes), refused)
  assert.throws(() => decodeChunk({ ...chunk, rawSize: 4999 }, chunk.bytes), refused)
  assert.throws(() => decodeChunk({ ...chunk, rawSize: 5001 }, chunk.bytes), refused)
  assert.throws(() => decodeChunk({ ...chunk, rawSize: 0 }, chunk.bytes), refused)
  assert.throws(() => decodeChunk({ ...chunk, encoding: 'raw' }, chunk.bytes), refused)
  assert.throws(() => decodeChunk(chunk, chunk.bytes.subarray(0, -1)), refused)
  assert.throws(() => decodeChunk(chunk, new Uint8Array(0)), refused)
  assert.throws(() => decodeChunk(chunk, bomb), refused)
  const raw = rawChunk(Uint8Array.of(1, 2))
  assert.throws(() => decodeChunk(raw, Uint8Array.of(1, 3)), refused)
})

test('nothing larger than the limit is stored or read', () => {
  const refused = { code: 'CHUNK_TOO_LARGE' }
  const large = new Uint8Array(MAX_STORED_RAW_BYTES + 1)
  assert.throws(() => encodeChunk(large), refused)
  assert.throws(() => rawChunk(large), refused)
  const facts = { id: sha256(large), encoding: 'zstd', rawSize: large.length } as const
  assert.throws(() => decodeChunk(facts, zstdCompressSync(large)), refused)
})
