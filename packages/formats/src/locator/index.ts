/**
 * The locator: a Space's map from chunk to its place on Walrus, and with that its dedupe index. A Merkle radix tree
 * over chunk ids whose links carry everything that reading the next node needs, so that the root link, which the
 * ledger holds, is enough. Nothing is believed of it: nodes are checked by the SHA-256 in their link, chunks by id.
 *
 * A part with at most 64 chunks is a leaf; a larger one is split by the next hexadecimal digit of the ids.
 * @module
 */
import { compareBytes, equalBytes, formatHex } from '../bytes/index.ts'
import { SquidError } from '../errors/index.ts'
import { SHA256_BYTES, sha256 } from '../hash/index.ts'
import { digitAt, FANOUT, present, sharePrefix, type Slots, withDigit } from '../radix/index.ts'
import {
  type BlobPlace,
  type ChunkLocation,
  countOf,
  decodeLocatorNode,
  encodeLocatorNode,
  LEAF_CHUNKS,
  type LocatedChunk,
  type LocatorChild,
  type LocatorLink,
  type LocatorNode,
} from './node.ts'

export type { BlobPlace, ChunkLocation, LocatedChunk, LocatorLink } from './node.ts'

const MAX_DEPTH = SHA256_BYTES * 2
const NO_ID = new Uint8Array(0)

/** Reads the stored node from its blob. What it gives is checked here. */
export type LocatorLoader = (link: LocatorLink) => Promise<Uint8Array>

/**
 * What became of a node: it was appended to the blob that is being written, at `offset`; or there was no room for it,
 * the blob was ended (that is its place), and another one begun. The latter never twice in a row.
 */
export type Placed = { readonly offset: number } | { readonly ended: BlobPlace }

/**
 * Takes a node, uncompressed. One that found no room is given once more, naming the ended blob where it needs to,
 * and so 40 bytes longer at the most.
 */
export type Place = (node: Uint8Array) => Placed | Promise<Placed>

/** A chunk's new place, or null to forget the chunk. */
export interface LocatorChange {
  /** SHA-256 of the chunk's raw bytes. */
  readonly id: Uint8Array
  readonly location: ChunkLocation | null
}

/** A node and where in the tree it stands. */
interface Position {
  /** A key whose first `depth` digits all keys below share. */
  readonly prefix: Uint8Array
  readonly depth: number
}

const TOP: Position = { prefix: new Uint8Array(SHA256_BYTES), depth: 0 }

function below({ prefix, depth }: Position, digit: number): Position {
  return { prefix: withDigit(prefix, depth, digit), depth: depth + 1 }
}

/** A link with the blob that its null stands for, once that is written and known. */
export function placeInBlob(link: LocatorLink, blob: BlobPlace): LocatorLink {
  return link.blob === null ? { ...link, blob } : link
}

/** Loads a node and checks what its link and parent say of it. `chunks` is unknown for the root. */
async function readNode(
  link: LocatorLink,
  chunks: number | undefined,
  position: Position,
  load: LocatorLoader,
): Promise<LocatorNode> {
  const bytes = await load(link)
  if (bytes.length !== link.length || !equalBytes(sha256(bytes), link.sha256))
    throw misfit(link, 'has another hash')
  const node = decodeLocatorNode(bytes, link.blob)
  const count = node.kind === 'leaf' ? node.chunks.length : countOf(node.children)
  if (chunks !== undefined && count !== chunks) throw misfit(link, 'holds another number of chunks than said')
  if (node.kind === 'inner' && position.depth >= MAX_DEPTH)
    throw misfit(link, 'lies deeper than a key has digits')
  if (
    node.kind === 'leaf' &&
    !node.chunks.every(({ id }) => sharePrefix(id, position.prefix, position.depth))
  ) {
    throw misfit(link, 'holds chunks that belong elsewhere')
  }
  return node
}

function misfit(link: LocatorLink, what: string): SquidError {
  return new SquidError('LOCATOR_MISMATCH', `Part ${formatHex(link.sha256)} of the Space's index ${what}.`)
}

