/**
 * Reads byte ranges of Walrus blobs straight from the storage nodes, for a caller who can tell right bytes
 * from wrong ones (by a hash that the ledger commits to).
 *
 * The fast path takes only the systematic primary slivers that a range touches; those that cannot be had, or not soon,
 * are made of slivers of other nodes. When the caller finds the bytes wrong, each sliver that went into them is
 * compared with what the blob's id commits to: either all are right, and the caller's question is wrong, or somebody
 * lied, is set aside, and the rest is tried again without. Aggregators are asked when nodes do not suffice, and
 * believed no more than nodes.
 * @module
 */
import type { AggregatorSource } from './aggregators.ts'
import {
  assertRange,
  type Blob,
  blobOf,
  type BlobRange,
  BlobUnavailableError,
  manyLiars,
  otherContent,
} from './blob.ts'
import type { Committee, StorageNode } from './committee.ts'
import type { Decoder } from './decoder.ts'
import { Latencies } from './latencies.ts'
import { rowsOf } from './layout.ts'
import { NodeStanding, type SetAside } from './node-standing.ts'
import type { Pacer } from './pacer.ts'
import { Proofs } from './proofs.ts'
import { isMade, type Row, Rows } from './rows.ts'
import { untilAborted } from './shared-fetch.ts'
import { type StorageNodeClient, StorageNodeError } from './storage-node.ts'

/** Turns the bytes of a range into what was asked for, or says by `undefined` that they are wrong. */
export type Check<T> = (bytes: Uint8Array) => T | undefined

export interface BlobReaderDeps {
  readonly committee: Committee
  readonly nodes: StorageNodeClient
  readonly decoder: Decoder
  readonly pacer: Pacer
  readonly aggregators: AggregatorSource
  /** Milliseconds of a steady clock. */
  readonly now: () => number
}

export interface BlobReaderOptions {
  readonly sliverCacheBytes: number
  /** Of slivers that are held to make others of, of all blobs together; at least one blob's. Default 256 MiB. */
  readonly rebuildBytes?: number
  /** How long a node that did not answer is left alone at first. */
  readonly silentForMs: number
  /** After how long a request is late, while nothing is known of the network; and at least, later. */
  readonly firstLateMs: number
  readonly minLateMs: number
}

/** How long a blob that liars keep back is not tried again. */
const HOPELESS_MS = 10_000
const MAX_HOPELESS = 1000

interface Hopeless {
  readonly error: BlobUnavailableError
  readonly until: number
}

export class BlobReader {
  readonly #deps: BlobReaderDeps
  readonly #standing: NodeStanding
  readonly #proofs: Proofs
  readonly #rows: Rows
  readonly #hopeless = new Map<string, Hopeless>()
  /** Done when nobody is looking for liars. */
  #exposing: Promise<void> = Promise.resolve()

  constructor(deps: BlobReaderDeps, options: BlobReaderOptions) {
    this.#deps = deps
    const standing = new NodeStanding(deps.now, options)
    const { firstLateMs: firstMs, minLateMs: minMs } = options
    this.#standing = standing
    this.#proofs = new Proofs({ ...deps, standing })
    const latencies = new Latencies({ firstMs, minMs })
    const { sliverCacheBytes, rebuildBytes } = options
    this.#rows = new Rows(
      { ...deps, standing, latencies, proofs: this.#proofs },
      sliverCacheBytes,
      rebuildBytes,
    )
  }

  /** Every node that is set aside now, with the reason. */
  get setAside(): readonly SetAside[] {
    return this.#standing.setAside
  }

  /** Every node that was set aside before and is not now, with the last reason. */
  get setAsideBefore(): readonly SetAside[] {
    return this.#standing.setAsideBefore
  }

  /**
   * The value that `check` makes of the range's bytes.
   * @throws {BlobUnavailableError} when no choice of living nodes gives bytes that pass
   * @throws {BlobContentError} when the blob was read and the range of it does not pass
   */
  async read<T>(range: BlobRange, check: Check<T>, signal?: AbortSignal): Promise<T> {
    assertRange(range)
    try {
      return await this.#readFromNodes(range, check, signal)
    } catch (error) {
      if (!(error instanceof BlobUnavailableError)) throw error
      const value = await this.#deps.aggregators.read(range, check, signal)
      if (value === undefined) throw error
      return value
    }
  }

  /**
   * Bytes of a blob of which no more than the id is known.
   * @throws {BlobUnavailableError}
   */
  size(blobId: Uint8Array, signal?: AbortSignal): Promise<number> {
    return this.#proofs.size(blobId, signal)
  }

  /** Forgets what was read, but not who gave it. */
  forgetRows(): void {
    this.#rows.forgetAll()
  }

