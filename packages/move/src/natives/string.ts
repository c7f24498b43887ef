/**
 * `std::string`. The functions get bytes that are known to be UTF-8, except `internal_check_utf8`, and
 * offsets that the Move side has checked to be character boundaries.
 * @module
 */
import { NativeFailure, type NativeFunction, type Vm } from '../vm/index.ts'
import { bytesOf, byteVector } from './bytes.ts'

/** `internal_check_utf8(&vector<u8>): bool`. */
export function checkUtf8<Context>(vm: Vm<Context>): NativeFunction {
  return value => {
    const bytes = bytesOf(value)
    vm.charge(bytes.length)
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      return true
    } catch {
      return false
    }
  }
}

/** `internal_is_char_boundary(&vector<u8>, u64): bool`. */
export function isCharBoundary(): NativeFunction {
  return (value, index) => {
    const bytes = bytesOf(value)
    const position = index as bigint
    if (position === 0n || position === BigInt(bytes.length)) return true
    const byte = position < BigInt(bytes.length) ? bytes[Number(position)] : undefined
    return byte !== undefined && (byte & 0xc0) !== 0x80
  }
}

/** `internal_sub_string(&vector<u8>, u64, u64): vector<u8>`. */
export function subString<Context>(vm: Vm<Context>): NativeFunction {
  return (value, start, end) => {
    const bytes = bytesOf(value)
    if ((start as bigint) > (end as bigint) || (end as bigint) > BigInt(bytes.length))
      throw new NativeFailure('native', 'internal_sub_string out of range')
    const part = bytes.subarray(Number(start), Number(end))
    vm.charge(part.length)
    return byteVector(part)
  }
}

/** `internal_index_of(&vector<u8>, &vector<u8>): u64`: the length when it is not in there. */
export function indexOf<Context>(vm: Vm<Context>): NativeFunction {
  return (value, searched) => {
    const bytes = Buffer.from(bytesOf(value))
    vm.charge(bytes.length)
    const index = bytes.indexOf(bytesOf(searched))
    return BigInt(index < 0 ? bytes.length : index)
  }
}