/** Groups items by the digit that decides at this depth. */
function byDigit<T extends { readonly id: Uint8Array }>(items: readonly T[], depth: number): T[][] {
  const groups: T[][] = Array.from({ length: FANOUT }, () => [])
  for (const item of items) groups[digitAt(item.id, depth)]?.push(item)
  return groups
}

/**
 * Finds many chunks, loading each node once; nodes of one level are loaded side by side.
 * @returns places by hexadecimal id, without the chunks that are not there
 * @throws {SquidError} `LOCATOR_MISMATCH` when a node is not what its link says
 * @throws {DecodeError} when a node is malformed
 */
export async function lookupChunks(
  root: LocatorLink,
  ids: readonly Uint8Array[],
  load: LocatorLoader,
): Promise<Map<string, ChunkLocation>> {
  const found = new Map<string, ChunkLocation>()
  const wanted = ids.map(id => ({ id }))
  if (wanted.length > 0) await lookupBelow({ link: root }, wanted, TOP, load, found)
  return found
}

async function lookupBelow(
  part: { readonly link: LocatorLink; readonly chunks?: number },
  wanted: readonly { readonly id: Uint8Array }[],
  position: Position,
  load: LocatorLoader,
  found: Map<string, ChunkLocation>,
): Promise<void> {
  const node = await readNode(part.link, part.chunks, position, load)
  if (node.kind === 'leaf') {
    const keys = new Set(wanted.map(({ id }) => formatHex(id)))
    for (const { id, location } of node.chunks) {
      if (keys.has(formatHex(id))) found.set(formatHex(id), location)
    }
    return
  }
  const groups = byDigit(wanted, position.depth)
  await Promise.all(
    present(node.children).map(async ({ digit, child }) => {
      const group = groups[digit] ?? []
      if (group.length > 0) await lookupBelow(child, group, below(position, digit), load, found)
    }),
  )
}

/**
 * Every chunk in the order of ids, one branch in memory.
 * @throws as `lookupChunks`
 */
export async function* listChunks(root: LocatorLink, load: LocatorLoader): AsyncGenerator<LocatedChunk> {
  yield* listBelow({ link: root }, TOP, load)
}

async function* listBelow(
  part: { readonly link: LocatorLink; readonly chunks?: number },
  start: Position,
  load: LocatorLoader,
): AsyncGenerator<LocatedChunk> {
  const waiting = [{ part, position: start }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { position } = next
    const node = await readNode(next.part.link, next.part.chunks, position, load)
    if (node.kind === 'leaf') {
      yield* node.chunks
      continue
    }
    for (const { digit, child } of present(node.children).reverse()) {
      waiting.push({ part: child, position: below(position, digit) })
    }
  }
}

/** A part of the new tree: chunks that may still join others in a leaf, or a node that stands. */
type Part = { readonly kind: 'chunks'; readonly chunks: readonly LocatedChunk[] } | Standing

interface Standing extends LocatorChild {
  readonly kind: 'standing'
  /** Where this update wrote it. */
  readonly writtenTo?: WrittenBlob
}

/** A blob that nodes are written into. Its place is null until it is ended. */
interface WrittenBlob {
  place: BlobPlace | null
}

/** Writes the nodes of one update, into as many blobs as they need. */
class NodeWriter {
  readonly #place: Place
  /** The one that chunks without a blob lie in. */
  readonly #first: WrittenBlob = { place: null }
  #open = this.#first

  constructor(place: Place) {
    this.#place = place
  }

