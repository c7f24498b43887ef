/** From the bytecode of suins::controller; written by `npm run gen`. */
import { bcs } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import {
  address,
  option,
  valueArgument,
  type ObjectArgument,
  type ValueArgument,
} from '../../codecs/index.ts'

/** Calls `controller::set_target_address(&mut SuiNS, &SuinsRegistration, Option<address>, &Clock)`. */
export function setTargetAddress(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  suinsRegistration: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::set_target_address`,
    arguments: [
      transaction.object(suiNS),
      transaction.object(suinsRegistration),
      valueArgument<string | null>(transaction, option(address), value1),
      transaction.object.clock(),
    ],
  })
}
/** Calls `controller::set_reverse_lookup(&mut SuiNS, String, &TxContext)`. */
export function setReverseLookup(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::set_reverse_lookup`,
    arguments: [transaction.object(suiNS), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `controller::unset_reverse_lookup(&mut SuiNS, &TxContext)`. */
export function unsetReverseLookup(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::unset_reverse_lookup`,
    arguments: [transaction.object(suiNS)],
  })
}
/** Calls `controller::set_user_data(&mut SuiNS, &SuinsRegistration, String, String, &Clock)`. */
export function setUserData(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  suinsRegistration: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::set_user_data`,
    arguments: [
      transaction.object(suiNS),
      transaction.object(suinsRegistration),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<string>(transaction, bcs.string(), value2),
      transaction.object.clock(),
    ],
  })
}
/** Calls `controller::unset_user_data(&mut SuiNS, &SuinsRegistration, String, &Clock)`. */
export function unsetUserData(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  suinsRegistration: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::unset_user_data`,
    arguments: [
      transaction.object(suiNS),
      transaction.object(suinsRegistration),
      valueArgument<string>(transaction, bcs.string(), value1),
      transaction.object.clock(),
    ],
  })
}
/** Calls `controller::burn_expired(&mut SuiNS, SuinsRegistration, &Clock)`. */
export function burnExpired(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  suinsRegistration: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::burn_expired`,
    arguments: [transaction.object(suiNS), transaction.object(suinsRegistration), transaction.object.clock()],
  })
}
/** Calls `controller::burn_expired_subname(&mut SuiNS, SubDomainRegistration, &Clock)`. */
export function burnExpiredSubname(
  transaction: Transaction,
  packageId: string,
  suiNS: ObjectArgument,
  subDomainRegistration: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::controller::burn_expired_subname`,
    arguments: [
      transaction.object(suiNS),
      transaction.object(subDomainRegistration),
      transaction.object.clock(),
    ],
  })
}
