/**
 * The native functions of `0x1`, the Move standard library, as of Sui protocol 79.
 * Instructions stand for those of `std::vector` in compiled code; they are here for direct calls.
 * @module
 */
import type { NativeTable } from '../vm/index.ts'
import { toBytes } from './bcs.ts'
import { sha2256, sha3256 } from './hash.ts'
import { checkUtf8, indexOf, isCharBoundary, subString } from './string.ts'
import { typeName } from './type-name.ts'
import { borrow, destroyEmpty, empty, length, popBack, pushBack, swap } from './vector.ts'

/** Natives of `0x1` for any embedder. `debug::print` says nothing, as on a real network. */
export function stdNatives<Context>(): NativeTable<Context> {
  return {
    '0x1::bcs::to_bytes': toBytes,
    '0x1::debug::print': () => () => undefined,
    '0x1::debug::print_stack_trace': () => () => undefined,
    '0x1::hash::sha2_256': sha2256,
    '0x1::hash::sha3_256': sha3256,
    '0x1::string::internal_check_utf8': checkUtf8,
    '0x1::string::internal_is_char_boundary': isCharBoundary,
    '0x1::string::internal_sub_string': subString,
    '0x1::string::internal_index_of': indexOf,
    '0x1::type_name::get': typeName,
    '0x1::type_name::get_with_original_ids': typeName,
    '0x1::vector::empty': empty,
    '0x1::vector::length': length,
    '0x1::vector::borrow': borrow,
    '0x1::vector::borrow_mut': borrow,
    '0x1::vector::push_back': pushBack,
    '0x1::vector::pop_back': popBack,
    '0x1::vector::destroy_empty': destroyEmpty,
    '0x1::vector::swap': swap,
  }
}