  async writeLeaf(chunks: readonly LocatedChunk[]): Promise<Standing> {
    const settled = (): LocatorNode => ({
      kind: 'leaf',
      chunks: chunks.map(chunk => this.#settledChunk(chunk)),
    })
    return { kind: 'standing', ...(await this.#write(settled)), chunks: chunks.length }
  }

  async writeInner(children: Slots<Standing>): Promise<Standing> {
    const settled = (): LocatorNode => ({
      kind: 'inner',
      children: children.map(child => child && { link: this.settledLink(child), chunks: child.chunks }),
    })
    return { kind: 'standing', ...(await this.#write(settled)), chunks: countOf(children) }
  }

  /** The link with what is known by now of the blob that it leads to. */
  settledLink({ link, writtenTo }: Standing): LocatorLink {
    const place = writtenTo?.place ?? null
    return place === null ? link : placeInBlob(link, place)
  }

  /** A place without a blob stands for the blob that the node itself lies in: no longer true once that has ended. */
  #settledChunk(chunk: LocatedChunk): LocatedChunk {
    const { location } = chunk
    if (location.blob !== null || this.#first.place === null) return chunk
    return { ...chunk, location: { ...location, blob: this.#first.place } }
  }

  async #write(settled: () => LocatorNode): Promise<{ link: LocatorLink; writtenTo: WrittenBlob }> {
    const bytes = encodeLocatorNode(settled())
    const placed = await this.#place(bytes)
    if ('offset' in placed) return this.#written(bytes, placed.offset)
    this.#open.place = placed.ended
    this.#open = { place: null }
    const again = encodeLocatorNode(settled())
    const placedAgain = await this.#place(again)
    if ('offset' in placedAgain) return this.#written(again, placedAgain.offset)
    throw new Error('an empty blob has no room for a locator node')
  }

  #written(bytes: Uint8Array, offset: number): { link: LocatorLink; writtenTo: WrittenBlob } {
    return {
      link: { blob: null, offset, length: bytes.length, sha256: sha256(bytes) },
      writtenTo: this.#open,
    }
  }
}

/** One update, with its collaborators. */
class Update {
  readonly #load: LocatorLoader
  readonly #writer: NodeWriter

  constructor(load: LocatorLoader, place: Place) {
    this.#load = load
    this.#writer = new NodeWriter(place)
  }

  /** The link to the finished tree. */
  async finish(part: Part): Promise<LocatorLink | null> {
    const root = await this.stand(part)
    return root === undefined ? null : this.#writer.settledLink(root)
  }

  /** The part as a node, or undefined when nothing is left of it. */
  async stand(part: Part): Promise<Standing | undefined> {
    if (part.kind === 'standing') return part
    return part.chunks.length === 0 ? undefined : this.#writer.writeLeaf(part.chunks)
  }

  /** Puts sorted chunks where no node stands. */
  async build(chunks: readonly LocatedChunk[], depth: number): Promise<Part> {
    if (chunks.length <= LEAF_CHUNKS) return { kind: 'chunks', chunks }
    const children: (Standing | undefined)[] = []
    for (const group of byDigit(chunks, depth)) {
      children.push(await this.stand(await this.build(group, depth + 1)))
    }
    return this.#writer.writeInner(children)
  }

  /** Applies sorted changes to the part whose node was read already. */
  async apply(
    old: LocatorChild,
    node: LocatorNode,
    changes: readonly LocatorChange[],
    position: Position,
  ): Promise<Part> {
    if (node.kind === 'inner') return this.#applyToInner(old, node.children, changes, position)
    const chunks = merge(node.chunks, changes)
    if (sameChunks(chunks, node.chunks)) return { kind: 'standing', ...old }
    return this.build(chunks, position.depth)
  }

  async #applyToInner(
    old: LocatorChild,
    children: Slots<LocatorChild>,
    changes: readonly LocatorChange[],
    position: Position,
  ): Promise<Part> {
    const parts = await this.#applyToChildren(children, byDigit(changes, position.depth), position)
    if (parts.every((part, digit) => isSame(part, children[digit]))) return { kind: 'standing', ...old }
    if (parts.reduce((total, part) => total + sizeOf(part), 0) <= LEAF_CHUNKS) {
      return { kind: 'chunks', chunks: await this.#gather(parts, position) }
    }
    const standing: (Standing | undefined)[] = []
    for (const part of parts) standing.push(await this.stand(part))
    return this.#writer.writeInner(standing)
  }

  /** Nodes are read side by side, but written in order, so that the same update gives the same bytes. */
  async #applyToChildren(
    children: Slots<LocatorChild>,
    groups: readonly (readonly LocatorChange[])[],
    position: Position,
  ): Promise<Part[]> {
    const nodes = await Promise.all(
      groups.map(async (group, digit) => {
        const child = children[digit]
        if (child === undefined || group.length === 0) return undefined
        return readNode(child.link, child.chunks, below(position, digit), this.#load)
      }),
    )
    const parts: Part[] = []
    for (const [digit, group] of groups.entries()) {
      const child = children[digit]
      const node = nodes[digit]
      if (child === undefined) parts.push(await this.build(merge([], group), position.depth + 1))
      else if (node === undefined) parts.push({ kind: 'standing', ...child })
      else parts.push(await this.apply(child, node, group, below(position, digit)))
    }
    return parts
  }

  /** All chunks of parts that have become few enough for one leaf. */
  async #gather(parts: readonly Part[], position: Position): Promise<LocatedChunk[]> {
    const all: LocatedChunk[] = []
    for (const [digit, part] of parts.entries()) {
      if (part.kind === 'chunks') all.push(...part.chunks)
      else for await (const chunk of listBelow(part, below(position, digit), this.#load)) all.push(chunk)
    }
    return all
  }
}

function sizeOf(part: Part): number {
  return part.kind === 'chunks' ? part.chunks.length : part.chunks
}

function isSame(part: Part, old: LocatorChild | undefined): boolean {
  return part.kind === 'standing' ? part.link === old?.link : part.chunks.length === 0 && old === undefined
}

/** Sorted chunks with sorted changes applied. */
function merge(chunks: readonly LocatedChunk[], changes: readonly LocatorChange[]): LocatedChunk[] {
  const merged: LocatedChunk[] = []
  let next = 0
  for (const { id, location } of changes) {
    for (; next < chunks.length; next++) {
      const chunk = chunks[next] as LocatedChunk
      const order = compareBytes(chunk.id, id)
      if (order < 0) merged.push(chunk)
      else if (order > 0) break
    }
    if (location !== null) merged.push({ id, location })
  }
  for (; next < chunks.length; next++) merged.push(chunks[next] as LocatedChunk)
  return merged
}

/** In the order of ids, in which they are applied. */
function inOrder(changes: readonly LocatorChange[]): LocatorChange[] {
  const sorted = changes.toSorted((left, right) => compareBytes(left.id, right.id))
  const twice = sorted.find(({ id }, i) => equalBytes(id, sorted[i - 1]?.id ?? NO_ID))
  if (twice !== undefined) throw new RangeError(`two changes of chunk ${formatHex(twice.id)}`)
  return sorted
}

function sameChunks(left: readonly LocatedChunk[], right: readonly LocatedChunk[]): boolean {
  return left.length === right.length && left.every((chunk, i) => sameChunk(chunk, right[i]))
}

function sameChunk({ id, location }: LocatedChunk, other: LocatedChunk | undefined): boolean {
  return (
    other !== undefined &&
    equalBytes(id, other.id) &&
    location.offset === other.location.offset &&
    location.length === other.location.length &&
    location.rawSize === other.location.rawSize &&
    location.encoding === other.location.encoding &&
    location.blob !== null &&
    other.location.blob !== null &&
    equalBytes(location.blob.id, other.location.blob.id) &&
    location.blob.size === other.location.blob.size
  )
}

/**
 * Applies changes, writing only the nodes that change. The same chunks give a tree of the same shape, however they
 * came in. Memory grows with the changes, not with the tree.
 * @param root of the tree as it is, or null for an empty one
 * @param changes each id once. A place without a blob lies in the blob that is open when the update begins
 * @param place takes the new nodes, children first, and may spread them over several blobs
 * @returns the new root (the old one when nothing changed; null when no chunk is left). When its blob is null it lies
 *   in the blob that is open when the update ends: use `placeInBlob` once that is known
 * @throws {SquidError} `LOCATOR_MISMATCH` when a node is not what its link says
 * @throws {DecodeError} when a node is malformed
 */
export async function updateLocator(
  root: LocatorLink | null,
  changes: readonly LocatorChange[],
  load: LocatorLoader,
  place: Place,
): Promise<LocatorLink | null> {
  const update = new Update(load, place)
  const sorted = inOrder(changes)
  if (root === null) return update.finish(await update.build(merge([], sorted), 0))
  if (sorted.length === 0) return root
  const node = await readNode(root, undefined, TOP, load)
  return update.finish(await update.apply({ link: root, chunks: 0 }, node, sorted, TOP))
}
