/**
 * Ed25519 as Sui verifies it (ZIP 215: cofactored, permissive about encodings of points).
 * OpenSSL accepts only a subset of that, and is 10 times faster: what it refuses is looked at a second time.
 * @module
 */
import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { Lru } from '../store/lru.ts'

/** DER of a SubjectPublicKeyInfo for Ed25519, up to the 32 bytes of the key (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

const keys = new Lru<string, KeyObject>(1024)

function keyObject(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('latin1')
  let key = keys.get(name)
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
    keys.set(name, key)
  }
  return key
}

/** True when the signature is valid. Wrong lengths are invalid signatures, not errors. */
export function verifyEd25519(signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false
  try {
    if (verify(null, message, keyObject(publicKey), signature)) return true
    return ed25519.verify(signature, message, publicKey, { zip215: true })
  } catch {
    return false // points that do not decode
  }
}
