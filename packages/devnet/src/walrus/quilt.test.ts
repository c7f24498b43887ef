import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeQuilt } from '@mysten/walrus'
import { DecodeError } from '@squid/formats/errors'
import * as fc from 'fast-check'
import { blobIdOf } from './blob-id.ts'
import { geometryOf } from './geometry.ts'
import { formatPatchId, parsePatchId, type QuiltPatch, QuiltReader } from './quilt.ts'
import { sampleBytes } from './testing.ts'

const SHARDS = 10
const GEOMETRY = geometryOf(SHARDS)
/** As long as the columns of two symbols: needs several of them. */
const FILES = [
  { identifier: 'a', contents: sampleBytes(3), tags: { kind: 'short' } },
  { identifier: 'b', contents: sampleBytes(40, 2), tags: {} },
  { identifier: 'ç', contents: new Uint8Array(0), tags: {} },
]
const { quilt } = encodeQuilt({ blobs: FILES, numShards: SHARDS })

function readerOf(bytes: Uint8Array): QuiltReader {
  return new QuiltReader(
    (start, length) => Promise.resolve(bytes.subarray(start, start + length)),
    GEOMETRY,
    bytes.length,
  )
}

test('a quilt of the official encoder is read', async () => {
  const reader = readerOf(quilt)
  const patches = await reader.patches()
  assert.deepEqual(
    patches.map(({ identifier, tags }) => [identifier, Object.fromEntries(tags)]),
    FILES.map(({ identifier, tags }) => [identifier, tags]),
  )
  for (const [i, patch] of patches.entries())
    assert.deepEqual(Uint8Array.from(await reader.contents(patch)), FILES[i]?.contents)
})

test('a patch id has one form', () => {
  const id = blobIdOf(sampleBytes(32))
  const patch: QuiltPatch = { identifier: 'a', tags: new Map(), startIndex: 1, endIndex: 0x102 }
  const text = formatPatchId(id, patch)
  // Version 1, then both numbers, little-endian.
  assert.equal(Buffer.from(text, 'base64url').subarray(32).toString('hex'), '0101000201')
  assert.deepEqual(parsePatchId(text), { quilt: id, startIndex: 1, endIndex: 0x102 })
  const versioned = Buffer.from(text, 'base64url')
  versioned[32] = 2
  for (const wrong of [text.slice(1), `${text}=`, id, '', versioned.toString('base64url')])
    assert.equal(parsePatchId(wrong), undefined)
})

test('any change of a quilt is read as something else or refused by name', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: quilt.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const changed = Uint8Array.from(quilt)
      changed[at] = (changed[at] ?? 0) ^ by
      const reader = readerOf(changed)
      try {
        for (const patch of await reader.patches()) await reader.contents(patch)
      } catch (error) {
        assert.ok(error instanceof DecodeError)
      }
    }),
    { numRuns: 300 },
  )
})

test('bytes of any length are a quilt or refused by name', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
      if (bytes.length > 0) bytes[0] = 1
      await readerOf(bytes)
        .patches()
        .catch((error: unknown) => assert.ok(error instanceof DecodeError))
    }),
  )
})
