/**
 * The releases that this machine asked for lately. Nix asks for store paths by hash alone; this is where the gateway
 * looks for them, and where two releases that disagree about one path are noticed.
 * @module
 */
import { equalBytes, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import type { ManifestEntry } from '@squid/formats/manifest'
import { formatReference, parseReference, type Reference } from '@squid/client/references'
import type { GatewayRelease, Log, RecentStore, ReleaseContents, Releases } from './contract.ts'

/** Releases that are looked through. */
const MAX_RECENT = 32
/** After that long a release is resolved anew before its paths are handed out: it may have been revoked. */
const FRESH_MS = 30_000

/** So long a release that could not be read is not tried again, unless it was asked for last. */
const RETRY_MS = 60_000

/** Two accepted releases say different things about one store path. */
class PathConflictError extends SquidError {
  override name = 'PathConflictError'

  constructor(path: string, first: string, second: string) {
    super('PATH_CONFLICT', `${first} and ${second} disagree about ${path}; neither is used`)
  }
}

/** A path, and who says so. */
export interface FoundPath {
  readonly entry: ManifestEntry
  readonly release: GatewayRelease
  readonly contents: ReleaseContents
}

interface Recent {
  release: GatewayRelease
  checkedMs: number
  /** When and why it could not be read. */
  failed?: { readonly atMs: number; readonly error: unknown }
}

/** Exactly this release, whatever it was asked as. */
function exactReference(release: GatewayRelease): Reference {
  return {
    subject: { kind: 'id', id: release.space },
    flake: release.flakeName,
    select: { kind: 'version', version: release.version },
    attribute: undefined,
  }
}

/** A release as people know it, for messages. */
export function titleOf({ name, space, flakeName, version }: GatewayRelease): string {
  return `sui:${name === undefined ? space : `@${name}`}:${flakeName} version ${version}`
}

function sameFacts(a: ManifestEntry, b: ManifestEntry): boolean {
  return (
    a.storePath === b.storePath &&
    equalBytes(a.narHash, b.narHash) &&
    a.narSize === b.narSize &&
    a.references.length === b.references.length &&
    a.references.every((path, index) => path === b.references[index])
  )
}

/** What a `RecentReleases` works with. */
export interface RecentReleasesDeps {
  readonly releases: Releases
  readonly store: RecentStore
  readonly log: Log
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/** Releases by their exact reference, the latest asked last. */
export class RecentReleases {
  readonly #deps: RecentReleasesDeps
  readonly #recent = new Map<string, Recent>()
  #loading: Promise<void> | undefined
  #saving: Promise<void> = Promise.resolve()

  constructor(deps: RecentReleasesDeps) {
    this.#deps = deps
  }

  /** Number of releases that are looked through. */
  get size(): number {
    return this.#recent.size
  }

  /** Resolves a reference and remembers what it led to. @throws as `Releases.resolve` */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<GatewayRelease> {
    await this.#load()
    const release = await this.#deps.releases.resolve(reference, signal)
    await this.#remember(release)
    return release
  }

  /**
   * Finds a store path in the recent releases.
   * @param hash 20 bytes
   * @throws {PathConflictError}; the error of a release that could not be read, when no other has the path
   */
  async find(hash: Uint8Array, signal?: AbortSignal): Promise<FoundPath | undefined> {
    await this.#load()
    const tried = await Promise.allSettled(
      [...this.#recent.entries()].reverse().map(([key, recent]) => this.#findIn(key, recent, hash, signal)),
    )
    const found = tried.flatMap(result => (result.status === 'fulfilled' ? [result.value ?? []].flat() : []))
    const [first] = found
    if (first === undefined) {
      const failed = tried.find(result => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return undefined
    }
    const other = found.find(({ entry }) => !sameFacts(entry, first.entry))
    if (other === undefined) return first
    throw new PathConflictError(first.entry.storePath, titleOf(first.release), titleOf(other.release))
  }

  async #findIn(
    key: string,
    recent: Recent,
    hash: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<FoundPath | undefined> {
    const read = await this.#read(key, recent, hash, signal)
    if (read === undefined) return undefined
    const { entry, contents } = read
    const release = await this.#fresh(key, recent, signal)
    return release && { entry, release, contents }
  }

  async #read(
    key: string,
    recent: Recent,
    hash: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Omit<FoundPath, 'release'> | undefined> {
    const { failed } = recent
    const isLast = [...this.#recent.keys()].at(-1) === key
    if (!isLast && failed !== undefined && this.#deps.now() - failed.atMs < RETRY_MS) throw failed.error
    try {
      const contents = await recent.release.contents(signal)
      const entry = await contents.lookupHash(hash, signal)
      return entry && { entry, contents }
    } catch (error) {
      signal?.throwIfAborted()
      recent.failed = { atMs: this.#deps.now(), error }
      throw error
    }
  }

  /** The release, resolved anew when that was long ago; undefined when it is refused by now. */
  async #fresh(
    key: string,
    recent: Recent,
    signal: AbortSignal | undefined,
  ): Promise<GatewayRelease | undefined> {
    if (this.#deps.now() - recent.checkedMs < FRESH_MS) return recent.release
    try {
      const { contents: _, ...current } = await this.#deps.releases.resolve(parseReference(key), signal)
      recent.release = { ...recent.release, yanked: current.yanked, warnings: current.warnings }
      recent.checkedMs = this.#deps.now()
      return recent.release
    } catch (error) {
      if (!(error instanceof SquidError)) throw error
      if (error.code !== 'RELEASE_REVOKED') throw error
      this.#deps.log(error.message)
      this.#recent.delete(key)
      await this.#save()
      return undefined
    }
  }

  async #remember(release: GatewayRelease): Promise<void> {
    const key = formatReference(exactReference(release))
    const known = this.#recent.get(key)
    const same = known !== undefined && equalBytes(known.release.manifest, release.manifest)
    const isLatest = [...this.#recent.keys()].at(-1) === key
    this.#recent.delete(key)
    // The contents that are open already stay: they are the same by digest.
    const kept = same ? { ...release, contents: known.release.contents } : release
    this.#recent.set(key, { release: kept, checkedMs: this.#deps.now() })
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= MAX_RECENT) break
      this.#recent.delete(oldest)
    }
    if (!same || !isLatest) await this.#save()
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadNow()
    return this.#loading
  }

  async #loadNow(): Promise<void> {
    const references = (await this.#deps.store.load()).slice(-MAX_RECENT)
    const resolved = await Promise.allSettled(
      references.map(async reference => await this.#deps.releases.resolve(parseReference(reference))),
    )
    for (const [index, result] of resolved.entries()) {
      if (result.status === 'fulfilled') {
        const key = formatReference(exactReference(result.value))
        this.#recent.set(key, { release: result.value, checkedMs: this.#deps.now() })
      } else {
        const { reason } = result
        this.#deps.log(
          `${references[index]} is not offered any more: ${reason instanceof Error ? reason.message : String(reason)}`,
        )
      }
    }
  }

  #save(): Promise<void> {
    const references = [...this.#recent.keys()]
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#deps.store.save(references))
    return this.#saving
  }
}

/** Hex of a release's manifest digest. */
export function manifestHex(release: GatewayRelease): string {
  return formatHex(release.manifest)
}
