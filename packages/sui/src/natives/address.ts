/**
 * `0x2::address`: conversions.
 * @module
 */
import { NativeAbort } from '@squid/move/vm'
import { ADDRESS_BYTES, formatAddress } from '../objects/address.ts'
import { bytesOf, type SuiNatives } from './values.ts'

const ABORT_ADDRESS_PARSE = 0n

export const addressNatives: SuiNatives = {
  '0x2::address::to_u256': () => address => BigInt(address as string),
  '0x2::address::from_u256': () => number => `0x${(number as bigint).toString(16).padStart(64, '0')}`,
  '0x2::address::from_bytes': () => value => {
    const bytes = bytesOf(value)
    if (bytes.length !== ADDRESS_BYTES) throw new NativeAbort(ABORT_ADDRESS_PARSE)
    return formatAddress(bytes)
  },
}
