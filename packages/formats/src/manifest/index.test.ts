import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { concatBytes, encodeUtf8, equalBytes, formatHex, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { sha256 } from '../hash/index.ts'
import { knownHashes, NarCutter } from '../mask/index.ts'
import { compareByHash, parseStorePath, pathHash, type StorePath } from '../store-path/index.ts'
import { assertCanonicalCodec, readVectorJson, withLast } from '../testing/codec.ts'
import { NodeStore, sampleEntry, samplePath } from '../testing/entries.ts'
import { createChunkListNode, decodeChunkListNode } from './chunk-list.ts'
import {
  buildManifestTree,
  type ChunkList,
  chunkListsOf,
  createChunkList,
  createRewrites,
  decodeManifest,
  encodeManifest,
  listPaths,
  lookupPath,
  type Manifest,
  type ManifestEntry,
  type ManifestTree,
  narOf,
  NO_REWRITES,
  readChunkList,
  type Rewrites,
} from './index.ts'
import { createInner, decodeTreeNode } from './tree.ts'

interface Vectors {
  readonly keys: string[]
  readonly paths: string[]
  readonly tree: { digest: string; paths: number; narBytes: number }
  readonly nodes: Record<string, string>
  readonly chunkList: string
  readonly program: string
  readonly root: string
  readonly rootDigest: string
  readonly refused: Record<'tree' | 'list' | 'root', Record<string, string>>
}
const vectors = readVectorJson('manifest/vectors.json') as Vectors
const PATHS = vectors.paths.map(parseStorePath)
const NODES = Object.values(vectors.nodes).map(parseHex)
const ROOT = parseHex(vectors.root)

/** The path of the vectors with this number. */
function vectorPath(i: number, name = `path-${i}`): StorePath {
  return parseStorePath((PATHS[i] ?? '').replace(/path-\d+(?:\.drv)?$/, name))
}

/** The entries that reference.py writes. */
const ENTRIES: ManifestEntry[] = PATHS.map((storePath, i) => ({
  storePath,
  narHash: sha256(encodeUtf8('nar'), Uint8Array.of(i)),
  narSize: BigInt(1000 + i),
  references: i === 0 ? [] : [storePath, vectorPath(0)],
  ...(i % 2 === 1 ? { deriver: vectorPath(1, 'x.drv') } : {}),
  ...(i % 3 === 2 ? { ca: `text:sha256:${'0'.repeat(52)}` } : {}),
  signatures: i % 2 === 1 ? [`key-1:${'A'.repeat(86)}==`] : [],
  chunks: { kind: 'inline', ids: Array.from({ length: i % 4 }, (_, c) => sha256(Uint8Array.of(i, c))) },
  ...(i % 7 === 3 && { log: { size: BigInt(500 + i), chunks: oneChunk(Uint8Array.of(i, 254)) } }),
  rewrites: vectorRewrites(i),
}))

function oneChunk(raw: Uint8Array): ChunkList {
  return { kind: 'inline', ids: [sha256(raw)] }
}

function vectorRewrites(i: number): Rewrites {
  const inline = (hex: string): Rewrites['places'] => ({ kind: 'inline', bytes: parseHex(hex) })
  if (i % 5 === 1) return { hashes: [1], places: inline('2800') }
  if (i % 5 === 2) return { hashes: [1, 0], places: inline('000000012100') }
  if (i % 5 !== 3) return NO_REWRITES
  return { hashes: [0], places: { kind: 'chunks', chunks: oneChunk(Uint8Array.of(i, 255)) } }
}

const MANIFEST: Manifest = {
  sourceNarHash: sha256(encodeUtf8('source')),
  flake: { lastModified: 1_700_000_000n, revision: 'abcdef' },
  systems: [
    {
      system: 'x86_64-linux',
      attributes: [
        {
          attribute: 'hello',
          derivation: vectorPath(4, 'hello.drv'),
          outputs: [
            { name: 'dev', path: vectorPath(2, 'hello-dev') },
            { name: 'out', path: vectorPath(3, 'hello') },
          ],
          outputsToInstall: ['out'],
          mainProgram: vectors.program,
        },
        { attribute: 'world', outputs: [], outputsToInstall: [] },
      ],
    },
  ],
  holds: { sources: false, buildClosure: true },
  tree: { ...vectors.tree, digest: parseHex(vectors.tree.digest), narBytes: BigInt(vectors.tree.narBytes) },
}

function sorted(entries: readonly ManifestEntry[]): ManifestEntry[] {
  return entries.toSorted((left, right) => compareByHash(left.storePath, right.storePath))
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** A store with the tree of the vectors. */
async function vectorTree(): Promise<{ store: NodeStore; tree: ManifestTree }> {
  const store = new NodeStore()
  return { store, tree: await buildManifestTree(ENTRIES, store.emit) }
}

test('the tree of the reference, node for node', async () => {
  const { store, tree } = await vectorTree()
  assert.equal(formatHex(tree.digest), vectors.tree.digest)
  assert.deepEqual([tree.paths, tree.narBytes], [40, BigInt(vectors.tree.narBytes)])
  const written = Object.fromEntries([...store.nodes].map(([digest, bytes]) => [digest, formatHex(bytes)]))
  const { [vectors.chunkList]: list, ...nodes } = vectors.nodes
  assert.ok(list !== undefined)
  assert.deepEqual(written, { ...nodes })
})

test('every path is found through one branch, others are not', async () => {
  const { store, tree } = await vectorTree()
  const sizes = new Map(ENTRIES.map(entry => [entry.storePath, entry]))
  for (const [path, entry] of sizes) {
    store.loaded.length = 0
    const found = await lookupPath(tree, pathHash(path), store.load)
    assert.deepEqual(
      { ...found, references: found?.references.toSorted() },
      { ...entry, references: entry.references.toSorted() },
    )
    assert.ok(store.loaded.length <= 3)
  }
  assert.equal(await lookupPath(tree, new Uint8Array(20).fill(0x55), store.load), undefined)
  assert.deepEqual(
    (await all(listPaths(tree, store.load))).map(entry => entry.storePath),
    PATHS,
  )
})

test('the empty tree is a leaf', async () => {
  const store = new NodeStore()
  const tree = await buildManifestTree([], store.emit)
  assert.deepEqual([tree.paths, tree.narBytes], [0, 0n])
  assert.equal(await lookupPath(tree, new Uint8Array(20), store.load), undefined)
  assert.deepEqual(await all(listPaths(tree, store.load)), [])
})

test('any set of paths comes back whole and in order', async () => {
  // Prefixes that are often equal make deep trees.
  const prefix = fc.array(fc.constantFrom(0, 1), { maxLength: 19 })
  const seeds = fc.uniqueArray(fc.tuple(fc.nat(), prefix), { selector: ([seed]) => seed, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(seeds, async seeds => {
      const entries = sorted(seeds.map(([seed, prefix]) => sampleEntry(samplePath(seed, 'x', prefix))))
      const store = new NodeStore()
      const tree = await buildManifestTree(entries, store.emit)
      assert.deepEqual(await all(listPaths(tree, store.load)), entries)
      for (const entry of entries.slice(0, 5)) {
        assert.deepEqual(await lookupPath(tree, pathHash(entry.storePath), store.load), entry)
      }
    }),
    { numRuns: 50 },
  )
})

test('the deepest possible tree', async () => {
  const prefix = Array.from({ length: 19 }, () => 0)
  const byLast = Array.from({ length: 17 }, (_, i) => samplePath(i, 'x', [...prefix, i < 16 ? i : 16]))
  const entries = sorted(byLast.map(path => sampleEntry(path)))
  const store = new NodeStore()
  const tree = await buildManifestTree(entries, store.emit)
  assert.deepEqual(await all(listPaths(tree, store.load)), entries)
  assert.equal(store.nodes.size, 38 + 1 + 2)
})

test('a small change stores a small change', async () => {
  const entries = sorted(Array.from({ length: 5000 }, (_, i) => sampleEntry(samplePath(i))))
  const store = new NodeStore()
  await buildManifestTree(entries, store.emit)
  const before = store.nodes.size
  const changed = entries.map((entry, i) => (i === 2500 ? { ...entry, narSize: 101n } : entry))
  const tree = await buildManifestTree(changed, store.emit)
  assert.ok(store.nodes.size - before <= 5)
  assert.equal(tree.narBytes, 500_001n)
})

/** The hexadecimal digits on the way to every node of the tree, by digest. */
async function placesOf(tree: ManifestTree, store: NodeStore): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const walk = async (part: ManifestTree, prefix: string): Promise<void> => {
    found.set(formatHex(part.digest), prefix)
    const node = decodeTreeNode(await store.load(part.digest))
    if (node.kind === 'leaf') return
    for (const [digit, child] of node.children.entries()) {
      if (child !== undefined) await walk(child, prefix + digit.toString(16))
    }
  }
  await walk(tree, '')
  return found
}

test('a release that changes 1 % of 5,000 paths stores new leaves and branches only', async () => {
  const old = sorted(Array.from({ length: 5000 }, (_, i) => sampleEntry(samplePath(i))))
  const [store, next] = [new NodeStore(), new NodeStore()]
  const oldTree = await buildManifestTree(old, store.emit)
  // A changed path has another hash, as Nix has it: one goes, one comes.
  const removed = old.filter((_, i) => i % 100 === 50)
  const added = removed.map((_, i) => sampleEntry(samplePath(10_000 + i)))
  const kept = old.filter(entry => !removed.includes(entry))
  const tree = await buildManifestTree(sorted([...kept, ...added]), next.emit)

  const stored = [...next.nodes].filter(([digest]) => !store.nodes.has(digest))
  const bytes = stored.reduce((total, [, node]) => total + node.length, 0)
  const places = await placesOf(tree, next)
  const leaf = Math.max(...[...next.nodes.values()].map(node => node.length))
  const depth = Math.max(...[...places.values()].map(prefix => prefix.length)) + 1
  const touched = [...removed, ...added].map(({ storePath }) => formatHex(pathHash(storePath)))
  assert.deepEqual([removed.length, added.length, depth], [50, 50, 4])
  assert.ok(bytes <= touched.length * leaf * depth, `${bytes} bytes`)

  // Sharper: each lies on the way to what changed, or came of a leaf there that grew too large and was split.
  const before = new Set((await placesOf(oldTree, store)).values())
  for (const [digest] of stored) {
    const prefix = places.get(digest)
    assert.ok(prefix !== undefined)
    const part = before.has(prefix) || prefix === '' ? prefix : prefix.slice(0, -1)
    assert.ok(
      touched.some(key => key.startsWith(part)),
      `a node at ${prefix} is new`,
    )
  }
  assert.equal([...places.keys()].filter(digest => !store.nodes.has(digest)).length, stored.length)
  assert.ok(stored.length < places.size / 5, `${stored.length} of ${places.size} nodes`)
})

test('listing reads ahead, so many nodes at once, and in the same order', async () => {
  const entries = sorted(Array.from({ length: 2000 }, (_, i) => sampleEntry(samplePath(i))))
  const store = new NodeStore()
  const tree = await buildManifestTree(entries, store.emit)
  let [going, most] = [0, 0]
  const load = async (digest: Uint8Array): Promise<Uint8Array> => {
    most = Math.max(most, ++going)
    await new Promise(resolve => setImmediate(resolve))
    going--
    return store.load(digest)
  }
  assert.deepEqual(await all(listPaths(tree, load, 20)), entries)
  assert.ok(most > 10 && most <= 20, `${most} at once`)
  most = 0
  assert.deepEqual(await all(listPaths(tree, load)), entries)
  assert.equal(most, 1)
})

test('large entries have a leaf of their own', async () => {
  const references = Array.from({ length: 3000 }, (_, i) =>
    samplePath(i, 'a-reference-with-a-long-name'.repeat(2)),
  ).toSorted()
  const entries = sorted(Array.from({ length: 3 }, (_, i) => ({ ...sampleEntry(samplePath(i)), references })))
  const store = new NodeStore()
  const tree = await buildManifestTree(entries, store.emit)
  assert.ok(store.nodes.size > 3)
  assert.deepEqual(await all(listPaths(tree, store.load)), entries)
})

test('any accepted tree node is the one encoding of its content', async () => {
  const reencode = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const node = decodeTreeNode(bytes)
    if (node.kind === 'inner') return createInner(node.children).bytes
    const store = new NodeStore()
    await buildManifestTree(node.entries, store.emit)
    return [...store.nodes.values()].at(-1) ?? new Uint8Array(0)
  }
  const chunkList = parseHex(vectors.nodes[vectors.chunkList] ?? '')
  for (const bytes of NODES.filter(bytes => !equalBytes(bytes, chunkList))) {
    assert.deepEqual(await reencode(bytes), bytes)
    const change = fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }))
    await fc.assert(
      fc.asyncProperty(change, async ([at, byte]) => {
        const changed = bytes.map((old, i) => (i === at ? byte : old))
        let again: Uint8Array
        try {
          again = await reencode(changed)
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error))
          return
        }
        assert.deepEqual(again, changed)
      }),
      { numRuns: 150 },
    )
  }
})

