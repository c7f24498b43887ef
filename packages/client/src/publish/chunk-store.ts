/**
 * Where a publish puts chunks: deduplicated against this publish, against its earlier tries, and against what
 * the Space stores already; collected into packs; a full pack goes to Walrus while the next one fills.
 * @module
 */
import { compareBytes, formatHex, parseHex } from '@squid/formats/bytes'
import { encodeChunk, type StoredChunk } from '@squid/formats/chunk'
import {
  type BlobPlace,
  type ChunkLocation,
  type LocatorLink,
  type LocatorLoader,
  lookupChunks,
  placeInBlob,
  updateLocator,
} from '@squid/formats/locator'
import { type PackEntry, PackWriter, readPackIndex } from '@squid/formats/pack'

import type { JournaledLocator } from './journal.ts'
import { addPack, readPack, type UploadDeps, uploadPack } from './upload.ts'

/** Chunks looked up in the locator at once: bounds memory to 16 MiB of raw bytes. */
const LOOKUP_BATCH = 64

export interface ChunkStoreDeps extends UploadDeps {
  /** Largest pack in bytes. */
  readonly packLimit: number
  /** The Space's locator as this publish found it, and its revision. */
  readonly root: LocatorLink | undefined
  readonly revision: bigint
  readonly load: LocatorLoader
  /** `wasThere`: an earlier try had certified it. */
  readonly onPackCertified: (pack: number, wasThere: boolean) => void
  readonly signal: AbortSignal | undefined
}

interface Waiting {
  readonly id: Uint8Array
  readonly raw: Uint8Array
}

/** A locator that this publish wrote: where its root lies, and on which revision it builds. */
interface WrittenLocator {
  readonly base: bigint
  readonly root: LocatorLink
}

export class ChunkStore {
  readonly #deps: ChunkStoreDeps
  /** Chunks of this publish by hex id; `blob: null` is the open pack. */
  readonly #placed = new Map<string, { readonly id: Uint8Array; readonly location: ChunkLocation }>()
  /** Chunks that the Space stores already. */
  readonly #known = new Set<string>()
  #waiting: Waiting[] = []
  #open: PackWriter
  #openIds: Uint8Array[] = []
  #upload: Promise<void> = Promise.resolve()
  #storedBytes = 0
  /** What the last pack ends with, unless it is content. */
  #written: WrittenLocator | undefined

  constructor(deps: ChunkStoreDeps) {
    this.#deps = deps
    this.#open = new PackWriter(deps.packLimit)
  }

  /** Bytes of packs written by this publish, earlier tries included. */
  get storedBytes(): number {
    return this.#storedBytes
  }

