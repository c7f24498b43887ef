/** From the bytecode of squid::space; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import {
  address,
  option,
  u64,
  valueArgument,
  type ObjectArgument,
  type ValueArgument,
} from '../../codecs/index.ts'

export interface Space {
  readonly id: string
  readonly version: bigint
}
export const Space: BcsType<Space, Space> = bcs.struct('Space', { id: address, version: u64 })
export interface SpaceInner {
  readonly label: string
  readonly createdMs: bigint
  readonly admins: bigint
  readonly entries: bigint
  readonly storage: string | null
}
export const SpaceInner: BcsType<SpaceInner, SpaceInner> = bcs.struct('SpaceInner', {
  label: bcs.string(),
  createdMs: u64,
  admins: u64,
  entries: u64,
  storage: option(address),
})
export interface MemberKey {
  readonly member: string
}
export const MemberKey: BcsType<MemberKey, MemberKey> = bcs.struct('MemberKey', { member: address })
export interface EntryKey {
  readonly name: string
}
export const EntryKey: BcsType<EntryKey, EntryKey> = bcs.struct('EntryKey', { name: bcs.string() })
export interface Entry {
  readonly kind: number
  readonly id: string
}
export const Entry: BcsType<Entry, Entry> = bcs.struct('Entry', { kind: bcs.u8(), id: address })
/** Calls `space::new(String, &Clock, &mut TxContext)`. */
export function newSpace(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::space::new`,
    arguments: [valueArgument<string>(transaction, bcs.string(), value1), transaction.object.clock()],
  })
}
/** Calls `space::share(Space)`. */
export function share(transaction: Transaction, packageId: string, space: ObjectArgument): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::space::share`,
    arguments: [transaction.object(space)],
  })
}
/** Calls `space::set_roles(&mut Space, address, u8, &TxContext)`. */
export function setRoles(
  transaction: Transaction,
  packageId: string,
  space: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<number>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::space::set_roles`,
    arguments: [
      transaction.object(space),
      valueArgument<string>(transaction, address, value1),
      valueArgument<number>(transaction, bcs.u8(), value2),
    ],
  })
}
/** Calls `space::roles(&Space, address)`. */
export function roles(
  transaction: Transaction,
  packageId: string,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::space::roles`,
    arguments: [transaction.object(space), valueArgument<string>(transaction, address, value1)],
  })
}
/** Calls `space::entry(&Space, String)`. */
export function entry(
  transaction: Transaction,
  packageId: string,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::space::entry`,
    arguments: [transaction.object(space), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `space::storage(&Space)`. */
export function storage(
  transaction: Transaction,
  packageId: string,
  space: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::space::storage`,
    arguments: [transaction.object(space)],
  })
}
/** Calls `space::kind(&Entry)`. */
export function kind(transaction: Transaction, packageId: string, entry: ObjectArgument): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::space::kind`, arguments: [transaction.object(entry)] })
}
/** Calls `space::id(&Entry)`. */
export function id(transaction: Transaction, packageId: string, entry: ObjectArgument): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::space::id`, arguments: [transaction.object(entry)] })
}
/** By place in the constant pool, as abort codes refer to them: names and texts of errors. */
export const constants: readonly (string | null)[] = [
  'EWrongVersion',
  'The Space belongs to another version of this package',
  'ENotPermitted',
  'The sender does not hold the role that this needs in the Space',
  'EBadName',
  'A name is 1 to 64 of a-z 0-9 _ - and begins with a letter or digit',
  'EBadRoles',
  'The roles name a flag that does not exist',
  'ELastAdmin',
  'A Space keeps at least one admin',
  'EEntryExists',
  'The Space already has an entry of this name',
  'EStorageExists',
  'The Space already has its storage object',
  null,
]
