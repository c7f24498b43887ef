/**
 * How native functions are given to the VM.
 * @module
 */
import type { Type } from './types.ts'
import type { Value } from './value.ts'
import type { Vm } from './vm.ts'

/** Several results of a native function; made by {@link tuple}. */
export class Tuple {
  readonly values: readonly Value[]

  constructor(values: readonly Value[]) {
    this.values = values
  }
}

/** The results of a native function that has more than one. */
export function tuple(values: readonly Value[]): Tuple {
  return new Tuple(values)
}

/** A native function: no result → undefined, one → the value, several → a {@link tuple}. */
export type NativeFunction = (...args: Value[]) => Value | Tuple | undefined

/** Makes the function for one list of type arguments; called once for each. */
export type NativeFactory<Context> = (vm: Vm<Context>, typeArguments: readonly Type[]) => NativeFunction

/** By `0x2::object::delete_impl`: the address short, without leading zeros. */
export type NativeTable<Context> = Readonly<Record<string, NativeFactory<Context>>>
