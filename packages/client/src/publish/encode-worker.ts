/**
 * The thread behind `EncodeThreads`: RedStuff by our own WebAssembly, BLS by the official one.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import init, {
  bls12381_min_pk_aggregate,
  bls12381_min_pk_verify,
  bls12381_min_pk_verify_aggregate,
} from '@mysten/walrus-wasm'

import { BcsWriter } from '@squid/formats/bcs'
import { type BlobCommitment, blobGeometry, RedStuffEncoder, sliverBytes } from '@squid/formats/redstuff'

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

/** Numbers of variants: `BlobMetadata::V1`, `EncodingType::RS2`, `MerkleNode::Digest`. */
const [VERSION_1, RS2, DIGEST] = [0, 1, 1]

const HASH_BYTES = 32

/** Of the network that was encoded for last, which is always the same. */
let kept: { readonly shards: number; readonly encoder: RedStuffEncoder } | undefined

function encoderOf(shards: number): RedStuffEncoder {
  if (kept?.shards !== shards) kept = { shards, encoder: new RedStuffEncoder(shards) }
  return kept.encoder
}

function encode({ shards, bytes, reuse }: Extract<EncodeJob, { kind: 'encode' }>): EncodedBlob {
  const { rowSize, primarySymbols, symbolSize } = blobGeometry(bytes.length, shards)
  const take = takerOf(reuse)
  const primary = take(shards * sliverBytes(rowSize))
  const secondary = take(shards * sliverBytes(primarySymbols * symbolSize))
  const commitment = encoderOf(shards).encode(bytes, {
    primary: new Uint8Array(primary),
    secondary: new Uint8Array(secondary),
  })
  return {
    blobId: commitment.blobId,
    rootHash: commitment.rootHash,
    metadata: encodeMetadata(bytes.length, shards, commitment),
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

function encodeMetadata(size: number, shards: number, { sliverHashes }: BlobCommitment): Uint8Array {
  const writer = new BcsWriter().uleb(VERSION_1).uleb(RS2).u64(BigInt(size)).uleb(shards)
  for (let at = 0; at < sliverHashes.length; at += HASH_BYTES)
    writer.uleb(DIGEST).fixed(sliverHashes.subarray(at, at + HASH_BYTES))
  return writer.finish()
}

function identify({ shards, bytes }: Extract<EncodeJob, { kind: 'identify' }>): BlobIdentity {
  const { blobId, rootHash } = encoderOf(shards).identify(bytes)
  return { blobId, rootHash }
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
