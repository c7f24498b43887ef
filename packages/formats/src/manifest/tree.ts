/**
 * The Merkle radix tree from the hash parts of store paths to entries.
 *
 *     leaf  = vector<entry>, sorted by hash part
 *     inner = bitmap u16, for each bit from the lowest: digest (32 bytes), paths u32, NAR bytes u64
 *
 * The set of paths below a node becomes a leaf when it has at most 16 paths and (unless it is one path) at most 256
 * KiB; else an inner node, split by the next hexadecimal digit. So a set has one tree, however it was put together,
 * equal parts of two trees have equal digests, and a path is at most 40 levels deep.
 * @module
 */
import { type BcsReader, BcsWriter } from '../bcs/index.ts'
import { compareBytes, equalBytes, formatHex } from '../bytes/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import { SHA256_BYTES } from '../hash/index.ts'
import type { Stream } from '../nar/index.ts'
import {
  bitmapOf,
  digitAt,
  FANOUT,
  present,
  readSlots,
  sharePrefix,
  type Slots,
  withDigit,
} from '../radix/index.ts'
import { PATH_HASH_BYTES, pathHash } from '../store-path/index.ts'
import { type ManifestEntry, readEntry, writeEntry } from './entry.ts'
import { createNode, type Emit, loadNode, type ManifestNode, type NodeLoader, openNode } from './node.ts'

const LEAF_ENTRIES = 16
const LEAF_BYTES = 256 * 1024
const MAX_DEPTH = PATH_HASH_BYTES * 2

/** A tree, or the part of one below a node. */
export interface ManifestTree {
  readonly digest: Uint8Array
  readonly paths: number
  /** Sum of the NAR sizes of all paths. */
  readonly narBytes: bigint
}

/** A node as read. */
export type TreeNode =
  | { readonly kind: 'leaf'; readonly entries: readonly ManifestEntry[] }
  | { readonly kind: 'inner'; readonly children: Slots<ManifestTree> }

interface Keyed {
  readonly key: Uint8Array
  readonly entry: ManifestEntry
  /** The entry in BCS. */
  readonly bytes: Uint8Array
}

/** Entries one at a time, in order, with as many looked at ahead as one leaf needs. */
class EntrySource {
  readonly #iterator: AsyncIterator<ManifestEntry> | Iterator<ManifestEntry>
  #ahead: Keyed[] = []
  #last: Uint8Array | undefined

  constructor(entries: Stream<ManifestEntry>) {
    this.#iterator =
      Symbol.asyncIterator in entries ? entries[Symbol.asyncIterator]() : entries[Symbol.iterator]()
  }

  /** The next entry but `index`, without taking it. */
  async peek(index: number): Promise<Keyed | undefined> {
    while (this.#ahead.length <= index) {
      const { value, done } = await this.#iterator.next()
      if (done === true) return undefined
      this.#ahead.push(this.#keyed(value))
    }
    return this.#ahead[index]
  }

  take(count: number): Keyed[] {
    const taken = this.#ahead.slice(0, count)
    this.#ahead = this.#ahead.slice(count)
    return taken
  }

  #keyed(entry: ManifestEntry): Keyed {
    const key = pathHash(entry.storePath)
    if (this.#last !== undefined && compareBytes(this.#last, key) >= 0) {
      throw new SquidError('MANIFEST_ENTRY', `${entry.storePath} comes twice or out of the order of hashes.`)
    }
    this.#last = key
    const writer = new BcsWriter()
    writeEntry(writer, entry)
    return { key, entry, bytes: writer.finish() }
  }
}

/** How many entries the leaf of this prefix holds, or undefined when they are too many for one. */
async function leafCount(
  source: EntrySource,
  prefix: Uint8Array,
  depth: number,
): Promise<number | undefined> {
  let bytes = 0
  for (let count = 0; ; count++) {
    const next = await source.peek(count)
    if (next === undefined || !sharePrefix(next.key, prefix, depth)) return count
    bytes += next.bytes.length
    if (count >= LEAF_ENTRIES || (count > 0 && bytes > LEAF_BYTES)) return undefined
  }
}

function createLeaf(entries: readonly Keyed[]): ManifestNode {
  return createNode('leaf', writer => writer.vector(entries, entry => writer.fixed(entry.bytes)))
}

/** An inner node. */
export function createInner(children: Slots<ManifestTree>): ManifestNode {
  return createNode('inner', writer => {
    writer.u16(bitmapOf(children))
    for (const { child } of present(children)) writer.fixed(child.digest).u32(child.paths).u64(child.narBytes)
  })
}

async function build(
  source: EntrySource,
  prefix: Uint8Array,
  depth: number,
  emit: Emit,
): Promise<ManifestTree> {
  const count = await leafCount(source, prefix, depth)
  if (count === undefined) return buildInner(source, prefix, depth, emit)
  const entries = source.take(count)
  const node = createLeaf(entries)
  await emit(node)
  return { digest: node.digest, paths: count, narBytes: narBytesOf(entries.map(({ entry }) => entry)) }
}

async function buildInner(
  source: EntrySource,
  prefix: Uint8Array,
  depth: number,
  emit: Emit,
): Promise<ManifestTree> {
  const children: (ManifestTree | undefined)[] = []
  for (let digit = 0; digit < FANOUT; digit++) {
    const childPrefix = withDigit(prefix, depth, digit)
    const next = await source.peek(0)
    const isThere = next !== undefined && sharePrefix(next.key, childPrefix, depth + 1)
    children.push(isThere ? await build(source, childPrefix, depth + 1, emit) : undefined)
  }
  const node = createInner(children)
  await emit(node)
  return { digest: node.digest, ...sumOf(children) }
}

