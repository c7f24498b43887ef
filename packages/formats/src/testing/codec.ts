/**
 * What every codec here promises: whatever bytes come, they are either refused by DecodeError or are the one encoding
 * of the value they give.
 * @module
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { DecodeError } from '../errors/index.ts'

/** Reads a file of the repository's `vectors/`. */
export function readVector(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(import.meta.dirname, '../../../../vectors', path)))
}

/** Reads a JSON file of `vectors/`, whose shape the test knows. */
export function readVectorJson(path: string): unknown {
  return JSON.parse(Buffer.from(readVector(path)).toString())
}

/** A copy with another last byte. */
export function withLast(bytes: Uint8Array, byte: number): Uint8Array {
  return bytes.with(bytes.length - 1, byte)
}

function isRefusedOrCanonical(bytes: Uint8Array, reencode: (bytes: Uint8Array) => Uint8Array): void {
  let again: Uint8Array
  try {
    again = reencode(bytes)
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error))
    return
  }
  assert.deepEqual(Buffer.from(again), Buffer.from(bytes))
}

/** One change somewhere: a byte set, removed or inserted, or the end cut off. */
function mutated(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat({ max: Math.max(valid.length - 1, 0) })
  const byte = fc.integer({ min: 0, max: 255 })
  return fc.oneof(
    fc.tuple(at, byte).map(([at, byte]) => valid.map((old, i) => (i === at ? byte : old))),
    at.map(at => valid.slice(0, at)),
    at.map(at => Uint8Array.from([...valid.slice(0, at), ...valid.slice(at + 1)])),
    fc
      .tuple(at, byte)
      .map(([at, byte]) => Uint8Array.from([...valid.slice(0, at), byte, ...valid.slice(at)])),
  )
}

/**
 * Checks the promise on arbitrary bytes, on the valid encodings given, and on small changes to those.
 * @param reencode decodes and encodes again
 */
export function assertCanonicalCodec(
  reencode: (bytes: Uint8Array) => Uint8Array,
  valid: readonly Uint8Array[],
): void {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => isRefusedOrCanonical(bytes, reencode)),
    { numRuns: 200 },
  )
  for (const bytes of valid) {
    assert.deepEqual(Buffer.from(reencode(bytes)), Buffer.from(bytes))
    fc.assert(
      fc.property(mutated(bytes), changed => isRefusedOrCanonical(changed, reencode)),
      { numRuns: Math.max(20, Math.ceil(400 / valid.length)) },
    )
  }
}
