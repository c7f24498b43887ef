/** From the bytecode of walrus-site::metadata; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import { option, valueArgument, type ObjectArgument, type ValueArgument } from '../../codecs/index.ts'

export interface Metadata {
  readonly link: string | null
  readonly imageUrl: string | null
  readonly description: string | null
  readonly projectUrl: string | null
  readonly creator: string | null
}
export const Metadata: BcsType<Metadata, Metadata> = bcs.struct('Metadata', {
  link: option(bcs.string()),
  imageUrl: option(bcs.string()),
  description: option(bcs.string()),
  projectUrl: option(bcs.string()),
  creator: option(bcs.string()),
})
/** Calls `metadata::new_metadata(Option<String>, Option<String>, Option<String>, Option<String>, Option<String>)`. */
export function newMetadata(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string | null>,
  value2: ValueArgument<string | null>,
  value3: ValueArgument<string | null>,
  value4: ValueArgument<string | null>,
  value5: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::new_metadata`,
    arguments: [
      valueArgument<string | null>(transaction, option(bcs.string()), value1),
      valueArgument<string | null>(transaction, option(bcs.string()), value2),
      valueArgument<string | null>(transaction, option(bcs.string()), value3),
      valueArgument<string | null>(transaction, option(bcs.string()), value4),
      valueArgument<string | null>(transaction, option(bcs.string()), value5),
    ],
  })
}
/** Calls `metadata::link(&Metadata)`. */
export function link(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::link`,
    arguments: [transaction.object(metadata)],
  })
}
/** Calls `metadata::image_url(&Metadata)`. */
export function imageUrl(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::image_url`,
    arguments: [transaction.object(metadata)],
  })
}
/** Calls `metadata::description(&Metadata)`. */
export function description(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::description`,
    arguments: [transaction.object(metadata)],
  })
}
/** Calls `metadata::project_url(&Metadata)`. */
export function projectUrl(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::project_url`,
    arguments: [transaction.object(metadata)],
  })
}
/** Calls `metadata::creator(&Metadata)`. */
export function creator(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::creator`,
    arguments: [transaction.object(metadata)],
  })
}
/** Calls `metadata::set_link(&mut Metadata, Option<String>)`. */
export function setLink(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::set_link`,
    arguments: [
      transaction.object(metadata),
      valueArgument<string | null>(transaction, option(bcs.string()), value1),
    ],
  })
}
/** Calls `metadata::set_image_url(&mut Metadata, Option<String>)`. */
export function setImageUrl(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::set_image_url`,
    arguments: [
      transaction.object(metadata),
      valueArgument<string | null>(transaction, option(bcs.string()), value1),
    ],
  })
}
/** Calls `metadata::set_description(&mut Metadata, Option<String>)`. */
export function setDescription(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::set_description`,
    arguments: [
      transaction.object(metadata),
      valueArgument<string | null>(transaction, option(bcs.string()), value1),
    ],
  })
}
/** Calls `metadata::set_project_url(&mut Metadata, Option<String>)`. */
export function setProjectUrl(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::set_project_url`,
    arguments: [
      transaction.object(metadata),
      valueArgument<string | null>(transaction, option(bcs.string()), value1),
    ],
  })
}
/** Calls `metadata::set_creator(&mut Metadata, Option<String>)`. */
export function setCreator(
  transaction: Transaction,
  packageId: string,
  metadata: ObjectArgument,
  value1: ValueArgument<string | null>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::metadata::set_creator`,
    arguments: [
      transaction.object(metadata),
      valueArgument<string | null>(transaction, option(bcs.string()), value1),
    ],
  })
}
