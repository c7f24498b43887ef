/** From the bytecode of suins::name_record; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import {
  address,
  option,
  u64,
  valueArgument,
  vecMap,
  type ObjectArgument,
  type ValueArgument,
} from '../../codecs/index.ts'

export interface NameRecord {
  readonly nftId: string
  readonly expirationTimestampMs: bigint
  readonly targetAddress: string | null
  readonly data: { readonly key: string; readonly value: string }[]
}
export const NameRecord: BcsType<NameRecord, NameRecord> = bcs.struct('NameRecord', {
  nftId: address,
  expirationTimestampMs: u64,
  targetAddress: option(address),
  data: vecMap(bcs.string(), bcs.string()),
})
/** Calls `name_record::new(ID, u64)`. */
export function newNameRecord(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
  value2: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::new`,
    arguments: [
      valueArgument<string>(transaction, address, value1),
      valueArgument<bigint>(transaction, u64, value2),
    ],
  })
}
/** Calls `name_record::new_leaf(ID, Option<address>)`. */
export function newLeaf(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
  value2: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::new_leaf`,
    arguments: [
      valueArgument<string>(transaction, address, value1),
      valueArgument<string | null>(transaction, option(address), value2),
    ],
  })
}
/** Calls `name_record::set_data(&mut NameRecord, VecMap<String, String>)`. */
export function setData(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
  vecMap: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::set_data`,
    arguments: [transaction.object(nameRecord), transaction.object(vecMap)],
  })
}
/** Calls `name_record::set_target_address(&mut NameRecord, Option<address>)`. */
export function setTargetAddress(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::set_target_address`,
    arguments: [
      transaction.object(nameRecord),
      valueArgument<string | null>(transaction, option(address), value1),
    ],
  })
}
/** Calls `name_record::set_expiration_timestamp_ms(&mut NameRecord, u64)`. */
export function setExpirationTimestampMs(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
  value1: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::set_expiration_timestamp_ms`,
    arguments: [transaction.object(nameRecord), valueArgument<bigint>(transaction, u64, value1)],
  })
}
/** Calls `name_record::has_expired(&NameRecord, &Clock)`. */
export function hasExpired(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::has_expired`,
    arguments: [transaction.object(nameRecord), transaction.object.clock()],
  })
}
/** Calls `name_record::has_expired_past_grace_period(&NameRecord, &Clock)`. */
export function hasExpiredPastGracePeriod(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::has_expired_past_grace_period`,
    arguments: [transaction.object(nameRecord), transaction.object.clock()],
  })
}
/** Calls `name_record::is_leaf_record(&NameRecord)`. */
export function isLeafRecord(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::is_leaf_record`,
    arguments: [transaction.object(nameRecord)],
  })
}
/** Calls `name_record::data(&NameRecord)`. */
export function data(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::data`,
    arguments: [transaction.object(nameRecord)],
  })
}
/** Calls `name_record::target_address(&NameRecord)`. */
export function targetAddress(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::target_address`,
    arguments: [transaction.object(nameRecord)],
  })
}
/** Calls `name_record::nft_id(&NameRecord)`. */
export function nftId(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::nft_id`,
    arguments: [transaction.object(nameRecord)],
  })
}
/** Calls `name_record::expiration_timestamp_ms(&NameRecord)`. */
export function expirationTimestampMs(
  transaction: Transaction,
  packageId: string,
  nameRecord: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::name_record::expiration_timestamp_ms`,
    arguments: [transaction.object(nameRecord)],
  })
}
