/**
 * Processes that measure what they take themselves, under a hard limit of V8's.
 * @module
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** The live heap of this process, in MiB, its garbage collected; with `--expose-gc`. */
export function liveHeapMib(): number {
  assert.ok(globalThis.gc !== undefined)
  globalThis.gc()
  return process.memoryUsage().heapUsed / 2 ** 20
}

/** Remembers the largest live heap that it saw. */
export class HeapPeak {
  #peak = 0
  #ticks = 0
  readonly #every: number

  /** @param every so many calls of `tick` it looks: a look takes some milliseconds */
  constructor(every: number) {
    this.#every = every
  }

  tick(): void {
    if (this.#ticks++ % this.#every === 0) this.#peak = Math.max(this.#peak, liveHeapMib())
  }

  /** MiB. */
  get mib(): number {
    return Math.round(this.#peak * 10) / 10
  }
}

/**
 * Runs a script of this folder with JSON orders, and gives the JSON report that it prints.
 * @param heapMib V8's limit for old objects: a process that needs more dies
 */
export async function runChild(script: string, orders: unknown, heapMib: number): Promise<unknown> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@squid/source',
      '--expose-gc',
      `--max-old-space-size=${heapMib}`,
      join(import.meta.dirname, script),
      JSON.stringify(orders),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  assert.equal(code, 0, `${script} ended with ${String(code)}`)
  return JSON.parse(output)
}
