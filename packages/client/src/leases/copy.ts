/**
 * A copy of a Space outside of Walrus: a folder from which everything can be released again.
 *
 *     copy.json            Space, flakes, releases, tags
 *     packs/000001.pack …  packs of all chunks that the releases need, each chunk once
 *
 * Every chunk is checked by its hash when it is read; `copy.json` names manifests by digest. Copying into the same folder
 * again adds what is new.
 * @module
 */
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatHex, parseHex } from '@squid/formats/bytes'
import { decodeChunk, encodeChunk } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { lookupChunks } from '@squid/formats/locator'
import { type PackEntry, PackWriter, readPackIndex } from '@squid/formats/pack'
import { writeFileAtomically } from '../home/index.ts'
import type { Network } from '../networks/index.ts'
import { listTags } from '../releases/index.ts'
import { readLocator } from '../resolve/index.ts'
import { linkFromLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { NodeMissingError, visitChunks } from './release-chunks.ts'
import { listLiveFlakes, type Pinned } from './survey.ts'

/** A folder is no copy, or damaged. */
export class CopyError extends SquidError {
  override name = 'CopyError'
}

export interface CopiedRelease {
  readonly version: bigint
  /** Digest. */
  readonly manifest: Uint8Array
  readonly yanked: boolean
  readonly tags: readonly string[]
}

export interface CopiedFlake {
  readonly name: string
  /** The oldest first. */
  readonly releases: readonly CopiedRelease[]
}

export interface CopyResult {
  /** Those that are revoked and pinned included. */
  readonly releases: number
  /** Chunks in the copy, and those that are new in it. */
  readonly chunks: number
  readonly added: number
  /** Compressed bytes that were added. */
  readonly bytes: bigint
}

export interface CopyOptions {
  /** Their chunks are copied although they are revoked, so that they can be put back; nobody is to release them anew. */
  readonly pinned?: Pinned
  readonly onProgress?: (chunks: number, of: number) => void
  readonly signal?: AbortSignal
}

const FORMAT = 1
const PACK_BYTES = 32 * 1024 * 1024
const READ_BATCH = 32
const PACK_NAME = /^(\d{6})\.pack$/
/** Of copy.json: room for a million releases. */
const MAX_CATALOG_BYTES = 256 * 1024 * 1024

interface Place {
  readonly file: string
  readonly entry: PackEntry
}

/** A copy in a folder. */
export class SpaceCopy {
  readonly space: string
  readonly flakes: readonly CopiedFlake[]
  readonly #places: ReadonlyMap<string, Place>

  private constructor(catalog: Catalog, places: ReadonlyMap<string, Place>) {
    this.space = catalog.space
    this.flakes = catalog.flakes
    this.#places = places
  }

  /** @throws {CopyError} `NO_COPY`, `COPY_DAMAGED` */
  static async open(folder: string): Promise<SpaceCopy> {
    const path = join(folder, 'copy.json')
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      throw new CopyError('NO_COPY', `${folder} holds no copy of a Space: there is no copy.json in it.`, {
        cause: error,
      })
    }
    return new SpaceCopy(parseCatalog(path, text), await readIndexes(join(folder, 'packs')))
  }

  has(id: Uint8Array): boolean {
    return this.#places.has(formatHex(id))
  }

  /**
   * The raw bytes of a chunk.
   * @throws {CopyError} `COPY_DAMAGED` when it is not there or not what it should be
   */
  async read(id: Uint8Array): Promise<Uint8Array> {
    const place = this.#places.get(formatHex(id))
    if (place === undefined) throw new CopyError('COPY_DAMAGED', `The copy lacks chunk ${formatHex(id)}.`)
    const { file, entry } = place
    try {
      return decodeChunk(entry, await readRange(file, entry.offset, entry.length))
    } catch (error) {
      throw new CopyError('COPY_DAMAGED', `Chunk ${formatHex(id)} in ${file} is damaged.`, { cause: error })
    }
  }
}

/**
 * Copies everything that is not revoked, or pinned, into `folder`. Killed, it leaves what was there; run again it adds the rest.
 * @throws {NodeMissingError}, {BlobUnavailableError} when something cannot be read; what was copied until then stays
 */
