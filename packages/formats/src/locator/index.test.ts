import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compareBytes, encodeUtf8, equalBytes, formatHex, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { sha256 } from '../hash/index.ts'
import { assertCanonicalCodec, readVectorJson, withLast } from '../testing/codec.ts'
import {
  type BlobPlace,
  type ChunkLocation,
  listChunks,
  type LocatorChange,
  type LocatorLink,
  lookupChunks,
  type Placed,
  placeInBlob,
  updateLocator,
} from './index.ts'
import { decodeLocatorNode, encodeLocatorNode, type LocatedChunk, type LocatorNode } from './node.ts'

interface Link {
  readonly blob: number
  readonly offset: number
  readonly length: number
  readonly sha256: string
}
const vectors = readVectorJson('locator/vectors.json') as {
  leaf: string
  inner: string
  tree: { nodes: string[]; root: Link; split: { blob: number; node: string }[]; splitRoot: Link }
  refused: Record<string, string>
}
const LEAF = parseHex(vectors.leaf)
const INNER = parseHex(vectors.inner)
const OTHER: BlobPlace = { id: Uint8Array.from({ length: 32 }, (_, i) => i), size: 1000 }

/** Blobs in memory, written one after the other, none larger than the limit. */
class Blobs {
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #limit: number
  /** Those that are finished, in order. */
  readonly finished: BlobPlace[] = []
  #open: number[] = []
  loads = 0
  placed = 0

  constructor(limit = Infinity) {
    this.#limit = limit
  }

  readonly place = (node: Uint8Array): Placed => {
    const offset = this.#open.length
    if (offset > 0 && offset + node.length > this.#limit) return { ended: this.#end() }
    this.#open.push(...node)
    this.placed++
    return { offset }
  }

  readonly load = async (link: LocatorLink): Promise<Uint8Array> => {
    this.loads++
    assert.ok(link.blob !== null)
    const bytes = this.#blobs.get(formatHex(link.blob.id))
    assert.ok(bytes !== undefined)
    return bytes.slice(link.offset, link.offset + link.length)
  }

  /** Appends what is no node. */
  append(bytes: Uint8Array): void {
    this.#open.push(...bytes)
  }

  /** Ends the open blob; its id is unknown until now. */
  finish(root: LocatorLink | null): LocatorLink | null {
    const blob = this.#end()
    return root === null ? null : placeInBlob(root, blob)
  }

  #end(): BlobPlace {
    const bytes = Uint8Array.from(this.#open)
    const blob = { id: sha256(bytes), size: bytes.length }
    this.#blobs.set(formatHex(blob.id), bytes)
    this.finished.push(blob)
    this.#open = []
    return blob
  }

  /** One update, written into a blob of its own. */
  async update(root: LocatorLink | null, changes: readonly LocatorChange[]): Promise<LocatorLink | null> {
    return this.finish(await updateLocator(root, changes, this.load, this.place))
  }
}

function id(seed: number): Uint8Array {
  return sha256(encodeUtf8(String(seed)))
}

function at(seed: number): ChunkLocation {
  return { blob: OTHER, offset: seed % 900, length: 9, rawSize: 10, encoding: 'zstd' }
}

function add(seed: number): { id: Uint8Array; location: ChunkLocation } {
  return { id: id(seed), location: at(seed) }
}

function seeds(count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, i) => start + i)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** A root that is known to be there. */
function standing(root: LocatorLink | null): LocatorLink {
  assert.ok(root !== null)
  return root
}

