/**
 * Nix's signatures: ed25519 over a fingerprint of a path's facts, keys and signatures as `name:base64`.
 * Spec: https://nix.dev/manual/nix/latest/store/store-path#signature and RFC 8032.
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { formatBase32 } from '../base32/index.ts'
import { concatBytes, encodeUtf8, formatBase64, parseBase64, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import type { StorePath } from '../store-path/index.ts'

const SEED_BYTES = 32
const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

/** DER headers of ed25519 keys (RFC 8410): what follows is the seed or the public key. */
const PKCS8_HEADER = parseHex('302e020100300506032b657004220420')
const SPKI_HEADER = parseHex('302a300506032b6570032100')

/** A key that others list in `trusted-public-keys`. */
export interface PublicKey {
  readonly name: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** A signing key. Whoever holds it decides what its machine installs: file mode 0600, never in a log. */
export interface SecretKey {
  readonly name: string
  /** 32 bytes. */
  readonly seed: Uint8Array
  /** The public key of the seed. */
  readonly key: Uint8Array
}

/** `name:base64` in two. */
function parseNamed(text: string, size: number, what: string): { name: string; bytes: Uint8Array } {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(colon, 0))
  if (!isKeyName(name)) throw new DecodeError(`${what} without the name of a key`, 0)
  const bytes = parseBase64(text.slice(colon + 1))
  if (bytes.length !== size) throw new DecodeError(`${what} of ${bytes.length} bytes`, colon + 1)
  return { name, bytes }
}

/** Names end at the colon and are separated by blanks in nix.conf. */
function isKeyName(name: string): boolean {
  return /^[!-9;-~]{1,255}$/.test(name)
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({
    format: 'der',
    type: 'pkcs8',
    key: Buffer.from(concatBytes([PKCS8_HEADER, seed])),
  })
}

function publicKeyObject(key: Uint8Array): KeyObject {
  return createPublicKey({ format: 'der', type: 'spki', key: Buffer.from(concatBytes([SPKI_HEADER, key])) })
}

function publicBytes(key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEADER.length))
}

/**
 * A new key from the system's randomness.
 * @param name printable ASCII without blank and colon, for instance `squid-1`
 */
export function generateSecretKey(name: string): SecretKey {
  if (!isKeyName(name)) throw new RangeError(`no key can have the name ${JSON.stringify(name)}`)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seed = Uint8Array.from(
    privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_HEADER.length),
  )
  return { name, seed, key: publicBytes(publicKey) }
}

/**
 * Reads what `nix key generate-secret` writes: 32 bytes of seed, then 32 bytes of public key.
 * @throws {DecodeError} on other text, and when the two halves do not belong together
 */
export function parseSecretKey(text: string): SecretKey {
  const { name, bytes } = parseNamed(text, SEED_BYTES + PUBLIC_KEY_BYTES, 'secret key')
  const seed = bytes.slice(0, SEED_BYTES)
  const key = bytes.slice(SEED_BYTES)
  if (formatBase64(publicBytes(createPublicKey(privateKeyOf(seed)))) !== formatBase64(key)) {
    throw new DecodeError('secret key whose halves do not belong together', 0)
  }
  return { name, seed, key }
}

/** The text that `nix key convert-secret-to-public` and `--key-file` read. */
export function formatSecretKey(secret: SecretKey): string {
  return `${secret.name}:${formatBase64(concatBytes([secret.seed, secret.key]))}`
}

/** What may be shown to everybody. */
export function publicKeyOf(secret: SecretKey): PublicKey {
  return { name: secret.name, key: secret.key }
}

/** @throws {DecodeError} when the text is not `name:base64` of 32 bytes */
export function parsePublicKey(text: string): PublicKey {
  const { name, bytes } = parseNamed(text, PUBLIC_KEY_BYTES, 'public key')
  return { name, key: bytes }
}

/** As in `trusted-public-keys`. */
export function formatPublicKey(key: PublicKey): string {
  return `${key.name}:${formatBase64(key.key)}`
}

/** What a signature of a path covers. */
export interface SignedFacts {
  readonly storePath: StorePath
  /** SHA-256 of the NAR. */
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly references: readonly StorePath[]
}

/** The text that is signed. References are sorted here. */
export function fingerprint(facts: SignedFacts): string {
  const references = [...facts.references].sort().join(',')
  return `1;${facts.storePath};sha256:${formatBase32(facts.narHash)};${facts.narSize};${references}`
}

/** @returns `name:base64`, as in `Sig:` of a narinfo */
export function signText(secret: SecretKey, text: string): string {
  return `${secret.name}:${formatBase64(Uint8Array.from(sign(null, encodeUtf8(text), privateKeyOf(secret.seed))))}`
}

/** @throws {DecodeError} when the text is not `name:base64` of 64 bytes */
export function parseSignature(text: string): { readonly name: string; readonly signature: Uint8Array } {
  const { name, bytes } = parseNamed(text, SIGNATURE_BYTES, 'signature')
  return { name, signature: bytes }
}

/**
 * @returns whether one of the keys, having the signature's name, made it over this text; false for text that is no
 *   signature at all
 */
export function verifyText(keys: readonly PublicKey[], text: string, signature: string): boolean {
  const parsed = signatureOrUndefined(signature)
  if (parsed === undefined) return false
  return keys.some(
    key =>
      key.name === parsed.name && verify(null, encodeUtf8(text), publicKeyObject(key.key), parsed.signature),
  )
}

function signatureOrUndefined(text: string): ReturnType<typeof parseSignature> | undefined {
  try {
    return parseSignature(text)
  } catch {
    return undefined
  }
}
