/**
 * The cache that every call of Nix may use: the paths of the Spaces to which the person subscribed. What they released
 * is read in the background and known in memory, so that an answer never waits for the ledger.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { SquidError } from '@squid/formats/errors'
import type { Log, Subscriptions } from './contract.ts'
import {
  agreed,
  type FoundPath,
  openOnce,
  type OpenRelease,
  type PathSource,
  readFrom,
  sameFacts,
} from './open-releases.ts'
import { formatScope } from './scope.ts'
import { untilAborted } from './until-aborted.ts'

/** How often it is looked whether the person changed something. */
const LOOK_MS = 2000
/** How often the ledger is asked what is released and what revoked. */
const REFRESH_MS = 30_000
/** After so long without an answer of the ledger nothing is vouched for any more: it may have been revoked. */
const STALE_MS = 60 * 60_000

/** What a `SubscribedPaths` works with. */
export interface SubscribedPathsDeps {
  readonly subscriptions: Subscriptions
  readonly log: Log
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/** The paths of all subscribed releases. */
export class SubscribedPaths implements PathSource {
  readonly tellsConflicts = false
  readonly #deps: SubscribedPathsDeps
  /** By their exact references. */
  #releases: ReadonlyMap<string, OpenRelease> = new Map()
  #checkedMs = -Infinity
  /** When the ledger was asked, whatever it said. */
  #askedMs = -Infinity
  #stamp: string | undefined
  /** Settles when what is subscribed to was read for the first time since it was changed. */
  #reading: PromiseWithResolvers<void> | undefined = Promise.withResolvers()
  #lastProblem = ''

  constructor(deps: SubscribedPathsDeps) {
    this.#deps = deps
  }

  /** Number of releases that are subscribed to. */
  get size(): number {
    return this.#releases.size
  }

  peek(hashPart: string): FoundPath | null | undefined {
    if (this.#reading !== undefined || this.#isStale()) return undefined
    let found: FoundPath | null = null
    for (const release of this.#releases.values()) {
      const contents = release.opened()
      const entry = contents?.peek(hashPart)
      if (contents === undefined || entry === undefined) return undefined
      if (entry === null) continue
      if (found !== null && !sameFacts(entry, found.entry)) return undefined // told by `find`
      found ??= { entry, release, contents }
    }
    return found
  }

  async find(hashPart: string, signal: AbortSignal): Promise<FoundPath | undefined> {
    const found = await Promise.all(
      (await this.releases(signal)).map(async release => (await readFrom(release, hashPart, signal)) ?? []),
    )
    return agreed(found.flat())
  }

  async releases(signal: AbortSignal): Promise<readonly OpenRelease[]> {
    if (this.#reading !== undefined) await untilAborted(this.#reading.promise, signal)
    if (this.#isStale()) {
      throw new SquidError(
        'SUBSCRIPTIONS_STALE',
        `the ledger did not answer for an hour, so what you subscribed to is not served: ${this.#lastProblem}`,
      )
    }
    return [...this.#releases.values()]
  }

  doubt(): void {
    this.#askedMs = -Infinity
  }

  /** Keeps what is known up to date until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look(signal).catch((error: unknown) => this.#tell(error, signal))
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
    this.#reading?.resolve()
  }

  #isStale(): boolean {
    return this.#deps.now() - this.#checkedMs > STALE_MS
  }

  async #look(signal: AbortSignal): Promise<void> {
    const stamp = await this.#deps.subscriptions.stamp()
    if (stamp !== this.#stamp) {
      this.#stamp = stamp
      this.#reading ??= Promise.withResolvers()
    } else if (this.#deps.now() - this.#askedMs < REFRESH_MS) return
    this.#askedMs = this.#deps.now()
    try {
      await this.#refresh(signal)
      this.#checkedMs = this.#deps.now()
      this.#lastProblem = ''
    } finally {
      this.#reading?.resolve()
      this.#reading = undefined
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const releases = await this.#deps.subscriptions.releases(signal)
    const opening = releases.map(release => openOnce(release, this.#releases.get(formatScope(release))))
    const opened = await Promise.allSettled(
      opening.map(async release => (await release.contents(signal)).ready),
    )
    const readable = opening.filter((_, index) => opened[index]?.status === 'fulfilled')
    this.#releases = new Map(readable.map(release => [formatScope(release), release]))
    const failed = opened.find(result => result.status === 'rejected')
    if (failed !== undefined) this.#tell(failed.reason, signal)
  }

  #tell(error: unknown, signal: AbortSignal): void {
    const problem = error instanceof Error ? error.message : String(error)
    if (signal.aborted || problem === this.#lastProblem) return
    this.#lastProblem = problem
    this.#deps.log(`not all that you subscribed to can be read: ${problem}`)
  }
}
