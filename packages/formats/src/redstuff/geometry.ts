/**
 * The sizes of RedStuff's matrix.
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
