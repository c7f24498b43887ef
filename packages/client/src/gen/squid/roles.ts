/** From the bytecode of squid::roles; written by `npm run gen`. */
import { bcs } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import { valueArgument, type ValueArgument } from '../../codecs/index.ts'

/** Calls `roles::admin()`. */
export function admin(transaction: Transaction, packageId: string): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::roles::admin`, arguments: [] })
}
/** Calls `roles::publish()`. */
export function publish(transaction: Transaction, packageId: string): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::roles::publish`, arguments: [] })
}
/** Calls `roles::build()`. */
export function build(transaction: Transaction, packageId: string): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::roles::build`, arguments: [] })
}
/** Calls `roles::read()`. */
export function read(transaction: Transaction, packageId: string): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::roles::read`, arguments: [] })
}
/** Calls `roles::includes(u8, u8)`. */
export function includes(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<number>,
  value2: ValueArgument<number>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::roles::includes`,
    arguments: [
      valueArgument<number>(transaction, bcs.u8(), value1),
      valueArgument<number>(transaction, bcs.u8(), value2),
    ],
  })
}
/** Calls `roles::is_valid(u8)`. */
export function isValid(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<number>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::roles::is_valid`,
    arguments: [valueArgument<number>(transaction, bcs.u8(), value1)],
  })
}
