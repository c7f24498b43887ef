/** Binary caches: Nix takes what we write, refuses what was tampered with, and we read what Nix writes. */
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { formatBase32 } from '@squid/formats/base32'
import { formatNarInfo, type NarInfo, parseNarInfo } from '@squid/formats/nar-info'
import { hashNarOfPath, narFromPath } from '@squid/formats/nar/fs'
import {
  fingerprint,
  formatPublicKey,
  formatSecretKey,
  generateSecretKey,
  parsePublicKey,
  parseSecretKey,
  publicKeyOf,
  signText,
  verifyText,
} from '@squid/formats/signature'
import { parseStorePath, hashPart } from '@squid/formats/store-path'
import { NixEnvironment } from '@squid/host/nix/testing'
import { buildSample, closureOf, nix, nixText, type PathInfo, type Sample } from './sample.ts'

const KEY = generateSecretKey('squid-test-1')
const STRANGER = generateSecretKey('squid-test-1')

let sample: Sample
let paths: PathInfo[]
/** The cache that we write, of the runtime closure. */
let cache: string

before(async () => {
  sample = await buildSample()
  paths = closureOf(sample.environment, sample.top)
  cache = join(sample.environment.dir, 'cache')
  await mkdir(join(cache, 'nar'), { recursive: true })
  await writeFile(join(cache, 'nix-cache-info'), 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 10\n')
  for (const info of paths) await writeToCache(info)
})

after(async () => {
  await sample.environment[Symbol.asyncDispose]()
})

async function writeToCache(info: PathInfo): Promise<void> {
  const file = sample.environment.physical(info.path)
  const { hash, size } = await hashNarOfPath(file)
  const url = `nar/${formatBase32(hash)}.nar`
  await writeFile(join(cache, url), narFromPath(file))
  const facts = {
    storePath: parseStorePath(info.path),
    narHash: hash,
    narSize: size,
    references: info.references.map(parseStorePath).toSorted(),
  }
  const narInfo: NarInfo = {
    ...facts,
    url,
    compression: 'none',
    fileHash: hash,
    fileSize: size,
    ...(info.deriver === undefined ? {} : { deriver: parseStorePath(info.deriver) }),
    signatures: info.ca === undefined ? [signText(KEY, fingerprint(facts))] : [],
    ...(info.ca === undefined ? {} : { ca: info.ca }),
  }
  await writeFile(narInfoFile(cache, info.path), formatNarInfo(narInfo))
}

function narInfoFile(dir: string, path: string): string {
  return join(dir, `${hashPart(parseStorePath(path))}.narinfo`)
}

/** Copies the sample from a cache into an empty store. */
function copy(environment: NixEnvironment, dir: string): void {
  nix(environment, 'nix', ['copy', '--from', `file://${dir}`, sample.top])
}

/** A cache that differs in one narinfo, of a path that needs a signature. */
async function changed(name: string, change: (info: NarInfo) => NarInfo): Promise<string> {
  const dir = join(sample.environment.dir, name)
  await cp(cache, dir, { recursive: true })
  const file = narInfoFile(dir, sample.top)
  await writeFile(file, formatNarInfo(change(parseNarInfo(await readFile(file, 'utf8')))))
  return dir
}

async function trusting(key: string): Promise<NixEnvironment> {
  return NixEnvironment.create({ 'trusted-public-keys': key })
}

test('Nix takes every path of a cache that we wrote', async () => {
  await using environment = await trusting(formatPublicKey(publicKeyOf(KEY)))
  copy(environment, cache)
  const copied = closureOf(environment, sample.top)
  const facts = ({ path, narHash, narSize, references, ca }: PathInfo): unknown => [
    path,
    narHash,
    narSize,
    references,
    ca,
  ]
  assert.deepEqual(copied.map(facts), paths.map(facts))
  nix(environment, 'nix', ['store', 'verify', '--all', '--sigs-needed', '1'])
})

test('Nix refuses what the key did not sign', async () => {
  await using stranger = await trusting(formatPublicKey(publicKeyOf(STRANGER)))
  assert.throws(() => copy(stranger, cache), /lacks a (?:valid )?signature/)

  await using environment = await trusting(formatPublicKey(publicKeyOf(KEY)))
  const unsigned = await changed('unsigned', info => ({ ...info, signatures: [] }))
  assert.throws(() => copy(environment, unsigned), /lacks a (?:valid )?signature/)
  const fewer = await changed('fewer', info => ({ ...info, references: info.references.slice(1) }))
  assert.throws(() => copy(environment, fewer), /lacks a (?:valid )?signature/)
})

test('Nix refuses an archive that is not the signed one', async () => {
  await using environment = await trusting(formatPublicKey(publicKeyOf(KEY)))
  const dir = await changed('tampered', info => info)
  const { url } = parseNarInfo(await readFile(narInfoFile(dir, sample.top), 'utf8'))
  const bytes = await readFile(join(dir, url))
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
  await writeFile(join(dir, url), bytes)
  assert.throws(() => copy(environment, dir), /hash mismatch/)
})

/** The first digit of a SHA-256 in base-32 is 0 or 1. */
function flipped(text: string): string {
  return text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')
}

test('Nix refuses a content address that is not that of the path', async () => {
  await using environment = await trusting(formatPublicKey(publicKeyOf(KEY)))
  const text = paths.find(({ ca }) => ca?.startsWith('text:'))
  assert.ok(text !== undefined)
  const dir = join(sample.environment.dir, 'readdressed')
  await cp(cache, dir, { recursive: true })
  const info = await readFile(narInfoFile(dir, text.path), 'utf8')
  await writeFile(narInfoFile(dir, text.path), info.replace(/^CA: text:sha256:./m, flipped))
  parseNarInfo(await readFile(narInfoFile(dir, text.path), 'utf8'))
  assert.throws(() => copy(environment, dir), /lacks a (?:valid )?signature/)
})

test('we read and write every narinfo that Nix writes, and verify its signatures', async () => {
  const secret = nixText(sample.environment, 'nix', ['key', 'generate-secret', '--key-name', 'theirs-1'])
  const publicKey = nixText(sample.environment, 'nix', ['key', 'convert-secret-to-public'], secret)
  assert.equal(formatPublicKey(publicKeyOf(parseSecretKey(secret))), publicKey)
  assert.equal(
    nixText(sample.environment, 'nix', ['key', 'convert-secret-to-public'], formatSecretKey(KEY)),
    formatPublicKey(publicKeyOf(KEY)),
  )
  const file = join(sample.environment.dir, 'secret')
  await writeFile(file, secret)
  const dir = join(sample.environment.dir, 'theirs')
  for (const [compression, what] of [
    ['none', [sample.top]] as const,
    ['xz', ['--derivation', sample.derivation]] as const,
  ]) {
    nix(sample.environment, 'nix', [
      'copy',
      '--to',
      `file://${dir}?compression=${compression}&secret-key=${file}`,
      ...what,
    ])
  }
  const names = (await readdir(dir)).filter(name => name.endsWith('.narinfo'))
  assert.ok(names.length >= 55)
  for (const name of names) {
    const text = await readFile(join(dir, name), 'utf8')
    const info = parseNarInfo(text)
    assert.equal(formatNarInfo(info), text)
    assert.ok(
      info.signatures.some(signature =>
        verifyText([parsePublicKey(publicKey)], fingerprint(info), signature),
      ),
    )
    assert.deepEqual([signText(parseSecretKey(secret), fingerprint(info))], info.signatures)
  }
})
