/**
 * What a publish may leave out because the Space stores it already. The locator is a hint that everybody with the
 * publish role can write: a place counts when the blob is the Space's and paid for, and when this home has seen that
 * the chunk is there, or sees it now.
 *
 * Why: docs/decisions/0009-dedupe-verified.md.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { DecodeError, SquidError } from '@squid/formats/errors'
import { type LocatedChunk, type LocatorLink, type LocatorLoader, lookupChunks } from '@squid/formats/locator'

import { leaseKey, type SpaceLeases } from '../leases/leases.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { Places } from './places.ts'
import type { VerifiedPlaces } from './verified-places.ts'

/** Chunks that are read at once. */
const PARALLEL = 16

export interface KnownChunksDeps {
  readonly storage: Pick<WalrusStorage, 'readChunk'>
  readonly load: LocatorLoader
  readonly verified: VerifiedPlaces
  readonly signal: AbortSignal | undefined
  /** A chunk is not where the locator says. */
  readonly onWrong: (id: Uint8Array) => void
}

export class KnownChunks {
  readonly root: LocatorLink | undefined
  readonly #deps: KnownChunksDeps
  /** Hex ids of blobs that stay. */
  readonly #blobs: ReadonlySet<string>
  readonly #reading = new Places(PARALLEL)

  /** @param space what it owned, read not before `root` was */
  constructor(deps: KnownChunksDeps, root: LocatorLink | undefined, space: SpaceLeases) {
    this.#deps = deps
    this.root = root
    const { leases, terms } = space
    // What ends with this epoch is gone before somebody renews it.
    const staying = leases.filter(
      ({ condemnedMs, endEpoch }) => condemnedMs === undefined && endEpoch > terms.epoch + 1,
    )
    this.#blobs = new Set(staying.map(lease => leaseKey(lease)))
  }

  /**
   * Those of the chunks that are stored, by hex id.
   * @throws {SquidError} `INDEX_DAMAGED`
   */
  async find(ids: readonly Uint8Array[]): Promise<ReadonlySet<string>> {
    const { root } = this
    if (root === undefined || ids.length === 0) return new Set()
    const candidates = (await this.#lookup(root, ids)).filter(
      ({ location: { blob } }) => blob !== null && this.#blobs.has(formatHex(blob.id)),
    )
    const { verified } = this.#deps
    const fresh = candidates.filter(chunk => !verified.has(chunk))
    const right = await Promise.all(fresh.map(chunk => this.#isRight(chunk)))
    verified.addAll(fresh.filter((_, index) => right[index]))
    const wrong = new Set(fresh.filter((_, index) => !right[index]))
    return new Set(candidates.filter(chunk => !wrong.has(chunk)).map(({ id }) => formatHex(id)))
  }

  async #lookup(root: LocatorLink, ids: readonly Uint8Array[]): Promise<LocatedChunk[]> {
    try {
      const places = await lookupChunks(root, ids, this.#deps.load)
      return ids.flatMap(id => {
        const location = places.get(formatHex(id))
        return location === undefined ? [] : [{ id, location }]
      })
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      throw new SquidError(
        'INDEX_DAMAGED',
        'The index of what the Space stores is damaged; run squid storage verify --repair, and publish again',
        { cause: error },
      )
    }
  }

  async #isRight({ id, location }: LocatedChunk): Promise<boolean> {
    using _ = await this.#reading.take()
    const { storage, signal, onWrong } = this.#deps
    signal?.throwIfAborted()
    try {
      await storage.readChunk(id, location, signal)
      return true
    } catch (error) {
      if (signal?.aborted || !(error instanceof SquidError)) throw error
      onWrong(id)
      return false
    }
  }
}
