/**
 * Reads byte ranges of Walrus blobs straight from the storage nodes, for a caller who can tell right bytes
 * from wrong ones (by a hash that the ledger commits to).
 *
 * The fast path takes only the systematic primary slivers that a range touches. When a node does not answer,
 * or the caller finds the bytes wrong, the blob is rebuilt from slivers of other nodes. When that is wrong too,
 * either the caller's question is (the rebuilt blob has its id: nobody is blamed), or there are liars among the
 * nodes: other choices of nodes are tried until one gives the blob. Whoever is found lying or silent is set aside:
 * not asked again for a while, and reported.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'
import { MAX_STORED_RAW_BYTES } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { MAX_PACK_BYTES } from '@squid/formats/pack'

import { ByteCache } from './byte-cache.ts'
import type { Committee, StorageNode } from './committee.ts'
import type { Decoder } from './decoder.ts'
import { blobGeometry, type BlobGeometry, rowsOf, shardOfPair } from './layout.ts'
import { NodeStanding, type SetAside } from './node-standing.ts'
import { SharedFetches, untilAborted } from './shared-fetch.ts'
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

/** Too few honest, living nodes to get the bytes. */
export class BlobUnavailableError extends SquidError {
  override name = 'BlobUnavailableError'
}

/** The blob is there, but it does not hold what was looked for. */
export class BlobContentError extends SquidError {
  override name = 'BlobContentError'
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
/**
 * Choices of nodes that are tried until one has no liar: with 4 liars among 12 equal nodes, as many as the network
 * is made for, this suffices in 99 of 100 cases.
 */
const MAX_CHOICES = 64

/** Blobs that are remembered as hopeless. */
const MAX_HOPELESS = 1000

interface Row {
  readonly row: number
  readonly bytes: Uint8Array
  readonly node: StorageNode
}

interface CachedBlob {
  readonly bytes: Uint8Array
  /** Does its content have its id? Else only the range that was asked for is known to be right. */
  readonly isWhole: boolean
}

/** What all steps of one read share. */
interface Job {
  readonly range: BlobRange
  readonly geometry: BlobGeometry
  /** Names blob and size. */
  readonly key: string
  readonly signal: AbortSignal | undefined
}

/** What was learnt while a blob was rebuilt. */
interface Evidence {
  /** Rows of the range that did not pass: one of them is wrong, or the question is. */
  readonly suspects: readonly Row[]
  /** Choices that gave another blob: a row in each is wrong. */
  readonly wrong: readonly (readonly Row[])[]
  /** The choice that gave the blob: all of it is right. */
  readonly right: readonly Row[]
}

type Attempt<T> = { readonly rows: readonly Row[]; readonly blob?: Uint8Array; readonly value?: T }

export class BlobReader {
  readonly #deps: BlobReaderDeps
  readonly #rows: ByteCache<Row>
  readonly #blobs: ByteCache<CachedBlob>
  readonly #fetches = new SharedFetches<Row>()
  readonly #rebuilding = new Map<string, Promise<unknown>>()
  readonly #standing: NodeStanding
  /** Blobs that no choice of nodes gave, and until when they are not tried again. */
  readonly #hopeless = new Map<string, number>()
  readonly #hopelessForMs: number

  constructor(deps: BlobReaderDeps, options: BlobReaderOptions) {
    this.#deps = deps
    this.#rows = new ByteCache(options.sliverCacheBytes)
    this.#blobs = new ByteCache(options.blobCacheBytes)
    this.#standing = new NodeStanding(deps.now, options.silentForMs)
    this.#hopelessForMs = options.silentForMs
  }

  /** Every node that was ever set aside, with the last reason. */
  get setAside(): readonly SetAside[] {
    return this.#standing.setAside
  }

