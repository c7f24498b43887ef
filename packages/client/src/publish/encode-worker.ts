/**
 * The thread behind `EncodeThreads`: RedStuff and BLS by the official WebAssembly.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import init, {
  BlobEncoder,
  bls12381_min_pk_aggregate,
  bls12381_min_pk_verify,
  bls12381_min_pk_verify_aggregate,
} from '@mysten/walrus-wasm'

import { BcsWriter } from '@squid/formats/bcs'

import { blobGeometry } from '../storage/layout.ts'
import type { Answer } from './worker-pool.ts'

export type EncodeJob =
  | {
      readonly kind: 'encode'
      readonly shards: number
      readonly bytes: Uint8Array
      /** Buffers of an earlier result, to be filled again when they have the right size. */
      readonly reuse: readonly ArrayBuffer[]
    }
  | { readonly kind: 'identify'; readonly shards: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'aggregate'
      readonly message: Uint8Array
      readonly signatures: readonly Uint8Array[]
      /** 48 bytes each, in the order of the signatures. */
      readonly publicKeys: readonly Uint8Array[]
    }
  | {
      readonly kind: 'check'
      readonly message: Uint8Array
      readonly signature: Uint8Array
      readonly publicKeys: readonly Uint8Array[]
    }

/** What registering a blob needs. */
export interface BlobIdentity {
  /** 32 bytes. */
  readonly blobId: Uint8Array
  readonly rootHash: Uint8Array
}

/** An encoded blob. Slivers are BCS `SliverData`, of pair 0, 1, … one after another. */
export interface EncodedBlob extends BlobIdentity {
  /** BCS `BlobMetadata`. */
  readonly metadata: Uint8Array
  readonly primary: ArrayBuffer
  readonly secondary: ArrayBuffer
}

export interface Aggregate {
  readonly signature: Uint8Array
  /** Which of the signatures are in it: the valid ones. */
  readonly valid: readonly number[]
}

export type EncodeResult = BlobIdentity | EncodedBlob | Aggregate | { readonly isValid: boolean }

interface Digest {
  readonly Digest: readonly number[]
}

/** What `encode` of the WebAssembly returns: metadata with its id, and the root of its Merkle tree. */
type RawEncoding = readonly [
  {
    readonly blob_id: readonly number[]
    readonly metadata: {
      readonly V1: {
        readonly hashes: readonly { readonly primary_hash: Digest; readonly secondary_hash: Digest }[]
      }
    }
  },
  Digest,
]

/** Numbers of variants: `BlobMetadata::V1`, `EncodingType::RS2`, `MerkleNode::Digest`. */
const [VERSION_1, RS2, DIGEST] = [0, 1, 1]

/** Bytes of a `SliverData` beside its symbols: symbol size and index. */
const SLIVER_FOOTER = 4

function encode({ shards, bytes, reuse }: Extract<EncodeJob, { kind: 'encode' }>): EncodedBlob {
  const { rowSize, primarySymbols, symbolSize } = blobGeometry(bytes.length, shards)
  const take = takerOf(reuse)
  const primary = take(shards * sliverLength(rowSize))
  const secondary = take(shards * sliverLength(primarySymbols * symbolSize))
  using encoder = new BlobEncoder(shards)
  const [metadata, root] = encoder.encode(
    bytes,
    slices(primary, shards),
    slices(secondary, shards),
  ) as RawEncoding
  return {
    blobId: Uint8Array.from(metadata.blob_id),
    rootHash: Uint8Array.from(root.Digest),
    metadata: encodeMetadata(bytes.length, metadata.metadata.V1.hashes),
    primary,
    secondary,
  }
}

function takerOf(reuse: readonly ArrayBuffer[]): (size: number) => ArrayBuffer {
  const left = [...reuse]
  return size => {
    const next = left.shift()
    if (next?.byteLength === size) return next
    free(next)
    return new ArrayBuffer(size)
  }
}