test('entries out of order or twice are refused', async () => {
  const [first, second] = ENTRIES
  assert.ok(first !== undefined && second !== undefined)
  const refused = { code: 'MANIFEST_ENTRY' }
  const emit = (): void => undefined
  await assert.rejects(buildManifestTree([second, first], emit), refused)
  await assert.rejects(buildManifestTree([first, first], emit), refused)
  await assert.rejects(
    buildManifestTree([{ ...second, references: [first.storePath, first.storePath] }], emit),
    refused,
  )
  const signatures = second.signatures.flatMap(signature => [signature, signature])
  await assert.rejects(buildManifestTree([{ ...second, signatures }], emit), refused)
  const ids = Array.from({ length: 257 }, () => new Uint8Array(32))
  await assert.rejects(buildManifestTree([{ ...first, chunks: { kind: 'inline', ids } }], emit), refused)
  const references = Array.from({ length: 8193 }, (_, i) => samplePath(i))
  await assert.rejects(buildManifestTree([{ ...first, references }], emit), refused)
  await assert.rejects(buildManifestTree([{ ...first, signatures: ['x'] }], emit), DecodeError)
  await assert.rejects(buildManifestTree([{ ...first, ca: 'x' }], emit), DecodeError)
})

test('a node that is not what its parent says is refused', async () => {
  const { store, tree } = await vectorTree()
  const key = pathHash(vectorPath(7))
  const refused = { code: 'MANIFEST_MISMATCH' }
  for (const digest of store.nodes.keys()) {
    const load = async (asked: Uint8Array): Promise<Uint8Array> => {
      const bytes = await store.load(asked)
      return formatHex(asked) === digest
        ? bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
        : bytes
    }
    await assert.rejects(all(listPaths(tree, load)), refused)
  }
  for (const wrong of [
    { ...tree, paths: 41 },
    { ...tree, narBytes: 0n },
  ]) {
    await assert.rejects(lookupPath(wrong, key, store.load), refused)
  }
})