export async function copySpace(
  network: Network,
  storage: WalrusStorage,
  space: string,
  folder: string,
  { pinned, onProgress, signal }: CopyOptions = {},
): Promise<CopyResult> {
  const packs = join(folder, 'packs')
  await mkdir(packs, { recursive: true })
  const present = await readIndexes(packs)
  const { link } = await readLocator(network, space, signal)
  const flakes = await listLiveFlakes(network, space, pinned, signal)
  const ids = new Map<string, Uint8Array>()
  const catalog: CopiedFlake[] = []
  let count = 0
  for (const { name, flake, releases } of flakes) {
    const tags = await listTags(network, flake, signal)
    const copied: CopiedRelease[] = []
    for (const { version, manifest, yanked, revoked } of releases.toReversed()) {
      if (link === undefined) throw new NodeMissingError(manifest)
      await visitChunks(storage, linkFromLedger(link), manifest, id => ids.set(formatHex(id), id), signal)
      count++
      if (revoked !== undefined) continue
      const own = [...tags].filter(([, to]) => to === version).map(([tag]) => tag)
      copied.push({ version, manifest, yanked, tags: own })
    }
    catalog.push({ name, releases: copied })
  }
  const missing = [...ids].filter(([key]) => !present.has(key)).map(([, id]) => id)
  let bytes = 0n
  if (link !== undefined) {
    const root = linkFromLedger(link)
    const files = new PackFiles(packs, present)
    for (let from = 0; from < missing.length; from += READ_BATCH) {
      const batch = missing.slice(from, from + READ_BATCH)
      const places = await lookupChunks(root, batch, node => storage.loadNode(node, signal))
      const raws = await Promise.all(
        batch.map(id => {
          const place = places.get(formatHex(id))
          if (place === undefined) throw new NodeMissingError(id)
          return storage.readChunk(id, place, signal)
        }),
      )
      for (const raw of raws) bytes += await files.put(raw)
      onProgress?.(from + batch.length, missing.length)
    }
    await files.end()
  }
  await writeFileAtomically(join(folder, 'copy.json'), formatCatalog({ space, flakes: catalog }))
  return {
    releases: count,
    chunks: ids.size,
    added: missing.length,
    bytes,
  }
}

/** New pack files beside those that are there. */
class PackFiles {
  readonly #folder: string
  #number: number
  #open = new PackWriter(PACK_BYTES)

  constructor(folder: string, present: ReadonlyMap<string, Place>) {
    this.#folder = folder
    const numbers = [...present.values()].map(({ file }) => Number(PACK_NAME.exec(file.slice(-11))?.[1] ?? 0))
    this.#number = numbers.reduce((highest, number) => Math.max(highest, number), 0)
  }

  /** @returns stored bytes */
  async put(raw: Uint8Array): Promise<bigint> {
    const chunk = encodeChunk(raw)
    if (this.#open.tryAdd(chunk) === undefined) {
      await this.end()
      if (this.#open.tryAdd(chunk) === undefined) throw new Error('an empty pack is too small for a chunk')
    }
    return BigInt(chunk.bytes.length)
  }

  async end(): Promise<void> {
    if (this.#open.count === 0) return
    const name = `${String(++this.#number).padStart(6, '0')}.pack`
    await writeFileAtomically(join(this.#folder, name), this.#open.finish())
    this.#open = new PackWriter(PACK_BYTES)
  }
}

async function readIndexes(folder: string): Promise<Map<string, Place>> {
  const places = new Map<string, Place>()
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter(name => PACK_NAME.test(name)).toSorted()) {
    const file = join(folder, name)
    for (const entry of await readIndex(file)) places.set(formatHex(entry.id), { file, entry })
  }
  return places
}

async function readIndex(file: string): Promise<readonly PackEntry[]> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  let length = Math.min(size, 64 * 1024)
  try {
    for (;;) {
      const tail = new Uint8Array(length)
      await handle.read(tail, 0, length, size - length)
      const index = readPackIndex(tail, size)
      if ('entries' in index) return index.entries
      length = index.needTailBytes
    }
  } catch (error) {
    throw new CopyError('COPY_DAMAGED', `${file} is no pack: remove it and export again.`, { cause: error })
  }
}

async function readRange(file: string, offset: number, length: number): Promise<Uint8Array> {
  await using handle = await open(file)
  const bytes = new Uint8Array(length)
  await handle.read(bytes, 0, length, offset)
  return bytes
}

interface Catalog {
  readonly space: string
  readonly flakes: readonly CopiedFlake[]
}

function formatCatalog({ space, flakes }: Catalog): string {
  const value = {
    format: FORMAT,
    space,
    flakes: flakes.map(({ name, releases }) => ({
      name,
      releases: releases.map(({ version, manifest, yanked, tags }) => ({
        version: String(version),
        manifest: formatHex(manifest),
        yanked,
        tags,
      })),
    })),
  }
  return `${JSON.stringify(value, undefined, 1)}\n`
}

function parseCatalog(path: string, text: string): Catalog {
  try {
    if (text.length > MAX_CATALOG_BYTES) throw new TypeError('too large')
    const value = JSON.parse(text) as {
      readonly format: unknown
      readonly space: unknown
      readonly flakes: readonly {
        readonly name: unknown
        readonly releases: readonly Readonly<Record<string, unknown>>[]
      }[]
    }
    if (value.format !== FORMAT) throw new TypeError(`format ${String(value.format)} is unknown`)
    return {
      space: textOf(value.space),
      flakes: value.flakes.map(({ name, releases }) => ({
        name: textOf(name),
        releases: releases.map(({ version, manifest, yanked, tags }) => ({
          version: BigInt(textOf(version)),
          manifest: parseHex(textOf(manifest)),
          yanked: yanked === true,
          tags: (tags as readonly unknown[]).map(textOf),
        })),
      })),
    }
  } catch (error) {
    throw new CopyError('COPY_DAMAGED', `${path} is not what was written; export again.`, { cause: error })
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('no text')
}
