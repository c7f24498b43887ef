/**
 * Publishers who lie, end to end: their releases are on the ledger, their bytes on Walrus; readers refuse by name what
 * is false, still read what is true, and blame no storage node.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { BcsWriter } from '@squid/formats/bcs'
import { encodeUtf8 } from '@squid/formats/bytes'
import { encodeChunk, rawChunk } from '@squid/formats/chunk'
import { sha256, tagPrefix } from '@squid/formats/hash'
import type { BlobPlace, ChunkLocation, LocatorLink } from '@squid/formats/locator'
import {
  buildManifestTree,
  type ChunkList,
  encodeManifest,
  type Manifest,
  type ManifestEntry,
  type ManifestNode,
  type ManifestTree,
  NO_REWRITES,
  type Rewrites,
} from '@squid/formats/manifest'
import { compareByHash, hashPart, joinStorePath, pathHash, type StorePath } from '@squid/formats/store-path'
import { publish } from '@squid/client/publish'
import { readRelease } from '@squid/client/releases'
import type { Devnet } from '@squid/devnet'
import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'
import { Forger, type Forgery, nodeChunks } from './forger.ts'

let devnet: Devnet
let mallory: Person
let forger: Forger
/** The honest release: what it commits to, its flake, and its path of several chunks. */
let manifest: Uint8Array
let flake: string
let victim: ManifestEntry
let other: ManifestEntry
/** A blob that has nothing of the release. */
let elsewhere: BlobPlace

before(async () => {
  devnet = await startNetwork()
  mallory = await createPerson(devnet.networkUrl, 'mallory')
  const publication = await publicationOf(mallory.space, 'hello', [
    ['victim', noise('victim', 400_000)],
    ['other', encodeUtf8('compresses well '.repeat(20_000))],
  ])
  const deps = { account: mallory.account, storage: mallory.storage(), home: mallory.home }
  const result = await publish(deps, publication)
  manifest = result.manifest
  flake = result.flake
  const contents = await openContents(mallory.account, mallory.storage(), mallory.space, flake, 1n)
  const entries = await Array.fromAsync(contents.list())
  victim = entries.find(({ storePath }) => storePath.endsWith('-victim')) as ManifestEntry
  other = entries.find(({ storePath }) => storePath.endsWith('-other')) as ManifestEntry
  forger = new Forger(mallory)
  const { blob } = await forger.write([rawChunk(noise('elsewhere', 400_000))], [])
  assert.ok(blob !== null)
  elsewhere = blob
})

after(async () => {
  await mallory[Symbol.asyncDispose]()
  await devnet.stop()
})

function chunkOf(entry: ManifestEntry, index = 0): Uint8Array {
  const { chunks } = entry
  assert.ok(chunks.kind === 'inline')
  return chunks.ids.at(index) as Uint8Array
}

async function placeOf(id: Uint8Array): Promise<ChunkLocation> {
  const chunk = (await forger.chunks()).find(chunk => Buffer.compare(chunk.id, id) === 0)
  assert.ok(chunk !== undefined)
  return chunk.location
}

/** Reads a path; what is handed out before a refusal belongs to the path, and is never the whole. */
async function readNar(root: LocatorLink, entry: ManifestEntry, release = manifest): Promise<Uint8Array> {
  const contents = await forger.open(root, release)
  const found = await contents.lookup(entry.storePath)
  assert.ok(found !== undefined)
  return bytesOf(contents.nar(found))
}

const forgeries: [what: string, forgery: Forgery, code: string][] = [
  ['one byte further', place => ({ ...place, offset: place.offset + 1 }), 'BLOB_CONTENT'],
  ['at the beginning of the blob', place => ({ ...place, offset: 100 }), 'BLOB_CONTENT'],
  ['shorter', place => ({ ...place, length: place.length - 1, rawSize: place.rawSize - 1 }), 'BLOB_CONTENT'],
  ['longer', place => ({ ...place, length: place.length + 1, rawSize: place.rawSize + 1 }), 'BLOB_CONTENT'],
  ['empty', place => ({ ...place, length: 0, rawSize: 0 }), 'BLOB_RANGE'],
  [
    'compressed, which it is not',
    place => ({ ...place, encoding: 'zstd', rawSize: 2 ** 20 }),
    'BLOB_CONTENT',
  ],
  ['in another blob', place => ({ ...place, offset: 5000, blob: elsewhere }), 'BLOB_CONTENT'],
  [
    'in a blob that is not there',
    place => ({ ...place, offset: 5000, blob: { id: sha256(), size: 2 ** 20 } }),
    'BLOB_UNAVAILABLE',
  ],
  [
    'in a blob of another size',
    place => ({ ...place, blob: { id: elsewhere.id, size: 2 ** 24 } }),
    'BLOB_UNAVAILABLE',
  ],
  [
    'in a blob larger than any pack',
    place => ({ ...place, blob: { id: sha256(), size: 2 ** 40 } }),
    'BLOB_RANGE',
  ],
]

