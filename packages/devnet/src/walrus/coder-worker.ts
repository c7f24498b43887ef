/**
 * The thread that does the heavy work: RedStuff, decoding by the official WebAssembly, BLS signatures. Large buffers are
 * transferred, not copied.
 * @module
 */
import { hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { encodeQuilt } from '@mysten/walrus'
import { BlobEncoder } from '@mysten/walrus-wasm'
import { RedStuffEncoder } from '@squid/formats/redstuff'
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
}

/** With what slivers that come one by one are compared with. */
export interface DigestedEncoded extends Encoded {
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
  | {
      readonly kind: 'encode'
      readonly shards: number
      readonly blob: ArrayBuffer
      readonly isDigested: boolean
    }
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

/** Of the network's shards. */
let kept: { readonly shards: number; readonly encoder: RedStuffEncoder } | undefined

function encoderOf(shards: number): RedStuffEncoder {
  if (kept?.shards !== shards) kept = { shards, encoder: new RedStuffEncoder(shards) }
  return kept.encoder
}

function encode(shards: number, blob: ArrayBuffer, isDigested: boolean): Encoded | DigestedEncoded {
  const shape = shapeOf(geometryOf(shards), blob.byteLength)
  const primary = new Uint8Array(shards * shape.primaryLength)
  const secondary = new Uint8Array(shards * shape.secondaryLength)
  const { blobId, sliverHashes } = encoderOf(shards).encode(new Uint8Array(blob), { primary, secondary })
  const hashes = slices(sliverHashes, 64).map(pair => [pair.subarray(0, 32), pair.subarray(32)] as const)
  const encoded: Encoded = {
    blob,
    blobId,
    metadata: encodeMetadata(blob.byteLength, hashes),
    primary: primary.buffer,
    secondary: secondary.buffer,
  }
  if (!isDigested) return encoded
  const slivers = [...slices(primary, shape.primaryLength), ...slices(secondary, shape.secondaryLength)]
  return { ...encoded, digests: Buffer.concat(slivers.map(sliver => hash('sha256', sliver, 'buffer'))) }
}

function slices(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: bytes.length / length }, (_, i) => bytes.subarray(i * length, (i + 1) * length))
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
      const value = encode(job.shards, job.blob, job.isDigested)
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
