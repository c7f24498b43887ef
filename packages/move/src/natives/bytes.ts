/**
 * `vector<u8>` values as bytes.
 * @module
 */
import { Ref, type Value } from '../vm/index.ts'

/** A copy of a `vector<u8>`, given as value or by reference. */
export function bytesOf(value: Value | undefined): Uint8Array {
  const array = value instanceof Ref ? value.value : value
  return Uint8Array.from(array as number[])
}

/** Bytes as a new `vector<u8>`. */
export function byteVector(bytes: Uint8Array): Value[] {
  return Array.from(bytes)
}
