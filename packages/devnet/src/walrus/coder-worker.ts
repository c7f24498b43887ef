/**
 * The thread that does the heavy work: RedStuff by the official WebAssembly, BLS signatures. Large buffers are
 * transferred, not copied.
 * @module
 */
import { hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { encodeQuilt } from '@mysten/walrus'
import { BlobEncoder } from '@mysten/walrus-wasm'
import { signAggregate, signWithAll } from './bls.ts'
import { geometryOf, shapeOf } from './geometry.ts'
import { encodeMetadata } from './metadata.ts'

/** An encoded blob. Slivers are in BCS, one after another in each buffer. */
export interface Encoded {
  readonly blob: ArrayBuffer
  readonly blobId: Uint8Array
  readonly metadata: Uint8Array
  readonly primary: ArrayBuffer
  readonly secondary: ArrayBuffer
  /** SHA-256 of each primary sliver, then of each secondary sliver, by BCS index of its pair. */
  readonly digests: Uint8Array
}

/** A file for a quilt. */
export interface QuiltFile {
  readonly identifier: string
  readonly contents: Uint8Array
  readonly tags: Readonly<Record<string, string>>
}

export type Job =
  | { readonly kind: 'encode'; readonly shards: number; readonly blob: ArrayBuffer }
  | {
      readonly kind: 'decode'
      readonly shards: number
      readonly size: number
      readonly slivers: readonly Uint8Array[]
    }
  | { readonly kind: 'quilt'; readonly shards: number; readonly files: readonly QuiltFile[] }
  | { readonly kind: 'sign'; readonly message: Uint8Array; readonly secretKeys: readonly bigint[] }
  | { readonly kind: 'aggregate'; readonly message: Uint8Array; readonly secretKeys: readonly bigint[] }

export type Answer =
  | { readonly ok: true; readonly value: Encoded | ArrayBuffer | readonly Uint8Array[] }
  | { readonly ok: false; readonly message: string }

interface MerkleNode {
  readonly Digest: readonly number[]
}

/** What the WebAssembly returns from `encode`: metadata with its id, and the Merkle root. */
type EncodeResult = readonly [
  {
    readonly blob_id: readonly number[]
    readonly metadata: {
      readonly V1: {
        readonly hashes: readonly { readonly primary_hash: MerkleNode; readonly secondary_hash: MerkleNode }[]
      }
    }
  },
  unknown,
]

function encode(shards: number, blob: ArrayBuffer): Encoded {
  const shape = shapeOf(geometryOf(shards), blob.byteLength)
  const primary = new ArrayBuffer(shards * shape.primaryLength)
  const secondary = new ArrayBuffer(shards * shape.secondaryLength)
  const primaries = slices(primary, shape.primaryLength)
  const secondaries = slices(secondary, shape.secondaryLength)
  using encoder = new BlobEncoder(shards)
  const [{ blob_id, metadata }] = encoder.encode(new Uint8Array(blob), primaries, secondaries) as EncodeResult
  const hashes = metadata.V1.hashes.map(
    pair => [Uint8Array.from(pair.primary_hash.Digest), Uint8Array.from(pair.secondary_hash.Digest)] as const,
  )
  return {
    blob,
    blobId: Uint8Array.from(blob_id),
    metadata: encodeMetadata(blob.byteLength, hashes),
    primary,
    secondary,
    digests: Buffer.concat([...primaries, ...secondaries].map(sliver => hash('sha256', sliver, 'buffer'))),
  }
}

function slices(buffer: ArrayBuffer, length: number): Uint8Array[] {
  return Array.from(
    { length: buffer.byteLength / length },
    (_, i) => new Uint8Array(buffer, i * length, length),
  )
}

function decode(shards: number, size: number, slivers: readonly Uint8Array[]): ArrayBuffer {
  const output = new Uint8Array(size)
  using encoder = new BlobEncoder(shards)
  encoder.decode(
    Array.from({ length: 32 }, () => 0),
    BigInt(size),
    [...slivers],
    output,
  )
  return output.buffer
}

function run(job: Job): { value: Encoded | ArrayBuffer | readonly Uint8Array[]; transfer: ArrayBuffer[] } {
  switch (job.kind) {
    case 'encode': {
      const value = encode(job.shards, job.blob)
      return { value, transfer: [value.blob, value.primary, value.secondary] }
    }
    case 'decode': {
      const value = decode(job.shards, job.size, job.slivers)
      return { value, transfer: [value] }
    }
    case 'quilt': {
      const { quilt } = encodeQuilt({ blobs: [...job.files], numShards: job.shards })
      const value = Uint8Array.from(quilt).buffer
      return { value, transfer: [value] }
    }
    case 'sign':
      return { value: signWithAll(job.message, job.secretKeys), transfer: [] }
    case 'aggregate':
      return { value: [signAggregate(job.message, job.secretKeys)], transfer: [] }
  }
}

parentPort?.on('message', (job: Job) => {
  try {
    const { value, transfer } = run(job)
    parentPort?.postMessage({ ok: true, value } satisfies Answer, transfer)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    parentPort?.postMessage({ ok: false, message } satisfies Answer)
    // After a trap the WebAssembly's memory is not to be trusted: end, so that the next job gets a new thread.
    if (error instanceof Error && error.name === 'RuntimeError') parentPort?.close()
  }
})
