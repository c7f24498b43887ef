/** From the bytecode of squid::labels; written by `npm run gen`. */
import { bcs } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import { valueArgument, type ValueArgument } from '../../codecs/index.ts'

/** Calls `labels::is_name(&String)`. */
export function isName(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::labels::is_name`,
    arguments: [valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `labels::is_tag(&String)`. */
export function isTag(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::labels::is_tag`,
    arguments: [valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
