/**
 * Regenerates every committed generated file, or with `--check` proves that they are current.
 *
 * Each generator returns path (from the root) → text. Usage: node tools/gen.ts [--check]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateBindings } from './bindings.ts'
import { generateContracts } from './move-build.ts'

type Generator = () => Promise<ReadonlyMap<string, string>>

const root = join(import.meta.dirname, '..')

/** In order: later generators may read what earlier ones wrote. */
const GENERATORS: readonly Generator[] = [generateContracts, generateBindings]

const check = process.argv.includes('--check')
let stale = 0
let count = 0
for (const generate of GENERATORS) {
  for (const [path, text] of await generate()) {
    count++
    const file = join(root, path)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    if (check) {
      stale++
      console.error(`${path}: not current; run: npm run gen`)
      continue
    }
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    console.log(`wrote ${path}`)
  }
}
if (stale > 0) process.exitCode = 1
else console.log(`gen: ${count} files current`)
