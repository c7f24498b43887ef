/**
 * The first transactions of a chain, and the ids that they leave behind.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { deriveDynamicFieldID } from '@mysten/sui/utils'
import type { CompiledPackage } from '@squid/contracts/compiled-package'
import { SquidError } from '@squid/formats/errors'
import type { Ledger } from '@squid/sui/ledger'
import type { SuinsDescriptor } from '../descriptor.ts'
import type { GenesisPackage } from '../genesis-package.ts'
import { BUILT_IN } from './packages.ts'

/** Sender of every `init`, and owner of what they give to their sender. Nobody has its key. */
export const GENESIS_ADDRESS: string = `0x${'57a1'.padEnd(64, '0')}`

/** Ids that genesis made and that the devnet must know again after a restart. */
export interface GenesisIds {
  /** Descriptor key → object id, for the composer's objects. */
  readonly objects: Readonly<Record<string, string>>
  readonly suins: SuinsDescriptor
  /** `Table<address, Domain>` of the name registry. */
  readonly reverseTableId: string
  /** The whole WAL supply, which the faucet gives from. */
  readonly walCoinId: string
}

/**
 * Installs the packages and finds the objects that their `init` functions made.
 * @throws {SquidError} `GENESIS` when a package is refused, `BAD_PACKAGE` when an object that a composer named was
 *   not made exactly once
 */
export function runGenesis(
  ledger: Ledger,
  packages: readonly CompiledPackage[],
  extra: readonly GenesisPackage[],
): GenesisIds {
  ledger.installGenesis({
    packages: packages.map(({ id, modules, dependencies }) => ({
      id,
      modules: modules.map(({ bytecode }) => Buffer.from(bytecode, 'base64')),
      dependencies,
    })),
    sender: GENESIS_ADDRESS,
  })
  const named = extra.flatMap(({ objects }) => Object.entries(objects ?? {}))
  return {
    objects: Object.fromEntries(named.map(([key, type]) => [key, only(ledger, type)])),
    ...findNames(ledger),
    walCoinId: only(ledger, `0x2::coin::Coin<${BUILT_IN.wal}::wal::WAL>`),
  }
}

const Table = bcs.struct('Table', { id: bcs.Address, size: bcs.u64() })
const RegistryField = bcs.struct('Field', {
  id: bcs.Address,
  /** A struct without fields has one, a dummy. */
  name: bcs.bool(),
  registry: Table,
  reverseRegistry: Table,
})

/** The name registry hangs on the shared `SuiNS` object as a dynamic field. */
function findNames(ledger: Ledger): { suins: SuinsDescriptor; reverseTableId: string } {
  const packageId = BUILT_IN.suins
  const suinsObjectId = only(ledger, `${packageId}::suins::SuiNS`)
  const keyType = `${packageId}::suins::RegistryKey<${packageId}::registry::Registry>`
  const field = ledger.object(deriveDynamicFieldID(suinsObjectId, keyType, Uint8Array.of(0)))
  if (field === undefined) throw new SquidError('GENESIS', 'The SuiNS package made no registry.')
  const { registry, reverseRegistry } = RegistryField.parse(field.data.contents)
  return {
    suins: { packageId, suinsObjectId, registryTableId: registry.id },
    reverseTableId: reverseRegistry.id,
  }
}

/** Id of the only object of a type. */
function only(ledger: Ledger, type: string): string {
  const [first, second] = ledger.objectsOfType(type, { limit: 2 }).items
  if (first !== undefined && second === undefined) return first.id
  throw new SquidError(
    'BAD_PACKAGE',
    `Genesis must make exactly one object of the type ${type}, and made ${first === undefined ? 'none' : 'several'}.`,
  )
}
