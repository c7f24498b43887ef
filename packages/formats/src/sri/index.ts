/**
 * Hashes as Nix writes them: SRI (`sha256-<base64>`) in flake locks, `sha256:<base32>` in narinfos.
 * Spec: https://www.w3.org/TR/SRI/ and https://nix.dev/manual/nix/latest/command-ref/nix-hash
 * @module
 */
import { formatBase32, parseBase32 } from '../base32/index.ts'
import { formatBase64, formatHex, parseBase64, parseHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'

const DIGEST_BYTES = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const

/** Hash functions that Nix knows. */
export type HashAlgorithm = keyof typeof DIGEST_BYTES

/** A digest and the function that made it. */
export interface Hash {
  readonly algorithm: HashAlgorithm
  readonly digest: Uint8Array
}

/** @returns whether Nix names a hash function so */
export function isHashAlgorithm(text: string): text is HashAlgorithm {
  return Object.hasOwn(DIGEST_BYTES, text)
}

/**
 * Reads `sha256-<base64>` and `sha256:<hexadecimal, base-32 or base-64>`; the length tells which.
 * @throws {DecodeError} on an unknown algorithm or a digest of another length or alphabet
 */
export function parseHash(text: string): Hash {
  const end = text.search(/[-:]/)
  const algorithm = text.slice(0, Math.max(end, 0))
  if (!isHashAlgorithm(algorithm)) throw new DecodeError('hash without a known algorithm', 0)
  const digest = parseDigest(algorithm, text.slice(end + 1), text[end] === '-')
  if (digest === undefined) throw new DecodeError(`${algorithm} digest of a wrong length`, end + 1)
  return { algorithm, digest }
}

function parseDigest(algorithm: HashAlgorithm, text: string, isSri: boolean): Uint8Array | undefined {
  const size = DIGEST_BYTES[algorithm]
  if (text.length === 4 * Math.ceil(size / 3)) return sized(parseBase64(text), size)
  if (isSri) return undefined
  if (text.length === 2 * size) return parseHex(text)
  if (text.length === Math.ceil((8 * size) / 5)) return parseBase32(text)
  return undefined
}

/** Base-64 of one length may hold one of three numbers of bytes. */
function sized(digest: Uint8Array, size: number): Uint8Array | undefined {
  return digest.length === size ? digest : undefined
}

/**
 * Reads a digest without its algorithm, in the encodings that `parseHash` knows after a colon.
 * @throws {DecodeError} when it is none of them
 */
export function parseBareDigest(algorithm: HashAlgorithm, text: string): Uint8Array {
  const digest = parseDigest(algorithm, text, false)
  if (digest === undefined) throw new DecodeError(`${algorithm} digest of a wrong length`, 0)
  return digest
}

/** `sha256-<base64>`, as in `narHash` of a flake lock. */
export function formatSri(hash: Hash): string {
  return `${hash.algorithm}-${formatBase64(hash.digest)}`
}

/** `sha256:<base32>`, as in a narinfo. */
export function formatNixHash(hash: Hash): string {
  return `${hash.algorithm}:${formatBase32(hash.digest)}`
}

/** `sha256:<hexadecimal>`, as inside of store path preimages. */
export function formatHexHash(hash: Hash): string {
  return `${hash.algorithm}:${formatHex(hash.digest)}`
}