for (const [what, forgery, code] of forgeries) {
  test(`a locator that has a chunk ${what} is refused, and the rest is still read`, async () => {
    const root = await forger.withForged(chunkOf(victim, 1), forgery)
    await assert.rejects(readNar(root, victim), { code })
    assert.equal(BigInt((await readNar(root, other)).length), other.narSize)
    assert.deepEqual(forger.setAside, [])
  })
}

test('a locator that has another chunk in the place of one is refused', async () => {
  for (const another of [await placeOf(chunkOf(other)), await placeOf(chunkOf(victim, 2))]) {
    const root = await forger.withForged(chunkOf(victim, 1), () => another)
    await assert.rejects(readNar(root, victim), { code: 'BLOB_CONTENT' })
  }
  assert.deepEqual(forger.setAside, [])
})

test('a locator root that is no node, or another one, is refused', async () => {
  const chunk = await placeOf(chunkOf(victim))
  const bytes = { ...chunk, sha256: chunkOf(victim) }
  await assert.rejects(forger.open(bytes, manifest), { name: 'DecodeError', message: /not a locator node/ })
  await assert.rejects(forger.open({ ...bytes, sha256: sha256() }, manifest), { code: 'BLOB_CONTENT' })
  await assert.rejects(forger.open({ ...bytes, sha256: sha256(), length: 2 ** 21 }, manifest), {
    code: 'BLOB_RANGE',
  })
  const own = await forger.write([rawChunk(Uint8Array.of(1))], [])
  await assert.rejects(forger.open(own, manifest), { code: 'CHUNK_UNKNOWN' })
})

test('a forged locator on the ledger is refused by readers with nothing but the network', async () => {
  const root = await forger.withForged(chunkOf(victim, 1), place => ({ ...place, offset: 0 }))
  const version = await forger.release('hello', manifest, root)
  await using bob = await createPerson(devnet.networkUrl, 'bob')
  const contents = await openContents(bob.account, bob.storage(), mallory.space, flake, version)
  const entry = await contents.lookup(victim.storePath)
  assert.ok(entry !== undefined)
  await assert.rejects(bytesOf(contents.nar(entry)), { code: 'BLOB_CONTENT' })
})

/** A path of one chunk that no honest publisher has. */
function pathOf(
  name: string,
  hash: number[],
  raw: Uint8Array,
  change: Partial<ManifestEntry> = {},
): ManifestEntry {
  const key = sha256(encodeUtf8(name)).slice(0, 20)
  key.set(hash)
  return {
    storePath: joinStorePath(key, name),
    narHash: sha256(raw),
    narSize: BigInt(raw.length),
    references: [],
    signatures: [],
    chunks: { kind: 'inline', ids: [sha256(raw)] },
    rewrites: NO_REWRITES,
    ...change,
  }
}

async function treeOf(
  entries: readonly ManifestEntry[],
): Promise<{ tree: ManifestTree; nodes: ManifestNode[] }> {
  const nodes: ManifestNode[] = []
  const sorted = entries.toSorted((left, right) => compareByHash(left.storePath, right.storePath))
  const tree = await buildManifestTree(sorted, node => void nodes.push(node))
  return { tree, nodes }
}

function rootOf(tree: ManifestTree): ManifestNode {
  const record: Manifest = {
    sourceNarHash: new Uint8Array(32),
    flake: { lastModified: 0n },
    systems: [],
    holds: { sources: false, buildClosure: false },
    tree,
  }
  return encodeManifest(record)
}

/** An inner node as the specification has it, with whatever children. */
function innerOf(children: readonly (readonly [digit: number, child: ManifestTree])[]): ManifestNode {
  const writer = new BcsWriter().fixed(tagPrefix('squid.manifest.inner.1'))
  writer.u16(children.reduce((bits, [digit]) => bits | (1 << digit), 0))
  for (const [, { digest, paths, narBytes }] of children) writer.fixed(digest).u32(paths).u64(narBytes)
  const bytes = writer.finish()
  return { digest: sha256(bytes), bytes }
}

/** Publishes nodes and a root record for `tree`; gives what readers get of it. */
async function openForged(tree: ManifestTree, nodes: readonly ManifestNode[]): ReturnType<Forger['open']> {
  const record = rootOf(tree)
  return forger.open(await forger.withChunks(nodeChunks([...nodes, record])), record.digest)
}

