/**
 * Reading everything again, and naming what is hurt.
 *
 * A chunk passes when it can be read by any way there is: nodes that lie or are down do not make it hurt while Walrus
 * can still rebuild the blob.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { type ChunkLocation, type LocatedChunk, type LocatorLink, lookupChunks } from '@squid/formats/locator'
import type { StorePath } from '@squid/formats/store-path'
import type { Network } from '../networks/index.ts'
import { readLocator } from '../resolve/index.ts'
import { linkFromLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { visitChunks } from './release-chunks.ts'
import { listLiveFlakes, type LiveFlake, type Pinned } from './survey.ts'

/** Something that cannot be read. */
export interface Hurt {
  readonly flake: string
  readonly version: bigint
  /** Undefined when the list of paths itself is hurt. */
  readonly storePath: StorePath | undefined
  readonly reason: string
}

export interface Verified {
  readonly releases: number
  /** Different chunks that were read. */
  readonly chunks: number
  /** Their uncompressed bytes. */
  readonly bytes: bigint
  readonly hurt: readonly Hurt[]
}

export interface VerifyOptions {
  /** Only these. */
  readonly wanted?: (flake: string, version: bigint) => boolean
  /** Read although they are revoked. */
  readonly pinned?: Pinned
  readonly onProgress?: (chunks: number, bytes: bigint) => void
  readonly signal?: AbortSignal
}

const PARALLEL = 16

/** Reads every chunk of every release that is not revoked, or pinned, each once. */
export async function verifySpace(
  network: Network,
  storage: WalrusStorage,
  space: string,
  options: VerifyOptions = {},
): Promise<Verified> {
  const { link } = await readLocator(network, space, options.signal)
  const flakes = await listLiveFlakes(network, space, options.pinned, options.signal)
  return await new ChunkVerifier(storage, link && linkFromLedger(link), options).verifyAll(flakes)
}

/** Reads chunks, each once, and remembers where they are right. */
export class ChunkVerifier {
  #chunks = 0
  #bytes = 0n
  readonly #storage: WalrusStorage
  readonly #root: LocatorLink | undefined
  readonly #options: VerifyOptions
  /** By hex id: why it cannot be read, or undefined. */
  readonly #results = new Map<string, string | undefined>()
  readonly #damaged = new Map<string, Uint8Array>()
  readonly #right = new Map<string, LocatedChunk>()
  /** Places that are better than what the locator says. */
  readonly #better = new Map<string, ChunkLocation>()

  constructor(storage: WalrusStorage, root: LocatorLink | undefined, options: VerifyOptions) {
    this.#storage = storage
    this.#root = root
    this.#options = options
  }

  /** Chunks that cannot be read. */
  get damaged(): readonly Uint8Array[] {
    return [...this.#damaged.values()]
  }

  /** Chunks that were read, by hex id, and where. */
  get right(): ReadonlyMap<string, LocatedChunk> {
    return this.#right
  }

  /** Has chunks read again, from other places. */
  correct(chunks: readonly LocatedChunk[]): void {
    for (const { id, location } of chunks) {
      const key = formatHex(id)
      this.#better.set(key, location)
      this.#results.delete(key)
      this.#damaged.delete(key)
    }
  }

  async verifyAll(flakes: readonly LiveFlake[]): Promise<Verified> {
    const { wanted = () => true } = this.#options
    const hurt: Hurt[] = []
    let releases = 0
    for (const { name, flake, releases: live } of flakes) {
      for (const { version, manifest } of live) {
        if (!wanted(flake, version)) continue
        releases++
        for (const { storePath, reason } of await this.#verify(manifest))
          hurt.push({ flake: name, version, storePath, reason })
      }
    }
    return { releases, chunks: this.#chunks, bytes: this.#bytes, hurt }
  }

  /** What of a release is hurt, each path once. */
  async #verify(manifest: Uint8Array): Promise<readonly Pick<Hurt, 'storePath' | 'reason'>[]> {
    const root = this.#root
    if (root === undefined) return [{ storePath: undefined, reason: 'the Space stores nothing' }]
    const { signal } = this.#options
    const users = new Map<string, { readonly id: Uint8Array; readonly paths: Set<StorePath | undefined> }>()
    const visit = (id: Uint8Array, path: { readonly storePath: StorePath } | undefined): void => {
      const key = formatHex(id)
      const user = users.get(key)
      if (user === undefined) users.set(key, { id, paths: new Set([path?.storePath]) })
      else user.paths.add(path?.storePath)
    }
    const hurt = new Map<StorePath | undefined, string>()
    try {
      await visitChunks(this.#storage, root, manifest, visit, signal, this.#better)
    } catch (error) {
      hurt.set(undefined, reasonOf(error, signal))
    }
    const all = [...users.values()]
    const next = all.values()
    const work = async (): Promise<void> => {
      for (const { id, paths } of next) {
        const reason = await this.#read(root, id)
        if (reason !== undefined) for (const path of paths) if (!hurt.has(path)) hurt.set(path, reason)
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, work))
    return [...hurt].map(([storePath, reason]) => ({ storePath, reason }))
  }

  async #read(root: LocatorLink, id: Uint8Array): Promise<string | undefined> {
    const key = formatHex(id)
    if (this.#results.has(key)) return this.#results.get(key)
    const reason = await this.#tryRead(root, id)
    this.#results.set(key, reason)
    if (reason !== undefined) this.#damaged.set(key, id)
    return reason
  }

  async #tryRead(root: LocatorLink, id: Uint8Array): Promise<string | undefined> {
    const { signal, onProgress } = this.#options
    try {
      const key = formatHex(id)
      const load = (link: LocatorLink): Promise<Uint8Array> => this.#storage.loadNode(link, signal)
      const location = this.#better.get(key) ?? (await lookupChunks(root, [id], load)).get(key)
      if (location === undefined) return `the Space's index does not know chunk ${key}`
      this.#bytes += BigInt((await this.#storage.readChunk(id, location, signal)).length)
      this.#chunks++
      this.#right.set(key, { id, location })
      onProgress?.(this.#chunks, this.#bytes)
      return undefined
    } catch (error) {
      return reasonOf(error, signal)
    }
  }
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): string {
  signal?.throwIfAborted()
  if (error instanceof SquidError) return error.message
  throw error
}
