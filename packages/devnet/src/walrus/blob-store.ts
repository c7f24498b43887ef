/**
 * The one place where the network keeps blobs: each once, unencoded, with its metadata and the list of nodes that
 * have received all their slivers. Either files in a folder or memory.
 *
 * Files: `blobs/ID` the bytes, `metadata/ID` BCS metadata, `holders/ID` one byte (node index) a holder, appended.
 * A blob exists once its metadata does: that file is written last.
 * @module
 */
import { appendFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlobId, parseBlobId } from './blob-id.ts'

/** A blob that is stored. Reads may fail when it is removed meanwhile. */
export interface StoredBlob {
  readonly metadata: Uint8Array
  /** Indices of the nodes that hold all their slivers. */
  readonly holders: ReadonlySet<number>
  readonly size: number
}

/** Storage of blobs. */
export interface BlobStore {
  get(id: BlobId): StoredBlob | undefined
  ids(): readonly BlobId[]
  /** Bytes `start` to `start + length` of the blob, or fewer where it ends. A copy. */
  read(id: BlobId, start: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** Keeps a verified blob. @param blob not kept: copied or written out */
  put(id: BlobId, blob: Uint8Array, metadata: Uint8Array): Promise<void>
  addHolder(id: BlobId, node: number): Promise<void>
  remove(id: BlobId): Promise<void>
}

interface Entry extends StoredBlob {
  readonly holders: Set<number>
}

/** For networks without a folder. */
export class MemoryBlobStore implements BlobStore {
  readonly #entries = new Map<BlobId, Entry & { readonly bytes: Uint8Array }>()

  get(id: BlobId): StoredBlob | undefined {
    return this.#entries.get(id)
  }

  ids(): readonly BlobId[] {
    return [...this.#entries.keys()]
  }

  async read(id: BlobId, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.#entries.get(id)?.bytes ?? new Uint8Array(0)
    return Uint8Array.from(bytes.subarray(start, start + length))
  }

  async put(id: BlobId, blob: Uint8Array, metadata: Uint8Array): Promise<void> {
    const holders = this.#entries.get(id)?.holders ?? new Set<number>()
    this.#entries.set(id, { metadata, holders, size: blob.length, bytes: Uint8Array.from(blob) })
  }

  async addHolder(id: BlobId, node: number): Promise<void> {
    this.#entries.get(id)?.holders.add(node)
  }

  async remove(id: BlobId): Promise<void> {
    this.#entries.delete(id)
  }
}

/** Files in a folder. */
export class FileBlobStore implements BlobStore {
  readonly #dir: string
  readonly #entries = new Map<BlobId, Entry>()

  private constructor(dir: string) {
    this.#dir = dir
  }

  /** Opens the folder, made if missing, and forgets what was half written. */
  static async open(dir: string): Promise<FileBlobStore> {
    const store = new FileBlobStore(dir)
    for (const folder of ['blobs', 'metadata', 'holders', 'new'])
      await mkdir(join(dir, folder), { recursive: true })
    for (const name of await readdir(join(dir, 'new'))) await rm(join(dir, 'new', name))
    for (const name of await readdir(join(dir, 'metadata'))) await store.#load(name)
    for (const name of await readdir(join(dir, 'blobs')))
      if (!store.#entries.has(name as BlobId)) await rm(join(dir, 'blobs', name))
    return store
  }

  async #load(name: string): Promise<void> {
    const id = parseBlobId(name)
    if (!id) return
    const metadata = await readFile(join(this.#dir, 'metadata', id))
    const holders = await readFile(join(this.#dir, 'holders', id)).catch(() => new Uint8Array(0))
    const size = Number(metadata.readBigUInt64LE(2))
    this.#entries.set(id, { metadata: Uint8Array.from(metadata), holders: new Set(holders), size })
  }

  get(id: BlobId): StoredBlob | undefined {
    return this.#entries.get(id)
  }

  ids(): readonly BlobId[] {
    return [...this.#entries.keys()]
  }

  async read(id: BlobId, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const size = this.#entries.get(id)?.size ?? 0
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - start)))
    await using file = await open(join(this.#dir, 'blobs', id))
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done)
      if (bytesRead === 0) return bytes.subarray(0, done)
      done += bytesRead
    }
    return bytes
  }

  async put(id: BlobId, blob: Uint8Array, metadata: Uint8Array): Promise<void> {
    await this.#write('blobs', id, blob)
    await this.#write('metadata', id, metadata)
    const holders = this.#entries.get(id)?.holders ?? new Set<number>()
    this.#entries.set(id, { metadata, holders, size: blob.length })
  }

  async addHolder(id: BlobId, node: number): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry || entry.holders.has(node)) return
    await appendFile(join(this.#dir, 'holders', id), Uint8Array.of(node))
    entry.holders.add(node)
  }

  async remove(id: BlobId): Promise<void> {
    this.#entries.delete(id)
    for (const folder of ['metadata', 'holders', 'blobs'])
      await rm(join(this.#dir, folder, id), { force: true })
  }

  /** All or nothing, even when the process is killed. */
  async #write(folder: string, id: BlobId, bytes: Uint8Array): Promise<void> {
    const unfinished = join(this.#dir, 'new', `${folder}-${id}`)
    await writeFile(unfinished, bytes)
    await rename(unfinished, join(this.#dir, folder, id))
  }
}
