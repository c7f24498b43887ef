/** From the bytecode of squid::flake; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import {
  address,
  bytes,
  option,
  u64,
  valueArgument,
  type ObjectArgument,
  type ValueArgument,
} from '../../codecs/index.ts'

export interface Flake {
  readonly id: string
  readonly version: bigint
}
export const Flake: BcsType<Flake, Flake> = bcs.struct('Flake', { id: address, version: u64 })
export interface FlakeInner {
  readonly space: string
  readonly name: string
  readonly createdMs: bigint
  readonly last: bigint
  readonly latest: bigint
}
export const FlakeInner: BcsType<FlakeInner, FlakeInner> = bcs.struct('FlakeInner', {
  space: address,
  name: bcs.string(),
  createdMs: u64,
  last: u64,
  latest: u64,
})
export interface ReleaseKey {
  readonly version: bigint
}
export const ReleaseKey: BcsType<ReleaseKey, ReleaseKey> = bcs.struct('ReleaseKey', { version: u64 })
export interface Release {
  readonly version: bigint
  readonly sourceNarHash: Uint8Array
  readonly revision: string
  readonly lastModified: bigint
  readonly manifest: Uint8Array
  readonly createdMs: bigint
  readonly publisher: string
}
export const Release: BcsType<Release, Release> = bcs.struct('Release', {
  version: u64,
  sourceNarHash: bytes,
  revision: bcs.string(),
  lastModified: u64,
  manifest: bytes,
  createdMs: u64,
  publisher: address,
})
export interface StatusKey {
  readonly version: bigint
}
export const StatusKey: BcsType<StatusKey, StatusKey> = bcs.struct('StatusKey', { version: u64 })
export interface Status {
  readonly yanked: boolean
  readonly revoked: string | null
}
export const Status: BcsType<Status, Status> = bcs.struct('Status', {
  yanked: bcs.bool(),
  revoked: option(bcs.string()),
})
export interface TagKey {
  readonly tag: string
}
export const TagKey: BcsType<TagKey, TagKey> = bcs.struct('TagKey', { tag: bcs.string() })
export interface PublishKey {
  readonly key: Uint8Array
}
export const PublishKey: BcsType<PublishKey, PublishKey> = bcs.struct('PublishKey', { key: bytes })
export interface PageKey {
  readonly page: bigint
}
export const PageKey: BcsType<PageKey, PageKey> = bcs.struct('PageKey', { page: u64 })
/** Calls `flake::new(&mut Space, String, &Clock, &mut TxContext)`. */
export function newFlake(
  transaction: Transaction,
  packageId: string,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::new`,
    arguments: [
      transaction.object(space),
      valueArgument<string>(transaction, bcs.string(), value1),
      transaction.object.clock(),
    ],
  })
}
/** Calls `flake::share(Flake)`. */
export function share(transaction: Transaction, packageId: string, flake: ObjectArgument): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::share`,
    arguments: [transaction.object(flake)],
  })
}
/** Calls `flake::append(&mut Flake, &Space, u64, vector<u8>, vector<u8>, String, u64, vector<u8>, &Clock, &TxContext)`. */
export function append(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<bigint>,
  value2: ValueArgument<Uint8Array>,
  value3: ValueArgument<Uint8Array>,
  value4: ValueArgument<string>,
  value5: ValueArgument<bigint>,
  value6: ValueArgument<Uint8Array>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::append`,
    arguments: [
      transaction.object(flake),
      transaction.object(space),
      valueArgument<bigint>(transaction, u64, value1),
      valueArgument<Uint8Array>(transaction, bytes, value2),
      valueArgument<Uint8Array>(transaction, bytes, value3),
      valueArgument<string>(transaction, bcs.string(), value4),
      valueArgument<bigint>(transaction, u64, value5),
      valueArgument<Uint8Array>(transaction, bytes, value6),
      transaction.object.clock(),
    ],
  })
}
/** Calls `flake::set_tag(&mut Flake, &Space, String, u64, &TxContext)`. */
export function setTag(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string>,
  value2: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::set_tag`,
    arguments: [
      transaction.object(flake),
      transaction.object(space),
      valueArgument<string>(transaction, bcs.string(), value1),
      valueArgument<bigint>(transaction, u64, value2),
    ],
  })
}
/** Calls `flake::remove_tag(&mut Flake, &Space, String, &TxContext)`. */
export function removeTag(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::remove_tag`,
    arguments: [
      transaction.object(flake),
      transaction.object(space),
      valueArgument<string>(transaction, bcs.string(), value1),
    ],
  })
}
/** Calls `flake::yank(&mut Flake, &Space, u64, &TxContext)`. */
export function yank(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::yank`,
    arguments: [
      transaction.object(flake),
      transaction.object(space),
      valueArgument<bigint>(transaction, u64, value1),
    ],
  })
}
/** Calls `flake::unyank(&mut Flake, &Space, u64, &TxContext)`. */
export function unyank(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::unyank`,
    arguments: [
      transaction.object(flake),
      transaction.object(space),
      valueArgument<bigint>(transaction, u64, value1),
    ],
  })
}
/** Calls `flake::revoke(&mut Flake, &Space, u64, String, &TxContext)`. */
export function revoke(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  space: ObjectArgument,
  value1: ValueArgument<bigint>,
  value2: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::revoke`,
    arguments: [
      transaction.object(flake),
      transaction.object(space),
      valueArgument<bigint>(transaction, u64, value1),
      valueArgument<string>(transaction, bcs.string(), value2),
    ],
  })
}
/** Calls `flake::space(&Flake)`. */
export function space(transaction: Transaction, packageId: string, flake: ObjectArgument): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::space`,
    arguments: [transaction.object(flake)],
  })
}
/** Calls `flake::name(&Flake)`. */
export function name(transaction: Transaction, packageId: string, flake: ObjectArgument): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::flake::name`, arguments: [transaction.object(flake)] })
}
/** Calls `flake::last(&Flake)`. */
export function last(transaction: Transaction, packageId: string, flake: ObjectArgument): TransactionResult {
  return transaction.moveCall({ target: `${packageId}::flake::last`, arguments: [transaction.object(flake)] })
}
/** Calls `flake::latest(&Flake)`. */
export function latest(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::latest`,
    arguments: [transaction.object(flake)],
  })
}
/** Calls `flake::release(&Flake, u64)`. */
export function release(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  value1: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::release`,
    arguments: [transaction.object(flake), valueArgument<bigint>(transaction, u64, value1)],
  })
}
/** Calls `flake::tag(&Flake, String)`. */
export function tag(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::tag`,
    arguments: [transaction.object(flake), valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `flake::published(&Flake, vector<u8>)`. */
export function published(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  value1: ValueArgument<Uint8Array>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::published`,
    arguments: [transaction.object(flake), valueArgument<Uint8Array>(transaction, bytes, value1)],
  })
}
/** Calls `flake::is_shown(&Flake, u64)`. */
export function isShown(
  transaction: Transaction,
  packageId: string,
  flake: ObjectArgument,
  value1: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::flake::is_shown`,
    arguments: [transaction.object(flake), valueArgument<bigint>(transaction, u64, value1)],
  })
}
/** By place in the constant pool, as abort codes refer to them: names and texts of errors. */
export const constants: readonly (string | null)[] = [
  'EWrongVersion',
  'The flake belongs to another version of this package',
  'EWrongSpace',
  'The flake belongs to another Space',
  'EStaleRelease',
  'The flake has another newest release than the publisher expected',
  'EAlreadyPublished',
  'This publish already appended its release',
  'EBadHash',
  'A hash or key is not 32 bytes long',
  'EBadRevision',
  'A revision is at most 64 bytes',
  'EBadTag',
  'A tag is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit',
  'EBadReason',
  'A reason is 1 to 256 bytes',
  'EUnknownRelease',
  'The flake has no such release',
  'EUnknownTag',
  'The flake has no such tag',
  'EHidden',
  'A tag cannot point to a release that is yanked or revoked',
  'EAlreadyYanked',
  'The release is already yanked',
  'ENotYanked',
  'The release is not yanked',
  'ERevoked',
  'The release is revoked, and stays so',
  null,
  null,
  null,
]
