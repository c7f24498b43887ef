/**
 * Store paths: `/nix/store/<32 digits of base-32>-<name>`, and how their hash part comes from content.
 * The store directory is always `/nix/store`: it is part of every hash, and a release for another one is another
 * release.
 * Spec: https://nix.dev/manual/nix/latest/protocols/store-path
 * @module
 */
import { formatBase32, parseBase32 } from '../base32/index.ts'
import { compareBytes, encodeUtf8, formatHex } from '../bytes/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import { sha256 } from '../hash/index.ts'
import { formatHexHash, formatNixHash, type Hash, isHashAlgorithm, parseHash } from '../sri/index.ts'

/** Where every path lies. */
export const STORE_DIR = '/nix/store'

/** Bytes in the hash part. */
export const PATH_HASH_BYTES = 20

const HASH_DIGITS = 32
const MAX_NAME = 211
const PREFIX = `${STORE_DIR}/`

declare const storePathBrand: unique symbol

/** A valid absolute store path, without anything below it. Made by `parseStorePath` and the functions here. */
export type StorePath = string & { readonly [storePathBrand]: true }

/** Why a store path name is refused, or undefined. */
function nameFault(name: string): string | undefined {
  if (name === '') return 'an empty name'
  if (name.length > MAX_NAME) return `a name longer than ${MAX_NAME} characters`
  if (!/^[0-9a-zA-Z+\-._?=]*$/.test(name)) return 'a character in its name that Nix does not allow'
  // As Nix ≥ 2.20: other names may begin with a dot.
  if (/^\.\.?(?:-|$)/.test(name)) return 'a name that begins with a relative directory'
  return undefined
}

/** Why `hash-name` is refused, or undefined. */
function baseNameFault(base: string): string | undefined {
  const hash = base.slice(0, HASH_DIGITS)
  if (!/^[0-9a-df-np-sv-z]{32}$/.test(hash)) return 'a hash part that is not 32 digits of base-32'
  if (base[HASH_DIGITS] !== '-') return 'no dash after its hash part'
  return nameFault(base.slice(HASH_DIGITS + 1))
}

/** @returns whether the text is a whole store path */
export function isStorePath(text: string): text is StorePath {
  return text.startsWith(PREFIX) && baseNameFault(text.slice(PREFIX.length)) === undefined
}

/** @throws {DecodeError} when the text is not a store path in `/nix/store` */
export function parseStorePath(text: string): StorePath {
  if (!text.startsWith(PREFIX)) throw new DecodeError(`store path outside of ${STORE_DIR}`, 0)
  return storePathOfBaseName(text.slice(PREFIX.length))
}

/**
 * The store path of `hash-name`, as references and derivers are written in narinfos.
 * @throws {DecodeError} when it is not one
 */
export function storePathOfBaseName(base: string): StorePath {
  const fault = baseNameFault(base)
  if (fault !== undefined) throw new DecodeError(`store path with ${fault}`, 0)
  return `${PREFIX}${base}` as StorePath
}

/** `hash-name`. */
export function baseName(path: StorePath): string {
  return path.slice(PREFIX.length)
}

/** The 32 digits by which a binary cache names the path. */
export function hashPart(path: StorePath): string {
  return path.slice(PREFIX.length, PREFIX.length + HASH_DIGITS)
}

/** What follows the hash part and its dash. */
export function pathName(path: StorePath): string {
  return path.slice(PREFIX.length + HASH_DIGITS + 1)
}

/** The hash part as 20 bytes: the key of manifest trees. */
export function pathHash(path: StorePath): Uint8Array {
  return parseBase32(hashPart(path))
}