function narBytesOf(entries: readonly ManifestEntry[]): bigint {
  return entries.reduce((total, entry) => total + entry.narSize, 0n)
}

function sumOf(children: Slots<ManifestTree>): { paths: number; narBytes: bigint } {
  const all = present(children)
  return {
    paths: all.reduce((total, { child }) => total + child.paths, 0),
    narBytes: all.reduce((total, { child }) => total + child.narBytes, 0n),
  }
}

/**
 * Makes the tree of a release, in bounded memory.
 * @param entries in the order of `compareByHash`, each path once
 * @param emit stores the nodes, children first
 * @throws {SquidError} `MANIFEST_ENTRY` when the order or an entry is wrong
 */
export async function buildManifestTree(entries: Stream<ManifestEntry>, emit: Emit): Promise<ManifestTree> {
  return build(new EntrySource(entries), new Uint8Array(PATH_HASH_BYTES), 0, emit)
}

/**
 * Reads the raw bytes of a tree node, which stands for itself: that it is the right one is `readNode`'s business.
 * @throws {DecodeError} on anything that is not a tree node
 */
export function decodeTreeNode(bytes: Uint8Array): TreeNode {
  const { kind, reader } = openNode(bytes, ['leaf', 'inner'])
  return kind === 'leaf' ? decodeLeaf(reader) : decodeInner(reader)
}

function decodeLeaf(reader: BcsReader): TreeNode {
  const start = reader.offset
  const entries = reader.vector(LEAF_ENTRIES, () => readEntry(reader))
  if (entries.length > 1 && reader.offset - start > LEAF_BYTES + 1) {
    throw new DecodeError('leaf that should have been split', start)
  }
  entries.forEach((entry, i) => {
    const before = entries[i - 1]
    if (before !== undefined && compareBytes(pathHash(before.storePath), pathHash(entry.storePath)) >= 0) {
      throw new DecodeError('leaf entries out of order', start)
    }
  })
  reader.end()
  return { kind: 'leaf', entries }
}

function decodeInner(reader: BcsReader): TreeNode {
  const start = reader.offset
  const children = readSlots(reader.u16(), start, () => {
    const child = { digest: reader.fixed(SHA256_BYTES), paths: reader.u32(), narBytes: reader.u64() }
    if (child.paths === 0) throw new DecodeError('inner node with an empty child', start)
    return child
  })
  reader.end()
  if (sumOf(children).paths < 2) throw new DecodeError('inner node that should be a leaf', start)
  return { kind: 'inner', children }
}

/** Loads a node and checks that it is what its parent says: digest, sums, and that its keys belong below it. */
async function readNode(
  tree: ManifestTree,
  prefix: Uint8Array,
  depth: number,
  load: NodeLoader,
): Promise<TreeNode> {
  const node = decodeTreeNode(await loadNode(tree.digest, load))
  const sum =
    node.kind === 'inner'
      ? sumOf(node.children)
      : { paths: node.entries.length, narBytes: narBytesOf(node.entries) }
  if (sum.paths !== tree.paths || sum.narBytes !== tree.narBytes)
    throw misfit(tree, 'other sums than its parent says')
  if (node.kind === 'inner' && depth >= MAX_DEPTH) throw misfit(tree, 'more levels than a key has digits')
  if (
    node.kind === 'leaf' &&
    !node.entries.every(entry => sharePrefix(pathHash(entry.storePath), prefix, depth))
  ) {
    throw misfit(tree, 'paths that belong elsewhere')
  }
  return node
}

function misfit(tree: ManifestTree, what: string): SquidError {
  return new SquidError('MANIFEST_MISMATCH', `Part ${formatHex(tree.digest)} of the manifest has ${what}.`)
}

/**
 * Finds a path, reading one branch.
 * @param key the hash part as 20 bytes
 * @throws {SquidError} `MANIFEST_MISMATCH` when a node is not what the tree commits to
 * @throws {DecodeError} when a node is malformed
 */
export async function lookupPath(
  tree: ManifestTree,
  key: Uint8Array,
  load: NodeLoader,
): Promise<ManifestEntry | undefined> {
  let part: ManifestTree | undefined = tree
  for (let depth = 0; part !== undefined; depth++) {
    const node = await readNode(part, key, depth, load)
    if (node.kind === 'leaf') return node.entries.find(entry => equalBytes(pathHash(entry.storePath), key))
    part = node.children[digitAt(key, depth)]
  }
  return undefined
}

/** A part of the tree that is to be listed. */
interface Unlisted {
  readonly tree: ManifestTree
  readonly prefix: Uint8Array
  readonly depth: number
  /** Once it is being read. */
  node?: Promise<TreeNode>
}

/**
 * Every path in the order of hashes, one branch in memory, and as many nodes as are read ahead.
 * @param ahead nodes that are read at once
 * @throws as `lookupPath`
 */
export async function* listPaths(
  tree: ManifestTree,
  load: NodeLoader,
  ahead = 1,
): AsyncGenerator<ManifestEntry> {
  const begin = (part: Unlisted): Promise<TreeNode> => {
    const node = readNode(part.tree, part.prefix, part.depth, load)
    node.catch(() => undefined) // told in its turn
    return node
  }
  // The next one last.
  const waiting: Unlisted[] = [{ tree, prefix: new Uint8Array(PATH_HASH_BYTES), depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { prefix, depth } = next
    const node = await (next.node ?? begin(next))
    if (node.kind === 'inner') {
      for (const { digit, child } of present(node.children).reverse()) {
        waiting.push({ tree: child, prefix: withDigit(prefix, depth, digit), depth: depth + 1 })
      }
    }
    for (const part of ahead > 1 ? waiting.slice(-ahead) : []) part.node ??= begin(part)
    if (node.kind === 'leaf') yield* node.entries
  }
}
