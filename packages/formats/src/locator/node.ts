/**
 * Nodes of a locator in BCS, behind a domain tag:
 *
 *     leaf     = blobs, vector<entry>, sorted by chunk id, at most 64
 *     entry    = chunk id (32 bytes), blob, offset u64, length u32, raw size u32, encoding u8 (0 raw, 1 zstd)
 *     inner    = blobs, bitmap u16, for each bit from the lowest: link, chunks u32
 *     link     = blob, offset u64, length u32, SHA-256 of the stored node (32 bytes)
 *     blobs    = vector<(blob id (32 bytes), size u64)>, sorted by id, each used at least once
 *     blob     = ULEB128: 0 the blob that this node lies in, else 1 + index in blobs
 *
 * A blob's id depends on its content, so a node can not name its own blob: reading gives such places the blob by
 * which the node was reached.
 * @module
 */
import { BcsReader, BcsWriter } from '../bcs/index.ts'
import { compareBytes, equalBytes, formatHex } from '../bytes/index.ts'
import { type ChunkEncoding, MAX_STORED_RAW_BYTES } from '../chunk/index.ts'
import { DecodeError } from '../errors/index.ts'
import { SHA256_BYTES, tagPrefix } from '../hash/index.ts'
import { bitmapOf, FANOUT, present, readSlots, type Slots } from '../radix/index.ts'

/** Chunks that a leaf holds; one more and it is split. */
export const LEAF_CHUNKS = 64

const LEAF_TAG: Uint8Array = tagPrefix('squid.locator.leaf.1')
const INNER_TAG: Uint8Array = tagPrefix('squid.locator.inner.1')
const BLOB_ID_BYTES = 32
const MAX_NODE_BLOBS = Math.max(LEAF_CHUNKS, FANOUT)
const ENCODINGS: readonly ChunkEncoding[] = ['raw', 'zstd']

/** A Walrus blob. */
export interface BlobPlace {
  /** 32 bytes, the u256 as BCS writes it (little-endian). */
  readonly id: Uint8Array
  /** Unencoded bytes of the whole blob: needed to find the slivers of a range. */
  readonly size: number
}

/** Where a chunk is stored. A hint: what is read there is checked against the chunk's id. */
export interface ChunkLocation {
  /** Null only while writing: the blob that the locator's new nodes are written into. */
  readonly blob: BlobPlace | null
  readonly offset: number
  /** Stored bytes. */
  readonly length: number
  /** Bytes once decompressed. */
  readonly rawSize: number
  readonly encoding: ChunkEncoding
}

/** Where a node of the locator is stored, uncompressed. */
export interface LocatorLink {
  /** Null only while writing, as in `ChunkLocation`. */
  readonly blob: BlobPlace | null
  readonly offset: number
  readonly length: number
  /** Of the stored node. */
  readonly sha256: Uint8Array
}

/** A chunk and its place. */
export interface LocatedChunk {
  /** SHA-256 of the raw bytes. */
  readonly id: Uint8Array
  readonly location: ChunkLocation
}

/** A part of the tree. */
export interface LocatorChild {
  readonly link: LocatorLink
  /** In all of the part. */
  readonly chunks: number
}

/** A node as read or about to be written. */
export type LocatorNode =
  | { readonly kind: 'leaf'; readonly chunks: readonly LocatedChunk[] }
  | { readonly kind: 'inner'; readonly children: Slots<LocatorChild> }

/** The blobs that a node names, each once. */
class BlobTable {
  readonly #blobs: readonly BlobPlace[]

  constructor(places: readonly (BlobPlace | null)[]) {
    const byId = new Map(places.flatMap(blob => (blob === null ? [] : [[formatHex(blob.id), blob] as const])))
    this.#blobs = [...byId.values()].sort((left, right) => compareBytes(left.id, right.id))
  }

  write(writer: BcsWriter): void {
    writer.vector(this.#blobs, ({ id, size }) => writer.fixed(id).u64(BigInt(size)))
  }

  writePlace(writer: BcsWriter, blob: BlobPlace | null): void {
    writer.uleb(blob === null ? 0 : 1 + this.#blobs.findIndex(({ id }) => equalBytes(id, blob.id)))
  }
}

/** @throws {RangeError} on numbers and ids that no location has: our bug */
export function encodeLocatorNode(node: LocatorNode): Uint8Array {
  return node.kind === 'leaf' ? encodeLeaf(node.chunks) : encodeInner(node.children)
}

function encodeLeaf(chunks: readonly LocatedChunk[]): Uint8Array {
  const writer = new BcsWriter().fixed(LEAF_TAG)
  const blobs = new BlobTable(chunks.map(({ location }) => location.blob))
  blobs.write(writer)
  writer.vector(chunks, ({ id, location }) => {
    writer.fixed(sized(id, SHA256_BYTES))
    blobs.writePlace(writer, location.blob)
    writer.u64(BigInt(location.offset)).u32(location.length).u32(location.rawSize)
    writer.u8(ENCODINGS.indexOf(location.encoding))
  })
  return writer.finish()
}

function encodeInner(children: Slots<LocatorChild>): Uint8Array {
  const writer = new BcsWriter().fixed(INNER_TAG)
  const blobs = new BlobTable(present(children).map(({ child }) => child.link.blob))
  blobs.write(writer)
  writer.u16(bitmapOf(children))
  for (const { child } of present(children)) {
    blobs.writePlace(writer, child.link.blob)
    writer.u64(BigInt(child.link.offset)).u32(child.link.length).fixed(sized(child.link.sha256, SHA256_BYTES))
    writer.u32(child.chunks)
  }
  return writer.finish()
}

function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new RangeError(`${bytes.length} bytes where ${size} belong`)
  return bytes
}

/** Reads the blobs of a node and then places in them. */
class BlobReader {
  readonly #reader: BcsReader
  readonly #self: BlobPlace | null
  readonly #blobs: readonly BlobPlace[]
  readonly #used = new Set<number>()

