/**
 * `std::bcs`.
 * @module
 */
import type { NativeFunction, Ref, Type, Vm } from '../vm/index.ts'
import { byteVector } from './bytes.ts'

/** `to_bytes<T>(&T): vector<u8>`; a unit of gas a byte. */
export function toBytes<Context>(vm: Vm<Context>, [type]: readonly Type[]): NativeFunction {
  return reference => {
    const bytes = vm.encode(type as Type, (reference as Ref).value)
    vm.charge(bytes.length)
    return byteVector(bytes)
  }
}
