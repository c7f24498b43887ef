/**
 * Compiles every package in `contracts/` into `contracts/gen/`, and lends its compiler to tests and tools.
 *
 * Usage: node tools/move-build.ts [framework|wal|walrus|suins|walrus-site|squid …]
 *
 * @module
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePackage, runMoveTests } from '@squid/contracts/build'
import type { CompiledPackage } from '@squid/contracts/compiled-package'

export { compilePackage, runMoveTests }

const contracts = join(import.meta.dirname, '../contracts')

/** Generated file's name → package folders. More than one makes it a list. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  framework: ['framework/move-stdlib', 'framework/sui-framework'],
  wal: ['wal'],
  walrus: ['walrus'],
  suins: ['suins'],
  'walrus-site': ['walrus-site'],
  squid: ['squid'],
}

/**
 * For tools/gen.ts: path from the root → text. A package without a Move.toml is left out.
 * @throws {MoveBuildError} when one does not compile
 */
export async function generateContracts(names: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for (const [name, folders] of Object.entries(OUTPUTS)) {
    if (names.length > 0 && !names.includes(name)) continue
    const paths = folders.map(folder => join(contracts, folder))
    if (!paths.every(path => existsSync(join(path, 'Move.toml')))) continue
    const compiled: CompiledPackage[] = []
    for (const path of paths) compiled.push(await compilePackage(path))
    files.set(`contracts/gen/${name}.ts`, render(name, compiled))
  }
  return files
}

function render(name: string, packages: readonly CompiledPackage[]): string {
  const list = packages.length > 1
  const value = JSON.stringify(list ? packages : packages[0], null, 2)
  return `/** Compiled from contracts/${name}; written by \`npm run gen\`. */
import type { CompiledPackage } from '../compiled-package.ts'

export const ${camelCase(name)}: ${list ? 'readonly CompiledPackage[]' : 'CompiledPackage'} = ${value}
`
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

if (import.meta.main) {
  for (const [path, text] of await generateContracts(process.argv.slice(2))) {
    writeFileSync(join(contracts, '..', path), text)
    console.log(`wrote ${path}`)
  }
}
