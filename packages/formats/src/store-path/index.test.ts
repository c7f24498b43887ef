import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import type { HashAlgorithm } from '../sri/index.ts'
import { readVectorJson } from '../testing/codec.ts'
import {
  baseName,
  compareByHash,
  contentAddressedPath,
  fixedOutputPath,
  formatContentAddress,
  hashPart,
  isStorePath,
  joinStorePath,
  makeStorePath,
  parseContentAddress,
  parseStorePath,
  pathHash,
  pathName,
  sourcePath,
  storePathOfBaseName,
  textPath,
} from './index.ts'

interface Fixed {
  readonly algorithm: HashAlgorithm
  readonly hex: string
  readonly name: string
  readonly path: string
}
interface Vectors {
  readonly flat: Fixed[]
  readonly recursive: Fixed[]
  readonly text: { name: string; contents: string; references: string[]; path: string }[]
}
const vectors = readVectorJson('nix/vectors.json') as Vectors
const PATH = '/nix/store/0fmibi09sjy2mxap87y4kibl1n7caidm-abc'

test('parts of a store path', () => {
  const path = parseStorePath(PATH)
  assert.equal(baseName(path), '0fmibi09sjy2mxap87y4kibl1n7caidm-abc')
  assert.equal(hashPart(path), '0fmibi09sjy2mxap87y4kibl1n7caidm')
  assert.equal(pathName(path), 'abc')
  assert.equal(pathHash(path).length, 20)
  assert.equal(joinStorePath(pathHash(path), 'abc'), PATH)
  assert.equal(storePathOfBaseName(baseName(path)), PATH)
  assert.ok(isStorePath(PATH))
})

test('what is no store path is refused', () => {
  const base = '0fmibi09sjy2mxap87y4kibl1n7caidm'
  const names = ['', 'a/b', 'a b', 'é', '.', '..', '.-a', '..-a', 'a'.repeat(212), 'a\n', 'a\u0000']
  const bad = [
    '',
    '/nix/store',
    '/nix/store/',
    `/nix/store/${base}`,
    `/nix/store/${base}_abc`,
    `/nix/stor/${base}-abc`,
    `/nix/store/${base.slice(1)}-abc`,
    `/nix/store/e${base.slice(1)}-abc`,
    `/nix/store/${base.toUpperCase()}-abc`,
    `/nix/store//${base}-abc`,
    `${PATH}/bin`,
    ...names.map(name => `/nix/store/${base}-${name}`),
  ]
  for (const text of bad) {
    assert.throws(() => parseStorePath(text), DecodeError, text)
    assert.ok(!isStorePath(text), text)
  }
  for (const name of ['.git', '...', 'a', '+-._?=', 'a'.repeat(211)])
    parseStorePath(`/nix/store/${base}-${name}`)
  assert.throws(() => makeStorePath('source', new Uint8Array(32), 'a/b'), DecodeError)
})

test('fixed-output paths are what nix-store --add-fixed makes', () => {
  for (const [cases, recursive] of [[vectors.flat, false] as const, [vectors.recursive, true] as const]) {
    for (const { algorithm, hex, name, path } of cases) {
      const hash = { algorithm, digest: parseHex(hex) }
      assert.equal(fixedOutputPath({ hash, recursive }, name), path)
      assert.equal(contentAddressedPath({ method: recursive ? 'recursive' : 'flat', hash }, name), path)
      if (recursive && algorithm === 'sha256') assert.equal(sourcePath(hash.digest, name), path)
    }
  }
})

test('text paths are what builtins.toFile makes', () => {
  for (const { name, contents, references, path } of vectors.text) {
    assert.equal(textPath(name, encodeUtf8(contents), references.map(parseStorePath)), path)
  }
})

test('references change the path, their order does not', () => {
  const [a, b] = [parseStorePath(PATH), parseStorePath(PATH.replace('abc', 'b'))]
  const hash = { algorithm: 'sha256' as const, digest: new Uint8Array(32) }
  const path = fixedOutputPath({ hash, recursive: true }, 'x', [a, b])
  assert.equal(fixedOutputPath({ hash, recursive: true }, 'x', [b, a, b]), path)
  assert.notEqual(fixedOutputPath({ hash, recursive: true }, 'x', [a]), path)
  assert.notEqual(fixedOutputPath({ hash, recursive: true }, 'x', [a, b], true), path)
})

test('only recursive SHA-256 and texts have references', () => {
  const references = [parseStorePath(PATH)]
  const refused = { code: 'CONTENT_ADDRESS_REFERENCES' }
  const sha1 = { algorithm: 'sha1' as const, digest: new Uint8Array(20) }
  const sha256 = { algorithm: 'sha256' as const, digest: new Uint8Array(32) }
  assert.throws(() => fixedOutputPath({ hash: sha1, recursive: true }, 'x', references), refused)
  assert.throws(() => fixedOutputPath({ hash: sha256, recursive: false }, 'x', references), refused)
  assert.throws(() => fixedOutputPath({ hash: sha256, recursive: false }, 'x', [], true), refused)
  assert.throws(() => contentAddressedPath({ method: 'text', hash: sha256 }, 'x', [], true), refused)
})

test('content addresses as narinfos have them', () => {
  const digest = '0pk8j1w4k5r6n0jgx5kh2bqlc1h2bhm6f735akxzgj1a8vv3zyg0'
  const texts = [`text:sha256:${digest}`, `fixed:sha256:${digest}`, `fixed:r:sha256:${digest}`]
  for (const text of texts) assert.equal(formatContentAddress(parseContentAddress(text)), text)
  assert.equal(parseContentAddress(`fixed:r:sha256:${digest}`).method, 'recursive')
  const bad = [
    '',
    'fixed:',
    `fixed:git:sha1:${digest}`,
    `text:r:sha256:${digest}`,
    'text:sha1:5ij0crmbj0hs5111ygbkqsbmaig1364l',
    `fixed:r:sha256:${'0'.repeat(64)}`,
    `fixed:r:sha256:${digest}0`,
    'fixed:sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
  ]
  for (const text of bad) assert.throws(() => parseContentAddress(text), DecodeError, text)
})

test('the order of hashes is that of bytes', () => {
  // The last digit holds the first five bits: x0 is less than 0x.
  const low = parseStorePath(`/nix/store/z${'0'.repeat(31)}-a`)
  const high = parseStorePath(`/nix/store/${'0'.repeat(31)}1-a`)
  assert.ok(compareByHash(low, high) < 0)
  assert.ok(compareByHash(low, parseStorePath(`/nix/store/z${'0'.repeat(31)}-b`)) < 0)
  assert.equal(compareByHash(low, low), 0)
})
