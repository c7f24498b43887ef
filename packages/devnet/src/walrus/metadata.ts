/**
 * Blob metadata: length and the hashes of all slivers. The blob id commits to it, so metadata that hashes to the id
 * is the metadata.
 *
 * BCS `BlobMetadata::V1 { encoding_type, unencoded_length: u64, hashes: vector<{ primary, secondary }> }`, each hash
 * an enum `MerkleNode { Empty, Digest([u8; 32]) }`. Id: BLAKE2b-256 of type, length and the Merkle root over the pairs.
 * @module
 */
import { blake2b } from '@noble/hashes/blake2.js'
import { DecodeError } from '@squid/formats/errors'
import { type BlobId, blobIdOf } from './blob-id.ts'
import { ulebLength } from './geometry.ts'

const VERSION_1 = 0
const RS2_IN_METADATA = 1
/** The number of RS2 where a blob id is derived; equal to `encoding_type` on the ledger. */
const RS2 = 1
const DIGEST = 1
const PAIR_LENGTH = 66
const LEAF = Uint8Array.of(0)
const INNER = Uint8Array.of(1)
const EMPTY = new Uint8Array(32)

export interface Metadata {
  readonly unencodedLength: number
  readonly blobId: BlobId
  /** Of the Merkle tree over the hashes of the slivers. */
  readonly rootHash: Uint8Array
}

/** Bytes of the metadata of any blob on a network of `shards`. */
export function metadataLength(shards: number): number {
  return 2 + 8 + ulebLength(shards) + shards * PAIR_LENGTH
}

/**
 * Reads metadata and derives the id that it commits to.
 * @throws {DecodeError} when it is not RS2 metadata for `shards` shards
 */
export function decodeMetadata(bytes: Uint8Array, shards: number): Metadata {
  if (bytes.length !== metadataLength(shards))
    throw new DecodeError('metadata of the wrong length', bytes.length)
  if (bytes[0] !== VERSION_1) throw new DecodeError('unknown metadata version', 0)
  if (bytes[1] !== RS2_IN_METADATA) throw new DecodeError('unsupported encoding type', 1)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = view.getBigUint64(2, true)
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError('blob too large', 2)
  const hashes = 10 + ulebLength(shards)
  if (!Buffer.from(bytes.subarray(10, hashes)).equals(uleb(shards)))
    throw new DecodeError('wrong number of shards', 10)
  const leaves: Uint8Array[] = []
  for (let at = hashes; at < bytes.length; at += PAIR_LENGTH) {
    if (bytes[at] !== DIGEST || bytes[at + 33] !== DIGEST) throw new DecodeError('sliver without a hash', at)
    leaves.push(blake2b256(LEAF, bytes.subarray(at + 1, at + 33), bytes.subarray(at + 34, at + 66)))
  }
  const rootHash = merkleRoot(leaves)
  const id = blake2b256(Uint8Array.of(RS2), bytes.subarray(2, 10), rootHash)
  return { unencodedLength: Number(length), blobId: blobIdOf(id), rootHash }
}

/** Writes metadata; `hashes[i]` are the primary's and the secondary's digest of sliver pair `i`. */
export function encodeMetadata(
  unencodedLength: number,
  hashes: readonly (readonly [Uint8Array, Uint8Array])[],
): Uint8Array {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(unencodedLength))
  const digest = Uint8Array.of(DIGEST)
  const parts = [
    Uint8Array.of(VERSION_1, RS2_IN_METADATA),
    length,
    uleb(hashes.length),
    ...hashes.flatMap(([primary, secondary]) => [digest, primary, digest, secondary]),
  ]
  return Uint8Array.from(Buffer.concat(parts))
}

function uleb(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2)
      above.push(blake2b256(INNER, level[i] ?? EMPTY, level[i + 1] ?? EMPTY))
    level = above
  }
  return level[0] ?? EMPTY
}

function blake2b256(...parts: readonly Uint8Array[]): Uint8Array {
  return blake2b(Buffer.concat(parts), { dkLen: 32 })
}
