import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeUtf8, encodeUtf8, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { assertCanonicalCodec, readVectorJson } from '../testing/codec.ts'
import { formatBase32, parseBase32 } from './index.ts'

const { hashes } = readVectorJson('nix/vectors.json') as { hashes: { hex: string; base32: string }[] }

test('base-32 is what Nix writes', () => {
  for (const { hex, base32 } of hashes) {
    assert.equal(formatBase32(parseHex(hex)), base32)
    assert.deepEqual(parseBase32(base32), parseHex(hex))
  }
})

test('round trip of any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), bytes =>
      assert.deepEqual(parseBase32(formatBase32(bytes)), bytes),
    ),
  )
})

test('foreign digits, impossible lengths and unused bits are refused', () => {
  for (const bad of ['e0', 'o0', 't0', 'u0', 'A0', '0é', '0', '000', 'z0', '0 ']) {
    assert.throws(() => parseBase32(bad), DecodeError, bad)
  }
  const valid = hashes.map(({ base32 }) => encodeUtf8(base32))
  assertCanonicalCodec(bytes => encodeUtf8(formatBase32(parseBase32(decodeUtf8(bytes)))), valid)
})
