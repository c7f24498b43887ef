/**
 * Erasure coding and certificates in worker threads, with a bound on the encoded bytes that are alive at once.
 * @module
 */
import { availableParallelism } from 'node:os'

import { blobGeometry } from '../storage/layout.ts'
import type { Aggregate, BlobIdentity, EncodedBlob, EncodeJob, EncodeResult } from './encode-worker.ts'
import { WorkerPool } from './worker-pool.ts'

export type { Aggregate, BlobIdentity, EncodedBlob } from './encode-worker.ts'

const MIB = 1024 * 1024

/** Encoded blobs that wait or are being sent, and the WebAssembly's own memory, which is about as large as one. */
const ENCODED_BYTES = 320 * MIB
const MAX_ALIVE = 16

export class EncodeThreads {
  readonly #shards: number
  readonly #pool: WorkerPool<EncodeJob, EncodeResult>
  /** Encoded blobs that may be alive at once. */
  readonly #places: number
  readonly #free: ArrayBuffer[][] = []
  #taken = 0
  readonly #waiting: (() => void)[] = []

  /** @param blobBytes of the largest blob */
  constructor(shards: number, blobBytes: number) {
    this.#shards = shards
    const { primarySymbols, secondarySymbols, symbolSize } = blobGeometry(blobBytes, shards)
    const encodedBytes = shards * (primarySymbols + secondarySymbols) * symbolSize
    this.#places = Math.min(Math.max(Math.floor(ENCODED_BYTES / encodedBytes), 1), MAX_ALIVE)
    const threads = Math.max(Math.floor(this.#places / 2), 1)
    this.#pool = new WorkerPool(
      new URL('./encode-worker.ts', import.meta.url),
      Math.min(threads, availableParallelism()),
    )
  }

  /** Whether another blob can be encoded without waiting for one to be released. */
  get hasRoom(): boolean {
    return this.#taken < this.#places
  }

  /** Encodes once there is room. The result belongs to the caller until `release`. */
  async encode(bytes: Uint8Array): Promise<EncodedBlob> {
    if (this.#taken >= this.#places) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#taken++
    const reuse = this.#free.pop() ?? []
    try {
      const job = { kind: 'encode', shards: this.#shards, bytes, reuse } as const
      return (await this.#pool.run(job, reuse)) as EncodedBlob
    } catch (error) {
      this.#giveBack()
      throw error
    }
  }

  /** Takes an encoded blob's buffers back: nobody may read them any more. */
  release({ primary, secondary }: EncodedBlob): void {
    this.#free.push([primary, secondary])
    this.#giveBack()
  }

  async identify(bytes: Uint8Array): Promise<BlobIdentity> {
    return (await this.#pool.run({ kind: 'identify', shards: this.#shards, bytes })) as BlobIdentity
  }

  /** The signatures of one message in one, without those that are not their key's. */
  async aggregate(
    message: Uint8Array,
    signatures: readonly Uint8Array[],
    publicKeys: readonly Uint8Array[],
  ): Promise<Aggregate> {
    return (await this.#pool.run({ kind: 'aggregate', message, signatures, publicKeys })) as Aggregate
  }

  /** Whether `signature` is that of all the keys together. */
  async isSignedByAll(
    message: Uint8Array,
    signature: Uint8Array,
    publicKeys: readonly Uint8Array[],
  ): Promise<boolean> {
    const result = await this.#pool.run({ kind: 'check', message, signature, publicKeys })
    return (result as { readonly isValid: boolean }).isValid
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#taken--
    else next()
  }
}