  async #readFromNodes<T>(range: BlobRange, check: Check<T>, signal: AbortSignal | undefined): Promise<T> {
    const { committee } = this.#deps
    const blob = blobOf(range, committee.shards)
    this.#assertHope(blob)
    try {
      // Each round finds a liar, or ends it.
      for (let round = 0; round <= committee.nodes.length; round++) {
        const { bytes, rows } = await this.#take(blob, range, signal)
        const value = check(bytes)
        if (value !== undefined) {
          if (rows.some(isMade)) this.#standing.exists(blob.key)
          return value
        }
        if (!(await this.#exposeInTurn(blob, rows, signal))) throw otherContent(range)
      }
      throw manyLiars(blob.id)
    } catch (error) {
      if (error instanceof BlobUnavailableError) this.#giveUp(blob, error)
      throw error
    }
  }

  async #take(
    blob: Blob,
    { offset, length }: BlobRange,
    signal: AbortSignal | undefined,
  ): Promise<{ bytes: Uint8Array; rows: readonly Row[] }> {
    const [first, end] = rowsOf(blob.geometry, offset, length)
    const wanted = Array.from({ length: end - first }, (_, i) => first + i)
    const rows = await Promise.all(wanted.map(row => this.#rows.get(blob, row, signal)))
    return { bytes: join(rows, offset - first * blob.geometry.rowSize, length), rows }
  }

  // A liar makes many reads fail at once: once one of them has found him, the others need no proofs of their own.
  async #exposeInTurn(blob: Blob, rows: readonly Row[], signal: AbortSignal | undefined): Promise<boolean> {
    const before = this.#exposing
    const done = Promise.withResolvers<void>()
    this.#exposing = before.then(() => done.promise)
    try {
      await untilAborted(before, signal)
      const isKnown = rows.some(row => this.#rows.isDoubtful(blob, row))
      return isKnown || (await this.#exposeWrong(blob, rows, signal))
    } finally {
      done.resolve()
    }
  }

  // Whether any of these rows is wrong. Whoever gave that, or what it was made of, is set aside.
  async #exposeWrong(blob: Blob, rows: readonly Row[], signal: AbortSignal | undefined): Promise<boolean> {
    const originOf = (row: Row): unknown => (isMade(row) ? undefined : this.#rows.holder(blob, row.row))
    return anyInTurn(rows, originOf, async row => {
      if (await this.#isRight(blob, row, signal)) return false
      if (isMade(row)) await this.#exposeSources(blob, row.from, signal)
      return true
    })
  }

  async #exposeSources(
    blob: Blob,
    sources: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const holderOf = (source: number): StorageNode => this.#rows.holder(blob, source)
    // Of a liar among them it is known already why what was made is wrong.
    if (sources.some(source => this.#standing.isLiar(holderOf(source)))) return
    await anyInTurn(sources, holderOf, async source => {
      try {
        return !(await this.#isRight(blob, await this.#rows.asHeld(blob, source, signal), signal))
      } catch (error) {
        if (error instanceof StorageNodeError) return false
        throw error
      }
    })
  }

  async #isRight(blob: Blob, row: Row, signal: AbortSignal | undefined): Promise<boolean> {
    const holder = isMade(row) ? undefined : this.#rows.holder(blob, row.row)
    const isLiar = holder !== undefined && this.#standing.isLiar(holder)
    if (!isLiar && (await this.#proofs.isRight(blob, row, signal))) return true
    this.#rows.forget(blob, row.row)
    if (holder !== undefined) this.#standing.lied(holder)
    return false
  }

  // Finding out costs a lot of work and traffic: not again for every chunk of the blob.
  #giveUp(blob: Blob, error: BlobUnavailableError): void {
    if (!error.isByLiars) return
    this.#hopeless.set(blob.key, { error, until: this.#deps.now() + HOPELESS_MS })
    for (const oldest of this.#hopeless.keys()) {
      if (this.#hopeless.size <= MAX_HOPELESS) break
      this.#hopeless.delete(oldest)
    }
  }

  #assertHope({ key }: Blob): void {
    const known = this.#hopeless.get(key)
    if (known !== undefined && known.until > this.#deps.now()) throw known.error
  }
}

/**
 * Whether any item fails. Liars mostly lie always: one item of each origin is tested first, the others when all those pass.
 */
async function anyInTurn<T>(
  items: readonly T[],
  originOf: (item: T) => unknown,
  fails: (item: T) => Promise<boolean>,
): Promise<boolean> {
  const firsts = new Set([...Map.groupBy(items, originOf).values()].map(([first]) => first as T))
  const any = async (tested: readonly T[]): Promise<boolean> =>
    (await Promise.all(tested.map(fails))).includes(true)
  return (await any([...firsts])) || (await any(items.filter(item => !firsts.has(item))))
}

/** Bytes `start` to `start + length` of rows that follow each other; a view when one row has them all. */
function join(rows: readonly Row[], start: number, length: number): Uint8Array {
  const [only] = rows
  if (only !== undefined && rows.length === 1) return only.bytes.subarray(start, start + length)
  const joined = new Uint8Array(length)
  let at = -start
  for (const { bytes } of rows) {
    joined.set(bytes.subarray(Math.max(0, -at), Math.max(0, length - at)), Math.max(0, at))
    at += bytes.length
  }
  return joined
}
