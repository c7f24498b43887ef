/**
 * The chunks of one path. Up to 256 stand in the entry; more stand in nodes of at most 4096 ids (level 1), and when
 * there are more than 4096 a node of at most 4096 digests of such nodes (level 2): enough for 256 GiB at the least.
 * All nodes but the last of a level are full, so that one list has one digest.
 * @module
 */
import type { BcsReader, BcsWriter } from '../bcs/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import { SHA256_BYTES } from '../hash/index.ts'
import {
  createNode,
  digest,
  type Emit,
  loadNode,
  type ManifestNode,
  type NodeLoader,
  openNode,
} from './node.ts'

const MAX_INLINE = 256
const MAX_IN_NODE = 4096
const MAX_LEVEL = 2

/** Chunk ids, or where they are listed. */
export type ChunkList =
  | { readonly kind: 'inline'; readonly ids: readonly Uint8Array[] }
  | { readonly kind: 'list'; readonly digest: Uint8Array; readonly level: number; readonly count: number }

/** Ids that a list of this level can name. */
function capacity(level: number): number {
  return MAX_IN_NODE ** level
}

/** The level that this many ids need. */
function levelFor(count: number): number {
  return count <= capacity(1) ? 1 : 2
}

/** Part of an entry. */
export function writeChunkListField(writer: BcsWriter, list: ChunkList): void {
  if (list.kind === 'inline') {
    if (list.ids.length > MAX_INLINE) {
      throw new SquidError('MANIFEST_ENTRY', `More than ${MAX_INLINE} chunks need a list of their own.`)
    }
    writer.uleb(0).vector(list.ids, id => writer.fixed(digest(id)))
  } else writer.uleb(1).fixed(digest(list.digest)).u8(list.level).u32(list.count)
}

/** @throws {DecodeError} on anything that `createChunkList` does not make */
export function readChunkListField(reader: BcsReader): ChunkList {
  const start = reader.offset
  const variant = reader.uleb()
  if (variant === 0)
    return { kind: 'inline', ids: reader.vector(MAX_INLINE, () => reader.fixed(SHA256_BYTES)) }
  if (variant !== 1) throw new DecodeError(`chunk list of the unknown kind ${variant}`, start)
  const list = {
    kind: 'list',
    digest: reader.fixed(SHA256_BYTES),
    level: reader.u8(),
    count: reader.u32(),
  } as const
  if (list.count <= MAX_INLINE || list.count > capacity(MAX_LEVEL) || list.level !== levelFor(list.count)) {
    throw new DecodeError(`chunk list of level ${list.level} with ${list.count} chunks`, start)
  }
  return list
}

/** A node of a list. */
export function createChunkListNode(level: number, items: readonly Uint8Array[]): ManifestNode {
  return createNode('chunks', writer => writer.u8(level).vector(items, item => writer.fixed(digest(item))))
}

async function emitNode(level: number, items: readonly Uint8Array[], emit: Emit): Promise<Uint8Array> {
  const node = createChunkListNode(level, items)
  await emit(node)
  return node.digest
}

/**
 * Makes the list of a path's chunks, in order.
 * @throws {SquidError} `MANIFEST_TOO_LARGE` beyond 16,777,216 chunks
 */
export async function createChunkList(ids: readonly Uint8Array[], emit: Emit): Promise<ChunkList> {
  if (ids.length <= MAX_INLINE) return { kind: 'inline', ids }
  if (ids.length > capacity(MAX_LEVEL)) {
    throw new SquidError('MANIFEST_TOO_LARGE', `A path of ${ids.length} chunks is too large to publish.`)
  }
  const level = levelFor(ids.length)
  if (level === 1) return { kind: 'list', digest: await emitNode(1, ids, emit), level, count: ids.length }
  const nodes: Uint8Array[] = []
  for (let start = 0; start < ids.length; start += MAX_IN_NODE) {
    nodes.push(await emitNode(1, ids.slice(start, start + MAX_IN_NODE), emit))
  }
  return { kind: 'list', digest: await emitNode(2, nodes, emit), level, count: ids.length }
}

/**
 * Reads the raw bytes of a chunk list node.
 * @throws {DecodeError} on anything that is not one
 */
export function decodeChunkListNode(bytes: Uint8Array): {
  readonly level: number
  readonly items: Uint8Array[]
} {
  const { reader } = openNode(bytes, ['chunks'])
  const start = reader.offset
  const level = reader.u8()
  if (level < 1 || level > MAX_LEVEL) throw new DecodeError(`chunk list node of level ${level}`, start)
  const items = reader.vector(MAX_IN_NODE, () => reader.fixed(SHA256_BYTES))
  if (items.length === 0) throw new DecodeError('empty chunk list node', start)
  reader.end()
  return { level, items }
}

async function loadItems(
  digest: Uint8Array,
  level: number,
  count: number,
  load: NodeLoader,
): Promise<Uint8Array[]> {
  const node = decodeChunkListNode(await loadNode(digest, load))
  if (node.level !== level || node.items.length !== count) {
    throw new DecodeError('chunk list node of another level or length than its list says', 0)
  }
  return node.items
}

/**
 * The ids of a path's chunks, in order; at most two nodes in memory.
 * @throws {SquidError} `MANIFEST_MISMATCH` when the loader gives other bytes than asked for
 * @throws {DecodeError} when a node is not what its list says
 */
export async function* readChunkList(list: ChunkList, load: NodeLoader): AsyncGenerator<Uint8Array> {
  if (list.kind === 'inline') {
    yield* list.ids
    return
  }
  if (list.level === 1) {
    yield* await loadItems(list.digest, 1, list.count, load)
    return
  }
  const nodes = await loadItems(list.digest, 2, Math.ceil(list.count / MAX_IN_NODE), load)
  let left = list.count
  for (const node of nodes) {
    yield* await loadItems(node, 1, Math.min(left, MAX_IN_NODE), load)
    left -= MAX_IN_NODE
  }
}
