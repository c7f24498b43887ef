/**
 * Reads byte ranges of Walrus blobs straight from the storage nodes, for a caller who can tell right bytes
 * from wrong ones (by a hash that the ledger commits to).
 *
 * The fast path takes only the systematic primary slivers that a range touches. When a node does not answer,
 * or the caller finds the bytes wrong, the blob is rebuilt from slivers of other nodes; when that is wrong too,
 * one node after another is left out until the bytes are right. Whoever is found lying or silent is set aside:
 * not asked again for a while, and reported.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

import { ByteCache } from './byte-cache.ts'
import type { Committee, StorageNode } from './committee.ts'
import type { Decoder } from './decoder.ts'
import { blobGeometry, type BlobGeometry, rowsOf, shardOfPair } from './layout.ts'
import { encodeSliver, type StorageNodeClient, StorageNodeError } from './storage-node.ts'

/** A range of a blob. `blobId` has 32 bytes; `blobSize` is the unencoded length of the whole blob. */
export interface BlobRange {
  readonly blobId: Uint8Array
  readonly blobSize: number
  readonly offset: number
  readonly length: number
}

/** Turns the bytes of a range into what was asked for, or says by `undefined` that they are wrong. */
export type Check<T> = (bytes: Uint8Array) => T | undefined

export interface SetAside {
  readonly node: StorageNode
  readonly reason: string
}

/** Too few honest, living nodes to get the bytes. */
export class BlobUnavailableError extends SquidError {
  override name = 'BlobUnavailableError'
}

export interface BlobReaderDeps {
  readonly committee: Committee
  readonly nodes: StorageNodeClient
  readonly decoder: Decoder
  /** Milliseconds of a steady clock. */
  readonly now: () => number
}

export interface BlobReaderOptions {
  readonly sliverCacheBytes: number
  readonly blobCacheBytes: number
  /** How long a node that did not answer is left alone. Liars stay set aside for the life of this reader. */
  readonly silentForMs: number
}

/** Slivers asked for at once while a blob is rebuilt. */
const PARALLEL_SLIVERS = 12

interface Row {
  readonly bytes: Uint8Array
  readonly node: StorageNode
}

interface Ban {
  readonly reason: string
  readonly until: number
}

export class BlobReader {
  readonly #deps: BlobReaderDeps
  readonly #options: BlobReaderOptions
  readonly #rows: ByteCache<Row>
  readonly #blobs: ByteCache<{ readonly bytes: Uint8Array }>
  readonly #pendingRows = new Map<string, Promise<Row>>()
  readonly #pendingBlobs = new Map<string, Promise<unknown>>()
  readonly #bans = new Map<StorageNode, Ban>()
  readonly #everSetAside = new Map<StorageNode, string>()

  constructor(deps: BlobReaderDeps, options: BlobReaderOptions) {
    this.#deps = deps
    this.#options = options
    this.#rows = new ByteCache(options.sliverCacheBytes)
    this.#blobs = new ByteCache(options.blobCacheBytes)
  }

