/** From the bytecode of squid::storage; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import {
  address,
  bytes,
  option,
  u64,
  u256,
  valueArgument,
  vector,
  type ObjectArgument,
  type ValueArgument,
} from '../../codecs/index.ts'

export interface Storage {
  readonly id: string
  readonly version: bigint
}
export const Storage: BcsType<Storage, Storage> = bcs.struct('Storage', { id: address, version: u64 })
export interface Link {
  readonly blobId: bigint
  readonly blobSize: bigint
  readonly offset: bigint
  readonly length: bigint
  readonly sha256: Uint8Array
}
export const Link: BcsType<Link, Link> = bcs.struct('Link', {
  blobId: u256,
  blobSize: u64,
  offset: u64,
  length: u64,
  sha256: bytes,
})
export interface StorageInner {
  readonly space: string
  readonly blobs: bigint
  readonly revision: bigint
  readonly root: Link | null
}
export const StorageInner: BcsType<StorageInner, StorageInner> = bcs.struct('StorageInner', {
  space: address,
  blobs: u64,
  revision: u64,
  root: option(Link),
})
export interface CondemnedKey {
  readonly blob: string
}
export const CondemnedKey: BcsType<CondemnedKey, CondemnedKey> = bcs.struct('CondemnedKey', { blob: address })
/** Calls `storage::new(&mut Space, &mut TxContext)`. */
export function newStorage(
  transaction: Transaction,
  packageId: string,
  space: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::new`,
    arguments: [transaction.object(space)],
  })
}
/** Calls `storage::share(Storage)`. */
export function share(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::share`,
    arguments: [transaction.object(storage)],
  })
}
/** Calls `storage::put_blob(&mut Storage, &Space, Blob, &TxContext)`. */
export function putBlob(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  blob: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::put_blob`,
    arguments: [transaction.object(storage), transaction.object(space), transaction.object(blob)],
  })
}
/** Calls `storage::take_blob(&mut Storage, &Space, ID, &TxContext)`. */
export function takeBlob(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::take_blob`,
    arguments: [
      transaction.object(storage),
      transaction.object(space),
      valueArgument<string>(transaction, address, value1),
    ],
  })
}
/** Calls `storage::condemn(&mut Storage, &Space, vector<ID>, &Clock, &TxContext)`. */
export function condemn(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string[]>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::condemn`,
    arguments: [
      transaction.object(storage),
      transaction.object(space),
      valueArgument<string[]>(transaction, vector(address), value1),
      transaction.object.clock(),
    ],
  })
}
/** Calls `storage::reprieve(&mut Storage, &Space, ID, &TxContext)`. */
export function reprieve(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::reprieve`,
    arguments: [
      transaction.object(storage),
      transaction.object(space),
      valueArgument<string>(transaction, address, value1),
    ],
  })
}
/** Calls `storage::delete_blob(&mut Storage, &Space, &System, ID, &Clock, &TxContext)`. */
export function deleteBlob(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  system: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::delete_blob`,
    arguments: [
      transaction.object(storage),
      transaction.object(space),
      transaction.object(system),
      valueArgument<string>(transaction, address, value1),
      transaction.object.clock(),
    ],
  })
}
/** Calls `storage::put_spare(&mut Storage, &Space, Storage, &TxContext)`. */
export function putSpare(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  storage2: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::put_spare`,
    arguments: [transaction.object(storage), transaction.object(space), transaction.object(storage2)],
  })
}
/** Calls `storage::take_spare(&mut Storage, &Space, ID, &TxContext)`. */
export function takeSpare(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::take_spare`,
    arguments: [
      transaction.object(storage),
      transaction.object(space),
      valueArgument<string>(transaction, address, value1),
    ],
  })
}
/** Calls `storage::extend_blob(&mut Storage, &mut System, ID, u32, &mut Coin<WAL>, &TxContext)`. */
export function extendBlob(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  system: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<number>,
  coin: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::extend_blob`,
    arguments: [
      transaction.object(storage),
      transaction.object(system),
      valueArgument<string>(transaction, address, value1),
      valueArgument<number>(transaction, bcs.u32(), value2),
      transaction.object(coin),
    ],
  })
}
/** Calls `storage::renew(&mut Storage, &mut System, vector<ID>, u32, &mut Coin<WAL>, &TxContext)`. */
export function renew(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  system: ObjectArgument,
  value1: ValueArgument<string[]>,
  value2: ValueArgument<number>,
  coin: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::renew`,
    arguments: [
      transaction.object(storage),
      transaction.object(system),
      valueArgument<string[]>(transaction, vector(address), value1),
      valueArgument<number>(transaction, bcs.u32(), value2),
      transaction.object(coin),
    ],
  })
}
/** Calls `storage::set_locator(&mut Storage, &Space, u64, Link, &TxContext)`. */
export function setLocator(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<bigint>,
  link: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::set_locator`,
    arguments: [
      transaction.object(storage),
      transaction.object(space),
      valueArgument<bigint>(transaction, u64, value1),
      transaction.object(link),
    ],
  })
}
/** Calls `storage::link(u256, u64, u64, u64, vector<u8>)`. */
export function link(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<bigint>,
  value2: ValueArgument<bigint>,
  value3: ValueArgument<bigint>,
  value4: ValueArgument<bigint>,
  value5: ValueArgument<Uint8Array>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::link`,
    arguments: [
      valueArgument<bigint>(transaction, u256, value1),
      valueArgument<bigint>(transaction, u64, value2),
      valueArgument<bigint>(transaction, u64, value3),
      valueArgument<bigint>(transaction, u64, value4),
      valueArgument<Uint8Array>(transaction, bytes, value5),
    ],
  })
}
/** Calls `storage::space(&Storage)`. */
export function space(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::space`,
    arguments: [transaction.object(storage)],
  })
}
/** Calls `storage::blobs(&Storage)`. */
export function blobs(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::blobs`,
    arguments: [transaction.object(storage)],
  })
}
/** Calls `storage::revision(&Storage)`. */
export function revision(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::revision`,
    arguments: [transaction.object(storage)],
  })
}
/** Calls `storage::root(&Storage)`. */
export function root(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::root`,
    arguments: [transaction.object(storage)],
  })
}
/** Calls `storage::owns(&Storage, ID)`. */
export function owns(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::owns`,
    arguments: [transaction.object(storage), valueArgument<string>(transaction, address, value1)],
  })
}
/** Calls `storage::owns_spare(&Storage, ID)`. */
export function ownsSpare(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::owns_spare`,
    arguments: [transaction.object(storage), valueArgument<string>(transaction, address, value1)],
  })
}
/** Calls `storage::is_condemned(&Storage, ID)`. */
export function isCondemned(
  transaction: Transaction,
  packageId: string,
  storage: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::storage::is_condemned`,
    arguments: [transaction.object(storage), valueArgument<string>(transaction, address, value1)],
  })
}
/** By place in the constant pool, as abort codes refer to them: names and texts of errors. */
export const constants: readonly (string | null)[] = [
  'EWrongVersion',
  'The storage object belongs to another version of this package',
  'EWrongSpace',
  'The storage object belongs to another Space',
  'ENotCertified',
  'The blob is not certified: Walrus does not promise to keep it',
  'EUnknownBlob',
  'The storage object does not own this blob',
  'EStaleLocator',
  'The locator moved since it was read',
  'EBadLink',
  'A link needs a 32-byte hash and a range inside its blob',
  'EAlreadyCondemned',
  'The blob is condemned already',
  'ENotCondemned',
  'The blob is not condemned',
  'ETooEarly',
  'A condemned blob stays for three days, for those who still read it',
  'EUnknownSpare',
  'The storage object does not own this spare storage',
  'ELocatorInside',
  'The root of the locator lies in this blob',
  null,
  null,
]
