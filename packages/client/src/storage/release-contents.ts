/**
 * What a release holds, read from Walrus: its manifest, its store paths, their NARs. Nothing is handed out that
 * the manifest digest on the ledger does not commit to.
 * @module
 */
import { equalBytes, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { type ChunkLocation, type LocatorLink, lookupChunks } from '@squid/formats/locator'
import { PlacesError } from '@squid/formats/mask'
import {
  type ChunkList,
  decodeManifest,
  listPaths,
  lookupPath,
  type Manifest,
  type ManifestEntry,
  narOf,
  readChunkList,
} from '@squid/formats/manifest'
import { pathHash, sourcePath, type StorePath } from '@squid/formats/store-path'

import { BlobContentError, BlobUnavailableError } from './blob.ts'
import { checkedNar } from './checked-nar.ts'
import type { ReadAhead, WalrusStorage } from './walrus-storage.ts'

/** Nodes of the manifest that are read at once when all are. */
const NODES_AHEAD = 64
/** Chunks located at once. */
const LOCATE_BATCH = 64

/** What a read counts for at least, so that a NAR of tiny chunks is not read all at once. */
const MIN_READING_BYTES = 16_384

/** The Space's index or the manifest does not fit what the ledger says. */
export class ContentsError extends SquidError {
  override name = 'ContentsError'
}

export class ReleaseContents {
  readonly manifest: Manifest
  readonly #storage: WalrusStorage
  readonly #root: LocatorLink

  private constructor(storage: WalrusStorage, root: LocatorLink, manifest: Manifest) {
    this.#storage = storage
    this.#root = root
    this.manifest = manifest
  }

  /**
   * @param root the Space's locator
   * @param digest what the Release on the ledger commits to
   */
  static async open(
    storage: WalrusStorage,
    root: LocatorLink,
    digest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<ReleaseContents> {
    const bytes = await readTreeNode(storage, root, digest, signal)
    return new ReleaseContents(storage, root, decodeManifest(bytes, digest))
  }

  lookup(path: StorePath, signal?: AbortSignal): Promise<ManifestEntry | undefined> {
    return this.lookupHash(pathHash(path), signal)
  }

  /** @param hash the 20 bytes of a store path's hash part */
  lookupHash(hash: Uint8Array, signal?: AbortSignal): Promise<ManifestEntry | undefined> {
    return lookupPath(this.manifest.tree, hash, this.#load(signal))
  }

  /** Every path, in the order of hashes. */
  list(signal?: AbortSignal): AsyncGenerator<ManifestEntry> {
    return listPaths(this.manifest.tree, this.#load(signal), NODES_AHEAD)
  }

  /** The flake's own source tree. */
  async source(signal?: AbortSignal): Promise<ManifestEntry> {
    const entry = await this.lookup(sourcePath(this.manifest.sourceNarHash), signal)
    if (entry === undefined || !equalBytes(entry.narHash, this.manifest.sourceNarHash))
      throw new ContentsError(
        'SOURCE_MISSING',
        'The release does not hold its own source; ask its publisher to publish it again',
      )
    return entry
  }

  /**
   * The NAR of a path, in pieces that are each verified before they are handed out; the last piece only when
   * size and hash of the whole are right.
   * @throws {ContentsError} `CHUNK_UNKNOWN`, `NAR_MISMATCH`, `NAR_REWRITES`; {BlobUnavailableError}
   */
  async *nar(entry: ManifestEntry, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { storePath } = entry
    using ahead = this.#storage.startStream()
    const nar = narOf(entry, chunks => readAhead(this.#chunks(chunks, entry, signal), ahead))
    const onMismatch = (): ContentsError =>
      new ContentsError(
        'NAR_MISMATCH',
        `${storePath} is not what the release says of it; ask its publisher to publish it again`,
      )
    try {
      yield* checkedNar(entry, nar, onMismatch)
    } catch (error) {
      if (!(error instanceof PlacesError)) throw error
      throw new ContentsError(
        'NAR_REWRITES',
        `${storePath} cannot be put together from what the release says of it (${error.message}); ask its publisher to publish it again`,
        { cause: error },
      )
    }
  }

  /**
   * What building a derivation printed; nothing when that is not recorded.
   * @throws {ContentsError} `CHUNK_UNKNOWN`, `LOG_MISMATCH`; {BlobUnavailableError}
   */
  async *log(entry: ManifestEntry, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { storePath, log } = entry
    if (log === undefined) return
    using ahead = this.#storage.startStream()
    let left = log.size
    for await (const piece of readAhead(this.#chunks(log.chunks, entry, signal), ahead)) {
      left -= BigInt(piece.length)
      if (left < 0n) break
      yield piece
    }
    if (left === 0n) return
    throw new ContentsError(
      'LOG_MISMATCH',
      `The log of ${storePath} has not as many bytes as the release says; ask its publisher to publish it again`,
    )
  }

  // Reads of the chunks of a list that belongs to a path, in order, each begun when it is taken.
  async *#chunks(chunks: ChunkList, entry: ManifestEntry, signal?: AbortSignal): AsyncGenerator<Reading> {
    for await (const ids of batches(readChunkList(chunks, this.#load(signal)), LOCATE_BATCH)) {
      const locations = await lookupChunks(this.#root, ids, link => this.#storage.loadNode(link, signal))
      for (const id of ids) {
        const location = known(locations, id, entry.storePath)
        yield {
          bytes: Math.max(location.rawSize, MIN_READING_BYTES),
          begin: () => this.#read(entry, id, location, signal),
        }
      }
    }
  }

  // People know paths, not blobs.
  async #read(
    { storePath }: ManifestEntry,
    id: Uint8Array,
    location: ChunkLocation,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    try {
      return await this.#storage.readChunk(id, location, signal)
    } catch (error) {
      if (error instanceof BlobUnavailableError)
        throw new BlobUnavailableError(`${storePath} cannot be read: ${error.message}`, { cause: error })
      if (error instanceof BlobContentError)
        throw new BlobContentError(error.code, `${storePath} cannot be read: ${error.message}`, {
          cause: error,
        })
      throw error
    }
  }

  #load(signal?: AbortSignal): (digest: Uint8Array) => Promise<Uint8Array> {
    return digest => readTreeNode(this.#storage, this.#root, digest, signal)
  }
}

async function readTreeNode(
  storage: WalrusStorage,
  root: LocatorLink,
  digest: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const locations = await lookupChunks(root, [digest], link => storage.loadNode(link, signal))
  return storage.readNode(digest, known(locations, digest, 'the manifest'), signal)
}

function known(locations: ReadonlyMap<string, ChunkLocation>, id: Uint8Array, of: string): ChunkLocation {
  const location = locations.get(formatHex(id))
  if (location === undefined)
    throw new ContentsError(
      'CHUNK_UNKNOWN',
      `The Space's index does not say where chunk ${formatHex(id)} of ${of} is stored; ask its publisher to publish it again`,
    )
  return location
}

async function* batches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** A read that is begun when its turn comes, and for how many bytes it counts. */
interface Reading {
  readonly bytes: number
  readonly begin: () => Promise<Uint8Array>
}

/** Keeps as many bytes being read as `ahead` allows, one read at least, and yields the results in order. */
async function* readAhead(reads: AsyncIterable<Reading>, ahead: ReadAhead): AsyncGenerator<Uint8Array> {
  const going: { readonly bytes: number; readonly result: Promise<Uint8Array> }[] = []
  let size = 0
  const begin = ({ bytes, begin: start }: Reading): void => {
    const result = start()
    // Awaited in its turn; until then a failure must not count as unhandled.
    result.catch(() => undefined)
    going.push({ bytes, result })
    size += bytes
  }
  const take = (): Promise<Uint8Array> => {
    const { bytes, result } = going.shift() as (typeof going)[number]
    size -= bytes
    return result
  }
  try {
    for await (const read of reads) {
      begin(read)
      while (size > ahead.bytes()) yield await take()
    }
    while (going.length > 0) yield await take()
  } finally {
    await Promise.allSettled(going.map(({ result }) => result))
  }
}