  constructor(reader: BcsReader, self: BlobPlace | null) {
    this.#reader = reader
    this.#self = self
    const start = reader.offset
    this.#blobs = reader.vector(MAX_NODE_BLOBS, () => ({
      id: reader.fixed(BLOB_ID_BYTES),
      size: readSize(reader),
    }))
    this.#blobs.forEach(({ id }, i) => {
      const before = this.#blobs[i - 1]
      if (before !== undefined && compareBytes(before.id, id) >= 0)
        throw new DecodeError('blobs out of order', start)
    })
  }

  /** A place: in which blob, and a range that lies in it. */
  readRange(): { blob: BlobPlace | null; offset: number; length: number } {
    const start = this.#reader.offset
    const index = this.#reader.uleb()
    const named = this.#blobs[index - 1]
    if (index > 0 && named === undefined) throw new DecodeError('place in an unknown blob', start)
    this.#used.add(index)
    const blob = named ?? this.#self
    const offset = readSize(this.#reader)
    const length = this.#reader.u32()
    if (blob !== null && offset + length > blob.size)
      throw new DecodeError('place beyond the end of its blob', start)
    return { blob, offset, length }
  }

  /** @throws {DecodeError} when a blob is listed for nothing */
  end(): void {
    this.#used.delete(0)
    if (this.#used.size !== this.#blobs.length)
      throw new DecodeError('blob that nothing lies in', this.#reader.offset)
    this.#reader.end()
  }
}

function readSize(reader: BcsReader): number {
  const start = reader.offset
  const size = Number(reader.u64())
  if (!Number.isSafeInteger(size)) throw new DecodeError('number too large for any blob', start)
  return size
}

/**
 * Reads a node.
 * @param self the blob that the node was read from, given to places that lie in the same one
 * @throws {DecodeError} on anything that `encodeLocatorNode` does not write
 */
export function decodeLocatorNode(bytes: Uint8Array, self: BlobPlace | null): LocatorNode {
  if (equalBytes(bytes.subarray(0, LEAF_TAG.length), LEAF_TAG)) {
    return decodeLeaf(new BcsReader(bytes, LEAF_TAG.length), self)
  }
  if (equalBytes(bytes.subarray(0, INNER_TAG.length), INNER_TAG)) {
    return decodeInner(new BcsReader(bytes, INNER_TAG.length), self)
  }
  throw new DecodeError('not a locator node', 0)
}

function decodeLeaf(reader: BcsReader, self: BlobPlace | null): LocatorNode {
  const blobs = new BlobReader(reader, self)
  const start = reader.offset
  const chunks = reader.vector(LEAF_CHUNKS, () => readChunk(reader, blobs))
  blobs.end()
  if (chunks.length === 0) throw new DecodeError('locator leaf without chunks', start)
  chunks.forEach(({ id }, i) => {
    const before = chunks[i - 1]
    if (before !== undefined && compareBytes(before.id, id) >= 0)
      throw new DecodeError('chunks out of order', start)
  })
  return { kind: 'leaf', chunks }
}

function readChunk(reader: BcsReader, blobs: BlobReader): LocatedChunk {
  const start = reader.offset
  const id = reader.fixed(SHA256_BYTES)
  const range = blobs.readRange()
  const rawSize = reader.u32()
  const encoding = ENCODINGS[reader.u8()]
  if (encoding === undefined) throw new DecodeError('chunk of an unknown encoding', start)
  if (
    rawSize > MAX_STORED_RAW_BYTES ||
    (encoding === 'raw' ? range.length !== rawSize : range.length >= rawSize)
  ) {
    throw new DecodeError('chunk whose sizes do not fit its encoding', start)
  }
  return { id, location: { ...range, rawSize, encoding } }
}

function decodeInner(reader: BcsReader, self: BlobPlace | null): LocatorNode {
  const blobs = new BlobReader(reader, self)
  const start = reader.offset
  const children = readSlots(reader.u16(), start, () => {
    const { length, ...range } = blobs.readRange()
    const link = { ...range, length, sha256: reader.fixed(SHA256_BYTES) }
    const chunks = reader.u32()
    if (chunks === 0 || length > MAX_STORED_RAW_BYTES)
      throw new DecodeError('impossible locator child', start)
    return { link, chunks }
  })
  blobs.end()
  if (countOf(children) <= LEAF_CHUNKS) throw new DecodeError('inner node that should be a leaf', start)
  return { kind: 'inner', children }
}

/** Chunks below all children. */
export function countOf(children: Slots<LocatorChild>): number {
  return present(children).reduce((total, { child }) => total + child.chunks, 0)
}