test('nodes of the reference', () => {
  const self = { id: sha256(), size: 100 }
  const place = (blob: BlobPlace | null, offset: number, length: number): ChunkLocation => {
    return { blob, offset, length, rawSize: length, encoding: 'raw' }
  }
  const chunks: LocatedChunk[] = [
    { id: sha256(encodeUtf8('one')), location: place(null, 5, 3) },
    { id: sha256(encodeUtf8('chunk two')), location: place(OTHER, 100, 9) },
  ].sort((left, right) => compareBytes(left.id, right.id))
  assert.equal(formatHex(encodeLocatorNode({ kind: 'leaf', chunks })), vectors.leaf)
  const child1 = { blob: null, offset: 7, length: 40, sha256: sha256(encodeUtf8('child 1')) }
  const child15 = { blob: OTHER, offset: 900, length: 100, sha256: sha256(encodeUtf8('child 15')) }
  const children = Array.from({ length: 16 }, (_, digit) =>
    digit === 1 ? { link: child1, chunks: 64 } : digit === 15 ? { link: child15, chunks: 1 } : undefined,
  )
  assert.equal(formatHex(encodeLocatorNode({ kind: 'inner', children })), vectors.inner)
  assert.deepEqual(decodeLocatorNode(LEAF, null), { kind: 'leaf', chunks })
  const read = decodeLocatorNode(INNER, self)
  assert.ok(read.kind === 'inner')
  assert.deepEqual(read.children[1]?.link, { ...child1, blob: self })
  assert.deepEqual(read.children[15]?.link, child15)
})

/** The hash of a little-endian 32-bit number. */
function counterHash(i: number): Uint8Array {
  return sha256(Uint8Array.of(i & 255, i >> 8, 0, 0))
}

test('a tree of the reference, in one blob and in several', async () => {
  const changes = seeds(300).map(i => {
    const own = { blob: null, offset: i, length: 10, rawSize: 10, encoding: 'raw' } as const
    const elsewhere = { blob: OTHER, offset: i, length: 8, rawSize: 9, encoding: 'zstd' } as const
    return { id: counterHash(i), location: i % 3 === 0 ? own : elsewhere }
  })
  const write = async (limit: number): Promise<{ split: { blob: number; node: string }[]; root: Link }> => {
    const split: { blob: number; node: string }[] = []
    let [blob, used] = [0, 500]
    const place = (node: Uint8Array): Placed => {
      if (used + node.length > limit) {
        used = 0
        return { ended: { id: sha256(encodeUtf8('blob'), Uint8Array.of(blob++)), size: limit } }
      }
      split.push({ blob, node: formatHex(node) })
      used += node.length
      return { offset: used - node.length }
    }
    const load = (): never => assert.fail('nothing is there to load')
    const { offset, length, sha256: hash } = standing(await updateLocator(null, changes, load, place))
    return { split, root: { blob, offset, length, sha256: formatHex(hash) } }
  }
  const whole = await write(Infinity)
  assert.deepEqual(
    whole.split.map(({ node }) => node),
    vectors.tree.nodes,
  )
  assert.deepEqual(whole.root, vectors.tree.root)
  const split = await write(8192)
  assert.deepEqual(split, { split: vectors.tree.split, root: vectors.tree.splitRoot })
})

test('nodes that the reference refuses', () => {
  const self = { id: sha256(), size: 1 << 20 }
  for (const [what, node] of Object.entries(vectors.refused))
    assert.throws(() => decodeLocatorNode(parseHex(node), self), DecodeError, what)
})

test('any accepted node is the one encoding of its content', () => {
  assertCanonicalCodec(bytes => encodeLocatorNode(decodeLocatorNode(bytes, null)), [LEAF, INNER])
})

