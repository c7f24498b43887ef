/**
 * Between Move values and bytes.
 * @module
 */
import type { Ref, Value } from '@squid/move/vm'
import type { ExecutionContext } from '../runtime/execution-context.ts'
import type { NativeTable } from '@squid/move/vm'

/** Natives of this package. */
export type SuiNatives = NativeTable<ExecutionContext>

/** Bytes of a `vector<u8>`. */
export function bytesOf(value: Value): Uint8Array {
  return Uint8Array.from(value as number[])
}

/** Bytes behind a `&vector<u8>`. */
export function bytesBehind(reference: Value): Uint8Array {
  return bytesOf((reference as Ref).value)
}

/** A `vector<u8>`. */
export function byteVector(bytes: Uint8Array): Value[] {
  return Array.from(bytes)
}