  /** Takes over the packs that an earlier try finished, and brings those onto Walrus that are not there yet. */
  async resume(): Promise<void> {
    for (const [pack, state] of this.#deps.journal.packs.entries()) {
      if (state.packed === undefined) continue
      const bytes = await readPack(this.#deps.journal, pack, state)
      const { locator } = state.packed
      const content = indexOf(bytes).filter(entry => locator === undefined || entry.offset < locator.from)
      this.#placeAll(content, blobOf(state.packed))
      this.#written = locator && writtenLocator(locator, blobOf(state.packed))
      this.#storedBytes += bytes.length
      this.#enqueue(pack)
    }
  }

  /** Stores a chunk of file content. The caller gives `raw` away. */
  async put(id: Uint8Array, raw: Uint8Array): Promise<void> {
    const key = formatHex(id)
    if (this.#placed.has(key) || this.#known.has(key)) return
    this.#waiting.push({ id, raw })
    if (this.#waiting.length >= LOOKUP_BATCH) await this.#settle()
  }

  /**
   * Ends the last pack with the locator's new nodes in it, and waits until every pack is certified.
   * @returns the link to the locator's new root; `undefined` when nothing is new
   */
  async finish(): Promise<LocatorLink | undefined> {
    await this.#settle()
    if (this.#placed.size === 0) return undefined
    const { root, revision } = this.#deps
    const isWritten = this.#open.count === 0 && this.#written?.base === revision
    const written = isWritten ? this.#written?.root : await this.writeLocator(root, revision)
    await this.#upload
    return written
  }

  /**
   * Writes the locator that has the chunks of `root`, which is revision `base`, and this publish's into the
   * open pack, ends the pack, and waits until every pack is certified.
   */
  async writeLocator(root: LocatorLink | undefined, base: bigint): Promise<LocatorLink> {
    if (this.#open.size + locatorBound(this.#placed.size) > this.#deps.packLimit) await this.#finishPack()
    const changes = [...this.#placed.values()].toSorted((a, b) => compareBytes(a.id, b.id))
    const from = this.#open.size
    const updated = await updateLocator(root ?? null, changes, this.#deps.load, node => this.#place(node))
    if (updated === null) throw new Error('a locator with chunks has no root')
    const { offset, length, sha256 } = updated
    const record = { base: String(base), from, offset, length, sha256: formatHex(sha256) }
    const blob = await this.#finishPack(record)
    await this.#upload
    return blob === undefined ? updated : placeInBlob(updated, blob)
  }

  // Decides about the chunks that wait: what the locator has is not stored again.
  async #settle(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    const root = this.#deps.root
    const known =
      root === undefined
        ? undefined
        : await lookupChunks(
            root,
            waiting.map(chunk => chunk.id),
            this.#deps.load,
          )
    for (const { id, raw } of waiting) {
      const key = formatHex(id)
      if (known?.has(key)) this.#known.add(key)
      else if (!this.#placed.has(key)) await this.#append(encodeChunk(raw))
    }
  }

  async #append(chunk: StoredChunk): Promise<void> {
    let entry = this.#open.tryAdd(chunk)
    if (entry === undefined) {
      await this.#finishPack()
      entry = this.#open.tryAdd(chunk)
      if (entry === undefined) throw new Error('an empty pack is too small for a chunk')
    }
    this.#placeAll([entry], null)
    this.#openIds.push(chunk.id)
  }

  #place(node: Uint8Array): { offset: number } {
    const entry = this.#open.tryAddRaw(node)
    if (entry === undefined) throw new Error('the room that was kept for locator nodes does not suffice')
    return entry
  }

  // Ends the open pack and sends it off; waits for the pack before it, so that at most two are in memory.
  async #finishPack(locator?: JournaledLocator): Promise<BlobPlace | undefined> {
    if (this.#open.count === 0) return undefined
    const bytes = this.#open.finish()
    const ids = this.#openIds
    this.#open = new PackWriter(this.#deps.packLimit)
    this.#openIds = []
    await this.#upload
    const { pack, encoded } = await addPack(this.#deps, bytes, locator)
    this.#storedBytes += bytes.length
    const blob = blobOf({ blobId: encoded.blobId, size: bytes.length })
    for (const id of ids) {
      const placed = this.#placed.get(formatHex(id))
      if (placed !== undefined)
        this.#placed.set(formatHex(id), { id, location: { ...placed.location, blob } })
    }
    this.#enqueue(pack, encoded)
    return blob
  }

  #enqueue(pack: number, encoded?: Parameters<typeof uploadPack>[2]): void {
    this.#upload = this.#upload.then(async () => {
      const wasThere = this.#deps.journal.packs[pack]?.certified !== undefined
      await uploadPack(this.#deps, pack, encoded, this.#deps.signal)
      this.#deps.onPackCertified(pack, wasThere)
    })
    // Awaited later; until then a failure must not count as unhandled.
    this.#upload.catch(() => undefined)
  }

  #placeAll(entries: readonly PackEntry[], blob: BlobPlace | null): void {
    for (const { id, offset, length, rawSize, encoding } of entries) {
      this.#placed.set(formatHex(id), { id, location: { blob, offset, length, rawSize, encoding } })
    }
  }
}

function writtenLocator({ base, offset, length, sha256 }: JournaledLocator, blob: BlobPlace): WrittenLocator {
  return { base: BigInt(base), root: { blob, offset, length, sha256: parseHex(sha256) } }
}

function blobOf(pack: { readonly blobId: string; readonly size: number }): BlobPlace {
  return { id: new Uint8Array(Buffer.from(pack.blobId, 'base64url')), size: pack.size }
}

/** Room that locator nodes of so many changed chunks usually take: a leaf and its ancestors each. */
function locatorBound(changes: number): number {
  return 65_536 + changes * 8192
}

function indexOf(bytes: Uint8Array): readonly PackEntry[] {
  const index = readPackIndex(bytes, bytes.length)
  if (!('entries' in index)) throw new Error('the whole pack does not hold its index')
  return index.entries
}
