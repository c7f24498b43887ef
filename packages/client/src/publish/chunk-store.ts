/**
 * Where a publish puts chunks: deduplicated against this publish, against its earlier tries, and against what
 * the Space stores already; compressed in worker threads, collected into packs; full packs go to Walrus while the
 * next ones fill.
 * @module
 */
import { concatBytes, formatHex, parseHex } from '@squid/formats/bytes'
import {
  type BlobPlace,
  type LocatedChunk,
  type LocatorChange,
  type LocatorLink,
  type LocatorLoader,
  type Placed,
  placeInBlob,
  updateLocator,
} from '@squid/formats/locator'
import { type PackEntry, PackWriter, readPackIndex } from '@squid/formats/pack'

import type { ChunkThreads, CompressResult, RawRange } from './chunk-threads.ts'
import type { JournaledLocator, PublishJournal } from './journal.ts'
import type { KnownChunks } from './known-chunks.ts'
import { blobOf, type PackUploads } from './pack-uploads.ts'

/** Small chunks that are looked up and compressed together. */
const BATCH_CHUNKS = 64
const BATCH_BYTES = 1024 * 1024

/** Chunks looked up at once when a locator has changed. */
const LOOKUP_CHUNKS = 1024

export interface ChunkStoreDeps {
  readonly journal: PublishJournal
  readonly uploads: PackUploads
  readonly threads: ChunkThreads
  /** Largest pack in bytes. */
  readonly packLimit: number
  /** What the Space stored when this publish began, and the revision of its locator. */
  readonly known: KnownChunks
  readonly revision: bigint
  readonly load: LocatorLoader
}

/** A pack that chunks lie in. Its blob is null until it is known. */
interface Pack {
  blob: BlobPlace | null
}

interface EndedPack {
  readonly identified: Promise<BlobPlace>
}

/** A locator that this publish wrote: where its root lies, and on which revision it builds. */
interface WrittenLocator {
  readonly base: bigint
  readonly root: LocatorLink
}

export class ChunkStore {
  readonly #deps: ChunkStoreDeps
  /** Chunks of this publish by hex id, and where they lie. */
  readonly #placed = new Map<string, { readonly entry: PackEntry; readonly pack: Pack }>()
  /** Chunks that need nothing more: placed, on their way, or stored by the Space already. */
  readonly #claimed = new Set<string>()
  /** Those that the Space had already. */
  readonly #known: Uint8Array[] = []
  #small: { readonly id: Uint8Array; readonly raw: Uint8Array }[] = []
  #smallBytes = 0
  readonly #jobs = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined
  /** Chunks are appended one batch after another. */
  #appending: Promise<void> = Promise.resolve()
  #writer: PackWriter
  #open: Pack = { blob: null }
  /** What the chunks of the open pack lie in. */
  readonly #buffers: ArrayBuffer[] = []
  readonly #identifying: Promise<unknown>[] = []
  #storedBytes = 0
  /** What the last pack ends with, unless it is content. */
  #written: WrittenLocator | undefined

  constructor(deps: ChunkStoreDeps) {
    this.#deps = deps
    this.#writer = new PackWriter(deps.packLimit)
  }

  /** Bytes of packs written by this publish, earlier tries included. */
  get storedBytes(): number {
    return this.#storedBytes
  }

  /** Takes over the packs that an earlier try finished, and brings those onto Walrus that are not there yet. */
  async resume(): Promise<void> {
    await this.#deps.uploads.dropExpired()
    for (const [number, state] of this.#deps.journal.packs.entries()) {
      if (state?.packed === undefined) continue
      const bytes = await this.#deps.uploads.read(number)
      const { locator } = state.packed
      const pack = { blob: blobOf(state.packed) }
      for (const entry of indexOf(bytes)) {
        if (locator === undefined || entry.offset < locator.from) this.#place(entry, pack)
      }
      this.#written = locator?.root && writtenLocator(locator.root, pack.blob)
      this.#storedBytes += bytes.length
      await this.#deps.uploads.resume(number)
    }
  }

