/**
 * Tells right slivers from wrong ones by the blob's metadata, which its id commits to, and so who lied.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'

import { type Blob, noMetadata, otherSize } from './blob.ts'
import type { Committee, StorageNode } from './committee.ts'
import type { Decoder } from './decoder.ts'
import { type BlobMetadata, decodeMetadata } from './metadata.ts'
import type { NodeStanding } from './node-standing.ts'
import { SharedFetches } from './shared-fetch.ts'
import { type StorageNodeClient, StorageNodeError } from './storage-node.ts'

export interface ProofsDeps {
  readonly committee: Committee
  readonly nodes: StorageNodeClient
  readonly decoder: Decoder
  readonly standing: NodeStanding
}

/** A row of a blob, from whoever. */
export interface ClaimedRow {
  readonly row: number
  readonly bytes: Uint8Array
}

type NamedBlob = Pick<Blob, 'id' | 'key'>

/** Nodes that are asked for metadata at once. */
const PARALLEL = 3
const MAX_KNOWN = 64

export class Proofs {
  readonly #deps: ProofsDeps
  readonly #known = new Map<string, BlobMetadata>()
  readonly #fetches = new SharedFetches<BlobMetadata>()
  readonly #verdicts = new WeakMap<ClaimedRow, Promise<boolean>>()

  constructor(deps: ProofsDeps) {
    this.#deps = deps
  }

  /**
   * Is this row what the blob's id commits to?
   * @throws {BlobUnavailableError} when no node gives the blob's metadata
   * @throws {BlobContentError} when the blob has another size than was said: then nobody who gave a row of it is to blame
   */
  async isRight(blob: Blob, row: ClaimedRow, signal: AbortSignal | undefined): Promise<boolean> {
    const { size, primaryHashes } = await this.#metadata(blob, signal)
    if (size !== blob.geometry.blobSize) throw otherSize(blob.id, blob.geometry.blobSize, size)
    const known = this.#verdicts.get(row)
    if (known !== undefined) return known
    const verdict = this.#judge(blob, row, primaryHashes[row.row] as Uint8Array)
    this.#verdicts.set(row, verdict)
    verdict.catch(() => this.#verdicts.delete(row))
    return verdict
  }

  /**
   * Bytes of a blob of which no more than the id is known.
   * @throws {BlobUnavailableError} when no node gives its metadata
   */
  async size(id: Uint8Array, signal: AbortSignal | undefined): Promise<number> {
    return (await this.#metadata({ id, key: Buffer.from(id).toString('base64url') }, signal)).size
  }

  async #judge(blob: Blob, { bytes }: ClaimedRow, right: Uint8Array): Promise<boolean> {
    return equalBytes(await this.#deps.decoder.hash({ geometry: blob.geometry, row: bytes }), right)
  }

  async #metadata(blob: NamedBlob, signal: AbortSignal | undefined): Promise<BlobMetadata> {
    const known = this.#known.get(blob.key)
    if (known !== undefined) return known
    const metadata = await this.#fetches.get(blob.key, shared => this.#fetch(blob, shared), signal)
    this.#known.set(blob.key, metadata)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break
      this.#known.delete(oldest)
    }
    return metadata
  }

  async #fetch(blob: NamedBlob, signal: AbortSignal): Promise<BlobMetadata> {
    const { committee, standing } = this.#deps
    const order = committee.nodes
      .map(node => ({ node, order: Math.random() + (standing.isAside(node) ? 1 : 0) }))
      .sort((left, right) => left.order - right.order)
    for (let from = 0; from < order.length; from += PARALLEL) {
      const asked = order.slice(from, from + PARALLEL)
      const found = await firstFound(asked.map(({ node }) => this.#from(node, blob, signal)))
      if (found !== undefined) return found
    }
    throw noMetadata(blob.id)
  }

  async #from(node: StorageNode, blob: NamedBlob, signal: AbortSignal): Promise<BlobMetadata | undefined> {
    const { shards } = this.#deps.committee
    try {
      const bytes = await this.#deps.nodes.metadata(node, blob.id, shards, signal)
      const metadata = decodeMetadata(bytes, blob.id, shards)
      if (metadata === undefined) this.#deps.standing.lied(node)
      return metadata
    } catch (error) {
      if (error instanceof StorageNodeError) return undefined
      throw error
    }
  }
}

async function firstFound<T>(attempts: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    for (const attempt of attempts)
      attempt.then(found => {
        if (found !== undefined) resolve(found)
      }, reject)
    void Promise.allSettled(attempts).then(() => resolve(undefined))
  })
}
