/**
 * `0x2::bls12381`: signatures. The rules are fastcrypto's, which the WebAssembly is compiled from: signatures and
 * keys outside the prime-order subgroup and the key at infinity are refused.
 * @module
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { bls12381_min_pk_verify } from '@mysten/walrus-wasm'
import { bytesBehind, type SuiNatives } from './values.ts'

const BASE = 52
const PER_BYTE = 2

/** Signatures are 96 bytes in G2, keys 48 bytes in G1. */
function verifyMinPk(signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array): boolean {
  if (signature.length !== 96 || publicKey.length !== 48) return false
  try {
    return bls12381_min_pk_verify(signature, publicKey, message)
  } catch {
    return false // bytes that are no points
  }
}

/** Signatures are 48 bytes in G1, keys 96 bytes in G2. */
function verifyMinSig(signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array): boolean {
  if (signature.length !== 48 || publicKey.length !== 96) return false
  try {
    const { shortSignatures } = bls12_381
    return shortSignatures.verify(signature, shortSignatures.hash(message), publicKey)
  } catch {
    return false
  }
}

export const bls12381Natives: SuiNatives = {
  '0x2::bls12381::bls12381_min_pk_verify': vm => (signature, publicKey, message) => {
    const bytes = bytesBehind(message)
    vm.charge(BASE + PER_BYTE * bytes.length)
    return verifyMinPk(bytesBehind(signature), bytesBehind(publicKey), bytes)
  },
  '0x2::bls12381::bls12381_min_sig_verify': vm => (signature, publicKey, message) => {
    const bytes = bytesBehind(message)
    vm.charge(BASE + PER_BYTE * bytes.length)
    return verifyMinSig(bytesBehind(signature), bytesBehind(publicKey), bytes)
  },
}
