/**
 * The `.narinfo` of a binary cache: what Nix wants to know of a path before it fetches the archive.
 * Spec: https://nix.dev/manual/nix/latest/protocols/binary-cache (text form as `NarInfo::to_string` writes it)
 *
 * Deliberately stricter than Nix: fields in Nix's own order, sets sorted, hashes SHA-256 in base-32, so that one
 * value has one text.
 * @module
 */
import { formatBase32, parseBase32 } from '../base32/index.ts'
import { DecodeError } from '../errors/index.ts'
import { SHA256_BYTES } from '../hash/index.ts'
import { parseSignature } from '../signature/index.ts'
import {
  baseName,
  formatContentAddress,
  parseContentAddress,
  parseStorePath,
  type StorePath,
  storePathOfBaseName,
} from '../store-path/index.ts'

/** Characters of a whole narinfo; the largest real one is some hundred kilobytes. */
const MAX_TEXT = 1 << 20
const MAX_U64 = 0xffff_ffff_ffff_ffffn

/** One path of a binary cache. */
export interface NarInfo {
  readonly storePath: StorePath
  /** Relative to the cache's root, or absolute. */
  readonly url: string
  /** `none`, `xz`, `zstd`, … */
  readonly compression: string
  /** SHA-256 of the compressed file. */
  readonly fileHash?: Uint8Array
  /** Bytes of the compressed file. */
  readonly fileSize?: bigint
  /** SHA-256 of the NAR. */
  readonly narHash: Uint8Array
  /** Bytes of the NAR. */
  readonly narSize: bigint
  /** Sorted, each once. */
  readonly references: readonly StorePath[]
  readonly deriver?: StorePath
  /** `name:base64`, sorted, each once. */
  readonly signatures: readonly string[]
  /** As `parseContentAddress` reads it. */
  readonly ca?: string
}

/** Lines of `Key: value` at a cursor. */
class Fields {
  readonly #text: string
  #offset = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The value of the next line when it has this key, with the parser's faults placed at the line. */
  take<T>(key: string, parse: (value: string) => T): T | undefined {
    const start = this.#offset
    if (!this.#text.startsWith(`${key}: `, start)) return undefined
    const end = this.#text.indexOf('\n', start)
    if (end < 0) throw new DecodeError('narinfo line without an end', start)
    this.#offset = end + 1
    try {
      return parse(this.#text.slice(start + key.length + 2, end))
    } catch (cause) {
      if (cause instanceof DecodeError)
        throw new DecodeError(`narinfo ${key}: ${cause.message}`, start, { cause })
      throw cause
    }
  }

  need<T>(key: string, parse: (value: string) => T): T {
    const value = this.take(key, parse)
    if (value === undefined) throw new DecodeError(`narinfo without ${key} in its place`, this.#offset)
    return value
  }

  takeAll<T>(key: string, parse: (value: string) => T): T[] {
    const values: T[] = []
    for (let value = this.take(key, parse); value !== undefined; value = this.take(key, parse))
      values.push(value)
    return values
  }

  end(): void {
    if (this.#offset !== this.#text.length) throw new DecodeError('unexpected narinfo field', this.#offset)
  }
}

function parseSha256(text: string): Uint8Array {
  if (!text.startsWith('sha256:')) throw new DecodeError('not a SHA-256', 0)
  const digest = parseBase32(text.slice('sha256:'.length))
  if (digest.length !== SHA256_BYTES) throw new DecodeError('digest of a wrong length', 0)
  return digest
}

function formatSha256(digest: Uint8Array): string {
  if (digest.length !== SHA256_BYTES) throw new RangeError(`SHA-256 of ${digest.length} bytes`)
  return `sha256:${formatBase32(digest)}`
}

function parseSize(text: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text) || BigInt(text) > MAX_U64) throw new DecodeError('not a size', 0)
  return BigInt(text)
}

function parseWord(text: string): string {
  if (!/^[!-~]+$/.test(text)) throw new DecodeError('blank or invisible characters', 0)
  return text
}

function assertSortedSet(items: readonly string[]): void {
  const position = items.findIndex((item, i) => i > 0 && (items[i - 1] ?? '') >= item)
  if (position > 0) throw new DecodeError('set out of order', position)
}

function parseReferences(text: string): StorePath[] {
  const references = text === '' ? [] : text.split(' ').map(storePathOfBaseName)
  assertSortedSet(references)
  return references
}

function parseCa(text: string): string {
  return formatContentAddress(parseContentAddress(text))
}

function parseSig(text: string): string {
  parseSignature(text)
  return text
}

/** An object without the keys whose value is undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never
}

/**
 * Reads a narinfo.
 * @throws {DecodeError} on unknown, missing, repeated or misplaced fields and on malformed values
 */
export function parseNarInfo(text: string): NarInfo {
  if (text.length > MAX_TEXT) throw new DecodeError(`narinfo longer than ${MAX_TEXT} characters`, MAX_TEXT)
  const fields = new Fields(text)
  const info = {
    storePath: fields.need('StorePath', parseStorePath),
    url: fields.need('URL', parseWord),
    compression: fields.need('Compression', parseWord),
    ...defined({
      fileHash: fields.take('FileHash', parseSha256),
      fileSize: fields.take('FileSize', parseSize),
    }),
    narHash: fields.need('NarHash', parseSha256),
    narSize: fields.need('NarSize', parseSize),
    references: fields.need('References', parseReferences),
    ...defined({ deriver: fields.take('Deriver', storePathOfBaseName) }),
    signatures: fields.takeAll('Sig', parseSig),
    ...defined({ ca: fields.take('CA', parseCa) }),
  }
  fields.end()
  assertSortedSet(info.signatures)
  return info
}

/** Writes a narinfo as Nix does. References and signatures must be sorted, or no reader of ours takes it. */
export function formatNarInfo(info: NarInfo): string {
  const lines = [
    `StorePath: ${info.storePath}`,
    `URL: ${info.url}`,
    `Compression: ${info.compression}`,
    ...(info.fileHash === undefined ? [] : [`FileHash: ${formatSha256(info.fileHash)}`]),
    ...(info.fileSize === undefined ? [] : [`FileSize: ${info.fileSize}`]),
    `NarHash: ${formatSha256(info.narHash)}`,
    `NarSize: ${info.narSize}`,
    `References: ${info.references.map(baseName).join(' ')}`,
    ...(info.deriver === undefined ? [] : [`Deriver: ${baseName(info.deriver)}`]),
    ...info.signatures.map(signature => `Sig: ${signature}`),
    ...(info.ca === undefined ? [] : [`CA: ${info.ca}`]),
  ]
  return `${lines.join('\n')}\n`
}
