/** From the bytecode of squid::registry; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import { address, u64, valueArgument, type ObjectArgument, type ValueArgument } from '../../codecs/index.ts'

export interface Registry {
  readonly id: string
  readonly version: bigint
}
export const Registry: BcsType<Registry, Registry> = bcs.struct('Registry', { id: address, version: u64 })
export interface HomeKey {
  readonly owner: string
}
export const HomeKey: BcsType<HomeKey, HomeKey> = bcs.struct('HomeKey', { owner: address })
/** Calls `registry::set_home(&mut Registry, &Space, &TxContext)`. */
export function setHome(
  transaction: Transaction,
  packageId: string,
  registry: ObjectArgument,
  space: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::registry::set_home`,
    arguments: [transaction.object(registry), transaction.object(space)],
  })
}
/** Calls `registry::clear_home(&mut Registry, &Space, address, &TxContext)`. */
export function clearHome(
  transaction: Transaction,
  packageId: string,
  registry: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::registry::clear_home`,
    arguments: [
      transaction.object(registry),
      transaction.object(space),
      valueArgument<string>(transaction, address, value1),
    ],
  })
}
/** Calls `registry::home(&Registry, address)`. */
export function home(
  transaction: Transaction,
  packageId: string,
  registry: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::registry::home`,
    arguments: [transaction.object(registry), valueArgument<string>(transaction, address, value1)],
  })
}
/** By place in the constant pool, as abort codes refer to them: names and texts of errors. */
export const constants: readonly (string | null)[] = [
  'EWrongVersion',
  'The Registry belongs to another version of this package',
  'ENotHome',
  "The Space is not this owner's home",
  null,
]
