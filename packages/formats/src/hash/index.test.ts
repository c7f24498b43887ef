import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, formatHex } from '../bytes/index.ts'
import { Sha256, sha256, tagPrefix, taggedSha256 } from './index.ts'

// FIPS 180-4 example: SHA-256 of "abc".
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('SHA-256 at once, in parts and running', () => {
  assert.equal(formatHex(sha256(encodeUtf8('abc'))), ABC)
  assert.equal(formatHex(sha256(encodeUtf8('a'), encodeUtf8('bc'))), ABC)
  assert.equal(formatHex(new Sha256().update(encodeUtf8('ab')).update(encodeUtf8('c')).digest()), ABC)
})

test('a domain tag is its BCS string in front', () => {
  assert.deepEqual(tagPrefix('ab'), Uint8Array.of(2, 0x61, 0x62))
  // The body "bc" behind the tag "": SHA-256 of 00 62 63, by coreutils.
  assert.equal(
    formatHex(taggedSha256('', encodeUtf8('bc'))),
    '4075b6a68556aaa03188190d906199743692269dd8556b034c418f194a70e188',
  )
  assert.throws(() => tagPrefix('x'.repeat(128)), RangeError)
})
