/**
 * Where the bytes of a Walrus blob lie: RedStuff's source matrix has `p` rows (primary slivers) of `s`
 * symbols each, filled row by row, so that primary sliver `i < p` is a plain slice of the blob.
 *
 * Spec: Walrus whitepaper §3 (RedStuff) and the encoding named RS2 in the official client.
 * @module
 */

/** Symbol counts that a network's shard count fixes. */
export interface ShardGeometry {
  readonly shards: number
  /** Rows of the source matrix: primary slivers that suffice to decode. */
  readonly primarySymbols: number
  /** Columns of the source matrix: symbols in a primary sliver. */
  readonly secondarySymbols: number
}

/** `ShardGeometry` with the sizes that one blob's length fixes. */
export interface BlobGeometry extends ShardGeometry {
  readonly blobSize: number
  /** Bytes of one symbol; even. */
  readonly symbolSize: number
  /** Bytes of one primary sliver. */
  readonly rowSize: number
}

/** At most this many shards may be faulty: the largest f with 3f + 1 <= shards. */
function maxFaultyShards(shards: number): number {
  return Math.floor((shards - 1) / 3)
}

export function shardGeometry(shards: number): ShardGeometry {
  const faulty = maxFaultyShards(shards)
  return { shards, primarySymbols: shards - 2 * faulty, secondarySymbols: shards - faulty }
}

export function blobGeometry(blobSize: number, shards: number): BlobGeometry {
  const geometry = shardGeometry(shards)
  const symbols = geometry.primarySymbols * geometry.secondarySymbols
  const smallest = Math.ceil(Math.max(blobSize, 1) / symbols)
  const symbolSize = smallest + (smallest % 2)
  return { ...geometry, blobSize, symbolSize, rowSize: symbolSize * geometry.secondarySymbols }
}

/** The rows that hold the bytes from `offset` on, `length` of them: first row, and the one past the last. */
export function rowsOf(
  geometry: BlobGeometry,
  offset: number,
  length: number,
): readonly [first: number, end: number] {
  return [Math.floor(offset / geometry.rowSize), Math.ceil((offset + length) / geometry.rowSize)]
}

/** By how many shards the sliver pairs of a blob are rotated: its id, read as a big-endian number, tells. */
export function shardRotation(blobId: Uint8Array, shards: number): number {
  return blobId.reduce((remainder, byte) => (remainder * 256 + byte) % shards, 0)
}

/** The shard that holds sliver pair `pairIndex`. */
export function shardOfPair(pairIndex: number, blobId: Uint8Array, shards: number): number {
  return (pairIndex + shardRotation(blobId, shards)) % shards
}

/** BCS's form of lengths. */
export function encodeUleb128(value: number): Uint8Array {
  const out: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) out.push((value % 128) | 0x80)
  out.push(value)
  return Uint8Array.from(out)
}
