/**
 * How a chunk is stored: compressed when that helps, named by the SHA-256 of its raw bytes.
 * Nothing agrees on compressed bytes (compressors change), only on the name.
 * Spec of the compression: RFC 8878 (zstd, one frame).
 * @module
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { equalBytes, formatHex } from '../bytes/index.ts'
import { SquidError } from '../errors/index.ts'
import { sha256 } from '../hash/index.ts'

/** Raw bytes of anything that is stored as a chunk, nodes of trees included. */
export const MAX_STORED_RAW_BYTES: number = 1024 * 1024

/** docs/decisions/0005-compression-level.md. */
const DEFAULT_LEVEL = 3

/** Bytes that a frame has beyond its content when nothing compresses, and the least buffer that zlib takes. */
const FRAME_ROOM = 1024

/** How the stored bytes become the raw ones. */
export type ChunkEncoding = 'raw' | 'zstd'

/** What is known of a stored chunk beforehand. */
export interface ChunkFacts {
  /** SHA-256 of the raw bytes. */
  readonly id: Uint8Array
  readonly encoding: ChunkEncoding
  /** Bytes once decompressed. */
  readonly rawSize: number
}

/** A chunk ready to be put into a pack. */
export interface StoredChunk extends ChunkFacts {
  /** As stored. */
  readonly bytes: Uint8Array
}

/** The name of a chunk. */
export function chunkId(raw: Uint8Array): Uint8Array {
  return sha256(raw)
}

/**
 * Compresses a chunk, unless that does not make it smaller.
 * @param options `level` of zstd, 1 to 19; `id` when it is known already
 */
export function encodeChunk(
  raw: Uint8Array,
  options: { readonly level?: number; readonly id?: Uint8Array } = {},
): StoredChunk {
  const { level = DEFAULT_LEVEL, id = chunkId(raw) } = options
  assertSize(raw.length)
  const bytes = compress(raw, level)
  if (bytes.length >= raw.length) return { id, encoding: 'raw', rawSize: raw.length, bytes: raw }
  return { id, encoding: 'zstd', rawSize: raw.length, bytes }
}

/** One frame. The size that is known beforehand lets zstd choose smaller tables, and one buffer takes all of it. */
function compress(raw: Uint8Array, level: number): Uint8Array {
  const compressed = zstdCompressSync(raw, {
    chunkSize: raw.length + FRAME_ROOM,
    pledgedSrcSize: raw.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  })
  return new Uint8Array(compressed.buffer, compressed.byteOffset, compressed.length)
}

/** A chunk that is stored as it is: nodes that are read by range and hashed at once. */
export function rawChunk(raw: Uint8Array): StoredChunk {
  assertSize(raw.length)
  return { id: chunkId(raw), encoding: 'raw', rawSize: raw.length, bytes: raw }
}

function assertSize(size: number): void {
  if (size > MAX_STORED_RAW_BYTES) {
    throw new SquidError(
      'CHUNK_TOO_LARGE',
      `A chunk of ${size} bytes is larger than ${MAX_STORED_RAW_BYTES}.`,
    )
  }
}

/**
 * Gives back the raw bytes, or refuses: the result always has SHA-256 `id` and `rawSize` bytes, and no more memory
 * than that is spent on finding out. Of a raw chunk it is `stored` itself.
 * @throws {SquidError} `CHUNK_TOO_LARGE` when the facts exceed the limit, `CHUNK_MISMATCH` when the bytes are others
 */
export function decodeChunk(facts: ChunkFacts, stored: Uint8Array): Uint8Array {
  assertSize(facts.rawSize)
  const raw = facts.encoding === 'raw' ? stored : decompress(facts, stored)
  if (raw.length !== facts.rawSize)
    throw mismatch(facts, `has ${raw.length} bytes instead of ${facts.rawSize}`)
  if (!equalBytes(chunkId(raw), facts.id)) throw mismatch(facts, 'has another hash')
  return raw
}

function decompress(facts: ChunkFacts, stored: Uint8Array): Uint8Array {
  try {
    // One byte more than allowed would be an error already; zero is no valid limit.
    const raw = zstdDecompressSync(stored, {
      chunkSize: facts.rawSize + FRAME_ROOM,
      maxOutputLength: Math.max(facts.rawSize, 1),
    })
    return new Uint8Array(raw.buffer, raw.byteOffset, raw.length)
  } catch (cause) {
    throw mismatch(facts, 'does not decompress to its size', cause)
  }
}

function mismatch(facts: ChunkFacts, what: string, cause?: unknown): SquidError {
  return new SquidError('CHUNK_MISMATCH', `The stored chunk ${formatHex(facts.id)} ${what}.`, { cause })
}
