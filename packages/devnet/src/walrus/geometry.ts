/**
 * Sizes and places in RedStuff: a blob is a matrix of `p = n - 2f` rows and `s = n - f` columns of symbols, filled row
 * by row; both directions are extended to `n` shards. Sliver pair `i` is extended row `i` (primary) with extended
 * column `n - 1 - i` (secondary). Primary slivers below `p` are plain slices of the blob.
 *
 * Spec: the encoding `RS2` of the official client (`getSourceSymbols`, `toShardIndex`).
 * @module
 */
import { blobGeometry, shardGeometry } from '@squid/formats/redstuff'
import { type BlobId, blobIdBytes } from './blob-id.ts'

export type SliverKind = 'primary' | 'secondary'

/** What the number of shards fixes. */
export interface Geometry {
  readonly shards: number
  /** Primary slivers that suffice to decode, p. */
  readonly rows: number
  /** Symbols of a primary sliver, s. */
  readonly columns: number
  /** Bytes of the largest blob. */
  readonly maxBlobSize: number
}

/** What a blob's length fixes besides: bytes of a symbol, and of the slivers in the BCS form in which they travel. */
export interface BlobShape {
  readonly size: number
  readonly symbolSize: number
  /** Bytes of a primary sliver without its BCS frame. */
  readonly rowSize: number
  readonly primaryLength: number
  readonly secondaryLength: number
}

/** Symbols have at most this many bytes, an even number. */
const MAX_SYMBOL_SIZE = 65_534
/** After the symbols: their size and the sliver's index, two bytes each. */
export const SLIVER_TRAILER = 4

export function geometryOf(shards: number): Geometry {
  const { primarySymbols: rows, secondarySymbols: columns } = shardGeometry(shards)
  return { shards, rows, columns, maxBlobSize: rows * columns * MAX_SYMBOL_SIZE }
}

export function shapeOf({ shards, rows }: Geometry, size: number): BlobShape {
  const { symbolSize, rowSize } = blobGeometry(size, shards)
  return {
    size,
    symbolSize,
    rowSize,
    primaryLength: framedLength(rowSize),
    secondaryLength: framedLength(rows * symbolSize),
  }
}

/** Bytes that all nodes together keep of a blob: slivers without frames, two hashes a pair, and the blob id. */
export function encodedLength(geometry: Geometry, size: number): number {
  const { shards, rows, columns } = geometry
  const { symbolSize } = shapeOf(geometry, size)
  return shards * (64 * shards + 32) + shards * (rows + columns) * symbolSize
}

/** Bytes that ULEB128 takes for `value`. */
export function ulebLength(value: number): number {
  let length = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++
  return length
}

function framedLength(symbols: number): number {
  return ulebLength(symbols) + symbols + SLIVER_TRAILER
}

/** The shard that keeps sliver pair `pair` of a blob. */
export function shardOfPair(id: BlobId, pair: number, shards: number): number {
  return (pair + rotation(id, shards)) % shards
}

/** The sliver pair of a blob that `shard` keeps. */
export function pairOfShard(id: BlobId, shard: number, shards: number): number {
  return (shard - rotation(id, shards) + shards) % shards
}

function rotation(id: BlobId, shards: number): number {
  return blobIdBytes(id).reduce((remainder, byte) => (remainder * 256 + byte) % shards, 0)
}