  /**
   * The value that `check` makes of the range's bytes.
   * @throws {BlobUnavailableError} when no choice of living nodes gives bytes that pass
   * @throws {BlobContentError} when the blob was read and the range of it does not pass
   */
  async read<T>(range: BlobRange, check: Check<T>, signal?: AbortSignal): Promise<T> {
    assertRange(range)
    const geometry = blobGeometry(range.blobSize, this.#deps.committee.shards)
    const key = `${Buffer.from(range.blobId).toString('base64url')}/${range.blobSize}`
    const job: Job = { range, geometry, key, signal }
    const direct = await this.#direct(job)
    const value = direct && check(direct.bytes)
    if (value !== undefined) return value
    return this.#recover(job, check, direct?.rows ?? [])
  }

  // The systematic slivers of the range, or undefined when a node that holds one is set aside or silent.
  async #direct(job: Job): Promise<{ bytes: Uint8Array; rows: readonly Row[] } | undefined> {
    const { range, geometry } = job
    const [first, end] = rowsOf(geometry, range.offset, range.length)
    const wanted = Array.from({ length: end - first }, (_, i) => first + i)
    if (wanted.some(row => this.#standing.isAside(this.#holder(job, row)))) return undefined
    try {
      const rows = await Promise.all(wanted.map(row => this.#row(job, row)))
      const bytes = rows.length === 1 ? (rows[0] as Row).bytes : Buffer.concat(rows.map(row => row.bytes))
      const start = range.offset - first * geometry.rowSize
      return { bytes: bytes.subarray(start, start + range.length), rows }
    } catch (error) {
      if (error instanceof StorageNodeError) return undefined
      throw error
    }
  }

  #holder({ range, geometry: { shards } }: Job, row: number): StorageNode {
    return this.#deps.committee.byShard[shardOfPair(row, range.blobId, shards)] as StorageNode
  }

  // One primary sliver; asked for once however many callers wait, kept while it fits.
  async #row(job: Job, row: number): Promise<Row> {
    const key = `${job.key}/${row}`
    const cached = this.#rows.get(key)
    if (cached !== undefined) return cached
    return this.#fetches.get(key, signal => this.#fetchRow(job, row, signal), job.signal)
  }

  async #fetchRow(job: Job, row: number, signal: AbortSignal): Promise<Row> {
    const node = this.#holder(job, row)
    try {
      const bytes = await this.#deps.nodes.primarySliver(node, job.range.blobId, job.geometry, row, signal)
      const fetched = { row, node, bytes }
      this.#rows.set(`${job.key}/${row}`, fetched)
      return fetched
    } catch (error) {
      if (error instanceof StorageNodeError) {
        if (error.isDenial) this.#standing.denied(job.key, node, error.reason)
        else this.#standing.silent(node, error.reason)
      }
      throw error
    }
  }

  // Rebuilds the blob. `suspects` are rows that went into bytes that failed the check.
  async #recover<T>(job: Job, check: Check<T>, suspects: readonly Row[]): Promise<T> {
    // One recovery of a blob at a time: the next caller most likely finds its answer in the cache.
    for (;;) {
      const other = this.#rebuilding.get(job.key)
      if (other === undefined) break
      await untilAborted(other, job.signal)
    }
    const cached = this.#blobs.get(job.key)
    const known = cached && check(slice(cached.bytes, job.range))
    if (known !== undefined) return known
    if (cached?.isWhole === true) throw otherContent(job.range)
    if (this.#isHopeless(job.key)) throw manyLiars(job.range)
    const rebuilding = this.#rebuild(job, check, suspects)
    this.#rebuilding.set(
      job.key,
      rebuilding.then(
        () => undefined,
        () => undefined,
      ),
    )
    try {
      return await rebuilding
    } finally {
      this.#rebuilding.delete(job.key)
    }
  }

  async #rebuild<T>(job: Job, check: Check<T>, suspects: readonly Row[]): Promise<T> {
    const wrong: (readonly Row[])[] = []
    const suspected = new Set(suspects.map(({ node }) => node))
    for (let choice = 0; choice < MAX_CHOICES; choice++) {
      job.signal?.throwIfAborted()
      const candidates = choice === 0 ? this.#likely(job, suspected) : this.#anyChoice(job)
      const { rows, blob, value } = await this.#attempt(job, check, candidates)
      if (blob === undefined) continue
      const isAsked = value === undefined || suspects.length > 0 || wrong.length > 0
      if (isAsked && (await this.#isWhole(job, blob))) {
        this.#keep(job, { bytes: blob, isWhole: true })
        this.#expose(job, blob, { suspects, wrong, right: rows })
        if (value === undefined) throw otherContent(job.range)
        return value
      }
      if (value !== undefined) {
        this.#keep(job, { bytes: blob, isWhole: false })
        return value
      }
      wrong.push(rows)
    }
    this.#giveUp(job.key)
    throw manyLiars(job.range)
  }

  // Trying all those choices takes minutes of the one decoder: not again for every chunk of the blob.
  #giveUp(key: string): void {
    this.#hopeless.set(key, this.#deps.now() + this.#hopelessForMs)
    for (const oldest of this.#hopeless.keys()) {
      if (this.#hopeless.size <= MAX_HOPELESS) break
      this.#hopeless.delete(oldest)
    }
  }

  #isHopeless(key: string): boolean {
    return (this.#hopeless.get(key) ?? 0) > this.#deps.now()
  }

  #keep({ key }: Job, blob: CachedBlob): void {
    this.#blobs.set(key, blob)
    this.#standing.exists(key)
  }

  async #isWhole({ range, geometry }: Job, bytes: Uint8Array): Promise<boolean> {
    return equalBytes(await this.#deps.decoder.identify({ shards: geometry.shards, bytes }), range.blobId)
  }

