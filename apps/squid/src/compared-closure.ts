/**
 * Closures that were compared with their release already, in `cache/compared`: a program that starts again need not ask
 * Nix for what it said the last time (measured: 30 ms of processor time). A file is named by the SHA-256 of the
 * closure's paths and NAR hashes, and says which folders and files of the store they were: device, inode, and time of change
 * to the nanosecond. A path that came in anew is another inode at another time, and is compared again.
 *
 * What is changed deep inside of a store path is not noticed here, nor by Nix, which compares what it recorded.
 * @module
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Home } from '@squid/client/home'
import type { RunReport } from '@squid/daemon/gateway'
import { type Nix, pathIdentities } from '@squid/host/nix'

/** A small file each; all go when there are more. */
const MOST_CLOSURES = 512

/** One closure, in one store. */
export class ComparedClosure {
  readonly #folder: string
  readonly #file: string
  readonly #nix: Nix
  readonly #paths: readonly string[]

  constructor(home: Pick<Home, 'cache'>, nix: Nix, { closure }: Pick<RunReport, 'closure'>) {
    const text = closure.map(({ path, narHash }) => `${path} ${narHash}\n`).join('')
    this.#folder = join(home.cache, 'compared')
    this.#file = join(this.#folder, createHash('sha256').update(text).digest('hex'))
    this.#nix = nix
    this.#paths = closure.map(({ path }) => path)
  }

  /** Are the paths the very ones that were compared? */
  isKnown(): boolean {
    const now = this.look()
    return now !== undefined && now === readIfAny(this.#file)
  }

  /** What the paths are now; undefined when one is missing, or where only Nix can tell. */
  look(): string | undefined {
    return pathIdentities(this.#nix, this.#paths)?.join('\n')
  }

  /** @param before what they were before they were compared */
  remember(before: string | undefined): void {
    if (before === undefined || before !== this.look()) return
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      if (readdirSync(this.#folder).length >= MOST_CLOSURES) rmSync(this.#folder, { recursive: true })
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      writeFileSync(this.#file, before, { mode: 0o600 }) // one that is cut off fits nothing
    } catch {
      // compared again the next time
    }
  }
}

function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
