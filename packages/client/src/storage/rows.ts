/**
 * Rows of blobs, from whoever has them: the node that holds a row, or, when that one is set aside, silent or slow,
 * made of other nodes' rows. Nothing is known to be right here.
 * @module
 */
import { alarm } from './alarm.ts'
import { type Blob, manyLiars, tooFew } from './blob.ts'
import { ByteBudget } from './byte-budget.ts'
import { ByteCache } from './byte-cache.ts'
import type { Committee, StorageNode } from './committee.ts'
import type { Decoder } from './decoder.ts'
import type { Latencies } from './latencies.ts'
import type { NodeStanding } from './node-standing.ts'
import type { Pacer } from './pacer.ts'
import type { Proofs } from './proofs.ts'
import { NOBODY_WAITS, SharedFetches } from './shared-fetch.ts'
import { type StorageNodeClient, StorageNodeError } from './storage-node.ts'

export interface Row {
  readonly row: number
  readonly bytes: Uint8Array
  /** Who gave it; or of which rows it was made. */
  readonly from: StorageNode | readonly number[]
}

export interface RowsDeps {
  readonly committee: Committee
  readonly nodes: StorageNodeClient
  readonly decoder: Decoder
  readonly standing: NodeStanding
  readonly proofs: Proofs
  readonly pacer: Pacer
  readonly latencies: Latencies
  /** Milliseconds of a steady clock. */
  readonly now: () => number
}

/** What was made of one blob at one time. */
type Rebuilt = ReadonlyMap<number, Row>

/** Of rows that are gathered to make others of: eight packs, or one blob of the largest size. */
const REBUILD_BYTES = 256 * 1024 * 1024

const TOO_SLOW = 'answers too slowly'

export class Rows {
  readonly #deps: RowsDeps
  readonly #cache: ByteCache<Row>
  readonly #fetches = new SharedFetches<Row>()
  readonly #obtaining = new SharedFetches<Row>()
  readonly #rebuilding = new SharedFetches<Rebuilt>()
  /** Gathered rows are held all at once, of each blob that is rebuilt, outside of what pacer and cache count. */
  readonly #gathered: ByteBudget
  /** Requests under way that are late, with the node, and whom to tell when one becomes late. */
  readonly #late = new Map<string, StorageNode>()
  readonly #waitingLong = new Map<string, PromiseWithResolvers<'late'>>()
  /** Shards of each node. */
  readonly #weights: ReadonlyMap<StorageNode, number>

  /** @param rebuildBytes of rows that others are being made of; a blob that takes more is rebuilt alone */
  constructor(deps: RowsDeps, cacheBytes: number, rebuildBytes: number = REBUILD_BYTES) {
    this.#deps = deps
    this.#gathered = new ByteBudget(rebuildBytes)
    this.#cache = new ByteCache(cacheBytes)
    const held = Map.groupBy(deps.committee.byShard, node => node)
    this.#weights = new Map([...held].map(([node, shards]) => [node, shards.length]))
  }

