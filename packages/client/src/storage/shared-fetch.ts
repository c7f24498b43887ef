/**
 * One request for many who want the same: it goes on while at least one of them waits, whoever asked first.
 * @module
 */

interface Pending<T> {
  readonly promise: Promise<T>
  readonly abandon: AbortController
  waiting: number
}

/** Why requests are ended, made once: abort() makes an exception each time, with its stack. */
export const NOBODY_WAITS: Error = new Error('nobody waits for it any longer')

/** What is under way, by key. */
export class SharedFetches<T> {
  readonly #pending = new Map<string, Pending<T>>()

  /**
   * The value that `fetch` gives. A caller whose signal aborts leaves; the fetch is aborted when all have left.
   * @throws the signal's reason, or what `fetch` throws
   */
  async get(
    key: string,
    fetch: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted()
    const pending = this.#pending.get(key) ?? this.#begin(key, fetch)
    pending.waiting++
    try {
      return await untilAborted(pending.promise, signal)
    } finally {
      pending.waiting--
      if (pending.waiting === 0) {
        if (this.#pending.get(key) === pending) this.#pending.delete(key)
        pending.abandon.abort(NOBODY_WAITS)
      }
    }
  }

  #begin(key: string, fetch: (signal: AbortSignal) => Promise<T>): Pending<T> {
    const abandon = new AbortController()
    const promise = fetch(abandon.signal)
    // When all have left, nobody hears of the failure.
    promise.catch(() => undefined)
    const pending = { promise, abandon, waiting: 0 }
    this.#pending.set(key, pending)
    return pending
  }
}

/** The promise's outcome, or the signal's reason when that comes first; the promise itself goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
