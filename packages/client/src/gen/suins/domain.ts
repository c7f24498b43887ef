/** From the bytecode of suins::domain; written by `npm run gen`. */
import { bcs, type BcsType } from '@mysten/sui/bcs'
import type { Transaction, TransactionResult } from '@mysten/sui/transactions'
import { u64, valueArgument, vector, type ObjectArgument, type ValueArgument } from '../../codecs/index.ts'

export interface Domain {
  readonly labels: string[]
}
export const Domain: BcsType<Domain, Domain> = bcs.struct('Domain', { labels: vector(bcs.string()) })
/** Calls `domain::new(String)`. */
export function newDomain(
  transaction: Transaction,
  packageId: string,
  value1: ValueArgument<string>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::new`,
    arguments: [valueArgument<string>(transaction, bcs.string(), value1)],
  })
}
/** Calls `domain::to_string(&Domain)`. */
export function toString(
  transaction: Transaction,
  packageId: string,
  domain: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::to_string`,
    arguments: [transaction.object(domain)],
  })
}
/** Calls `domain::label(&Domain, u64)`. */
export function label(
  transaction: Transaction,
  packageId: string,
  domain: ObjectArgument,
  value1: ValueArgument<bigint>,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::label`,
    arguments: [transaction.object(domain), valueArgument<bigint>(transaction, u64, value1)],
  })
}
/** Calls `domain::tld(&Domain)`. */
export function tld(transaction: Transaction, packageId: string, domain: ObjectArgument): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::tld`,
    arguments: [transaction.object(domain)],
  })
}
/** Calls `domain::sld(&Domain)`. */
export function sld(transaction: Transaction, packageId: string, domain: ObjectArgument): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::sld`,
    arguments: [transaction.object(domain)],
  })
}
/** Calls `domain::number_of_levels(&Domain)`. */
export function numberOfLevels(
  transaction: Transaction,
  packageId: string,
  domain: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::number_of_levels`,
    arguments: [transaction.object(domain)],
  })
}
/** Calls `domain::is_subdomain(&Domain)`. */
export function isSubdomain(
  transaction: Transaction,
  packageId: string,
  domain: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::is_subdomain`,
    arguments: [transaction.object(domain)],
  })
}
/** Calls `domain::parent(&Domain)`. */
export function parent(
  transaction: Transaction,
  packageId: string,
  domain: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::parent`,
    arguments: [transaction.object(domain)],
  })
}
/** Calls `domain::is_parent_of(&Domain, &Domain)`. */
export function isParentOf(
  transaction: Transaction,
  packageId: string,
  domain: ObjectArgument,
  domain2: ObjectArgument,
): TransactionResult {
  return transaction.moveCall({
    target: `${packageId}::domain::is_parent_of`,
    arguments: [transaction.object(domain), transaction.object(domain2)],
  })
}
