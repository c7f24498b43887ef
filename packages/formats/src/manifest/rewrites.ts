/**
 * What was masked in the NAR of a path (see `mask`), and its BCS form:
 *
 *     rewrites = hashes vector<number ULEB128>, places
 *     places   = 0, vector<u8>        at most 512 bytes
 *              | 1, chunks            more bytes
 *
 * `hashes` are the known hashes that were found, in the order of their first places, each by its number among the
 * known ones. They stand here, and not in the places, so that the places of what was only built anew are the same.
 * @module
 */
import type { BcsReader, BcsWriter } from '../bcs/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import {
  assertPlaces,
  knownHashes,
  MAX_INLINE_PLACES,
  type MaskedHashes,
  PlacesError,
  unmask,
} from '../mask/index.ts'
import type { StorePath } from '../store-path/index.ts'
import { type ChunkList, createChunkList, readChunkListField, writeChunkListField } from './chunk-list.ts'
import type { Emit } from './node.ts'

/** What was masked in a NAR. */
export interface Rewrites {
  /** Numbers among the known hashes of the path, in the order of first places. */
  readonly hashes: readonly number[]
  readonly places: Places
}

/** The places, as `Masker` writes them: themselves while they are few, else their chunks. */
type Places =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'chunks'; readonly chunks: ChunkList }

/** What is said of the path beside, on which rewrites depend. */
interface PathFacts {
  readonly storePath: StorePath
  readonly references: readonly StorePath[]
  readonly narSize: bigint
}

/** Of a NAR that names no known path, or was left as it is. */
export const NO_REWRITES: Rewrites = { hashes: [], places: { kind: 'inline', bytes: new Uint8Array(0) } }

/**
 * The rewrites of a NAR that was cut.
 * @param placeIds ids of all chunks of places
 */
export async function createRewrites(
  { hashes, inlinePlaces }: MaskedHashes,
  placeIds: readonly Uint8Array[],
  emit: Emit,
): Promise<Rewrites> {
  if (inlinePlaces !== undefined) return { hashes, places: { kind: 'inline', bytes: inlinePlaces } }
  return { hashes, places: { kind: 'chunks', chunks: await createChunkList(placeIds, emit) } }
}

/**
 * Part of an entry.
 * @throws {DecodeError} when the places are malformed, so far as they are here; {SquidError} `MANIFEST_ENTRY`
 */
export function writeRewrites(writer: BcsWriter, { hashes, places }: Rewrites, facts: PathFacts): void {
  const fault = faultOf(hashes, facts)
  if (fault !== undefined)
    throw new SquidError('MANIFEST_ENTRY', `The rewrites of ${facts.storePath} have ${fault}.`)
  writer.vector(hashes, hash => writer.uleb(hash))
  if (places.kind === 'chunks') {
    writer.uleb(1)
    writeChunkListField(writer, places.chunks)
    return
  }
  if (places.bytes.length > MAX_INLINE_PLACES)
    throw new SquidError(
      'MANIFEST_ENTRY',
      `More than ${MAX_INLINE_PLACES} bytes of places need chunks of their own.`,
    )
  assertPlaces(places.bytes, hashes.length, facts.narSize)
  writer.uleb(0).bytes(places.bytes)
}

/** @throws {DecodeError} on anything that `writeRewrites` does not write */
export function readRewrites(reader: BcsReader, facts: PathFacts): Rewrites {
  const start = reader.offset
  const hashes = reader.vector(facts.references.length + 1, () => reader.uleb())
  const fault = faultOf(hashes, facts)
  if (fault !== undefined) throw new DecodeError(`rewrites with ${fault}`, start)
  const variant = reader.uleb()
  if (variant > 1) throw new DecodeError(`places of the unknown kind ${variant}`, start)
  if (variant === 1) {
    if (hashes.length === 0) throw new DecodeError('places of no hash', start)
    return { hashes, places: { kind: 'chunks', chunks: readChunkListField(reader) } }
  }
  const bytes = reader.bytes(MAX_INLINE_PLACES)
  assertPlaces(bytes, hashes.length, facts.narSize)
  return { hashes, places: { kind: 'inline', bytes } }
}

function faultOf(hashes: readonly number[], { storePath, references }: PathFacts): string | undefined {
  if (hashes.length === 0) return undefined
  const known = knownHashes(storePath, references).length
  if (hashes.some(hash => hash >= known)) return 'a hash that is not known'
  if (new Set(hashes).size < hashes.length) return 'a hash twice'
  return undefined
}

/** A path, its masked NAR, and what was masked in it. */
interface StoredNar extends PathFacts {
  readonly chunks: ChunkList
  readonly rewrites: Rewrites
}

/**
 * The NAR of an entry, of which size and hash are not checked here.
 * @param read gives the chunks of a list, one after another
 * @throws {PlacesError} when the entry says wrongly where hashes were masked
 */
export function narOf(
  entry: StoredNar,
  read: (chunks: ChunkList) => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const { storePath, references, narSize, chunks, rewrites } = entry
  const { hashes, places } = rewrites
  if (hashes.length === 0) return read(chunks)
  const known = knownHashes(storePath, references)
  return unmask(read(chunks), {
    hashes: hashes.map(hash => known[hash] ?? ''),
    places: places.kind === 'inline' ? [places.bytes] : manyPlaces(read(places.chunks)),
    narSize,
  })
}

/** Places that are too many to stand in an entry. */
async function* manyPlaces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    yield piece
  }
  if (size <= MAX_INLINE_PLACES) throw new PlacesError('places that should stand in the entry', size)
}
