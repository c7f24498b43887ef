/**
 * What generated bindings are made of: BCS codecs whose values are the house's (bigint from u64 on, addresses
 * in full, bytes as Uint8Array), and arguments of Move calls.
 * @module
 */
import type { BcsType } from '@mysten/bcs'
import { bcs } from '@mysten/sui/bcs'
import type { Transaction, TransactionArgument, TransactionObjectInput } from '@mysten/sui/transactions'

export const u64: BcsType<bigint, bigint> = bcs
  .u64()
  .transform({ input: (value: bigint) => value, output: BigInt })
export const u256: BcsType<bigint, bigint> = bcs
  .u256()
  .transform({ input: (value: bigint) => value, output: BigInt })
export const address: BcsType<string, string> = bcs.Address.transform({
  input: (value: string) => value,
  output: (value: string) => value,
})
export const bytes: BcsType<Uint8Array, Uint8Array> = bcs.byteVector().transform({
  input: (value: Uint8Array) => value,
  output: (value: Uint8Array) => value,
})

export function option<T>(type: BcsType<T, T>): BcsType<T | null, T | null> {
  return bcs.option(type).transform({ input: (value: T | null) => value, output: (value: T | null) => value })
}

export function vector<T>(type: BcsType<T, T>): BcsType<T[], T[]> {
  return bcs.vector(type).transform({ input: (values: T[]) => values, output: (values: T[]) => values })
}

/** One entry of a `0x2::vec_map::VecMap`. */
export interface MapEntry<K, V> {
  readonly key: K
  readonly value: V
}

/** A `0x2::vec_map::VecMap`, its entries in order. */
export function vecMap<K, V>(
  key: BcsType<K, K>,
  value: BcsType<V, V>,
): BcsType<MapEntry<K, V>[], MapEntry<K, V>[]> {
  const entry = bcs.tuple([key, value]).transform({
    input: ({ key, value }: MapEntry<K, V>): [K, V] => [key, value],
    output: ([key, value]) => ({ key, value }),
  })
  return vector(entry)
}

/** An object: its id, or what an earlier command returned. */
export type ObjectArgument = TransactionObjectInput

/** A plain value, or what an earlier command returned. */
export type ValueArgument<T> = T | TransactionArgument

/** Makes a plain value an input of the transaction; results of earlier commands pass through. */
export function valueArgument<T>(
  transaction: Transaction,
  type: BcsType<T, T>,
  value: ValueArgument<T>,
): TransactionArgument {
  return isArgument(value) ? value : transaction.pure(type.serialize(value))
}

/** Commands give functions or tagged objects, which no plain value of a Move type is. */
function isArgument<T>(value: ValueArgument<T>): value is TransactionArgument {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && '$kind' in value)
}
