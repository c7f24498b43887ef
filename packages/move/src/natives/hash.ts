/**
 * `std::hash`.
 * @module
 */
import { createHash } from 'node:crypto'
import type { NativeFunction, Vm } from '../vm/index.ts'
import { bytesOf, byteVector } from './bytes.ts'

function hashNative<Context>(vm: Vm<Context>, algorithm: 'sha256' | 'sha3-256'): NativeFunction {
  return data => {
    const bytes = bytesOf(data)
    vm.charge(bytes.length)
    return byteVector(createHash(algorithm).update(bytes).digest())
  }
}

/** `sha2_256(vector<u8>): vector<u8>`. */
export function sha2256<Context>(vm: Vm<Context>): NativeFunction {
  return hashNative(vm, 'sha256')
}

/** `sha3_256(vector<u8>): vector<u8>`. */
export function sha3256<Context>(vm: Vm<Context>): NativeFunction {
  return hashNative(vm, 'sha3-256')
}
