import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { readVectorJson } from '../testing/codec.ts'
import {
  formatHexHash,
  formatNixHash,
  formatSri,
  type HashAlgorithm,
  parseBareDigest,
  parseHash,
} from './index.ts'

interface Vector {
  readonly algorithm: HashAlgorithm
  readonly hex: string
  readonly base32: string
  readonly base64: string
  readonly sri: string
}
const { hashes } = readVectorJson('nix/vectors.json') as { hashes: Vector[] }

test('every form of every hash that Nix writes', () => {
  for (const { algorithm, hex, base32, base64, sri } of hashes) {
    const hash = { algorithm, digest: parseHex(hex) }
    assert.equal(formatSri(hash), sri)
    assert.equal(formatNixHash(hash), `${algorithm}:${base32}`)
    assert.equal(formatHexHash(hash), `${algorithm}:${hex}`)
    for (const text of [sri, `${algorithm}:${hex}`, `${algorithm}:${base32}`, `${algorithm}:${base64}`]) {
      assert.deepEqual(parseHash(text), hash)
    }
    assert.deepEqual(parseBareDigest(algorithm, base32), hash.digest)
  }
})

test('what is no hash is refused', () => {
  const sri = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='
  const bad = [
    '',
    'sha256',
    'sha3:00',
    'toString-AA==',
    sri.slice(0, -4),
    `${sri}A`,
    sri.replace('sha256', 'sha1'),
  ]
  const base32InSri = 'sha256-1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s'
  for (const text of [...bad, base32InSri]) assert.throws(() => parseHash(text), DecodeError, text)
  assert.throws(() => parseBareDigest('sha256', 'abc'), DecodeError)
})

test('base-64 of the right length but another number of bytes is refused', () => {
  // 43 digits and "=" hold 32 bytes; 44 digits hold 33.
  assert.throws(() => parseHash(`sha256-${'A'.repeat(44)}`), DecodeError)
})
