/**
 * Collects the pages that a site shall have. Bytes that the site has already, in blobs that are paid for, are used again;
 * the others go into packs.
 * @module
 */
import { equalBytes, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { sha256 } from '@squid/formats/hash'
import type { ManifestEntry } from '@squid/formats/manifest'
import type { SecretKey } from '@squid/formats/signature'
import {
  allPaths,
  CACHE_INFO,
  compressedNar,
  latestPath,
  type MirroredContents,
  type MirroredRelease,
  narInfo,
  narInfoPath,
  narPath,
  tarball,
  tarballHeaders,
  versionPath,
} from './files.ts'
import { SitePackWriter } from './pack.ts'
import { blobKey, type Header, type Page, type Place } from './page.ts'
import type { PackSink } from './upload.ts'

export interface CollectDeps {
  readonly site: string
  /** Where the site is served. */
  readonly address: string
  readonly key: SecretKey
  readonly packLimit: number
  /** What the site has now. */
  readonly pages: ReadonlyMap<string, Page>
  /** Whether a blob is there and paid for. */
  readonly isPaid: (blobKey: string) => boolean
  /** Further bytes that are stored, by hex SHA-256. */
  readonly found: ReadonlyMap<string, Place>
  readonly sink: PackSink
  readonly onFile?: (done: number, of: number) => void
  readonly signal: AbortSignal | undefined
}

/** Bytes in a pack that is still open have no place yet. */
interface Stored {
  readonly sha256: Uint8Array
  readonly size: number
  readonly place: () => Place
}

export class SiteCollector {
  readonly #deps: CollectDeps
  readonly #wanted = new Map<string, { readonly headers: readonly Header[]; readonly stored: Stored }>()
  /** By hex SHA-256. */
  readonly #known = new Map<string, Stored>()
  #pack: { readonly writer: SitePackWriter; blobId: Uint8Array | undefined }

  constructor(deps: CollectDeps) {
    this.#deps = deps
    this.#pack = this.#newPack()
  }

  /** @throws {SquidError} `SITE_LIMIT`, `SITE_CONFLICT`; what reading the releases says */
  async collect(releases: readonly MirroredRelease[]): Promise<ReadonlyMap<string, Page>> {
    const { signal, onFile } = this.#deps
    const paths = await allPaths(releases, signal)
    for (const [index, { entry, contents }] of paths.entries()) {
      signal?.throwIfAborted()
      await this.#path(entry, contents)
      onFile?.(index + 1, paths.length)
    }
    this.#want(CACHE_INFO.path, [], await this.#put(CACHE_INFO.bytes, CACHE_INFO.path))
    const versions = Map.groupBy(releases, ({ flakeName }) => flakeName)
    for (const [flakeName, ofFlake] of versions) await this.#flake(flakeName, ofFlake)
    await this.#finishPack()
    return new Map(
      [...this.#wanted].map(([path, { headers, stored }]) => [
        path,
        { path, headers, sha256: stored.sha256, place: stored.place() },
      ]),
    )
  }

  async #path(entry: ManifestEntry, contents: MirroredContents): Promise<void> {
    const { key, signal } = this.#deps
    const path = narPath(entry)
    const nar = this.#there(path) ?? (await this.#put(await compressedNar(entry, contents, signal), path))
    this.#want(path, [], nar)
    const info = narInfo(entry, nar, key)
    this.#want(narInfoPath(entry), [], await this.#put(info, narInfoPath(entry)))
  }

  /** The newest that is not hidden is what one gets without saying a version. */
  async #flake(flakeName: string, releases: readonly MirroredRelease[]): Promise<void> {
    const { address, signal } = this.#deps
    const order = releases.toSorted(({ release: left }, { release: right }) =>
      left.version < right.version ? -1 : 1,
    )
    const latest = order.findLast(({ release }) => !release.yanked) ?? order.at(-1)
    for (const mirrored of order) {
      const path = versionPath(flakeName, mirrored.release.version)
      const stored = this.#there(path) ?? (await this.#put(await tarball(mirrored, signal), path))
      const headers = tarballHeaders(address, mirrored)
      this.#want(path, headers, stored)
      if (mirrored === latest) this.#want(latestPath(flakeName), headers, stored)
    }
  }

  #want(path: string, headers: readonly Header[], stored: Stored): void {
    this.#wanted.set(path, { headers, stored })
  }

  /** What the site has at a path and is paid for. */
  #there(path: string): Stored | undefined {
    const page = this.#deps.pages.get(path)
    if (page?.place.range === undefined || !this.#deps.isPaid(blobKey(page.place))) return undefined
    const { place, sha256 } = page
    const { start, end } = page.place.range
    return { sha256, size: end - start + 1, place: () => place }
  }

  async #put(bytes: Uint8Array, path: string): Promise<Stored> {
    const digest = sha256(bytes)
    const there = this.#there(path)
    if (there !== undefined && equalBytes(there.sha256, digest)) return there
    const hex = formatHex(digest)
    const found = this.#deps.found.get(hex)
    const known =
      found === undefined
        ? this.#known.get(hex)
        : { sha256: digest, size: bytes.length, place: (): Place => found }
    if (known !== undefined) return known
    let file = this.#pack.writer.tryAdd(bytes)
    if (file === undefined) {
      await this.#finishPack()
      file = this.#pack.writer.tryAdd(bytes)
    }
    if (file === undefined)
      throw new SquidError(
        'SITE_LIMIT',
        `${path} has ${bytes.length} bytes, more than a Walrus blob of this network holds: let people use a gateway for this release.`,
      )
    const { start, end } = file
    const pack = this.#pack
    const stored = {
      sha256: digest,
      size: bytes.length,
      place: (): Place => {
        if (pack.blobId === undefined) throw new Error('a place in a pack that is not finished')
        return { blobId: pack.blobId, range: { start, end } }
      },
    }
    this.#known.set(hex, stored)
    return stored
  }

  #newPack(): { writer: SitePackWriter; blobId: Uint8Array | undefined } {
    return { writer: new SitePackWriter(this.#deps.site, this.#deps.packLimit), blobId: undefined }
  }

  async #finishPack(): Promise<void> {
    const pack = this.#pack
    if (pack.writer.files.length === 0) return
    this.#pack = this.#newPack()
    pack.blobId = await this.#deps.sink.add(pack.writer.finish())
  }
}
