/**
 * Where the bytes of a Walrus blob lie: RedStuff's source matrix has `p` rows (primary slivers) of `s`
 * symbols each, filled row by row, so that primary sliver `i < p` is a plain slice of the blob.
 *
 * Spec: Walrus whitepaper §3 (RedStuff) and the encoding named RS2 in the official client.
 * @module
 */

import type { BlobGeometry } from '@squid/formats/redstuff'

export { type BlobGeometry, blobGeometry, shardGeometry } from '@squid/formats/redstuff'

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
