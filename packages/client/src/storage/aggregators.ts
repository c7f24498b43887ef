/**
 * Ranges of blobs from aggregators: the last resort, when storage nodes do not suffice. Their bytes pass the same check.
 * @module
 */
import type { BlobRange } from './blob.ts'
import type { StorageNode } from './committee.ts'
import { type StorageNodeClient, StorageNodeError } from './storage-node.ts'

/** Who may have a range of a blob. */
export interface AggregatorSource {
  /** What `check` makes of the bytes of the first one whose bytes pass, or undefined. */
  read<T>(
    range: BlobRange,
    check: (bytes: Uint8Array) => T | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined>
}

export class Aggregators implements AggregatorSource {
  readonly #nodes: StorageNodeClient
  readonly #aggregators: readonly StorageNode[]

  /** @param urls of the aggregators, in the order in which they are asked, without trailing slash */
  constructor(nodes: StorageNodeClient, urls: readonly string[]) {
    this.#nodes = nodes
    this.#aggregators = urls.map(url => ({ id: url, name: new URL(url).host, url }))
  }

  async read<T>(
    range: BlobRange,
    check: (bytes: Uint8Array) => T | undefined,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> {
    for (const aggregator of this.#aggregators) {
      const bytes = await this.#range(aggregator, range, signal)
      const value = bytes && check(bytes)
      if (value !== undefined) return value
    }
    return undefined
  }

  async #range(
    aggregator: StorageNode,
    range: BlobRange,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    try {
      return await this.#nodes.range(aggregator, range, signal)
    } catch (error) {
      if (error instanceof StorageNodeError) return undefined
      throw error
    }
  }
}