test('each rule has its refusal', () => {
  const leaf = (chunks: LocatedChunk[]): Uint8Array => encodeLocatorNode({ kind: 'leaf', chunks })
  const one = add(1)
  const [low, high] = [add(1), add(2)].sort((left, right) => compareBytes(left.id, right.id))
  assert.ok(low !== undefined && high !== undefined)
  const moved = (change: Partial<ChunkLocation>): Uint8Array =>
    leaf([{ ...one, location: { ...one.location, ...change } }])
  const inner = (chunks: number): Uint8Array => {
    const link = { blob: OTHER, offset: 0, length: 10, sha256: sha256() }
    return encodeLocatorNode({ kind: 'inner', children: [{ link, chunks }] })
  }
  const blobAt = 1 + 'squid.locator.leaf.1'.length
  const refused: [string, Uint8Array, RegExp][] = [
    ['another tag', LEAF.with(1, 0), /not a locator node/],
    ['no chunks', leaf([]), /without chunks/],
    ['chunks out of order', leaf([high, low]), /out of order/],
    ['a chunk twice', leaf([low, low]), /out of order/],
    ['a place beyond its blob', moved({ offset: 992 }), /beyond the end/],
    ['compression that does not shrink', moved({ rawSize: 9 }), /sizes/],
    ['a raw chunk of another size', moved({ encoding: 'raw' }), /sizes/],
    ['a huge raw size', moved({ rawSize: 1024 * 1024 + 1 }), /sizes/],
    ['a blob that nothing lies in', leaf([one]).with(blobAt + 42 + 32, 0), /nothing lies in/],
    ['an unknown blob', leaf([one]).with(blobAt + 42 + 32, 2), /unknown blob/],
    ['an unknown encoding', withLast(leaf([one]), 2), /unknown encoding/],
    ['too few chunks for an inner node', inner(64), /should be a leaf/],
    ['an empty child', inner(0), /impossible/],
    ['no children', encodeLocatorNode({ kind: 'inner', children: [] }), /without children/],
    ['trailing bytes', Uint8Array.from([...LEAF, 0]), /trailing/],
  ]
  inner(65)
  for (const [what, bytes, message] of refused) {
    assert.throws(
      () => decodeLocatorNode(bytes, { id: sha256(), size: 1 << 20 }),
      error => error instanceof DecodeError && message.test(error.message),
      what,
    )
  }
  assert.throws(() => decodeLocatorNode(LEAF, { id: sha256(), size: 7 }), /beyond the end/)
})

test('blobs of one id have one size in a node', () => {
  const bytes = encodeLocatorNode({ kind: 'leaf', chunks: [add(1)] })
  const twice = Uint8Array.from([...bytes.slice(0, 21), 2, ...bytes.slice(22, 62), ...bytes.slice(22)])
  assert.throws(() => decodeLocatorNode(twice, null), /blobs out of order/)
})

test('what was added is found, in blobs that did not know their own id', async () => {
  const blobs = new Blobs()
  const self = { ...add(9999), location: { ...at(9), blob: null } }
  const root = standing(await blobs.update(null, [...seeds(1000).map(add), self]))
  const found = await lookupChunks(root, [...seeds(5).map(id), self.id, id(12_345)], blobs.load)
  assert.equal(found.size, 6)
  for (const seed of seeds(5)) assert.deepEqual(found.get(formatHex(id(seed))), at(seed))
  assert.deepEqual(found.get(formatHex(self.id)), { ...at(9), blob: root.blob })
  assert.equal((await all(listChunks(root, blobs.load))).length, 1001)
})

test('a lookup of many loads each node once, of none nothing', async () => {
  const blobs = new Blobs()
  const root = standing(await blobs.update(null, seeds(1000).map(add)))
  blobs.loads = 0
  await lookupChunks(root, seeds(1000).map(id), blobs.load)
  assert.equal(blobs.loads, blobs.placed)
  blobs.loads = 0
  await lookupChunks(root, [], blobs.load)
  assert.equal(blobs.loads, 0)
  await lookupChunks(root, [id(1)], blobs.load)
  assert.ok(blobs.loads <= 3)
})

test('any history gives the map that it describes, and the shape of its chunks alone', async () => {
  const step = fc.array(fc.tuple(fc.nat({ max: 300 }), fc.boolean()), { maxLength: 150 })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async history => {
      const blobs = new Blobs()
      const expected = new Map<number, ChunkLocation>()
      let root: LocatorLink | null = null
      for (const changes of history) {
        const last = new Map(changes)
        for (const [seed, isThere] of last) {
          if (isThere) expected.set(seed, at(seed))
          else expected.delete(seed)
        }
        const list = [...last].map(([seed, isThere]) => ({
          id: id(seed),
          location: isThere ? at(seed) : null,
        }))
        root = await blobs.update(root, list)
      }
      const chunks = [...expected.keys()].map(add).sort((left, right) => compareBytes(left.id, right.id))
      assert.deepEqual(root === null ? [] : await all(listChunks(root, blobs.load)), chunks)
      assert.equal(root === null, expected.size === 0)
      const fresh = new Blobs()
      const direct = await fresh.update(null, chunks)
      assert.deepEqual(await shape(root, blobs), await shape(direct, fresh))
    }),
    { numRuns: 40 },
  )
})