  async #attempt<T>(
    job: Job,
    check: Check<T>,
    candidates: readonly (readonly number[])[],
  ): Promise<Attempt<T>> {
    const { range, geometry } = job
    const rows = await this.#gather(job, candidates)
    const blob = await this.#deps.decoder.decode({
      shards: geometry.shards,
      blobId: range.blobId,
      blobSize: geometry.blobSize,
      slivers: rows.map(({ row, bytes }) => encodeSliver(bytes, geometry, row)),
    })
    if (blob === undefined) return { rows }
    const value = check(slice(blob, range))
    return value === undefined ? { rows, blob } : { rows, blob, value }
  }

  // Rows of nodes that are not suspected, systematic ones first; then of those that were silent lately.
  #likely(job: Job, suspected: ReadonlySet<StorageNode>): readonly (readonly number[])[] {
    const usable = this.#usableRows(job).filter(row => !suspected.has(this.#holder(job, row)))
    const isAside = (row: number): boolean => this.#standing.isAside(this.#holder(job, row))
    return [usable.filter(row => !isAside(row)), usable.filter(isAside)]
  }

  // Rows node by node, the nodes in an order of chance: as few nodes as possible, so that liars are likely left out.
  #anyChoice(job: Job): readonly (readonly number[])[] {
    const byNode = Map.groupBy(this.#usableRows(job), row => this.#holder(job, row))
    const shuffled = [...byNode.values()]
      .map(rows => ({ rows, order: Math.random() }))
      .sort((left, right) => left.order - right.order)
    return shuffled.map(({ rows }) => rows)
  }

  #usableRows(job: Job): readonly number[] {
    const rows = Array.from({ length: job.geometry.shards }, (_, row) => row)
    return rows.filter(row => !this.#standing.isLiar(this.#holder(job, row)))
  }

  // `primarySymbols` primary slivers, group after group.
  async #gather(job: Job, groups: readonly (readonly number[])[]): Promise<readonly Row[]> {
    const needed = job.geometry.primarySymbols
    const rows: Row[] = []
    const failed = new Set<StorageNode>()
    for (const group of groups) {
      const next = group.values()
      const collect = async (): Promise<void> => {
        for (const row of next) {
          if (rows.length >= needed) return
          if (failed.has(this.#holder(job, row))) continue
          try {
            rows.push(await this.#row(job, row))
          } catch (error) {
            if (!(error instanceof StorageNodeError)) throw error
            failed.add(error.node)
          }
        }
      }
      const parallel = Math.max(0, Math.min(PARALLEL_SLIVERS, needed - rows.length))
      await Promise.all(Array.from({ length: parallel }, collect))
    }
    if (rows.length < needed) throw tooFew(job.range.blobId, rows.length, needed, failed)
    for (const { node } of rows) this.#standing.answered(node)
    return rows.slice(0, needed)
  }

  // With the right blob known, says who lied: whoever gave a row that is not the blob's, and whoever was the only
  // one of a wrong choice that was not in the right one.
  #expose(job: Job, blob: Uint8Array, { suspects, wrong, right }: Evidence): void {
    for (const row of [suspects, ...wrong].flat())
      if (!isRowOf(blob, row, job.geometry)) this.#standing.lied(row.node)
    const honest = new Set(right.map(({ node }) => node))
    for (const rows of wrong) {
      const open = new Set(rows.map(({ node }) => node).filter(node => !honest.has(node)))
      const [only] = open
      if (only !== undefined && open.size === 1) this.#standing.lied(only)
    }
  }
}

/** Is a row that can be compared, a systematic one, what the blob has there? */
function isRowOf(blob: Uint8Array, { row, bytes }: Row, { rowSize }: BlobGeometry): boolean {
  const right = blob.subarray(row * rowSize, (row + 1) * rowSize)
  return equalBytes(bytes.subarray(0, right.length), right)
}

function slice(blob: Uint8Array, { offset, length }: BlobRange): Uint8Array {
  return blob.subarray(offset, offset + length)
}

function otherContent({ blobId, offset, length }: BlobRange): BlobContentError {
  const id = Buffer.from(blobId).toString('base64url')
  return new BlobContentError(
    'BLOB_CONTENT',
    `Bytes ${offset} to ${offset + length} of Walrus blob ${id} are not what the Space's index says; ask its publisher to publish again`,
  )
}

function manyLiars({ blobId }: BlobRange): BlobUnavailableError {
  return new BlobUnavailableError(
    'BLOB_UNAVAILABLE',
    `Walrus blob ${Buffer.from(blobId).toString('base64url')} cannot be read: several storage nodes give wrong bytes for it; try again later`,
  )
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
    length <= MAX_STORED_RAW_BYTES &&
    offset + length <= blobSize &&
    blobSize <= MAX_PACK_BYTES
  if (!inside)
    throw new SquidError(
      'BLOB_RANGE',
      `The Space's index names bytes ${offset} to ${offset + length} of a Walrus blob of ${blobSize} bytes, which no pack has; ask its publisher to publish again`,
    )
}