test('paths in a part of the tree where they do not belong are refused', async () => {
  const store = new NodeStore()
  const leaf = await buildManifestTree([sampleEntry(samplePath(1, 'x', [0x10]))], store.emit)
  const other = await buildManifestTree([sampleEntry(samplePath(2, 'x', [0x20]))], store.emit)
  const node = createInner(
    Array.from({ length: 16 }, (_, digit) => (digit === 3 ? leaf : digit === 4 ? other : undefined)),
  )
  await store.emit(node)
  const tree = { digest: node.digest, paths: 2, narBytes: 200n }
  await assert.rejects(lookupPath(tree, new Uint8Array(20).fill(0x30), store.load), {
    code: 'MANIFEST_MISMATCH',
  })
  await assert.rejects(all(listPaths(tree, store.load)), { code: 'MANIFEST_MISMATCH' })
})

test('nodes that should look otherwise are refused', async () => {
  const store = new NodeStore()
  const one = await buildManifestTree([sampleEntry(samplePath(1))], store.emit)
  const alone = createInner([one])
  assert.throws(() => decodeTreeNode(alone.bytes), /should be a leaf/)
  assert.throws(() => decodeTreeNode(createInner([{ ...one, paths: 0 }]).bytes), /empty child/)
  assert.throws(() => decodeTreeNode(createInner([]).bytes), /without children/)
  assert.throws(() => decodeTreeNode(ROOT), /not a manifest node/)
  assert.throws(() => decodeTreeNode(createChunkListNode(1, [one.digest]).bytes), /not a manifest node/)
})