/** The counts of all nodes from the top. */
async function shape(root: LocatorLink | null, blobs: Blobs): Promise<unknown> {
  if (root === null) return []
  const node: LocatorNode = decodeLocatorNode(await blobs.load(root), root.blob)
  if (node.kind === 'leaf') return node.chunks.length
  return Promise.all(
    node.children.map(async child => (child === undefined ? undefined : shape(child.link, blobs))),
  )
}

test('a small change writes a small change, none writes nothing', async () => {
  const blobs = new Blobs()
  const root = standing(await blobs.update(null, seeds(5000).map(add)))
  blobs.placed = 0
  const same = await updateLocator(
    root,
    [add(1), add(2), { id: id(99_999), location: null }],
    blobs.load,
    blobs.place,
  )
  assert.equal(same, root)
  assert.equal(await updateLocator(root, [], blobs.load, blobs.place), root)
  assert.equal(blobs.placed, 0)
  const moved = { ...add(1), location: { ...at(1), offset: 7 } }
  const changed = standing(await blobs.update(root, [moved]))
  assert.ok(blobs.placed <= 4)
  const found = await lookupChunks(changed, [id(1), id(2)], blobs.load)
  assert.equal(found.get(formatHex(id(1)))?.offset, 7)
  assert.deepEqual(found.get(formatHex(id(2))), at(2))
})

test('the same update writes the same bytes', async () => {
  const [first, second] = [new Blobs(), new Blobs()]
  const changes = seeds(700).map(add)
  const [a, b] = [await first.update(null, changes), await second.update(null, changes.toReversed())]
  assert.deepEqual(a, b)
})

test('an update larger than a blob is spread over several', async () => {
  const changes = seeds(3000).map(seed => ({
    ...add(seed),
    location: { ...at(seed), ...(seed % 2 === 0 && { blob: null }) },
  }))
  // Room for some nodes in the blob of the chunks, or for none.
  for (const content of [1000, 4096]) {
    const blobs = new Blobs(4096)
    blobs.append(new Uint8Array(content))
    const root = standing(await blobs.update(null, changes))
    assert.ok(blobs.finished.length > 30, `${blobs.finished.length} blobs`)
    assert.ok(blobs.finished.every(({ size }) => size <= 4096))
    const found = await lookupChunks(root, seeds(3000).map(id), blobs.load)
    for (const seed of seeds(3000)) {
      const blob = seed % 2 === 0 ? blobs.finished[0] : OTHER
      assert.deepEqual(found.get(formatHex(id(seed))), { ...at(seed), blob })
    }
    const whole = new Blobs()
    whole.append(new Uint8Array(content))
    assert.deepEqual(await shape(root, blobs), await shape(await whole.update(null, changes), whole))
  }
})

test('any history in small blobs gives the map that it describes', async () => {
  const step = fc.array(fc.tuple(fc.nat({ max: 400 }), fc.boolean()), { maxLength: 200 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 4 }),
      fc.integer({ min: 4200, max: 9000 }),
      async (history, limit) => {
        const blobs = new Blobs(limit)
        const expected = new Map<number, ChunkLocation>()
        let root: LocatorLink | null = null
        for (const changes of history) {
          const first = blobs.finished.length
          const last = new Map(changes)
          const list = [...last].map(([seed, isThere]) => ({
            id: id(seed),
            location: isThere ? { ...at(seed), blob: null } : null,
          }))
          blobs.append(new Uint8Array(1000))
          root = await blobs.update(root, list)
          const blob = blobs.finished[first]
          assert.ok(blob !== undefined)
          for (const [seed, isThere] of last) {
            if (isThere) expected.set(seed, { ...at(seed), blob })
            else expected.delete(seed)
          }
        }
        const chunks = [...expected]
          .map(([seed, location]) => ({ id: id(seed), location }))
          .sort((left, right) => compareBytes(left.id, right.id))
        assert.deepEqual(root === null ? [] : await all(listChunks(root, blobs.load)), chunks)
        assert.ok(blobs.finished.every(({ size }) => size <= limit))
      },
    ),
    { numRuns: 40 },
  )
})

