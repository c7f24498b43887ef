/**
 * Packs: many chunks in one Walrus blob, with an index at the end.
 *
 *     pack    = chunk bytes …, index, trailer
 *     index   = entries, sorted by id: id (32 bytes), offset u64, length u32, raw size u32, encoding u8 (0 raw, 1 zstd)
 *     trailer = count u32, "squidpk1" (8 bytes)
 *
 * All integers little-endian. The chunks fill the bytes before the index without gap or overlap. The index saves
 * readers a locator; nothing is believed of it, since every chunk is checked against its id.
 * @module
 */
import { BcsReader, BcsWriter } from '../bcs/index.ts'
import { compareBytes, encodeUtf8, equalBytes, formatHex } from '../bytes/index.ts'
import { type ChunkEncoding, MAX_STORED_RAW_BYTES, rawChunk, type StoredChunk } from '../chunk/index.ts'
import { DecodeError } from '../errors/index.ts'
import { SHA256_BYTES } from '../hash/index.ts'

const MAGIC = encodeUtf8('squidpk1')
const TRAILER_BYTES = 4 + MAGIC.length
const ENTRY_BYTES = SHA256_BYTES + 8 + 4 + 4 + 1
/**
 * No pack is larger, and readers refuse larger blobs: one whose nodes are down is rebuilt in memory, and publishers
 * must not decide how much of that there is.
 */
export const MAX_PACK_BYTES: number = 256 * 1024 * 1024
const DEFAULT_TARGET_BYTES = 32 * 1024 * 1024
/** Index of a pack of the smallest chunks that one could reasonably make, 45 MiB. */
const MAX_ENTRIES = 1 << 20
/** Largest symbol that RedStuff has: u16, even. */
const MAX_SYMBOL_BYTES = 65_534
const ENCODINGS: readonly ChunkEncoding[] = ['raw', 'zstd']

/** Where a chunk lies in a pack. */
export interface PackEntry {
  /** SHA-256 of the raw bytes. */
  readonly id: Uint8Array
  readonly offset: number
  /** Stored bytes. */
  readonly length: number
  /** Bytes once decompressed. */
  readonly rawSize: number
  readonly encoding: ChunkEncoding
}

/**
 * The largest blob that a Walrus network takes.
 * @param nShards at least 4, below which RedStuff has no code
 */
export function maxBlobBytes(nShards: number): number {
  if (!Number.isInteger(nShards) || nShards < 4 || nShards > 0xffff) {
    throw new RangeError(`a Walrus network has 4 to 65535 shards, not ${nShards}`)
  }
  const faulty = Math.floor((nShards - 1) / 3)
  const primary = nShards - 2 * faulty
  const secondary = nShards - faulty
  return primary * secondary * MAX_SYMBOL_BYTES
}

/** Bytes that a pack may have: the target, or what the network or any reader takes when that is less. */
export function packLimit(nShards: number, targetBytes: number = DEFAULT_TARGET_BYTES): number {
  return Math.min(targetBytes, maxBlobBytes(nShards), MAX_PACK_BYTES)
}

/** Collects chunks into one pack. */
export class PackWriter {
  readonly #limit: number
  readonly #entries = new Map<string, PackEntry>()
  readonly #parts: Uint8Array[] = []
  #dataBytes = 0

  /** @param limitBytes of the finished pack, index included */
  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  /** Bytes that the pack would have if it were finished now. */
  get size(): number {
    return this.#dataBytes + this.#entries.size * ENTRY_BYTES + TRAILER_BYTES
  }

  /** Chunks in it. */
  get count(): number {
    return this.#entries.size
  }

  /** @returns whether the chunk of this id is in the pack */
  has(id: Uint8Array): boolean {
    return this.#entries.has(formatHex(id))
  }

