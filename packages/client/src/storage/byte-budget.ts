/**
 * A number of bytes that several may take parts of at once, in the order in which they ask.
 * @module
 */

interface Waiting {
  readonly bytes: number
  readonly begin: () => void
}

export class ByteBudget {
  readonly #bytes: number
  readonly #waiting = new Set<Waiting>()
  #taken = 0

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /**
   * Runs `work` when `bytes` are free; they are taken until it ends. Who wants more than there are runs alone.
   * @throws the signal's reason, when it aborts before the work begins; what `work` throws
   */
  async use<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(bytes, this.#bytes)
    await this.#take(taken, signal)
    try {
      return await work()
    } finally {
      this.#taken -= taken
      this.#admit()
    }
  }

  #take(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      const leave = (): void => {
        this.#waiting.delete(waiting)
        reject(signal.reason as Error)
        // Those behind may need less.
        this.#admit()
      }
      const begin = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const waiting = { bytes, begin }
      this.#waiting.add(waiting)
      signal.addEventListener('abort', leave, { once: true })
      this.#admit()
    })
  }

  #admit(): void {
    for (const waiting of this.#waiting) {
      if (this.#taken + waiting.bytes > this.#bytes) return
      this.#waiting.delete(waiting)
      this.#taken += waiting.bytes
      waiting.begin()
    }
  }
}
