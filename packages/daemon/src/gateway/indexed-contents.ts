/**
 * A release whose paths are known in memory, so that a question is answered without reading. The paths are read in the
 * background as soon as the release is open; until they are there each question reads its own branch of the manifest.
 * @module
 */
import { formatBase32 } from '@squid/formats/base32'
import type { Manifest, ManifestEntry } from '@squid/formats/manifest'
import { hashPart } from '@squid/formats/store-path'
import type { ReleaseContents } from './contract.ts'

/** Larger releases are read branch by branch only; an entry takes about a kilobyte. */
const MAX_PATHS = 50_000

/** The contents of a release, and what is known of them already. */
export class IndexedContents implements ReleaseContents {
  readonly manifest: Manifest
  /** Settles when the paths are known, or can not be. */
  readonly ready: Promise<void>
  readonly #contents: ReleaseContents
  #entries: ReadonlyMap<string, ManifestEntry> | undefined

  /** @param known the same release as it was read from another place */
  constructor(contents: ReleaseContents, known?: IndexedContents) {
    this.manifest = contents.manifest
    this.#contents = contents
    if (known !== undefined) this.#entries = known.#entries
    this.ready = this.#index().catch(() => undefined) // questions are answered one by one then
  }

  /** What the release says of a path, null when it does not hold it, undefined while that is not known. */
  peek(hashPart: string): ManifestEntry | null | undefined {
    return this.#entries === undefined ? undefined : (this.#entries.get(hashPart) ?? null)
  }

  async lookupHash(hash: Uint8Array, signal?: AbortSignal): Promise<ManifestEntry | undefined> {
    if (this.#entries !== undefined) return this.#entries.get(formatBase32(hash))
    return await this.#contents.lookupHash(hash, signal)
  }

  list(signal?: AbortSignal): AsyncIterable<ManifestEntry> {
    return this.#contents.list(signal)
  }

  nar(entry: ManifestEntry, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#contents.nar(entry, signal)
  }

  log(entry: ManifestEntry, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#contents.log(entry, signal)
  }

  async #index(): Promise<void> {
    if (this.#entries !== undefined || this.manifest.tree.paths > MAX_PATHS) return
    const entries = new Map<string, ManifestEntry>()
    for await (const entry of this.#contents.list()) entries.set(hashPart(entry.storePath), entry)
    this.#entries = entries
  }
}