  /**
   * Are most nodes in time, so that it is a node's own fault when it is late? Where many are slow, asking for more would make
   * them slower. Of a third, and a little more, it must still be their own fault.
   */
  get areMostInTime(): boolean {
    const late = [...new Set(this.#late.values())].map(node => this.#weights.get(node) ?? 0)
    return late.reduce((sum, weight) => sum + weight, 0) * 5 < this.#deps.committee.shards * 2
  }

  /** A systematic row. @throws {BlobUnavailableError} */
  get(blob: Blob, row: number, signal: AbortSignal | undefined): Promise<Row> {
    const cached = this.#cached(blob, row)
    if (cached !== undefined) return Promise.resolve(cached)
    return this.#obtaining.get(keyOf(blob, row), shared => this.#obtain(blob, row, shared), signal)
  }

  /** Forgets a row that is wrong. */
  forget(blob: Blob, row: number): void {
    this.#cache.delete(keyOf(blob, row))
  }

  forgetAll(): void {
    this.#cache.clear()
  }

  /** A row just as its holder has it, set aside or not. @throws {StorageNodeError} */
  asHeld(blob: Blob, row: number, signal: AbortSignal | undefined): Promise<Row> {
    const cached = this.#cache.get(keyOf(blob, row))
    if (cached !== undefined && !isMade(cached)) return Promise.resolve(cached)
    return this.#fetches.get(keyOf(blob, row), shared => this.#fetch(blob, row, shared), signal)
  }

  /** Did somebody who is known as a liar now give it, or something that it was made of? */
  isDoubtful(blob: Blob, row: Row): boolean {
    const sources = isMade(row) ? row.from : [row.row]
    return sources.some(source => this.#deps.standing.isLiar(this.holder(blob, source)))
  }

  holder({ rotation, geometry: { shards } }: Blob, row: number): StorageNode {
    return this.#deps.committee.byShard[(row + rotation) % shards] as StorageNode
  }

  // What a node gave that was found lying since, or what was made of it, is not used any more.
  #cached(blob: Blob, row: number): Row | undefined {
    const cached = this.#cache.get(keyOf(blob, row))
    if (cached === undefined || !this.isDoubtful(blob, cached)) return cached
    this.forget(blob, row)
    return undefined
  }

  async #obtain(blob: Blob, row: number, shared: AbortSignal): Promise<Row> {
    const { standing } = this.#deps
    const node = this.holder(blob, row)
    if (standing.isAside(node)) return this.#rebuilt(blob, row, shared)
    const ended = new AbortController()
    const signal = AbortSignal.any([shared, ended.signal])
    const fetching = this.asHeld(blob, row, signal)
    // While its outcome is not awaited.
    fetching.catch(() => undefined)
    try {
      const first = await Promise.race([fetching, this.#lateness(blob, row)])
      if (first !== 'late') return first
      const rebuilding = this.#rebuilt(blob, row, signal)
      return await this.#firstOf(fetching, rebuilding, () => standing.silent(node, TOO_SLOW))
    } catch (error) {
      if (!(error instanceof StorageNodeError)) throw error
      return await this.#rebuilt(blob, row, signal)
    } finally {
      ended.abort(NOBODY_WAITS)
      this.#waitingLong.delete(keyOf(blob, row))
    }
  }

  // Whichever comes first; both must fail to fail.
  async #firstOf(fetching: Promise<Row>, rebuilding: Promise<Row>, onLost: () => void): Promise<Row> {
    const other = rebuilding.then(row => {
      onLost()
      return row
    })
    try {
      return await Promise.any([fetching, other])
    } catch (error) {
      if (error instanceof AggregateError) throw error.errors[1]
      throw error
    }
  }

  #lateness(blob: Blob, row: number): Promise<'late'> {
    const key = keyOf(blob, row)
    const late = Promise.withResolvers<'late'>()
    if (this.#late.has(key)) late.resolve('late')
    else this.#waitingLong.set(key, late)
    return late.promise
  }

  async #fetch(blob: Blob, row: number, signal: AbortSignal): Promise<Row> {
    const { nodes, standing, pacer, latencies, now } = this.#deps
    const node = this.holder(blob, row)
    const key = keyOf(blob, row)
    const { rowSize } = blob.geometry
    await pacer.acquire(rowSize, signal)
    const began = now()
    let outcome: 'arrived' | 'failed' | 'unknown' | undefined
    // Whoever is late lets others go ahead.
    const release = (as: 'arrived' | 'failed' | 'unknown'): void => {
      if (outcome !== undefined) return
      outcome = as
      pacer.release(rowSize, as)
    }
    const late = (): void => {
      this.#late.set(key, node)
      if (this.areMostInTime) {
        release('unknown')
        this.#waitingLong.get(key)?.resolve('late')
      } else timer = alarm(latencies.lateAfterMs(rowSize), late)
    }
    let timer = alarm(latencies.lateAfterMs(rowSize), late)
    try {
      const bytes = await nodes.primarySliver(node, blob.id, blob.geometry, row, signal)
      latencies.add(rowSize, now() - began)
      release('arrived')
      const fetched = { row, bytes, from: node }
      if (!standing.isLiar(node)) this.#cache.set(key, fetched)
      standing.answered(node)
      return fetched
    } catch (error) {
      if (error instanceof StorageNodeError) this.#failed(blob, error)
      release(error instanceof StorageNodeError && !error.isDenial ? 'failed' : 'unknown')
      throw error
    } finally {
      timer[Symbol.dispose]()
      this.#late.delete(key)
    }
  }

  #failed(blob: Blob, { node, reason, isDenial }: StorageNodeError): void {
    if (isDenial) this.#deps.standing.denied(blob.key, node, reason)
    else this.#deps.standing.silent(node, reason)
  }