/** Order by the bytes of the hash part. It differs from the order of the texts: base-32 writes the last bits first. */
export function compareByHash(left: StorePath, right: StorePath): number {
  return compareBytes(pathHash(left), pathHash(right)) || compareText(left, right)
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** The path with these 20 bytes and name. */
export function joinStorePath(hash: Uint8Array, name: string): StorePath {
  return storePathOfBaseName(`${formatBase32(hash)}-${name}`)
}

/** Folds a digest to 20 bytes by exclusive or. */
function foldDigest(digest: Uint8Array): Uint8Array {
  const folded = new Uint8Array(PATH_HASH_BYTES)
  digest.forEach((byte, i) => {
    folded[i % PATH_HASH_BYTES] = (folded[i % PATH_HASH_BYTES] ?? 0) ^ byte
  })
  return folded
}

/**
 * The path of a fingerprint `type:sha256:<digest>:/nix/store:name`.
 * @param type `source`, `text`, `output:out` and so on, with references already in it
 * @throws {DecodeError} when Nix does not allow the name
 */
export function makeStorePath(type: string, digest: Uint8Array, name: string): StorePath {
  const fault = nameFault(name)
  if (fault !== undefined) throw new DecodeError(`store path with ${fault}`, 0)
  const fingerprint = `${type}:sha256:${formatHex(digest)}:${STORE_DIR}:${name}`
  return joinStorePath(foldDigest(sha256(encodeUtf8(fingerprint))), name)
}

/** A type followed by its references, sorted, and `self` when the path refers to itself. */
function typeWithReferences(type: string, references: Iterable<StorePath>, self: boolean): string {
  const sorted = [...new Set(references)].sort()
  return [type, ...sorted, ...(self ? ['self'] : [])].join(':')
}

/** The path of a source tree without references: every flake and every flake input. */
export function sourcePath(narSha256: Uint8Array, name = 'source'): StorePath {
  return makeStorePath('source', narSha256, name)
}

/** What a fixed output is named after. */
export interface FixedContent {
  /** Of the NAR when `recursive`, else of the file's bytes. */
  readonly hash: Hash
  readonly recursive: boolean
}

/**
 * The path of fixed content, for instance of a downloaded file.
 * @throws {SquidError} `CONTENT_ADDRESS_REFERENCES` when anything but a recursive SHA-256 has references
 */
export function fixedOutputPath(
  content: FixedContent,
  name: string,
  references: Iterable<StorePath> = [],
  self = false,
): StorePath {
  const { hash, recursive } = content
  if (recursive && hash.algorithm === 'sha256') {
    return makeStorePath(typeWithReferences('source', references, self), hash.digest, name)
  }
  if (self || [...references].length > 0) {
    throw new SquidError(
      'CONTENT_ADDRESS_REFERENCES',
      `The path ${name} has references, which only a recursive SHA-256 content address can have.`,
    )
  }
  return makeStorePath('output:out', fixedDigest(content, ''), name)
}

/** Digest of `fixed:out:…:`, from which fixed-output paths and hashes modulo are made. */
export function fixedDigest(content: FixedContent, path: string): Uint8Array {
  const method = content.recursive ? 'r:' : ''
  return sha256(encodeUtf8(`fixed:out:${method}${formatHexHash(content.hash)}:${path}`))
}

/** The path of a text file, of which `.drv` files are the important kind. */
export function textPath(
  name: string,
  contents: Uint8Array,
  references: Iterable<StorePath> = [],
): StorePath {
  return makeStorePath(typeWithReferences('text', references, false), sha256(contents), name)
}

/** How a path proves its own content. */
export interface ContentAddress {
  /** `text`: a text file; `flat`: a file's bytes; `recursive`: a NAR. */
  readonly method: 'text' | 'flat' | 'recursive'
  readonly hash: Hash
}

const METHOD_PREFIXES = [
  ['text:', 'text'],
  ['fixed:r:', 'recursive'],
  ['fixed:', 'flat'],
] as const

/**
 * Reads the `CA:` field of a narinfo, as Nix writes it: `text:sha256:…`, `fixed:r:sha256:…`, `fixed:sha1:…`, base-32.
 * @throws {DecodeError} on other methods (git trees, say), other encodings and texts not hashed by SHA-256
 */
export function parseContentAddress(text: string): ContentAddress {
  const [prefix, method] = METHOD_PREFIXES.find(([prefix]) => text.startsWith(prefix)) ?? []
  if (prefix === undefined || method === undefined)
    throw new DecodeError('content address of an unknown kind', 0)
  if (!isHashAlgorithm(text.slice(prefix.length).split(':')[0] ?? '')) {
    throw new DecodeError('content address of an unknown kind', prefix.length)
  }
  const address = { method, hash: parseHash(text.slice(prefix.length)) }
  if (formatContentAddress(address) !== text)
    throw new DecodeError('content address not in base-32', prefix.length)
  if (method === 'text' && address.hash.algorithm !== 'sha256') {
    throw new DecodeError('text that is not addressed by SHA-256', prefix.length)
  }
  return address
}

/** The `CA:` field of a narinfo. */
export function formatContentAddress(address: ContentAddress): string {
  const prefix = METHOD_PREFIXES.find(([, method]) => method === address.method)?.[0] ?? ''
  return prefix + formatNixHash(address.hash)
}

/**
 * The path that content of this address must have: a path that differs is a lie.
 * @param references without the path itself; `self` says whether it refers to itself
 * @throws {SquidError} `CONTENT_ADDRESS_REFERENCES` when this kind of address can not have such references
 */
export function contentAddressedPath(
  address: ContentAddress,
  name: string,
  references: readonly StorePath[] = [],
  self = false,
): StorePath {
  if (address.method !== 'text') {
    return fixedOutputPath(
      { hash: address.hash, recursive: address.method === 'recursive' },
      name,
      references,
      self,
    )
  }
  if (self) {
    throw new SquidError('CONTENT_ADDRESS_REFERENCES', `The text file ${name} can not refer to itself.`)
  }
  return makeStorePath(typeWithReferences('text', references, false), address.hash.digest, name)
}