const RAW = Uint8Array.of(1, 2, 3)
const low = Array.from({ length: 20 }, (_, i) => pathOf(`low-${i}`, [0x10 + (i & 1)], RAW))
const high = Array.from({ length: 20 }, (_, i) => pathOf(`high-${i}`, [0x20 + (i & 1)], RAW))

test('a node of another release in the place of one is refused', async () => {
  const [first, second] = [await treeOf(low), await treeOf(high)]
  const record = rootOf(first.tree)
  const chunks = nodeChunks([...first.nodes, ...second.nodes, record])
  const forged = (await forger.withChunks(chunks)).blob
  assert.ok(forged !== null)
  // The locator has the first release's tree where the second one's is: the same kind, both valid, both on Walrus.
  const isTop = (tree: ManifestTree) => (chunk: { id: Uint8Array }) =>
    Buffer.compare(chunk.id, tree.digest) === 0
  const there = chunks.findIndex(isTop(second.tree))
  const offset = chunks.slice(0, there).reduce((total, { bytes }) => total + bytes.length, 0)
  const length = chunks[there]?.bytes.length ?? 0
  const swapped = {
    id: first.tree.digest,
    location: { blob: forged, offset, length, rawSize: length, encoding: 'raw' as const },
  }
  const root = await forger.write(nodeChunks([record]), [swapped])
  const contents = await forger.open(root, record.digest)
  await assert.rejects(contents.lookup((low[0] as ManifestEntry).storePath), { code: 'BLOB_CONTENT' })
})

test('parts of trees that are committed to in the wrong place are refused', async () => {
  const [first, second, both] = [await treeOf(low), await treeOf(high), await treeOf([...low, ...high])]
  const nodes = [...first.nodes, ...second.nodes, ...both.nodes]
  const path = (low[0] as ManifestEntry).storePath
  const sums = ({ paths, narBytes }: ManifestTree): object => ({ paths, narBytes })
  const misfit = { code: 'MANIFEST_MISMATCH' }

  // The right sums, another release's tree: its keys do not belong below the digits that lead to it.
  assert.deepEqual(sums(first.tree), sums(second.tree))
  const one = pathOf('one', [0x30], RAW)
  const leaf = await treeOf([one])
  const swapped = innerOf([
    [1, leaf.tree],
    [2, first.tree],
  ])
  const swappedTree = { digest: swapped.digest, paths: 21, narBytes: 63n }
  const misplaced = await openForged(swappedTree, [...nodes, ...leaf.nodes, swapped])
  await assert.rejects(misplaced.lookup(path), { ...misfit, message: /paths that belong elsewhere/ })
  await assert.rejects(Array.fromAsync(misplaced.list()), misfit)

  // A leaf where the parent counts an inner node's paths, and the other way round.
  const leafAsInner = await openForged({ ...leaf.tree, paths: 40, narBytes: 120n }, leaf.nodes)
  await assert.rejects(leafAsInner.lookup(one.storePath), { ...misfit, message: /other sums/ })
  const innerAsLeaf = await openForged({ ...both.tree, paths: 1, narBytes: 3n }, both.nodes)
  await assert.rejects(innerAsLeaf.lookup(path), { ...misfit, message: /other sums/ })
})

test('a node of another kind in the place of one is refused', async () => {
  const { tree, nodes } = await treeOf(low)
  const record = rootOf(tree)
  const notTree = await openForged({ ...tree, digest: record.digest }, [...nodes, record])
  await assert.rejects(notTree.lookup((low[0] as ManifestEntry).storePath), {
    name: 'DecodeError',
    message: /leaf or inner/,
  })
  const root = await forger.withChunks(nodeChunks(nodes))
  await assert.rejects(forger.open(root, tree.digest), { name: 'DecodeError', message: /root/ })
  const list: ChunkList = { kind: 'list', digest: tree.digest, level: 1, count: 300 }
  const entry = pathOf('list', [0x40], RAW, { chunks: list })
  const listed = await treeOf([entry])
  const contents = await openForged(listed.tree, [...nodes, ...listed.nodes])
  await assert.rejects(bytesOf(contents.nar(entry)), { name: 'DecodeError', message: /chunks/ })
})

/** A release of paths, whose entries and chunks may say anything. */
async function openPaths(
  entries: readonly ManifestEntry[],
  chunks: Parameters<Forger['withChunks']>[0],
): ReturnType<Forger['open']> {
  const { tree, nodes } = await treeOf(entries)
  const record = rootOf(tree)
  return forger.open(await forger.withChunks([...chunks, ...nodeChunks([...nodes, record])]), record.digest)
}

