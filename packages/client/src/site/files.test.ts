import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { decodeUtf8 } from '@squid/formats/bytes'
import { type ManifestEntry, NO_REWRITES } from '@squid/formats/manifest'
import { fingerprint, generateSecretKey, publicKeyOf, verifyText } from '@squid/formats/signature'
import { parseStorePath } from '@squid/formats/store-path'
import {
  allPaths,
  compressedNar,
  latestPath,
  type MirroredRelease,
  narInfo,
  narInfoPath,
  narPath,
  parseVersionPath,
  tarballHeaders,
  versionPath,
} from './files.ts'

const storePath = (name: string): ManifestEntry['storePath'] =>
  parseStorePath(
    `/nix/store/${'0'.repeat(32)}-${name}`.replace(/0{32}/, name.length.toString().padStart(32, '0')),
  )

function entry(name: string, references: readonly string[] = [], hash = 1): ManifestEntry {
  return {
    storePath: storePath(name),
    narHash: new Uint8Array(32).fill(hash),
    narSize: 5n,
    references: references.map(storePath),
    signatures: [],
    chunks: { kind: 'inline', ids: [] },
    rewrites: NO_REWRITES,
  }
}

function mirrored(entries: readonly ManifestEntry[], version = 1n, nar = new Uint8Array(5)): MirroredRelease {
  return {
    flakeName: 'hello',
    release: {
      version,
      sourceNarHash: new Uint8Array(32),
      revision: '',
      lastModified: 7n,
      manifest: new Uint8Array(32),
      createdMs: 0n,
      publisher: '0x0',
      yanked: false,
      revoked: undefined,
    },
    contents: {
      async *list() {
        for (const entry of entries) yield await Promise.resolve(entry)
      },
      async *nar() {
        yield await Promise.resolve(nar)
      },
      source: () => Promise.reject(new Error('no source')),
    },
  }
}

const namesOf = async (...releases: readonly MirroredRelease[]): Promise<readonly string[]> =>
  (await allPaths(releases)).map(({ entry }) => entry.storePath.slice(44)).toSorted()

test('paths of tarballs tell flake and version', () => {
  assert.equal(latestPath('hello'), '/hello.tar.gz')
  assert.equal(versionPath('hello', 3n), '/hello/3.tar.gz')
  assert.deepEqual(parseVersionPath('/hello/3.tar.gz'), { flakeName: 'hello', version: 3n })
  for (const path of [
    '/hello.tar.gz',
    '/hello/0.tar.gz',
    '/hello/03.tar.gz',
    '/a/b/3.tar.gz',
    '/nar/x.nar.zst',
  ])
    assert.equal(parseVersionPath(path), undefined)
})

test('a tarball says where and by which hash it is locked', () => {
  assert.deepEqual(tarballHeaders('https://alice.wal.app', mirrored([], 3n)), [
    { key: 'content-type', value: 'application/gzip' },
    {
      key: 'link',
      value: `<https://alice.wal.app/hello/3.tar.gz?narHash=sha256-${'A'.repeat(43)}%3D&lastModified=7>; rel="immutable"`,
    },
  ])
})

test('derivations are left out, but for those that something else refers to', async () => {
  const entries = [entry('a'), entry('bb.drv', ['ccc.drv']), entry('ccc.drv')]
  assert.deepEqual(await namesOf(mirrored(entries)), ['a'])
  const referring = [entry('a', ['bb.drv']), ...entries.slice(1)]
  assert.deepEqual(await namesOf(mirrored(referring)), ['a', 'bb.drv', 'ccc.drv'])
})

test('what several versions have is there once; what they disagree about is refused', async () => {
  const one = mirrored([entry('a'), entry('bb')])
  assert.deepEqual(await namesOf(one, mirrored([entry('a')], 2n)), ['a', 'bb'])
  await assert.rejects(allPaths([one, mirrored([entry('a', [], 2)], 2n)]), {
    code: 'SITE_CONFLICT',
    message: /hello version 1 and hello version 2 .*-a,/,
  })
})

test('what is too large for a portal is refused', async () => {
  const large = new Uint8Array(randomBytes(17 * 1024 * 1024))
  await assert.rejects(compressedNar(entry('a'), mirrored([], 1n, large).contents), { code: 'SITE_LIMIT' })
  const zeros = new Uint8Array(17 * 1024 * 1024)
  const small = await compressedNar(entry('a'), mirrored([], 1n, zeros).contents)
  assert.deepEqual(new Uint8Array(zstdDecompressSync(small)), zeros)
})

test('a narinfo names the NAR by its hash, and is signed', () => {
  const key = generateSecretKey('mirror-1')
  const of = { ...entry('a'), signatures: ['mirror-1:AAAA', 'other-1:AAAA'] }
  const text = decodeUtf8(narInfo(of, { sha256: new Uint8Array(32).fill(2), size: 9 }, key))
  assert.ok(text.includes(`URL: ${narPath(of).slice(1)}\nCompression: zstd\n`))
  assert.match(text, /^FileSize: 9$/m)
  assert.equal(narInfoPath(of), `/${'1'.padStart(32, '0')}.narinfo`)
  const signatures = [...text.matchAll(/^Sig: (.*)$/gm)].map(([, signature]) => signature ?? '')
  assert.equal(signatures.length, 2)
  const own = signatures.find(signature => signature.startsWith('mirror-1:')) ?? ''
  assert.ok(verifyText([publicKeyOf(key)], fingerprint(of), own))
})