test('a chain of inner nodes without end is refused', async () => {
  const store = new NodeStore()
  const entries = sorted(
    [1, 2].map(seed =>
      sampleEntry(
        samplePath(
          seed,
          'x',
          Array.from({ length: 19 }, () => 0),
        ),
      ),
    ),
  )
  let tree = await buildManifestTree(entries, store.emit)
  for (let level = 0; level <= 40; level++) {
    const node = createInner([tree])
    await store.emit(node)
    tree = { ...tree, digest: node.digest }
  }
  await assert.rejects(lookupPath(tree, new Uint8Array(20), store.load), {
    code: 'MANIFEST_MISMATCH',
    message: /levels/,
  })
})

test('chunk lists: inline, one level, two levels', async () => {
  for (const [count, level] of [
    [0, 0],
    [256, 0],
    [257, 1],
    [4096, 1],
    [4097, 2],
    [9000, 2],
  ] as const) {
    const ids = Array.from({ length: count }, (_, i) => sha256(encodeUtf8(`${i}`)))
    const store = new NodeStore()
    const list = await createChunkList(ids, store.emit)
    assert.equal(list.kind === 'list' ? list.level : 0, level)
    assert.deepEqual(await all(readChunkList(list, store.load)), ids)
    const tree = await buildManifestTree([{ ...sampleEntry(samplePath(1)), chunks: list }], store.emit)
    const [entry] = await all(listPaths(tree, store.load))
    assert.deepEqual(entry?.chunks, list)
  }
})

