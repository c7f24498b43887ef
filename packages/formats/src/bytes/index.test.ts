import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodeError } from '../errors/index.ts'
import { assertCanonicalCodec } from '../testing/codec.ts'
import {
  compareBytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  formatBase64,
  formatHex,
  parseBase64,
  parseHex,
} from './index.ts'

// RFC 4648, section 10.
const rfc4648 = [
  ['', '', ''],
  ['f', 'Zg==', '66'],
  ['fo', 'Zm8=', '666f'],
  ['foo', 'Zm9v', '666f6f'],
  ['foob', 'Zm9vYg==', '666f6f62'],
  ['fooba', 'Zm9vYmE=', '666f6f6261'],
  ['foobar', 'Zm9vYmFy', '666f6f626172'],
] as const

test('hexadecimal and base-64 of RFC 4648', () => {
  for (const [text, base64, hex] of rfc4648) {
    assert.equal(formatBase64(encodeUtf8(text)), base64)
    assert.equal(formatHex(encodeUtf8(text)), hex)
    assert.equal(decodeUtf8(parseBase64(base64)), text)
    assert.equal(decodeUtf8(parseHex(hex)), text)
  }
})

test('text forms are strict', () => {
  for (const bad of ['0', '0G', 'AA', '0 0', '00\n']) assert.throws(() => parseHex(bad), DecodeError)
  for (const bad of ['Zg', 'Zg=', 'Zh==', 'Zg==Zg==', 'Z-_=', 'Zg==\n', '=']) {
    assert.throws(() => parseBase64(bad), DecodeError, bad)
  }
  assertCanonicalCodec(bytes => encodeUtf8(formatHex(parseHex(decodeUtf8(bytes)))), [encodeUtf8('00ff')])
  assertCanonicalCodec(
    bytes => encodeUtf8(formatBase64(parseBase64(decodeUtf8(bytes)))),
    [encodeUtf8('Zm9vYg==')],
  )
})

test('UTF-8 is strict and keeps a byte order mark', () => {
  assert.throws(() => decodeUtf8(Uint8Array.of(0xff)), DecodeError)
  assert.throws(() => decodeUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), DecodeError)
  assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa')
})

test('concatenation, order, equality', () => {
  const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(1, 200)]
  assert.deepEqual(concatBytes([a, new Uint8Array(0), b]), Uint8Array.of(1, 2, 1, 200))
  assert.ok(compareBytes(a, b) < 0)
  assert.ok(compareBytes(a, Uint8Array.of(1)) > 0)
  assert.equal(compareBytes(a, a.slice()), 0)
  assert.ok(equalBytes(a, a.slice()))
  assert.ok(!equalBytes(a, b))
  assert.ok(!equalBytes(a, Uint8Array.of(1)))
})
