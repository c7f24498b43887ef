/**
 * Blob metadata: the hashes of all slivers, which a blob's id commits to. With them every single sliver can be told
 * from a wrong one, whoever gave it.
 *
 * BCS `BlobMetadata::V1 { encoding_type, unencoded_length: u64, hashes: vector<{ primary, secondary }> }` after the
 * 32 bytes of the id, each hash an enum `MerkleNode { Empty, Digest([u8; 32]) }`. Id: BLAKE2b-256 of type, length and the
 * Merkle root over the pairs.
 * Spec: Walrus whitepaper §3; `walrus-core`'s trees have the prefixes 0 for leaves and 1 inside.
 * @module
 */
import { blake2b } from '@noble/hashes/blake2.js'

import { concatBytes, equalBytes } from '@squid/formats/bytes'

import { encodeUleb128 } from './layout.ts'

const ID_BYTES = 32
/** Version V1, then encoding type RS2. */
const HEAD: readonly number[] = [0, 1]
/** The number of RS2 where an id is derived. */
const RS2 = Uint8Array.of(1)
const DIGEST = 1
const HASH_BYTES = 32
const PAIR_BYTES = 2 * (1 + HASH_BYTES)
const LEAF = Uint8Array.of(0)
const INNER = Uint8Array.of(1)
const EMPTY = new Uint8Array(HASH_BYTES)

/** The hash of every primary sliver, by row. */
export interface BlobMetadata {
  readonly size: number
  readonly primaryHashes: readonly Uint8Array[]
}

/** Bytes of a metadata answer on a network of so many shards. */
export function metadataBytes(shards: number): number {
  return ID_BYTES + HEAD.length + 8 + encodeUleb128(shards).length + shards * PAIR_BYTES
}

/** The metadata, or undefined when these bytes are not those that the id commits to. */
export function decodeMetadata(
  bytes: Uint8Array,
  blobId: Uint8Array,
  shards: number,
): BlobMetadata | undefined {
  if (bytes.length !== metadataBytes(shards)) return undefined
  const body = bytes.subarray(ID_BYTES)
  const count = encodeUleb128(shards)
  const start = HEAD.length + 8 + count.length
  if (!equalBytes(body.subarray(0, HEAD.length), Uint8Array.from(HEAD))) return undefined
  if (!equalBytes(body.subarray(start - count.length, start), count)) return undefined
  const pairs = Array.from({ length: shards }, (_, pair) => start + pair * PAIR_BYTES).map(at => {
    if (body[at] !== DIGEST || body[at + 1 + HASH_BYTES] !== DIGEST) return undefined
    return {
      primary: body.slice(at + 1, at + 1 + HASH_BYTES),
      secondary: body.subarray(at + 2 + HASH_BYTES, at + PAIR_BYTES),
    }
  })
  const leaves: Uint8Array[] = []
  const primaryHashes: Uint8Array[] = []
  for (const pair of pairs) {
    if (pair === undefined) return undefined
    leaves.push(hash(LEAF, pair.primary, pair.secondary))
    primaryHashes.push(pair.primary)
  }
  const length = body.subarray(HEAD.length, HEAD.length + 8)
  if (!equalBytes(hash(RS2, length, merkleRoot(leaves)), blobId)) return undefined
  const size = new DataView(length.buffer, length.byteOffset, 8).getBigUint64(0, true)
  return { size: Number(size), primaryHashes }
}

function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2)
      above.push(hash(INNER, level[i] ?? EMPTY, level[i + 1] ?? EMPTY))
    level = above
  }
  return level[0] ?? EMPTY
}

function hash(...parts: readonly Uint8Array[]): Uint8Array {
  return blake2b(concatBytes(parts), { dkLen: HASH_BYTES })
}