test('the chunk list of the reference', async () => {
  const counter = (i: number): Uint8Array => Uint8Array.of(i & 255, i >> 8, 0, 0)
  const ids = Array.from({ length: 300 }, (_, i) => sha256(counter(i)))
  const list = await createChunkList(ids, () => undefined)
  assert.ok(list.kind === 'list')
  assert.equal(formatHex(list.digest), vectors.chunkList)
})

test('chunk lists that are not what they say are refused', async () => {
  const store = new NodeStore()
  const ids = Array.from({ length: 5000 }, (_, i) => sha256(encodeUtf8(`${i}`)))
  const list = await createChunkList(ids, store.emit)
  const one = await createChunkList(ids.slice(0, 300), store.emit)
  assert.ok(list.kind === 'list' && one.kind === 'list')
  const read = (list: ChunkList): Promise<Uint8Array[]> => all(readChunkList(list, store.load))
  await assert.rejects(read({ ...list, count: 5001 }), DecodeError)
  await assert.rejects(read({ ...list, count: 9000 }), DecodeError)
  await assert.rejects(read({ ...list, level: 1 }), DecodeError)
  await assert.rejects(read({ ...one, count: 301 }), DecodeError)
  await assert.rejects(read({ ...one, level: 2 }), DecodeError)
  const tampered = async (digest: Uint8Array): Promise<Uint8Array> => withLast(await store.load(digest), 1)
  await assert.rejects(all(readChunkList(one, tampered)), { code: 'MANIFEST_MISMATCH' })
  const emit = (): void => undefined
  for (const chunks of [
    { ...one, count: 256 },
    { ...one, level: 2 },
    { ...list, level: 3 },
    { ...list, count: 0xffff_ffff },
  ]) {
    const written: Uint8Array[] = []
    await buildManifestTree(
      [{ ...sampleEntry(samplePath(1)), chunks }],
      node => void written.push(node.bytes),
    )
    assert.throws(() => decodeTreeNode(written[0] ?? new Uint8Array(0)), DecodeError)
  }
  const tooMany: Uint8Array[] = []
  tooMany.length = 4096 * 4096 + 1
  await assert.rejects(createChunkList(tooMany, emit), {
    code: 'MANIFEST_TOO_LARGE',
  })
  assert.throws(() => decodeChunkListNode(createChunkListNode(0, ids.slice(0, 1)).bytes), DecodeError)
  assert.throws(() => decodeChunkListNode(createChunkListNode(1, []).bytes), DecodeError)
})

test('any accepted chunk list node is the one encoding of its items', () => {
  assertCanonicalCodec(
    bytes => {
      const { level, items } = decodeChunkListNode(bytes)
      return createChunkListNode(level, items).bytes
    },
    [createChunkListNode(1, [sha256(), sha256(encodeUtf8('a'))]).bytes],
  )
})