  /**
   * Appends a chunk whose bytes stay unchanged until `finish`. One that is in the pack already is not added again.
   * @returns where it lies, or undefined when the pack has no room: finish it and begin another
   */
  tryAdd(chunk: StoredChunk): PackEntry | undefined {
    const key = formatHex(chunk.id)
    const present = this.#entries.get(key)
    if (present !== undefined) return present
    const grown = this.size + chunk.bytes.length + ENTRY_BYTES
    if (grown > this.#limit || this.#entries.size >= MAX_ENTRIES) return undefined
    const { id, encoding, rawSize } = chunk
    const entry = { id, offset: this.#dataBytes, length: chunk.bytes.length, rawSize, encoding }
    this.#entries.set(key, entry)
    this.#parts.push(chunk.bytes)
    this.#dataBytes += chunk.bytes.length
    return entry
  }

  /** Appends bytes as an uncompressed chunk; as `tryAdd`. Nodes of a locator are read by range, so they stay raw. */
  tryAddRaw(bytes: Uint8Array): PackEntry | undefined {
    const entry = this.tryAdd(rawChunk(bytes))
    if (entry !== undefined && entry.encoding !== 'raw') {
      throw new Error('a chunk that must be raw is in the pack compressed')
    }
    return entry
  }

  /** The whole pack, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    const pack = new Uint8Array(this.size)
    let offset = 0
    for (const part of [...this.#parts, encodeIndex([...this.#entries.values()])]) {
      pack.set(part, offset)
      offset += part.length
    }
    return pack
  }
}

function encodeIndex(entries: PackEntry[]): Uint8Array {
  const writer = new BcsWriter()
  for (const entry of entries.sort((left, right) => compareBytes(left.id, right.id))) {
    writer.fixed(entry.id).u64(BigInt(entry.offset)).u32(entry.length).u32(entry.rawSize)
    writer.u8(ENCODINGS.indexOf(entry.encoding))
  }
  return writer.u32(entries.length).fixed(MAGIC).finish()
}

/** What `readPackIndex` found, or how much of the end it must see. */
export type PackIndex = { readonly entries: readonly PackEntry[] } | { readonly needTailBytes: number }

/**
 * Reads the index from the end of a pack.
 * @param tail the last bytes of the pack, at least 12
 * @param packBytes of the whole pack
 * @throws {DecodeError} on another magic, entries unsorted, out of range, overlapping or leaving gaps, sizes that no
 *   chunk has; offsets in errors count from the start of the pack
 */
export function readPackIndex(tail: Uint8Array, packBytes: number): PackIndex {
  if (tail.length > packBytes) throw new RangeError('the tail is longer than the pack')
  const trailerAt = tail.length - TRAILER_BYTES
  if (trailerAt < 0) {
    if (packBytes >= TRAILER_BYTES) return { needTailBytes: TRAILER_BYTES }
    throw new DecodeError('pack shorter than its trailer', 0)
  }
  if (!equalBytes(tail.subarray(trailerAt + 4), MAGIC))
    throw new DecodeError('not a pack', packBytes - MAGIC.length)
  const count = new BcsReader(tail, trailerAt).u32()
  const dataBytes = packBytes - TRAILER_BYTES - count * ENTRY_BYTES
  if (count > MAX_ENTRIES || dataBytes < 0) {
    throw new DecodeError('pack index of an impossible length', packBytes - TRAILER_BYTES)
  }
  const needTailBytes = packBytes - dataBytes
  if (tail.length < needTailBytes) return { needTailBytes }
  const reader = new BcsReader(tail, tail.length - needTailBytes)
  const entries = Array.from({ length: count }, () => readEntry(reader))
  assertSorted(entries, dataBytes)
  assertTiled(entries, dataBytes)
  return { entries }
}

function readEntry(reader: BcsReader): PackEntry {
  const at = reader.offset
  const id = reader.fixed(SHA256_BYTES)
  const offset = Number(reader.u64())
  const length = reader.u32()
  const rawSize = reader.u32()
  const encoding = ENCODINGS[reader.u8()]
  if (encoding === undefined) throw new DecodeError('pack entry of an unknown encoding', at)
  if (rawSize > MAX_STORED_RAW_BYTES) throw new DecodeError('pack entry larger than a chunk', at)
  if (encoding === 'raw' ? length !== rawSize : length >= rawSize) {
    throw new DecodeError('pack entry whose sizes do not fit its encoding', at)
  }
  return { id, offset, length, rawSize, encoding }
}

function assertSorted(entries: readonly PackEntry[], indexAt: number): void {
  entries.forEach((entry, i) => {
    const before = entries[i - 1]
    if (before !== undefined && compareBytes(before.id, entry.id) >= 0) {
      throw new DecodeError('pack entries out of order', indexAt + i * ENTRY_BYTES)
    }
  })
}

/** Every byte before the index belongs to exactly one entry. */
function assertTiled(entries: readonly PackEntry[], dataBytes: number): void {
  let end = 0
  for (const entry of entries.toSorted(
    (left, right) => left.offset - right.offset || left.length - right.length,
  )) {
    if (entry.offset !== end) throw new DecodeError('pack entries overlap or leave a gap', end)
    end += entry.length
  }
  if (end !== dataBytes) throw new DecodeError('pack entries do not end at the index', end)
}
