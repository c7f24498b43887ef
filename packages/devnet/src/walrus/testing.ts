/**
 * For tests of this folder: a ledger that says what it is told, and blobs encoded by the official WebAssembly.
 * @module
 */
import { BlobEncoder } from '@mysten/walrus-wasm'
import { type BlobId, blobIdOf } from './blob-id.ts'
import type { Chain, Registration } from './chain.ts'
import { geometryOf, shapeOf } from './geometry.ts'
import { encodeMetadata } from './metadata.ts'

export class FakeChain implements Chain {
  epoch = 1
  readonly #registrations = new Map<BlobId, Registration[]>()
  readonly #listeners: (() => void)[] = []

  register(id: BlobId, size: number, more: Partial<Registration> = {}): Registration {
    const registration: Registration = {
      objectId: `0x${'ab'.repeat(32)}`,
      deletable: false,
      size,
      registeredEpoch: this.epoch,
      endEpoch: this.epoch + 2,
      certifiedEpoch: undefined,
      event: { txDigest: 'digest', eventSeq: '0' },
      ...more,
    }
    this.#registrations.set(id, [...(this.#registrations.get(id) ?? []), registration])
    return registration
  }

  advance(epochs: number): void {
    this.epoch += epochs
    for (const listener of this.#listeners) listener()
  }

  registrations(id: BlobId): readonly Registration[] {
    return (this.#registrations.get(id) ?? []).filter(({ endEpoch }) => this.epoch < endEpoch)
  }

  isLive(id: BlobId): boolean {
    return this.registrations(id).length > 0
  }

  onRetired(listener: () => void): void {
    this.#listeners.push(listener)
  }

  close(): void {}
}

/** A blob as the official encoder sees it. */
export interface OfficialEncoding {
  readonly id: BlobId
  readonly blob: Uint8Array<ArrayBuffer>
  readonly rootHash: Uint8Array
  readonly metadata: Uint8Array
  /** In BCS, by pair. */
  readonly primary: readonly Uint8Array[]
  readonly secondary: readonly Uint8Array[]
}

interface Digest {
  readonly Digest: readonly number[]
}

type Result = readonly [
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

export function encodeOfficially(blob: Uint8Array<ArrayBuffer>, shards: number): OfficialEncoding {
  const shape = shapeOf(geometryOf(shards), blob.length)
  const primary = Array.from({ length: shards }, () => new Uint8Array(shape.primaryLength))
  const secondary = Array.from({ length: shards }, () => new Uint8Array(shape.secondaryLength))
  using encoder = new BlobEncoder(shards)
  const [{ blob_id, metadata }, root] = encoder.encode(blob, primary, secondary) as Result
  const hashes = metadata.V1.hashes.map(
    pair => [Uint8Array.from(pair.primary_hash.Digest), Uint8Array.from(pair.secondary_hash.Digest)] as const,
  )
  return {
    id: blobIdOf(Uint8Array.from(blob_id)),
    blob,
    rootHash: Uint8Array.from(root.Digest),
    metadata: encodeMetadata(blob.length, hashes),
    primary,
    secondary,
  }
}

/** Bytes that do not repeat early, the same for the same seed. */
export function sampleBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  let state = seed
  return new Uint8Array(length).map(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 16
  })
}