/** A NAR that names its path and one more, often or seldom, as a publish stores it. */
async function storedNar(
  times: number,
): Promise<{ entry: ManifestEntry; nar: Uint8Array; read: Parameters<typeof narOf>[1] }> {
  const [storePath, reference] = [samplePath(1), samplePath(2)]
  const nar = encodeUtf8(`${reference}/lib:${storePath}/bin\n`.repeat(times))
  const chunks = new Map<string, Uint8Array>()
  const put = (raw: Uint8Array): Uint8Array => {
    const id = sha256(raw)
    chunks.set(formatHex(id), raw)
    return id
  }
  const cutter = new NarCutter(knownHashes(storePath, [reference]))
  const [first, last] = [cutter.push(nar.slice()), cutter.finish()]
  const ids = [...first.nar, ...last.nar].map(put)
  const placeIds = [...first.places, ...last.places].map(put)
  const store = new NodeStore()
  const entry = {
    ...sampleEntry(storePath, BigInt(nar.length)),
    references: [reference],
    chunks: await createChunkList(ids, store.emit),
    rewrites: await createRewrites(last, placeIds, store.emit),
  }
  const read = async function* (list: ChunkList): AsyncGenerator<Uint8Array> {
    for await (const id of readChunkList(list, store.load)) {
      const chunk = chunks.get(formatHex(id))
      assert.ok(chunk !== undefined)
      yield chunk
    }
  }
  return { entry, nar, read }
}

test('a masked NAR comes back through its entry', async () => {
  for (const [times, lists] of [
    [0, 1],
    [1, 1],
    [128, 1],
    [129, 2],
    [100_000, 2],
  ] as const) {
    const { entry, nar, read } = await storedNar(times)
    assert.equal(chunkListsOf(entry).length, lists)
    const store = new NodeStore()
    const tree = await buildManifestTree([entry], store.emit)
    const [found] = await all(listPaths(tree, store.load))
    assert.ok(found !== undefined)
    assert.deepEqual(found, entry)
    assert.ok(equalBytes(concatBytes(await all(narOf(found, read))), nar))
  }
})

test('only derivations have build logs', async () => {
  const log = { size: 3n, chunks: oneChunk(encodeUtf8('log')) }
  const write = (name: string): Promise<unknown> =>
    buildManifestTree([{ ...sampleEntry(samplePath(1, name)), log }], () => undefined)
  await write('x.drv')
  await assert.rejects(write('x.drv.txt'), { code: 'MANIFEST_ENTRY' })
  const { entry } = await storedNar(200)
  const [nar, places] = chunkListsOf(entry)
  assert.deepEqual(chunkListsOf({ ...entry, log }), [nar, log.chunks, places])
})

test('places that should stand in the entry are refused as chunks', async () => {
  const { entry, read } = await storedNar(3)
  const { places, hashes } = entry.rewrites
  assert.ok(places.kind === 'inline')
  const list: ChunkList = { kind: 'inline', ids: [sha256()] }
  const forged = { ...entry, rewrites: { hashes, places: { kind: 'chunks', chunks: list } as const } }
  const readBoth = async function* (chunks: ChunkList): AsyncGenerator<Uint8Array> {
    if (chunks === list) yield places.bytes
    else yield* read(chunks)
  }
  await assert.rejects(all(narOf(forged, readBoth)), { name: 'PlacesError', message: /stand in the entry/ })
})

test('rewrites that readers would refuse are not written', async () => {
  const { entry } = await storedNar(1)
  const { places } = entry.rewrites
  const inline = (hex: string): Rewrites['places'] => ({ kind: 'inline', bytes: parseHex(hex) })
  const write = (rewrites: Rewrites): Promise<unknown> =>
    buildManifestTree([{ ...entry, rewrites }], () => undefined)
  for (const hashes of [
    [0, 2],
    [0, 0],
  ])
    await assert.rejects(write({ hashes, places }), { code: 'MANIFEST_ENTRY' })
  await assert.rejects(write({ hashes: [], places }), DecodeError)
  await assert.rejects(write({ hashes: [0, 1], places: inline('0000') }), DecodeError)
  await assert.rejects(write({ hashes: [0], places: inline('ff7f00') }), DecodeError)
  await assert.rejects(write({ hashes: [0], places: inline('00'.repeat(514)) }), { code: 'MANIFEST_ENTRY' })
  await write({ hashes: [0], places: inline('0000') })
})

test('the root record of the reference', () => {
  const { digest, bytes } = encodeManifest(MANIFEST)
  assert.equal(formatHex(bytes), vectors.root)
  assert.equal(formatHex(digest), vectors.rootDigest)
  assert.deepEqual(decodeManifest(ROOT, parseHex(vectors.rootDigest)), MANIFEST)
})

