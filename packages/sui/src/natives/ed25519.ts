/**
 * `0x2::ed25519`.
 * @module
 */
import { verifyEd25519 } from '../transactions/ed25519.ts'
import { bytesBehind, type SuiNatives } from './values.ts'

const BASE = 1802
const PER_BYTE = 2

export const ed25519Natives: SuiNatives = {
  '0x2::ed25519::ed25519_verify': vm => (signature, publicKey, message) => {
    const bytes = bytesBehind(message)
    vm.charge(BASE + PER_BYTE * bytes.length)
    return verifyEd25519(bytesBehind(signature), bytesBehind(publicKey), bytes)
  },
}