  /** Every node that was ever set aside, with the last reason. */
  get setAside(): readonly SetAside[] {
    return [...this.#everSetAside].map(([node, reason]) => ({ node, reason }))
  }

  /**
   * The value that `check` makes of the range's bytes.
   * @throws {BlobUnavailableError} when no choice of living nodes gives bytes that pass
   */
  async read<T>(range: BlobRange, check: Check<T>, signal?: AbortSignal): Promise<T> {
    assertRange(range)
    const geometry = blobGeometry(range.blobSize, this.#deps.committee.shards)
    const direct = await this.#direct(range, geometry, signal)
    const value = direct && check(direct.bytes)
    if (value !== undefined) return value
    return this.#recover(range, geometry, check, direct?.rows ?? [], signal)
  }

  // The systematic slivers of the range, or undefined when a node that holds one is set aside or silent.
  async #direct(
    range: BlobRange,
    geometry: BlobGeometry,
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; rows: Row[] } | undefined> {
    const [first, end] = rowsOf(geometry, range.offset, range.length)
    const pending: Promise<Row>[] = []
    for (let row = first; row < end; row++) {
      const node = this.#holder(range.blobId, row)
      if (this.#isBanned(node)) {
        void Promise.allSettled(pending)
        return undefined
      }
      pending.push(this.#row(node, range.blobId, geometry, row, signal))
    }
    try {
      const rows = await Promise.all(pending)
      const bytes = rows.length === 1 ? (rows[0] as Row).bytes : Buffer.concat(rows.map(row => row.bytes))
      const start = range.offset - first * geometry.rowSize
      return { bytes: bytes.subarray(start, start + range.length), rows }
    } catch (error) {
      if (error instanceof StorageNodeError) return undefined
      throw error
    }
  }

  #holder(blobId: Uint8Array, row: number): StorageNode {
    const { byShard, shards } = this.#deps.committee
    return byShard[shardOfPair(row, blobId, shards)] as StorageNode
  }

  // One primary sliver; asked for once however many callers wait, kept while it fits.
  #row(
    node: StorageNode,
    blobId: Uint8Array,
    geometry: BlobGeometry,
    row: number,
    signal?: AbortSignal,
  ): Promise<Row> {
    const key = `${Buffer.from(blobId).toString('base64url')}/${row}`
    const cached = this.#rows.get(key)
    if (cached !== undefined) return Promise.resolve(cached)
    let pending = this.#pendingRows.get(key)
    if (pending === undefined) {
      pending = this.#fetchRow(key, node, blobId, geometry, row, signal).finally(() =>
        this.#pendingRows.delete(key),
      )
      this.#pendingRows.set(key, pending)
    }
    return pending
  }

  async #fetchRow(
    key: string,
    node: StorageNode,
    blobId: Uint8Array,
    geometry: BlobGeometry,
    row: number,
    signal?: AbortSignal,
  ): Promise<Row> {
    try {
      const fetched: Row = {
        node,
        bytes: await this.#deps.nodes.primarySliver(node, blobId, geometry, row, signal),
      }
      this.#rows.set(key, fetched)
      return fetched
    } catch (error) {
      if (error instanceof StorageNodeError)
        this.#ban(node, error.message.slice(`Storage node ${node.name} `.length), this.#options.silentForMs)
      throw error
    }
  }

  // Rebuilds the blob. `suspects` are rows that went into bytes that failed the check.
  async #recover<T>(
    range: BlobRange,
    geometry: BlobGeometry,
    check: Check<T>,
    suspects: readonly Row[],
    signal?: AbortSignal,
  ): Promise<T> {
    const key = Buffer.from(range.blobId).toString('base64url')
    // One recovery of a blob at a time: the next caller most likely finds its answer in the cache.
    while (this.#pendingBlobs.has(key)) await this.#pendingBlobs.get(key)
    const cached = this.#blobs.get(key)
    const known = cached && check(cached.bytes.subarray(range.offset, range.offset + range.length))
    if (known !== undefined) return known
    const recovery = this.#rebuild(range, geometry, check, suspects, signal)
    this.#pendingBlobs.set(
      key,
      recovery.then(
        () => undefined,
        () => undefined,
      ),
    )
    try {
      const { blob, value } = await recovery
      this.#blobs.set(key, { bytes: blob })
      return value
    } finally {
      this.#pendingBlobs.delete(key)
    }
  }

  async #rebuild<T>(
    range: BlobRange,
    geometry: BlobGeometry,
    check: Check<T>,
    suspects: readonly Row[],
    signal?: AbortSignal,
  ): Promise<{ blob: Uint8Array; value: T }> {
    const suspected = new Set(suspects.map(row => row.node))
    const attempt = async (
      without: ReadonlySet<StorageNode>,
    ): Promise<{ blob: Uint8Array; value: T; used: Row[] } | { used: Row[] }> => {
      const rows = await this.#gather(range.blobId, geometry, without, signal)
      const slivers = [...rows].map(([row, { bytes }]) => encodeSliver(bytes, geometry, row))
      const blob = await this.#deps.decoder.decode({
        shards: geometry.shards,
        blobId: range.blobId,
        blobSize: geometry.blobSize,
        slivers,
      })
      const value = blob && check(blob.subarray(range.offset, range.offset + range.length))
      const used = [...rows.values()]
      return blob !== undefined && value !== undefined ? { blob, value, used } : { used }
    }
    const first = await attempt(suspected)
    if ('blob' in first) {
      this.#exposeSuspects(first.blob, range.blobId, geometry, suspects)
      return first
    }
    for (const node of new Set(first.used.map(row => row.node))) {
      const next = await attempt(new Set([...suspected, node]))
      if (!('blob' in next)) continue
      this.#exposeSuspects(next.blob, range.blobId, geometry, suspects)
      this.#banLiar(node)
      return next
    }
    throw new BlobUnavailableError(
      'BLOB_UNAVAILABLE',
      `Walrus blob ${Buffer.from(range.blobId).toString('base64url')} cannot be read: several storage nodes give wrong bytes for it; try again later`,
    )
  }

  // `primarySymbols` primary slivers, systematic ones first; from nodes that were silent lately only when the
  // others do not suffice, never from liars and from those left out.
  async #gather(
    blobId: Uint8Array,
    geometry: BlobGeometry,
    without: ReadonlySet<StorageNode>,
    signal?: AbortSignal,
  ): Promise<Map<number, Row>> {
    const rows = new Map<number, Row>()
    const failed = new Set<StorageNode>()
    const holders = Array.from({ length: geometry.shards }, (_, row) => ({
      row,
      node: this.#holder(blobId, row),
    }))
    const usable = holders.filter(
      ({ node }) => !without.has(node) && this.#bans.get(node)?.until !== Number.POSITIVE_INFINITY,
    )
    const silent = usable.filter(({ node }) => this.#isBanned(node))
    const answering = usable.filter(({ node }) => !this.#isBanned(node))
    for (const candidates of [answering, silent]) {
      const next = candidates.values()
      const collect = async (): Promise<void> => {
        for (const { row, node } of next) {
          if (rows.size >= geometry.primarySymbols) return
          if (failed.has(node)) continue
          try {
            rows.set(row, await this.#row(node, blobId, geometry, row, signal))
          } catch (error) {
            if (!(error instanceof StorageNodeError)) throw error
            failed.add(node)
          }
        }
      }
      await Promise.all(Array.from({ length: PARALLEL_SLIVERS }, collect))
    }
    if (rows.size < geometry.primarySymbols) throw tooFew(blobId, rows.size, geometry.primarySymbols, failed)
    for (const { node } of rows.values()) this.#bans.delete(node)
    return new Map([...rows].slice(0, geometry.primarySymbols))
  }

  // With the right bytes known, says exactly which of the suspects lied.
  #exposeSuspects(
    blob: Uint8Array,
    blobId: Uint8Array,
    geometry: BlobGeometry,
    suspects: readonly Row[],
  ): void {
    const [, rows] = rowsOf(geometry, 0, geometry.blobSize)
    for (let row = 0; row < rows; row++) {
      const start = row * geometry.rowSize
      const right = blob.subarray(start, start + geometry.rowSize)
      for (const suspect of suspects) {
        if (suspect.node !== this.#holder(blobId, row)) continue
        const cached = this.#rows.get(`${Buffer.from(blobId).toString('base64url')}/${row}`)
        if (cached === undefined || Buffer.compare(cached.bytes.subarray(0, right.length), right) === 0)
          continue
        this.#banLiar(suspect.node)
      }
    }
  }

  #banLiar(node: StorageNode): void {
    this.#ban(node, 'gave wrong bytes', Number.POSITIVE_INFINITY)
  }

  #ban(node: StorageNode, reason: string, forMs: number): void {
    const until = this.#deps.now() + forMs
    const before = this.#bans.get(node)
    if (before !== undefined && before.until > until) return
    this.#bans.set(node, { reason, until })
    this.#everSetAside.set(node, reason)
  }

  #isBanned(node: StorageNode): boolean {
    const ban = this.#bans.get(node)
    if (ban === undefined) return false
    if (ban.until > this.#deps.now()) return true
    this.#bans.delete(node)
    return false
  }
}

function tooFew(
  blobId: Uint8Array,
  found: number,
  needed: number,
  failed: ReadonlySet<StorageNode>,
): BlobUnavailableError {
  const names = [...failed]
    .map(node => node.name)
    .toSorted()
    .join(', ')
  const id = Buffer.from(blobId).toString('base64url')
  const why = `${found} of the ${needed} slivers needed${names && `; not answering: ${names}`}`
  return new BlobUnavailableError(
    'BLOB_UNAVAILABLE',
    `Walrus blob ${id} cannot be read: too few storage nodes answer (${why}); try again later`,
  )
}

function assertRange({ blobId, blobSize, offset, length }: BlobRange): void {
  const inside =
    blobId.length === 32 &&
    offset >= 0 &&
    length > 0 &&
    offset + length <= blobSize &&
    Number.isSafeInteger(blobSize)
  if (!inside)
    throw new SquidError(
      'BLOB_RANGE',
      `Bytes ${offset} to ${offset + length} do not lie in a Walrus blob of ${blobSize} bytes`,
    )
}
