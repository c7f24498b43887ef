/**
 * How much is asked for at once: as many bytes as it takes to fill the link, and no more. The limit grows while
 * more at once brings more in the same time, and halves when answers stay away.
 * @module
 */

export interface PacerOptions {
  readonly minBytes: number
  readonly maxBytes: number
}

/** More than noise. */
const GAIN = 1.05
const GROWTH = 2
/** What was measured long ago counts less, so that a link that became faster is noticed. */
const FORGETTING = 0.99

export class Pacer {
  readonly #options: PacerOptions
  readonly #now: () => number
  readonly #waiting: (() => void)[] = []
  #limit: number
  #inFlight = 0
  /** The round that is being measured: a limit's worth of bytes. */
  #began = 0
  #arrived = 0
  #wasFull = false
  #bestRate = 0

  /** @param now milliseconds of a steady clock */
  constructor(now: () => number, options: PacerOptions) {
    this.#now = now
    this.#options = options
    this.#limit = options.minBytes
  }

  /** Bytes that may be under way now. */
  get limit(): number {
    return this.#limit
  }

  /** Resolves when `bytes` may be asked for; they count until `release`. At least one request always may. */
  async acquire(bytes: number, signal: AbortSignal): Promise<void> {
    while (this.#inFlight > 0 && this.#inFlight + bytes > this.#limit) {
      this.#wasFull = true
      await this.#turn(signal)
    }
    signal.throwIfAborted()
    if (this.#inFlight === 0) this.#startRound()
    this.#inFlight += bytes
  }

  /** @param outcome whether they arrived, whether the network failed, or neither */
  release(bytes: number, outcome: 'arrived' | 'failed' | 'unknown'): void {
    this.#inFlight -= bytes
    if (outcome === 'arrived') this.#count(bytes)
    if (outcome === 'failed') this.#shrink()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(() => {
        signal.removeEventListener('abort', leave)
        resolve()
      })
    })
  }

  #startRound(): void {
    this.#began = this.#now()
    this.#arrived = 0
    this.#wasFull = false
  }

  #count(bytes: number): void {
    this.#arrived += bytes
    if (this.#arrived < this.#limit) return
    const rate = this.#arrived / Math.max(this.#now() - this.#began, 0.1)
    if (this.#wasFull && rate > this.#bestRate * GAIN) {
      this.#limit = Math.min(this.#options.maxBytes, this.#limit * GROWTH)
      this.#bestRate = rate
    } else this.#bestRate *= FORGETTING
    this.#startRound()
    this.#wasFull = this.#waiting.length > 0
  }

  #shrink(): void {
    this.#limit = Math.max(this.#options.minBytes, this.#limit / 2)
    this.#bestRate = 0
    this.#startRound()
  }
}
