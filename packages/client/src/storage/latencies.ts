/**
 * How long answers take, learnt from those that came: when to stop waiting for one and begin with another way.
 * @module
 */

export interface LatenciesOptions {
  /** While too little is known. */
  readonly firstMs: number
  /** Never sooner. */
  readonly minMs: number
}

/** Answers that are remembered, of each class of sizes. */
const MEMORY = 128
const ENOUGH = 16
const PERCENTILE = 0.95
/** The percentile itself is passed by one in twenty without any fault. */
const PATIENCE = 2

export class Latencies {
  readonly #options: LatenciesOptions
  /** The last ones, by the power of two of their size. */
  readonly #taken = new Map<number, number[]>()

  constructor(options: LatenciesOptions) {
    this.#options = options
  }

  add(bytes: number, ms: number): void {
    const key = classOf(bytes)
    const taken = this.#taken.get(key) ?? []
    this.#taken.set(key, taken)
    taken.push(ms)
    if (taken.length > MEMORY) taken.shift()
  }

  /** Milliseconds after which an answer of so many bytes is late. */
  lateAfterMs(bytes: number): number {
    const taken = this.#taken.get(classOf(bytes)) ?? []
    if (taken.length < ENOUGH) return this.#options.firstMs
    const sorted = taken.toSorted((a, b) => a - b)
    const percentile = sorted[Math.floor((sorted.length - 1) * PERCENTILE)] as number
    return Math.max(this.#options.minMs, PATIENCE * percentile)
  }
}

function classOf(bytes: number): number {
  return Math.floor(Math.log2(Math.max(bytes, 1)))
}