test('nodes that the reference refuses', () => {
  const readers = {
    tree: decodeTreeNode,
    list: decodeChunkListNode,
    root: (bytes: Uint8Array) => decodeManifest(bytes, sha256(bytes)),
  }
  for (const kind of ['tree', 'list', 'root'] as const) {
    for (const [what, bytes] of Object.entries(vectors.refused[kind]))
      assert.throws(() => readers[kind](parseHex(bytes)), DecodeError, `${kind}: ${what}`)
  }
})

test('the order in which sets are given makes no difference', () => {
  const systems = MANIFEST.systems.map(({ system, attributes }) => ({
    system,
    attributes: attributes
      .map(attribute => ({ ...attribute, outputs: attribute.outputs.toReversed() }))
      .toReversed(),
  }))
  const another = { system: 'aarch64-linux', attributes: [] }
  assert.deepEqual(encodeManifest({ ...MANIFEST, systems }), encodeManifest(MANIFEST))
  assert.deepEqual(
    encodeManifest({ ...MANIFEST, systems: [...systems, another] }),
    encodeManifest({ ...MANIFEST, systems: [another, ...systems] }),
  )
})

test('names are sorted by their UTF-8 bytes', () => {
  // U+FF5E is EF BD 9E, U+1F600 is F0 9F 98 80; in UTF-16 the latter begins with D83D and would come first.
  const names = ['a', '\u{ff5e}', '\u{1f600}']
  const attributes = names.toReversed().map(attribute => ({ attribute, outputs: [], outputsToInstall: [] }))
  const { bytes, digest } = encodeManifest({ ...MANIFEST, systems: [{ system: 's', attributes }] })
  const [system] = decodeManifest(bytes, digest).systems
  assert.deepEqual(
    system?.attributes.map(({ attribute }) => attribute),
    names,
  )
})

test('any accepted root record is the one encoding of its value', () => {
  const decode = (bytes: Uint8Array): Manifest => decodeManifest(bytes, sha256(bytes))
  assertCanonicalCodec(bytes => encodeManifest(decode(bytes)).bytes, [ROOT])
})

test('a root record with another digest is refused', () => {
  assert.throws(() => decodeManifest(ROOT, sha256()), { code: 'MANIFEST_MISMATCH' })
  assert.throws(() => decodeManifest(withLast(ROOT, 1), parseHex(vectors.rootDigest)), {
    code: 'MANIFEST_MISMATCH',
  })
})

test('records that readers would refuse are not written', () => {
  const [system] = MANIFEST.systems
  const [hello] = system?.attributes ?? []
  assert.ok(system !== undefined && hello !== undefined)
  const withHello = (change: Partial<typeof hello>): Manifest => ({
    ...MANIFEST,
    systems: [{ ...system, attributes: [{ ...hello, ...change }] }],
  })
  const base = vectors.program.slice(0, -'/bin/hello'.length)
  const refused: [string, Manifest][] = [
    ['a system twice', { ...MANIFEST, systems: [system, system] }],
    ['an attribute twice', { ...MANIFEST, systems: [{ ...system, attributes: [hello, hello] }] }],
    ['an output twice', withHello({ outputs: [...hello.outputs, ...hello.outputs] })],
    ['an unknown output to install', withHello({ outputsToInstall: ['doc'] })],
    ['an output to install twice', withHello({ outputsToInstall: ['out', 'out'] })],
    ...[
      'bin/hello',
      '/bin/sh',
      `${base}/../x`,
      `${base}//x`,
      `${base}/./x`,
      `${base}/a\u0000`,
      `${base}/`,
      `${base.replace('/nix', '/gnu')}/x`,
    ].map(mainProgram => [`the program ${mainProgram}`, withHello({ mainProgram })] as [string, Manifest]),
    ['a long description', { ...MANIFEST, flake: { lastModified: 0n, description: 'x'.repeat(4097) } }],
    ['a long revision', { ...MANIFEST, flake: { lastModified: 0n, revision: 'x'.repeat(257) } }],
  ]
  for (const [what, manifest] of refused) {
    assert.throws(() => encodeManifest(manifest), { code: 'MANIFEST_INVALID' }, what)
  }
  encodeManifest(withHello({ mainProgram: base }))
  const attributes = Array.from({ length: 4096 }, (_, i) => ({
    ...hello,
    attribute: `${i}`.padStart(200, 'x'),
  }))
  assert.throws(() => encodeManifest({ ...MANIFEST, systems: [{ ...system, attributes }] }), {
    code: 'MANIFEST_TOO_LARGE',
  })
})