test('a blob that never has room, and two changes of one chunk, are bugs', async () => {
  const never = (): Placed => ({ ended: OTHER })
  const blobs = new Blobs()
  await assert.rejects(updateLocator(null, [add(1)], blobs.load, never), /no room/)
  await assert.rejects(updateLocator(null, [add(1), add(1)], blobs.load, blobs.place), RangeError)
})

test('a node that is not what its link says is refused', async () => {
  const blobs = new Blobs()
  const root = standing(await blobs.update(null, seeds(500).map(add)))
  const refused = { code: 'LOCATOR_MISMATCH' }
  const lie = (change: (bytes: Uint8Array) => Uint8Array) => {
    return async (link: LocatorLink): Promise<Uint8Array> => {
      const bytes = await blobs.load(link)
      return equalBytes(link.sha256, root.sha256) ? bytes : change(bytes)
    }
  }
  await assert.rejects(
    lookupChunks(
      root,
      [id(1)],
      lie(bytes => withLast(bytes, 0xff)),
    ),
    refused,
  )
  await assert.rejects(
    all(
      listChunks(
        root,
        lie(bytes => bytes.slice(0, -1)),
      ),
    ),
    refused,
  )
  await assert.rejects(
    updateLocator(
      root,
      [add(1000)],
      lie(bytes => bytes.with(50, 0xff)),
      blobs.place,
    ),
    refused,
  )
  await assert.rejects(lookupChunks({ ...root, length: root.length - 1 }, [id(1)], blobs.load), refused)
  await assert.rejects(lookupChunks({ ...root, sha256: sha256() }, [id(1)], blobs.load), refused)
})

/** Nodes by hash, in a blob large enough for any offset. */
class Nodes {
  readonly #nodes = new Map<string, Uint8Array>()

  put(node: LocatorNode): LocatorLink {
    const bytes = encodeLocatorNode(node)
    const digest = sha256(bytes)
    this.#nodes.set(formatHex(digest), bytes)
    return { blob: { id: sha256(), size: 1 << 30 }, offset: 0, length: bytes.length, sha256: digest }
  }

  readonly load = async (link: LocatorLink): Promise<Uint8Array> => {
    return this.#nodes.get(formatHex(link.sha256)) ?? new Uint8Array(0)
  }
}

test('chunks in a part where they do not belong, and false counts, are refused', async () => {
  const nodes = new Nodes()
  const chunks = seeds(40)
    .map(add)
    .sort((left, right) => compareBytes(left.id, right.id))
  const link = nodes.put({ kind: 'leaf', chunks })
  const misplaced = nodes.put({
    kind: 'inner',
    children: [
      { link, chunks: 40 },
      { link, chunks: 40 },
    ],
  })
  const miscounted = nodes.put({ kind: 'inner', children: [{ link, chunks: 80 }] })
  const refused = (message: RegExp): object => ({ code: 'LOCATOR_MISMATCH', message })
  await assert.rejects(all(listChunks(misplaced, nodes.load)), refused(/elsewhere/))
  await assert.rejects(all(listChunks(miscounted, nodes.load)), refused(/number of chunks/))
})

test('a chain of inner nodes without end is refused', async () => {
  const nodes = new Nodes()
  let link = nodes.put({ kind: 'leaf', chunks: [add(1)] })
  for (let level = 0; level < 70; level++)
    link = nodes.put({ kind: 'inner', children: [{ link, chunks: 65 }] })
  const refused = { code: 'LOCATOR_MISMATCH', message: /deeper/ }
  await assert.rejects(lookupChunks(link, [new Uint8Array(32)], nodes.load), refused)
})
