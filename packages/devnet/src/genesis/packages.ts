/**
 * What genesis installs, and the fingerprint by which a chain made of it is known again.
 * @module
 */
import { createHash } from 'node:crypto'
import type { CompiledPackage } from '@squid/contracts/compiled-package'
import { framework } from '@squid/contracts/framework'
import { suins } from '@squid/contracts/suins'
import { wal } from '@squid/contracts/wal'
import { walrus } from '@squid/contracts/walrus'
import { SquidError } from '@squid/formats/errors'
import type { GenesisPackage } from '../genesis-package.ts'

/** Ids of the packages that every devnet has. */
export const BUILT_IN: { readonly wal: string; readonly walrus: string; readonly suins: string } = {
  wal: wal.id,
  walrus: walrus.id,
  suins: suins.id,
}

/**
 * Every package of a genesis, dependencies first.
 * @throws {SquidError} `BAD_PACKAGE` when two packages of the composer share a name or an id
 */
export function allPackages(extra: readonly GenesisPackage[]): readonly CompiledPackage[] {
  const all = [...framework, wal, walrus, suins, ...extra.map(({ compiled }) => compiled)]
  const repeated = duplicate(all.map(({ id }) => id)) ?? duplicate(extra.map(({ name }) => name))
  if (repeated !== undefined)
    throw new SquidError('BAD_PACKAGE', `Two genesis packages are called ${repeated}.`)
  return all
}

/** Hex SHA-256 over everything that a genesis fixes. */
export function fingerprint(
  packages: readonly CompiledPackage[],
  extra: readonly GenesisPackage[],
  shape: { readonly shards: number; readonly nodes: number },
): string {
  const fixed = {
    format: 1,
    packages: packages.map(({ id, modules }) => [id, modules.map(({ name, bytecode }) => [name, bytecode])]),
    named: extra.map(({ name, compiled, objects }) => [
      name,
      compiled.id,
      Object.entries(objects ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
    ...shape,
  }
  return createHash('sha256').update(JSON.stringify(fixed)).digest('hex')
}

function duplicate(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index)
}