  /**
   * Stores chunks that lie in one buffer; returns once they are on their way and there is room for more.
   * @param bytes taken: detached here
   */
  async putAll(bytes: ArrayBuffer, chunks: readonly RawRange[]): Promise<void> {
    const fresh = await this.#claim(chunks)
    if (fresh.length === 0) return
    while (this.#jobs.size > this.#deps.threads.size) await Promise.race(this.#jobs)
    this.#throwFailure()
    this.#start(async () => {
      const stored = await this.#deps.threads.compress(bytes, fresh)
      const appended = this.#appending.then(() => this.#appendAll(stored))
      this.#appending = appended.catch(() => undefined)
      await appended
    })
  }

  /** Stores a small chunk, such as the node of a tree. The caller gives `raw` away. */
  async put(id: Uint8Array, raw: Uint8Array): Promise<void> {
    this.#small.push({ id, raw })
    this.#smallBytes += raw.length
    if (this.#small.length >= BATCH_CHUNKS || this.#smallBytes >= BATCH_BYTES) await this.#putSmall()
  }

  /**
   * Ends the last pack with the locator's new nodes in it, and waits until every pack is certified.
   * @returns the link to the locator's new root; `undefined` when nothing is new
   */
  async finish(): Promise<LocatorLink | undefined> {
    await this.#putSmall()
    while (this.#jobs.size > 0) await Promise.all(this.#jobs)
    this.#throwFailure()
    if (this.#placed.size === 0) return undefined
    const { known, revision } = this.#deps
    const isWritten = this.#writer.count === 0 && this.#written?.base === revision
    if (!isWritten) return this.writeLocator(known.root, revision)
    await this.#deps.uploads.finish()
    return this.#written?.root
  }

  /**
   * Writes the locator that has the chunks of `root`, which is revision `base`, and this publish's into the
   * open pack and others, ends the last one, and waits until every pack is certified.
   */
  async writeLocator(root: LocatorLink | undefined, base: bigint): Promise<LocatorLink> {
    await Promise.all(this.#identifying)
    let from: number | undefined
    const place = async (node: Uint8Array): Promise<Placed> => {
      const entry = this.#writer.tryAddRaw(node)
      if (entry === undefined) {
        const ended = await this.#endPack(from === undefined ? undefined : { from })
        if (ended === undefined) throw new Error('an empty pack is too small for a locator node')
        from = undefined
        return { ended: await ended.identified }
      }
      from ??= entry.offset
      return { offset: entry.offset }
    }
    const updated = await updateLocator(root ?? null, this.#changes(), this.#deps.load, place)
    if (updated === null) throw new Error('a locator with chunks has no root')
    const { offset, length, sha256 } = updated
    const isNew = updated.blob === null && from !== undefined
    const written = { base: String(base), offset, length, sha256: formatHex(sha256) }
    const ended = await this.#endPack(isNew ? { from: from ?? 0, root: written } : undefined)
    const blob = await ended?.identified
    await this.#deps.uploads.finish()
    return blob === undefined ? updated : placeInBlob(updated, blob)
  }

  /** Whether the Space still has the chunks that this publish did not store because the Space had them. */
  async isCoveredBy(known: KnownChunks): Promise<boolean> {
    for (let from = 0; from < this.#known.length; from += LOOKUP_CHUNKS) {
      const ids = this.#known.slice(from, from + LOOKUP_CHUNKS)
      if ((await known.find(ids)).size < ids.length) return false
    }
    return true
  }

  /** Where this publish put chunks, once its packs are known blobs. */
  *places(): Generator<LocatedChunk> {
    for (const { entry, pack } of this.#placed.values()) yield locatedChunk(entry, pack)
  }

  #changes(): LocatorChange[] {
    return [...this.places()]
  }

  async #putSmall(): Promise<void> {
    const small = this.#small
    this.#small = []
    this.#smallBytes = 0
    let end = 0
    const chunks = small.map(({ id, raw }) => {
      const start = end
      end += raw.length
      return { id, start, end }
    })
    const bytes = concatBytes(small.map(({ raw }) => raw))
    await this.putAll(bytes.buffer as ArrayBuffer, chunks)
  }

  // Those of the chunks that nobody else stores or has stored.
  async #claim(chunks: readonly RawRange[]): Promise<RawRange[]> {
    const mine = chunks.filter(({ id }) => {
      const key = formatHex(id)
      if (this.#claimed.has(key)) return false
      this.#claimed.add(key)
      return true
    })
    const known = await this.#deps.known.find(mine.map(({ id }) => id))
    const fresh: RawRange[] = []
    for (const chunk of mine) {
      if (known.has(formatHex(chunk.id))) this.#known.push(chunk.id)
      else fresh.push(chunk)
    }
    return fresh
  }

  async #appendAll({ bytes, chunks }: CompressResult): Promise<void> {
    this.#buffers.push(bytes)
    for (const { id, start, end, rawSize, encoding } of chunks) {
      const stored = { id, rawSize, encoding, bytes: new Uint8Array(bytes, start, end - start) }
      let entry = this.#writer.tryAdd(stored)
      if (entry === undefined) {
        await this.#endPack()
        entry = this.#writer.tryAdd(stored)
        if (entry === undefined) throw new Error('an empty pack is too small for a chunk')
      }
      this.#place(entry, this.#open)
    }
  }

  #place(entry: PackEntry, pack: Pack): void {
    const key = formatHex(entry.id)
    this.#claimed.add(key)
    this.#placed.set(key, { entry, pack })
  }

  // Ends the open pack and sends it off, once there is room; its blob is known later.
  async #endPack(locator?: JournaledLocator): Promise<EndedPack | undefined> {
    if (this.#writer.count === 0) return undefined
    await this.#deps.uploads.room()
    const bytes = this.#writer.finish()
    // Given back at once: the garbage collector would wait. The last batch may go on in the next pack.
    for (const buffer of this.#buffers.splice(0, this.#buffers.length - 1)) buffer.transfer(0)
    const pack = this.#open
    this.#writer = new PackWriter(this.#deps.packLimit)
    this.#open = { blob: null }
    this.#storedBytes += bytes.length
    const { identified } = await this.#deps.uploads.add(bytes, locator)
    const noted = identified.then(blob => (pack.blob = blob))
    noted.catch(() => undefined)
    this.#identifying.push(noted)
    return { identified: noted }
  }

  #start(work: () => Promise<void>): void {
    const job: Promise<void> = work()
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#jobs.delete(job))
    this.#jobs.add(job)
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

function locatedChunk({ id, offset, length, rawSize, encoding }: PackEntry, { blob }: Pack): LocatedChunk {
  return { id, location: { blob, offset, length, rawSize, encoding } }
}

function writtenLocator(
  { base, offset, length, sha256 }: NonNullable<JournaledLocator['root']>,
  blob: BlobPlace,
): WrittenLocator {
  return { base: BigInt(base), root: { blob, offset, length, sha256: parseHex(sha256) } }
}

function indexOf(bytes: Uint8Array): readonly PackEntry[] {
  const index = readPackIndex(bytes, bytes.length)
  if (!('entries' in index)) throw new Error('the whole pack does not hold its index')
  return index.entries
}
