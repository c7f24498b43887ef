/**
 * `0x2::hash` and `0x2::hmac`.
 * @module
 */
import { createHmac } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { blake2b256 } from '../objects/digest.ts'
import { bytesBehind, byteVector, type SuiNatives } from './values.ts'

/** Gas for a hash and for each byte hashed. */
const BASE = 52
const PER_BYTE = 2

export const hashNatives: SuiNatives = {
  '0x2::hash::blake2b256': vm => data => {
    const bytes = bytesBehind(data)
    vm.charge(BASE + PER_BYTE * bytes.length)
    return byteVector(blake2b256(bytes))
  },
  '0x2::hash::keccak256': vm => data => {
    const bytes = bytesBehind(data)
    vm.charge(BASE + PER_BYTE * bytes.length)
    return byteVector(keccak_256(bytes))
  },
  '0x2::hmac::hmac_sha3_256': vm => (key, message) => {
    const [keyBytes, bytes] = [bytesBehind(key), bytesBehind(message)]
    vm.charge(BASE + PER_BYTE * (keyBytes.length + bytes.length))
    return byteVector(createHmac('sha3-256', keyBytes).update(bytes).digest())
  },
}
