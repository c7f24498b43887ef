/** From the bytecode of suins::devnet_registrar; written by `npm run gen`. */
import { bcs } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import { valueArgument, type ObjectArgument, type ValueArgument } from '../../codecs/index.ts'

/** Calls `devnet_registrar::handle_base_payment(&mut SuiNS, PaymentIntent, Coin<SUI>)`. */
export function handleBasePayment(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  paymentIntent: ObjectArgument,
  coin: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::devnet_registrar::handle_base_payment`,
    arguments: [transaction.object(suiNS), transaction.object(paymentIntent), transaction.object(coin)],
  })
}
/** Calls `devnet_registrar::register(&mut SuiNS, String, u8, &Clock, &mut TxContext)`. */
export function register(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<number>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::devnet_registrar::register`,
    arguments: [
      transaction.object(suiNS),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<number>(transaction, bcs.u8(), value2),
      transaction.object.clock(),
    ],
  })
}
/** Calls `devnet_registrar::renew(&mut SuiNS, &mut SuinsRegistration, u8, &Clock, &mut TxContext)`. */
export function renew(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  suinsRegistration: ObjectArgument,
  value1: ValueArgument<number>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::devnet_registrar::renew`,
    arguments: [
      transaction.object(suiNS),
      transaction.object(suinsRegistration),
      valueArgument<number>(transaction, bcs.u8(), value1),
      transaction.object.clock(),
    ],
  })
}
/** By place in the constant pool, as abort codes refer to them: names and texts of errors. */
export const constants: readonly (string | null)[] = [
  'ENoYears',
  'A name is registered for one to five years',
  'EWrongAmount',
  'The coin is not worth exactly what is asked',
  null,
  null,
  null,
  null,
  null,
  null,
]
