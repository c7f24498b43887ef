/**
 * Signatures of transactions: `flag ‖ signature ‖ public key` over the intent message.
 * Ed25519 and the two ECDSA schemes; the others are refused by name.
 * @module
 */
import { createHash } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { blake2b256 } from '../objects/digest.ts'
import { formatAddress } from '../objects/address.ts'
import { verifyEd25519 } from './ed25519.ts'
import { TransactionRefused } from './refusal.ts'

/** Intent of a transaction: scope 0, version 0, application 0. */
const INTENT = Uint8Array.of(0, 0, 0)

/** A scheme: bytes of its public keys and how it verifies. */
interface Scheme {
  readonly name: string
  readonly publicKeyBytes: number
  readonly verify: (signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array) => boolean
}

const SIGNATURE_BYTES = 64

function verifyEcdsa(curve: typeof p256): Scheme['verify'] {
  return (signature, publicKey, message) => {
    try {
      const hash = createHash('sha256').update(message).digest()
      return curve.verify(signature, hash, publicKey, { prehash: false, lowS: true })
    } catch {
      return false // bytes that are no point or out of range
    }
  }
}

const SCHEMES: Readonly<Record<number, Scheme>> = {
  0: { name: 'Ed25519', publicKeyBytes: 32, verify: verifyEd25519 },
  1: { name: 'Secp256k1', publicKeyBytes: 33, verify: verifyEcdsa(secp256k1) },
  2: { name: 'Secp256r1', publicKeyBytes: 33, verify: verifyEcdsa(p256) },
}

const UNSUPPORTED: Readonly<Record<number, string>> = { 3: 'MultiSig', 5: 'zkLogin', 6: 'passkey' }

/** Who signed. @throws {TransactionRefused} `InvalidSignature`, `Unsupported` */
function signer(serialized: Uint8Array, message: Uint8Array): string {
  const flag = serialized[0] ?? -1
  const scheme = SCHEMES[flag]
  if (scheme === undefined) {
    const name = UNSUPPORTED[flag]
    if (name !== undefined)
      throw new TransactionRefused('Unsupported', `${name} signatures are not supported`)
    throw new TransactionRefused('InvalidSignature', `unknown signature scheme ${flag}`)
  }
  if (serialized.length !== 1 + SIGNATURE_BYTES + scheme.publicKeyBytes) {
    throw new TransactionRefused(
      'InvalidSignature',
      `a ${scheme.name} signature of ${serialized.length} bytes`,
    )
  }
  const signature = serialized.subarray(1, 1 + SIGNATURE_BYTES)
  const publicKey = serialized.subarray(1 + SIGNATURE_BYTES)
  if (!scheme.verify(signature, publicKey, message)) {
    throw new TransactionRefused(
      'InvalidSignature',
      `the ${scheme.name} signature does not fit the transaction`,
    )
  }
  return formatAddress(blake2b256(Uint8Array.of(flag), publicKey))
}

/**
 * Checks that exactly the sender and, when somebody else pays, the payer signed.
 * @throws {TransactionRefused}
 */
export function verifySignatures(
  bytes: Uint8Array,
  signatures: readonly Uint8Array[],
  sender: string,
  gasOwner: string,
): void {
  const required = new Set([sender, gasOwner])
  if (signatures.length !== required.size) {
    throw new TransactionRefused(
      'SignerSignatureNumberMismatch',
      `the transaction needs ${required.size} signatures, not ${signatures.length}`,
    )
  }
  const message = blake2b256(INTENT, bytes)
  const signers = new Set(signatures.map(signature => signer(signature, message)))
  for (const address of required) {
    if (!signers.has(address))
      throw new TransactionRefused('SignerSignatureAbsent', `the signature of ${address} is missing`)
  }
}
