/**
 * Timers that blame nobody else for what this thread did: after a busy time they ring before what arrived meanwhile was
 * taken in, so they look again then.
 * @module
 */

/** Calls `ring` after `ms` and one more turn of the event loop. Disposed of before that, it does nothing. */
export function alarm(ms: number, ring: () => void): Disposable {
  let isOff = false
  const timer = setTimeout(() => setImmediate(() => isOff || ring()), ms)
  return {
    [Symbol.dispose]: () => {
      isOff = true
      clearTimeout(timer)
    },
  }
}
