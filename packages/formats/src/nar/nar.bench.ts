/**
 * How fast file trees are hashed, beside Nix on the same trees: one of many small files, one of a large file.
 * @module
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { hashNarOfPath } from './fs.ts'

const MODULES = join(import.meta.dirname, '../../../../node_modules')
const TREES: readonly (readonly [figure: string, path: string])[] = [
  ['small files (@mysten)', join(MODULES, '@mysten')],
  ['large file (node)', process.execPath],
]
const ROUNDS = 5
const NIX = 'nix'

interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly versus: string
  readonly ratio: number
}

/** The best of several rounds, in milliseconds: what else the machine does only ever adds. */
async function best(work: () => Promise<unknown> | void): Promise<number> {
  let least = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await work()
    least = Math.min(least, performance.now() - start)
  }
  return least
}

async function measure(figure: string, path: string): Promise<Figure> {
  const mebibytes = Number((await hashNarOfPath(path)).size) / 1024 / 1024
  const ours = mebibytes / ((await best(() => hashNarOfPath(path))) / 1000)
  const options = ['--extra-experimental-features', 'nix-command', 'hash', 'path', path]
  const theirs = mebibytes / ((await best(() => void execFileSync(NIX, options))) / 1000)
  const versus = `nix hash path (${theirs.toFixed(0)} MiB/s, with its start)`
  return { bench: 'nar.hash-mibps', figure, value: ours, unit: 'MiB/s', versus, ratio: ours / theirs }
}

/** `nar.hash-mibps`: NAR hashing on one thread against `nix hash path`. */
export async function narHashBench(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [figure, path] of TREES) figures.push(await measure(figure, path))
  return figures
}
