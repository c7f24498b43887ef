/**
 * The keeper of one Space: renews leases long before they end, collects what nobody needs, says what is wrong.
 *
 * Any number of keepers may be at work on one Space: renewing is idempotent on the ledger, collecting compares and swaps.
 * Design: ARCHITECTURE.md.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'

/** A blob's lease. */
interface KeptLease {
  readonly epochsLeft: number
  readonly condemned: boolean
}

/** What is found at the beginning of a round. */
export interface KeptSpace {
  readonly space: string
  readonly leases: readonly KeptLease[]
  readonly epochMs: bigint
}

/** What the keeper needs; of the ledger and Walrus in `squidd`, faked in tests. */
export interface KeeperDeps {
  /** The Space and its leases now; undefined when there is no Space yet. */
  readonly look: (signal: AbortSignal) => Promise<KeptSpace | undefined>
  /**
   * Pays so that everything that is not condemned lasts `epochs` epochs from now on; all leases then end together.
   * @returns one line about what was done, undefined when nothing had to be
   */
  readonly renew: (space: string, epochs: number, signal: AbortSignal) => Promise<string | undefined>
  /** Repacks, condemns and deletes; as `renew`. */
  readonly collect: (space: string, signal: AbortSignal) => Promise<string | undefined>
  readonly log: (line: string) => void
  /** Milliseconds of a steady clock. */
  readonly now: () => number
}

export interface KeeperOptions {
  /** Between two rounds. */
  readonly pauseMs: number
  /** Between two collections, which read every manifest; the first comes this long after the start. */
  readonly collectEveryMs: number
  /** As soon as a lease has at most so many epochs left, all are renewed. */
  readonly renewAt: number
  /** For so many epochs. */
  readonly renewFor: number
}

/** With Walrus's epochs of 14 days: renewed eight weeks before the end, for half a year. */
const KEEPER_DEFAULTS: KeeperOptions = {
  pauseMs: 60 * 60 * 1000,
  collectEveryMs: 24 * 60 * 60 * 1000,
  renewAt: 4,
  renewFor: 12,
}

const DAY_MS = 24 * 60 * 60 * 1000

export class Keeper {
  readonly #deps: KeeperDeps
  readonly #options: KeeperOptions
  #collectedMs: number

  constructor(deps: KeeperDeps, options: Partial<KeeperOptions> = {}) {
    this.#deps = deps
    this.#options = { ...KEEPER_DEFAULTS, ...options }
    this.#collectedMs = deps.now()
  }

  /** Runs until `signal` aborts. What fails is logged and tried again in the next round: leases last for weeks. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.round(signal)
        await sleep(this.#options.pauseMs, undefined, { signal, ref: false })
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  /** One round: renew first, which needs the ledger alone; then collect, when it is time. */
  async round(signal: AbortSignal): Promise<void> {
    const { look, renew, collect, now } = this.#deps
    const { renewAt, renewFor, collectEveryMs } = this.#options
    const found = await this.#attempt('looking at leases', signal, () => look(signal))
    if (found === undefined) return
    const { space } = found
    this.#warn(found)
    if (
      found.leases.some(({ epochsLeft, condemned }) => !condemned && epochsLeft > 0 && epochsLeft <= renewAt)
    )
      await this.#report('renewing', signal, () => renew(space, renewFor, signal))
    if (now() - this.#collectedMs < collectEveryMs) return
    this.#collectedMs = now()
    await this.#report('collecting', signal, () => collect(space, signal))
  }

  async #report(what: string, signal: AbortSignal, act: () => Promise<string | undefined>): Promise<void> {
    const line = await this.#attempt(what, signal, act)
    if (line !== undefined) this.#deps.log(`keeper: ${line}`)
  }

  async #attempt<T>(what: string, signal: AbortSignal, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      signal.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      this.#deps.log(`keeper: ${what} failed, to be tried again: ${reason}`)
      return undefined
    }
  }

  #warn({ leases, epochMs }: KeptSpace): void {
    const kept = leases.filter(({ condemned }) => !condemned)
    const expired = kept.filter(({ epochsLeft }) => epochsLeft === 0).length
    if (expired > 0)
      this.#deps.log(`keeper: ${expired} of ${kept.length} blobs have expired and cannot be renewed`)
    const soonest = Math.min(...kept.map(({ epochsLeft }) => epochsLeft).filter(left => left > 0))
    if (soonest < this.#options.renewAt) {
      const days = Math.round((soonest * Number(epochMs)) / DAY_MS)
      this.#deps.log(`keeper: a lease ends within ${days} days`)
    }
  }
}