/** Gives memory back at once; the garbage collector does not see how much it is. */
function free(buffer: ArrayBufferLike | undefined): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0)
}

function sliverLength(dataBytes: number): number {
  return new BcsWriter().uleb(dataBytes).length + dataBytes + SLIVER_FOOTER
}

function slices(buffer: ArrayBuffer, count: number): Uint8Array[] {
  const length = buffer.byteLength / count
  return Array.from({ length: count }, (_, index) => new Uint8Array(buffer, index * length, length))
}

function encodeMetadata(size: number, hashes: RawEncoding[0]['metadata']['V1']['hashes']): Uint8Array {
  const writer = new BcsWriter().uleb(VERSION_1).uleb(RS2).u64(BigInt(size)).uleb(hashes.length)
  for (const { primary_hash: primary, secondary_hash: secondary } of hashes) {
    for (const { Digest: digest } of [primary, secondary]) writer.uleb(DIGEST).fixed(Uint8Array.from(digest))
  }
  return writer.finish()
}

function identify({ shards, bytes }: Extract<EncodeJob, { kind: 'identify' }>): BlobIdentity {
  using encoder = new BlobEncoder(shards)
  const [blobId, root] = encoder.compute_metadata(bytes) as [readonly number[], Digest]
  return { blobId: Uint8Array.from(blobId), rootHash: Uint8Array.from(root.Digest) }
}

/** Checks all at once, which is as much work as one; only when that fails, each. */
function aggregate({
  message,
  signatures,
  publicKeys,
}: Extract<EncodeJob, { kind: 'aggregate' }>): Aggregate {
  const all = signatures.map((_, index) => index)
  const together = tryAggregate(signatures)
  if (together !== undefined && isValid(together, publicKeys, message))
    return { signature: together, valid: all }
  const valid = all.filter(index => isSigned(signatures[index], publicKeys[index], message))
  const signature = tryAggregate(valid.map(index => signatures[index] ?? new Uint8Array()))
  return signature === undefined ? { signature: new Uint8Array(), valid: [] } : { signature, valid }
}

function tryAggregate(signatures: readonly Uint8Array[]): Uint8Array | undefined {
  if (signatures.length === 0) return undefined
  try {
    return bls12381_min_pk_aggregate([...signatures])
  } catch {
    return undefined // one of them is no signature at all
  }
}

function isValid(signature: Uint8Array, publicKeys: readonly Uint8Array[], message: Uint8Array): boolean {
  try {
    return bls12381_min_pk_verify_aggregate([...publicKeys], message, signature)
  } catch {
    return false
  }
}

function isSigned(
  signature: Uint8Array | undefined,
  publicKey: Uint8Array | undefined,
  message: Uint8Array,
): boolean {
  if (signature === undefined || publicKey === undefined) return false
  try {
    return bls12381_min_pk_verify(signature, publicKey, message)
  } catch {
    return false
  }
}

function run(job: EncodeJob): EncodeResult {
  switch (job.kind) {
    case 'encode':
      return encode(job)
    case 'identify':
      return identify(job)
    case 'aggregate':
      return aggregate(job)
    case 'check':
      return { isValid: isValid(job.signature, job.publicKeys, job.message) }
  }
}

init()
parentPort?.on('message', (job: EncodeJob) => {
  try {
    const value = run(job)
    if ('bytes' in job) free(job.bytes.buffer)
    const transfer = 'primary' in value ? [value.primary, value.secondary] : []
    parentPort?.postMessage({ ok: true, value } satisfies Answer<EncodeResult>, transfer)
  } catch (error) {
    parentPort?.postMessage({ ok: false, message: String(error) } satisfies Answer<never>)
    // A trap leaves the module in an unknown state: the thread ends, and the next job starts another.
    if (error instanceof Error && error.name === 'RuntimeError') parentPort?.close()
  }
})
