/**
 * Progress of long work: one line that is redrawn on a terminal, plain lines elsewhere.
 * @module
 */
import type { Output } from './command.ts'

/** Redraws no more often than this. */
const REDRAW_MS = 80
/** Elsewhere a step that goes on says so no more often than this. */
const REPEAT_MS = 5_000

/** Shows where long work is. `using progress = new Progress(stderr)`. */
export class Progress implements Disposable {
  readonly #out: Output
  readonly #now: () => number
  #shownMs = -Infinity
  #isDirty = false

  constructor(out: Output, now: () => number = () => performance.now()) {
    this.#out = out
    this.#now = now
  }

  /** Something that goes on: replaced by the next call on a terminal, seldom written elsewhere. */
  update(text: string): void {
    const now = this.#now()
    if (now - this.#shownMs < (this.#isTerminal ? REDRAW_MS : REPEAT_MS)) return
    this.#shownMs = now
    if (!this.#isTerminal) {
      this.#out.write(`${text}\n`)
      return
    }
    this.#clear()
    this.#out.write(text.slice(0, (this.#out.columns || 80) - 1))
    this.#isDirty = true
  }

  /** Something that is done: a line that stays. */
  done(text: string): void {
    this.#clear()
    this.#out.write(`${text}\n`)
    this.#shownMs = -Infinity
  }

  [Symbol.dispose](): void {
    this.#clear()
  }

  get #isTerminal(): boolean {
    return this.#out.isTTY === true
  }

  #clear(): void {
    if (!this.#isDirty) return
    this.#out.control?.('\r\u001b[K')
    this.#isDirty = false
  }
}

/** Bytes for people: `512 B`, `1.5 KiB`, `3.0 MiB`. */
export function formatBytes(bytes: bigint | number): string {
  let value = Number(bytes)
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit] ?? ''}`
}
