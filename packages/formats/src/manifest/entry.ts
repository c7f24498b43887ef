/**
 * What a manifest says of one store path, and its BCS form:
 *
 *     path    = hash part (20 bytes), name string
 *     entry   = path, NAR hash (32 bytes), NAR size u64, references vector<path>, deriver option<path>,
 *               content address option<string>, signatures vector<string>, chunks, log option<log>, rewrites
 *     log     = size u64, chunks
 *     chunks  = 0, vector<chunk id (32 bytes)>            at most 256
 *             | 1, digest (32 bytes), level u8, count u32  more than 256
 *
 * References and signatures are sorted as text, each once.
 * @module
 */
import type { BcsReader, BcsWriter } from '../bcs/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import { SHA256_BYTES } from '../hash/index.ts'
import { parseSignature } from '../signature/index.ts'
import {
  joinStorePath,
  parseContentAddress,
  PATH_HASH_BYTES,
  pathHash,
  pathName,
  type StorePath,
} from '../store-path/index.ts'
import { type ChunkList, readChunkListField, writeChunkListField } from './chunk-list.ts'
import { digest } from './node.ts'
import { readRewrites, type Rewrites, writeRewrites } from './rewrites.ts'

const MAX_NAME = 211
const MAX_REFERENCES = 8192
const MAX_SIGNATURES = 32
const MAX_SIGNATURE = 512
const MAX_CONTENT_ADDRESS = 256

/** One store path of a release. Where its chunks lie is not part of it. */
export interface ManifestEntry {
  readonly storePath: StorePath
  /** SHA-256 of the NAR. */
  readonly narHash: Uint8Array
  /** Bytes of the NAR. */
  readonly narSize: bigint
  /** Sorted, each once; may contain the path itself. */
  readonly references: readonly StorePath[]
  readonly deriver?: StorePath
  /** As in a narinfo's `CA:`. */
  readonly ca?: string
  /** `name:base64`, sorted, each once. */
  readonly signatures: readonly string[]
  /** Of the NAR with its hashes masked. */
  readonly chunks: ChunkList
  /** What building a derivation printed. Only of `.drv` paths. */
  readonly log?: BuildLog
  /** What was masked. */
  readonly rewrites: Rewrites
}

/** The log of a build, as it was printed. */
export interface BuildLog {
  readonly size: bigint
  readonly chunks: ChunkList
}

/** A store path in BCS. */
export function writeStorePath(writer: BcsWriter, path: StorePath): void {
  writer.fixed(pathHash(path)).string(pathName(path))
}

/** @throws {DecodeError} when Nix does not allow the name */
export function readStorePath(reader: BcsReader): StorePath {
  const start = reader.offset
  const hash = reader.fixed(PATH_HASH_BYTES)
  const name = reader.string(MAX_NAME)
  return placed(start, () => joinStorePath(hash, name))
}

/** A parser's fault at the place where the text stands. */
function placed<T>(offset: number, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DecodeError(cause.message, offset, { cause })
    throw cause
  }
}

/** Sorted, or refused: a set names nothing twice. */
function sortedSet<T extends string>(items: readonly T[], what: string, max: number): T[] {
  const sorted = items.toSorted()
  const twice = sorted.find((item, i) => i > 0 && sorted[i - 1] === item)
  if (twice !== undefined) throw new SquidError('MANIFEST_ENTRY', `The ${what} ${twice} is named twice.`)
  if (sorted.length > max) {
    throw new SquidError(
      'MANIFEST_ENTRY',
      `A manifest entry holds at most ${max} ${what}s, not ${sorted.length}.`,
    )
  }
  return sorted
}

function assertSet(items: readonly string[], offset: number): void {
  items.forEach((item, i) => {
    if (i > 0 && (items[i - 1] ?? '') >= item) throw new DecodeError('set out of order', offset)
  })
}

/**
 * @throws {SquidError} `MANIFEST_ENTRY` when the entry exceeds a limit or names something twice
 * @throws {DecodeError} when a signature or the content address is malformed
 */
export function writeEntry(writer: BcsWriter, entry: ManifestEntry): void {
  writeStorePath(writer, entry.storePath)
  writer.fixed(digest(entry.narHash)).u64(entry.narSize)
  const references = sortedSet(entry.references, 'reference', MAX_REFERENCES)
  writer.vector(references, path => writeStorePath(writer, path))
  writer.option(entry.deriver, path => writeStorePath(writer, path))
  writer.option(entry.ca, ca => {
    parseContentAddress(ca)
    writer.string(ca)
  })
  writer.vector(sortedSet(entry.signatures, 'signature', MAX_SIGNATURES), signature => {
    parseSignature(signature)
    writer.string(signature)
  })
  writeChunkListField(writer, entry.chunks)
  if (entry.log !== undefined && !isDerivation(entry.storePath))
    throw new SquidError('MANIFEST_ENTRY', `${entry.storePath} is no derivation and has no build log.`)
  writer.option(entry.log, log => writeChunkListField(writer.u64(log.size), log.chunks))
  writeRewrites(writer, entry.rewrites, entry)
}

/** @throws {DecodeError} on anything that `writeEntry` does not write */
export function readEntry(reader: BcsReader): ManifestEntry {
  const storePath = readStorePath(reader)
  const narHash = reader.fixed(SHA256_BYTES)
  const narSize = reader.u64()
  const setAt = reader.offset
  const references = reader.vector(MAX_REFERENCES, () => readStorePath(reader))
  const deriver = reader.option(() => readStorePath(reader))
  const ca = reader.option(() => readText(reader, MAX_CONTENT_ADDRESS, parseContentAddress))
  const signatures = reader.vector(MAX_SIGNATURES, () => readText(reader, MAX_SIGNATURE, parseSignature))
  assertSet(references, setAt)
  assertSet(signatures, setAt)
  const chunks = readChunkListField(reader)
  const logAt = reader.offset
  const log = reader.option(() => ({ size: reader.u64(), chunks: readChunkListField(reader) }))
  if (log !== undefined && !isDerivation(storePath))
    throw new DecodeError('build log of a path that is no derivation', logAt)
  const rewrites = readRewrites(reader, { storePath, references, narSize })
  const optional = { ...(deriver && { deriver }), ...(ca !== undefined && { ca }), ...(log && { log }) }
  return { storePath, narHash, narSize, references, ...optional, signatures, chunks, rewrites }
}

/** All chunk lists of an entry: of its masked NAR, of its log, and of the places of hashes, where those have one. */
export function chunkListsOf({ chunks, log, rewrites }: ManifestEntry): readonly ChunkList[] {
  const { places } = rewrites
  return [chunks, ...(log ? [log.chunks] : []), ...(places.kind === 'chunks' ? [places.chunks] : [])]
}

function isDerivation(path: StorePath): boolean {
  return pathName(path).endsWith('.drv')
}

/** Text that its parser accepts. */
function readText(reader: BcsReader, max: number, parse: (text: string) => unknown): string {
  const start = reader.offset
  const text = reader.string(max)
  placed(start, () => parse(text))
  return text
}
