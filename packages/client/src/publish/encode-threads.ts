/**
 * Erasure coding and certificates in worker threads, with a bound on the encoded bytes that are alive at once.
 * @module
 */
import { availableParallelism } from 'node:os'

import { blobGeometry } from '../storage/layout.ts'
import type { Aggregate, BlobIdentity, EncodedBlob, EncodeJob, EncodeResult } from './encode-worker.ts'
import { Places } from './places.ts'
import { WorkerPool } from './worker-pool.ts'

export type { Aggregate, BlobIdentity, EncodedBlob } from './encode-worker.ts'

const MIB = 1024 * 1024

/**
 * Encoded blobs that wait or are being sent; the WebAssembly's own memory is about as much. Packs of 32 MiB, which
 * become 142 MiB, go one by one: test/publish/memory.test.ts.
 */
const ENCODED_BYTES = 256 * MIB
const MAX_ALIVE = 16

export class EncodeThreads {
  readonly #shards: number
  readonly #pool: WorkerPool<EncodeJob, EncodeResult>
  /** For encoded blobs that are alive. */
  readonly #places: Places
  readonly #held = new Map<EncodedBlob, Disposable>()
  readonly #free: ArrayBuffer[][] = []

  /** @param blobBytes of the largest blob */
  constructor(shards: number, blobBytes: number) {
    this.#shards = shards
    const { primarySymbols, secondarySymbols, symbolSize } = blobGeometry(blobBytes, shards)
    const encodedBytes = shards * (primarySymbols + secondarySymbols) * symbolSize
    const places = Math.min(Math.max(Math.floor(ENCODED_BYTES / encodedBytes), 1), MAX_ALIVE)
    this.#places = new Places(places)
    const threads = Math.max(Math.floor(places / 2), 1)
    this.#pool = new WorkerPool(
      new URL('./encode-worker.ts', import.meta.url),
      Math.min(threads, availableParallelism()),
    )
  }

  /** Whether another blob can be encoded without waiting for one to be released. */
  get hasRoom(): boolean {
    return this.#places.hasFree
  }

  /**
   * Encodes once there is room. The result belongs to the caller until `release`.
   * @param bytes taken: detached here, the whole buffer that they are
   */
  async encode(bytes: Uint8Array<ArrayBuffer>): Promise<EncodedBlob> {
    const place = await this.#places.take()
    const reuse = this.#free.pop() ?? []
    try {
      const job = { kind: 'encode', shards: this.#shards, bytes, reuse } as const
      const encoded = (await this.#pool.run(job, [bytes.buffer, ...reuse])) as EncodedBlob
      this.#held.set(encoded, place)
      return encoded
    } catch (error) {
      place[Symbol.dispose]()
      throw error
    }
  }

  /** Takes an encoded blob's buffers back: nobody may read them any more. */
  release(encoded: EncodedBlob): void {
    this.#free.push([encoded.primary, encoded.secondary])
    this.#held.get(encoded)?.[Symbol.dispose]()
    this.#held.delete(encoded)
  }

  /** @param bytes taken, as by `encode` */
  async identify(bytes: Uint8Array<ArrayBuffer>): Promise<BlobIdentity> {
    const job = { kind: 'identify', shards: this.#shards, bytes } as const
    return (await this.#pool.run(job, [bytes.buffer])) as BlobIdentity
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
}