async function refusedNar(
  contents: Awaited<ReturnType<Forger['open']>>,
  path: StorePath,
  error: object,
): Promise<number> {
  const entry = await contents.lookupHash(pathHash(path))
  assert.ok(entry !== undefined)
  let handedOut = 0
  await assert.rejects(async () => {
    for await (const piece of contents.nar(entry)) handedOut += piece.length
  }, error)
  return handedOut
}

test('a chunk that decompresses to more than it says is refused before it is there', async () => {
  const bomb = zstdCompressSync(new Uint8Array(2 ** 30))
  assert.ok(bomb.length < 2 ** 17)
  const raw = noise('bomb', 2 ** 20)
  const entry = pathOf('bomb', [], raw)
  const claimed = { id: sha256(raw), encoding: 'zstd' as const, rawSize: 2 ** 20, bytes: bomb }
  const contents = await openPaths([entry], [claimed])
  const memory = process.memoryUsage().rss
  assert.equal(await refusedNar(contents, entry.storePath, { code: 'BLOB_CONTENT' }), 0)
  const grown = process.memoryUsage().rss - memory
  assert.ok(grown < 2 ** 28, `${grown} bytes more`)
})

test('chunks of other sizes than their index says are refused', async () => {
  const raw = new Uint8Array(5000).fill(65)
  const chunk = encodeChunk(raw)
  assert.equal(chunk.encoding, 'zstd')
  for (const rawSize of [4999, 5001]) {
    const entry = pathOf(`size-${rawSize}`, [], raw)
    const contents = await openPaths([entry], [{ ...chunk, rawSize }])
    await refusedNar(contents, entry.storePath, { code: 'BLOB_CONTENT' })
  }
})

test('NARs of other sizes or hashes than the manifest says are refused, and their end is kept back', async () => {
  const raw = noise('nar', 3000)
  const chunk = rawChunk(raw)
  const lies: Partial<ManifestEntry>[] = [
    { narSize: 2999n },
    { narSize: 3001n },
    { narSize: 2n ** 60n },
    { narSize: 0n },
    { narHash: sha256() },
    { chunks: { kind: 'inline', ids: [chunk.id, chunk.id] } },
    { chunks: { kind: 'inline', ids: [] } },
  ]
  const entries = lies.map((lie, i) => pathOf(`lie-${i}`, [], raw, lie))
  const contents = await openPaths(entries, [chunk])
  for (const entry of entries) {
    const handedOut = await refusedNar(contents, entry.storePath, { code: 'NAR_MISMATCH' })
    assert.ok(handedOut <= raw.length && BigInt(handedOut) <= entry.narSize)
  }
})

/** A list that names one chunk 2^24 times, and its two nodes. */
function longList(id: Uint8Array): [ChunkList, readonly ManifestNode[]] {
  const listNode = (level: number, item: Uint8Array): ManifestNode => {
    const writer = new BcsWriter().fixed(tagPrefix('squid.manifest.chunks.1')).u8(level)
    const bytes = writer
      .vector(
        Array.from({ length: 4096 }, () => item),
        item => writer.fixed(item),
      )
      .finish()
    return { digest: sha256(bytes), bytes }
  }
  const level1 = listNode(1, id)
  const level2 = listNode(2, level1.digest)
  return [{ kind: 'list', digest: level2.digest, level: 2, count: 4096 * 4096 }, [level1, level2]]
}

test('16 TiB of zeros behind three small nodes end where the manifest says', async () => {
  const raw = new Uint8Array(2 ** 20)
  const zeros = encodeChunk(raw)
  const [chunks, nodes] = longList(zeros.id)
  const narSize = 5n * 2n ** 20n
  const entry = pathOf('zeros', [], raw, { chunks, narSize })
  const contents = await openPaths([entry], [zeros, ...nodeChunks(nodes)])
  const handedOut = await refusedNar(contents, entry.storePath, { code: 'NAR_MISMATCH' })
  assert.ok(BigInt(handedOut) <= narSize)
})

test('of 16 million chunks of one byte a few are read ahead', async () => {
  const raw = Uint8Array.of(65)
  const [chunks, nodes] = longList(sha256(raw))
  const { storePath } = pathOf('dust', [], raw)
  const entry = pathOf('dust', [], raw, { chunks, narSize: 2n ** 24n })
  const contents = await openPaths([entry], [rawChunk(raw), ...nodeChunks(nodes)])
  const found = await contents.lookupHash(pathHash(storePath))
  assert.ok(found !== undefined)
  const memory = process.memoryUsage().rss
  const nar = contents.nar(found)
  for (let piece = 0; piece < 1000; piece++) assert.deepEqual((await nar.next()).value, raw)
  await nar.return(undefined)
  const grown = process.memoryUsage().rss - memory
  assert.ok(grown < 2 ** 26, `${grown} bytes more`)
})

