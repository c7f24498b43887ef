/**
 * At most so many at once; the others wait in line.
 * @module
 */

/** Counts who is inside. */
export class Gate {
  readonly #waiting: (() => void)[] = []
  #free: number

  /** @param places how many may be inside at once */
  constructor(places: number) {
    this.#free = places
  }

  /** Waits for a place. @throws the signal's reason when it aborts first */
  async enter(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free--
    else await this.#line(signal)
    let isInside = true
    return {
      [Symbol.dispose]: () => {
        if (isInside) this.#leave()
        isInside = false
      },
    }
  }

  #line(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(turn)
    })
  }

  /** Whoever waits longest takes the place over. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
