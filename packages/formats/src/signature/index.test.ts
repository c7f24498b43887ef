import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8, encodeUtf8, formatBase64, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { parseNarInfo } from '../nar-info/index.ts'
import { assertCanonicalCodec, readVector } from '../testing/codec.ts'
import {
  fingerprint,
  formatPublicKey,
  formatSecretKey,
  generateSecretKey,
  parsePublicKey,
  parseSecretKey,
  parseSignature,
  publicKeyOf,
  signText,
  verifyText,
} from './index.ts'

const SECRET = decodeUtf8(readVector('nix/narinfo/secret-key')).trim()
const PUBLIC = decodeUtf8(readVector('nix/narinfo/public-key')).trim()
const INFO = parseNarInfo(decodeUtf8(readVector('nix/narinfo/0ksjnyj7vgrnvnspibyszq2svn6lhcvy.narinfo')))

test('keys of real Nix', () => {
  const secret = parseSecretKey(SECRET)
  assert.equal(formatSecretKey(secret), SECRET)
  assert.equal(formatPublicKey(publicKeyOf(secret)), PUBLIC)
  assert.deepEqual(parsePublicKey(PUBLIC), publicKeyOf(secret))
})

test('we sign what Nix signs, and verify what Nix signed', () => {
  const text = fingerprint(INFO)
  assert.deepEqual([signText(parseSecretKey(SECRET), text)], INFO.signatures)
  assert.ok(verifyText([parsePublicKey(PUBLIC)], text, INFO.signatures[0] ?? ''))
})

// RFC 8032, section 7.1, test 2.
test('ed25519 of RFC 8032', () => {
  const seed = parseHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
  const key = parseHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const signature =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
  assert.equal(signText({ name: 'k', seed, key }, 'r'), `k:${formatBase64(parseHex(signature))}`)
})

test('another text, key, name or signature is refused', () => {
  const text = fingerprint(INFO)
  const [signature = ''] = INFO.signatures
  const key = parsePublicKey(PUBLIC)
  const other = generateSecretKey(key.name)
  assert.ok(!verifyText([key], `${text} `, signature))
  assert.ok(!verifyText([publicKeyOf(other)], text, signature))
  assert.ok(!verifyText([{ ...key, name: 'squid-test-2' }], text, signature))
  assert.ok(!verifyText([], text, signature))
  assert.ok(!verifyText([key], text, signature.replace('4Njiy', '5Njiy')))
  assert.ok(!verifyText([key], text, 'nonsense'))
  assert.ok(verifyText([publicKeyOf(other), key], text, signature))
})

test('each fact is covered by the fingerprint', () => {
  const text = fingerprint(INFO)
  const [first] = INFO.references
  assert.equal(fingerprint({ ...INFO, references: INFO.references.toReversed() }), text)
  assert.notEqual(fingerprint({ ...INFO, narSize: 817n }), text)
  assert.notEqual(fingerprint({ ...INFO, narHash: new Uint8Array(32) }), text)
  assert.notEqual(fingerprint({ ...INFO, references: first === undefined ? [] : [first] }), text)
})

test('a new key works and survives its text form', () => {
  const secret = parseSecretKey(formatSecretKey(generateSecretKey('squid-1')))
  assert.ok(verifyText([publicKeyOf(secret)], 'text', signText(secret, 'text')))
  for (const name of ['', 'a:b', 'a b', 'é', 'x'.repeat(256)])
    assert.throws(() => generateSecretKey(name), RangeError)
})

test('malformed keys and signatures are refused', () => {
  const swapped = formatSecretKey({ ...parseSecretKey(SECRET), key: new Uint8Array(32) })
  for (const text of ['', ':', 'a:', PUBLIC, `${SECRET}A`, swapped])
    assert.throws(() => parseSecretKey(text), DecodeError)
  for (const text of [
    '',
    'a:',
    SECRET,
    PUBLIC.slice(0, -1),
    PUBLIC.split(':')[1] ?? '',
    `a b:${PUBLIC.split(':')[1]}`,
  ]) {
    assert.throws(() => parsePublicKey(text), DecodeError, text)
  }
  assert.throws(() => parseSignature(PUBLIC), DecodeError)
  assertCanonicalCodec(
    bytes => encodeUtf8(formatPublicKey(parsePublicKey(decodeUtf8(bytes)))),
    [encodeUtf8(PUBLIC)],
  )
  assertCanonicalCodec(
    bytes => encodeUtf8(formatSecretKey(parseSecretKey(decodeUtf8(bytes)))),
    [encodeUtf8(SECRET)],
  )
})