  // Several rows of a blob that are missing at once are made of one set of others.
  async #rebuilt(blob: Blob, row: number, signal: AbortSignal): Promise<Row> {
    for (;;) {
      const rebuilt = await this.#rebuilding.get(
        blob.key,
        shared => this.#gathered.use(gatheredBytes(blob), shared, () => this.#rebuild(blob, row, shared)),
        signal,
      )
      const found = rebuilt.get(row) ?? this.#cached(blob, row)
      if (found !== undefined) return found
    }
  }

  async #rebuild(blob: Blob, asked: number, signal: AbortSignal): Promise<Rebuilt> {
    const { geometry } = blob
    const given = await this.#gather(blob, asked, signal)
    const have = new Set(given.map(({ row }) => row))
    const wanted = Array.from({ length: geometry.primarySymbols }, (_, row) => row).filter(
      row => row === asked || (!have.has(row) && this.#isMissing(blob, row)),
    )
    const from = [...have]
    const made = await this.#deps.decoder.rebuild({ geometry, given, wanted })
    const rows = wanted.map((row, index): Row => ({ row, bytes: made[index] as Uint8Array, from }))
    for (const row of rows) this.#cache.set(keyOf(blob, row.row), row)
    return new Map([...rows, ...given].map(row => [row.row, row]))
  }

  // Neither here nor on its way.
  #isMissing(blob: Blob, row: number): boolean {
    if (this.#cached(blob, row) !== undefined) return false
    return this.#deps.standing.isAside(this.holder(blob, row)) || this.#late.has(keyOf(blob, row))
  }

  // `primarySymbols` rows other than the asked one, of nodes that are asked readily first.
  async #gather(blob: Blob, asked: number, signal: AbortSignal): Promise<readonly Row[]> {
    const gathering = new Gathering(blob, this, this.#deps, signal)
    for (const group of this.#groups(blob, asked)) await gathering.take(group)
    return gathering.finish()
  }

  #groups(blob: Blob, asked: number): readonly (readonly number[])[] {
    const { standing } = this.#deps
    const { shards, primarySymbols } = blob.geometry
    const rows = Array.from({ length: shards }, (_, row) => row).filter(row => row !== asked)
    const isHere = (row: number): boolean => {
      const cached = this.#cached(blob, row)
      return cached !== undefined && !isMade(cached)
    }
    const ready = rows.filter(row => !standing.isAside(this.holder(blob, row)))
    const parity = shuffled(ready.filter(row => row >= primarySymbols))
    const silent = rows.filter(row => {
      const node = this.holder(blob, row)
      return standing.isAside(node) && !standing.isLiar(node)
    })
    const liars = rows.filter(row => standing.isLiar(this.holder(blob, row)))
    const systematic = ready.filter(row => row < primarySymbols)
    return [
      [
        ...systematic.filter(isHere),
        ...parity.filter(isHere),
        ...systematic.filter(row => !isHere(row)),
        ...parity.filter(row => !isHere(row)),
      ],
      silent,
      liars,
    ]
  }
}

