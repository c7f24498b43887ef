/**
 * Digests: BLAKE2b-256 over the name of the hashed type, `::` and its BCS; written in base58.
 * @module
 */
import { blake2b } from '@noble/hashes/blake2.js'
import { fromBase58, toBase58 } from '@mysten/bcs'
import { Lru } from '../store/lru.ts'

/** What is hashed; the name is part of what is hashed. */
export type DigestDomain =
  | 'Object'
  | 'TransactionData'
  | 'TransactionEffects'
  | 'TransactionEvents'
  | 'CheckpointSummary'
  | 'CheckpointContents'

const prefixes = new Map<DigestDomain, Uint8Array>()

/** BLAKE2b with 32 bytes of output. */
export function blake2b256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = blake2b.create({ dkLen: 32 })
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The 32 bytes of a digest. */
export function digestBytes(domain: DigestDomain, bcs: Uint8Array): Uint8Array {
  let prefix = prefixes.get(domain)
  if (prefix === undefined) prefixes.set(domain, (prefix = Buffer.from(`${domain}::`)))
  return blake2b256(prefix, bcs)
}

/** Base58 of 32 bytes. */
export function formatDigest(bytes: Uint8Array): string {
  return toBase58(bytes)
}

const parsed = new Lru<string, Uint8Array>(4096)

/**
 * The 32 bytes of a base58 digest; do not write into them.
 * @throws {TypeError} when the text is no base58 of 32 bytes
 */
export function parseDigest(text: string): Uint8Array {
  let bytes = parsed.get(text)
  if (bytes === undefined) {
    bytes = fromBase58(text)
    if (bytes.length !== 32) throw new TypeError(`"${text}" is not a digest of 32 bytes`)
    parsed.set(text, bytes)
  }
  return bytes
}

/** Base58 of 32 bytes has 32 to 44 characters. */
const BASE58_DIGEST = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/

/** True for base58 of 32 bytes. */
export function isDigest(text: string): boolean {
  return BASE58_DIGEST.test(text) && fromBase58(text).length === 32
}

/** The digest of nothing: what objects of genesis depend on. */
export const ZERO_DIGEST: string = toBase58(new Uint8Array(32))