/** A NAR that names its path once, masked, and what is said of it. */
function maskedPath(name: string, change: (honest: Rewrites) => Rewrites): [ManifestEntry, Uint8Array] {
  const before = noise(name, 3000)
  const masked = Buffer.concat([before, encodeUtf8('e'.repeat(32)), noise(`${name} behind`, 500)])
  const { storePath } = pathOf(name, [], masked)
  const nar = Buffer.from(masked)
  nar.write(hashPart(storePath), before.length)
  // 3000 is 56 and 23 times 128.
  const honest: Rewrites = { hashes: [0], places: { kind: 'inline', bytes: Uint8Array.of(0xb8, 23, 0) } }
  const chunks: ChunkList = { kind: 'inline', ids: [sha256(masked)] }
  return [pathOf(name, [], nar, { chunks, rewrites: change(honest) }), masked]
}

test('hashes put back in other places, or others, are refused', async () => {
  const many = encodeChunk(new Uint8Array(2 ** 20))
  const short = rawChunk(Uint8Array.of(0xb8, 23, 0))
  const lost = { id: sha256(encodeUtf8('lost')) }
  const places = (...chunks: readonly { readonly id: Uint8Array }[]): Rewrites['places'] => ({
    kind: 'chunks',
    chunks: { kind: 'inline', ids: chunks.map(({ id }) => id) },
  })
  const inline = (...bytes: readonly number[]): Rewrites['places'] => ({
    kind: 'inline',
    bytes: Uint8Array.from(bytes),
  })
  const lies: [what: string, code: string, change: (honest: Rewrites) => Rewrites][] = [
    ['a-byte-further', 'NAR_REWRITES', honest => ({ ...honest, places: inline(0xb9, 23, 0) })],
    ['nothing-put-back', 'NAR_MISMATCH', () => NO_REWRITES],
    ['half-a-million-times', 'NAR_REWRITES', honest => ({ ...honest, places: places(many, many) })],
    ['in-a-chunk-of-three-bytes', 'NAR_REWRITES', honest => ({ ...honest, places: places(short) })],
    ['by-another-chunk', 'BLOB_CONTENT', honest => ({ ...honest, places: places(lost) })],
  ]
  const forged = lies.map(([what, , change]) => maskedPath(what, change))
  const honest = maskedPath('honest', rewrites => rewrites)
  const entries = [...forged, honest].map(([entry]) => entry)
  const raws = [...forged, honest].map(([, masked]) => rawChunk(masked))
  const contents = await openPaths(entries, [...raws, many, short, { ...short, id: lost.id }])
  for (const [i, [what, code]] of lies.entries()) {
    const entry = entries[i] as ManifestEntry
    const handedOut = await refusedNar(contents, entry.storePath, { code })
    assert.ok(BigInt(handedOut) < entry.narSize, what)
  }
  const [entry] = honest
  assert.equal(BigInt((await bytesOf(contents.nar(entry))).length), entry.narSize)
})

test('a log of another size than the manifest says is refused, and no more of it is handed out', async () => {
  const raw = noise('log', 3000)
  const chunk = rawChunk(raw)
  const chunks: ChunkList = { kind: 'inline', ids: [chunk.id] }
  const logs = [2999n, 3001n, 0n, 3000n].map(size => ({ size, chunks }))
  const entries = logs.map((log, i) => pathOf(`log-${i}.drv`, [], raw, { log }))
  const contents = await openPaths(entries, [chunk])
  for (const entry of entries) {
    const found = await contents.lookup(entry.storePath)
    assert.ok(found?.log !== undefined)
    let handedOut = 0n
    const reading = (async () => {
      for await (const piece of contents.log(found)) handedOut += BigInt(piece.length)
    })()
    if (found.log.size === 3000n) await reading
    else await assert.rejects(reading, { code: 'LOG_MISMATCH' })
    assert.ok(handedOut <= found.log.size)
  }
})

test('after all that no storage node is blamed, and the honest release is still there', async () => {
  assert.deepEqual(forger.setAside, [])
  const release = await readRelease(mallory.account.network, flake, 1n)
  assert.deepEqual(release.manifest, manifest)
  const root = await forger.write([], await forger.chunks())
  assert.equal(BigInt((await readNar(root, victim)).length), victim.narSize)
})