/** Collects rows until there are enough, asking for others in place of those that fail or are late. */
class Gathering {
  readonly #blob: Blob
  readonly #rows: Rows
  readonly #deps: RowsDeps
  readonly #signal: AbortSignal
  readonly #ended = new AbortController()
  readonly #found: Row[] = []
  readonly #silent = new Set<StorageNode>()
  readonly #denying = new Set<StorageNode>()
  #lied = false

  constructor(blob: Blob, rows: Rows, deps: RowsDeps, signal: AbortSignal) {
    this.#blob = blob
    this.#rows = rows
    this.#deps = deps
    this.#signal = signal
  }

  get #missing(): number {
    return this.#blob.geometry.primarySymbols - this.#found.length
  }

  /** Takes as many rows of the group as are missing, or all that can be had. */
  take(group: readonly number[]): Promise<void> {
    const signal = AbortSignal.any([this.#signal, this.#ended.signal])
    const next = group.values()
    /** Requests that may still answer in time. */
    const going = new Set<number>()
    const late = new Set<number>()
    return new Promise((resolve, reject) => {
      const proceed = (): void => {
        if (this.#missing <= 0) return resolve()
        while (going.size < this.#missing) {
          const { value: row, done } = next.next()
          if (done === true) break
          if (!this.#isWorthAsking(row)) continue
          going.add(row)
          begin(row)
        }
        if (going.size + late.size === 0) resolve()
      }
      const begin = (row: number): void => {
        const lateAfter = (): Disposable =>
          alarm(this.#deps.latencies.lateAfterMs(this.#blob.geometry.rowSize), () => {
            if (!this.#rows.areMostInTime) {
              timer = lateAfter()
              return
            }
            going.delete(row)
            late.add(row)
            proceed()
          })
        let timer = lateAfter()
        const end = (): void => {
          timer[Symbol.dispose]()
          going.delete(row)
          late.delete(row)
        }
        this.#ask(row, signal).then(
          () => {
            end()
            if (this.#missing <= 0) for (const slow of late) this.#tooSlow(slow)
            proceed()
          },
          (error: unknown) => {
            end()
            if (this.#missing > 0 && !(error instanceof StorageNodeError)) reject(error)
            else proceed()
          },
        )
      }
      proceed()
    })
  }

  /** The rows. @throws {BlobUnavailableError} */
  finish(): readonly Row[] {
    this.#ended.abort(NOBODY_WAITS)
    const needed = this.#blob.geometry.primarySymbols
    if (this.#missing <= 0) return this.#found.slice(0, needed)
    if (this.#lied) throw manyLiars(this.#blob.id)
    throw tooFew(this.#blob.id, { rows: this.#found.length, needed }, this.#silent, this.#denying)
  }

  #isWorthAsking(row: number): boolean {
    const node = this.#rows.holder(this.#blob, row)
    return !this.#silent.has(node)
  }

  #tooSlow(row: number): void {
    this.#deps.standing.silent(this.#rows.holder(this.#blob, row), TOO_SLOW)
  }

  async #ask(row: number, signal: AbortSignal): Promise<void> {
    const { standing, proofs } = this.#deps
    const node = this.#rows.holder(this.#blob, row)
    try {
      const found = await this.#rows.asHeld(this.#blob, row, signal)
      if (standing.isLiar(node)) {
        // Only with a proof, of which there is one for each row.
        if (!(await proofs.isRight(this.#blob, found, signal))) {
          this.#lied = true
          return
        }
        standing.provenRight(node)
      }
      this.#found.push(found)
    } catch (error) {
      if (error instanceof StorageNodeError) (error.isDenial ? this.#denying : this.#silent).add(node)
      throw error
    }
  }
}

/** Was it made of other rows? */
export function isMade(row: Row): row is Row & { readonly from: readonly number[] } {
  return Array.isArray(row.from)
}

function gatheredBytes({ geometry: { primarySymbols, rowSize } }: Blob): number {
  return primarySymbols * rowSize
}

function keyOf({ key }: Blob, row: number): string {
  return `${key}/${row}`
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map(item => ({ item, order: Math.random() }))
    .sort((left, right) => left.order - right.order)
    .map(({ item }) => item)
}
