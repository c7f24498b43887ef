/**
 * The releases that are being read. Nix asks for store paths by hash alone; here they are looked for in the releases
 * that the call of Nix named and in no other, and here two of those that disagree about one path are noticed.
 * @module
 */
import { equalBytes, formatHex } from '@squid/formats/bytes'
import type { ManifestEntry } from '@squid/formats/manifest'
import { SquidError } from '@squid/formats/errors'
import { formatReference, type Reference } from '@squid/client/references'
import type { GatewayRelease, ReleaseContents, Releases } from './contract.ts'
import { exactReference } from './scope.ts'

/** Releases that are kept open. */
const MAX_OPEN = 32
/** After that long a release is resolved anew before its paths are handed out: it may have been revoked. */
const FRESH_MS = 30_000

/** Two releases of one call say different things about one store path. */
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

interface Open {
  readonly release: GatewayRelease
  readonly checkedMs: number
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

function keyOf(release: GatewayRelease): string {
  return formatReference(exactReference(release))
}

/** What an `OpenReleases` works with. */
export interface OpenReleasesDeps {
  readonly releases: Releases
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/** Releases by their exact reference, the latest used last. */
export class OpenReleases {
  readonly #deps: OpenReleasesDeps
  readonly #open = new Map<string, Open>()
  /** Of the ledger, by exact reference: what many ask for at once is resolved once. */
  readonly #resolving = new Map<string, Promise<GatewayRelease>>()

  constructor(deps: OpenReleasesDeps) {
    this.#deps = deps
  }

  /** Number of releases that are open. */
  get size(): number {
    return this.#open.size
  }

  /** Where a reference leads by the ledger as it is now. @throws as `Releases.resolve` */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<GatewayRelease> {
    const release = await this.#deps.releases.resolve(reference, signal)
    return { ...this.#keep(release), name: release.name }
  }

  /**
   * Finds a store path in the releases of a scope.
   * @param scope exact references
   * @param hash 20 bytes
   * @throws {PathConflictError}; the error of a release that could not be read, when no other has the path
   */
  async find(
    scope: readonly Reference[],
    hash: Uint8Array,
    signal?: AbortSignal,
  ): Promise<FoundPath | undefined> {
    const tried = await Promise.allSettled(
      scope.map(reference => this.#findIn(formatReference(reference), reference, hash, signal)),
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

  /** What is open of a release could not be read: the ledger is asked again before the next attempt. */
  doubt(release: GatewayRelease): void {
    const key = keyOf(release)
    const open = this.#open.get(key)
    if (open !== undefined) this.#open.set(key, { ...open, checkedMs: -Infinity })
  }

  async #findIn(
    key: string,
    reference: Reference,
    hash: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<FoundPath | undefined> {
    const release = await this.#current(key, reference)
    signal?.throwIfAborted()
    try {
      return await readFrom(release, hash, signal)
    } catch (error) {
      signal?.throwIfAborted()
      this.doubt(release)
      const moved = await this.#current(key, reference).catch(() => undefined)
      if (moved === undefined || moved.locator === release.locator) throw error
      return await readFrom(moved, hash, signal)
    }
  }

  /** The release as the ledger had it at most `FRESH_MS` ago. */
  async #current(key: string, reference: Reference): Promise<GatewayRelease> {
    const open = this.#open.get(key)
    if (open !== undefined && this.#deps.now() - open.checkedMs < FRESH_MS) {
      this.#open.delete(key)
      this.#open.set(key, open)
      return open.release
    }
    let resolving = this.#resolving.get(key)
    if (resolving === undefined) {
      resolving = this.#resolveAnew(key, reference)
      this.#resolving.set(key, resolving)
    }
    return await resolving
  }

  async #resolveAnew(key: string, reference: Reference): Promise<GatewayRelease> {
    try {
      return this.#keep(await this.#deps.releases.resolve(reference))
    } finally {
      this.#resolving.delete(key)
    }
  }

  /**
   * Remembers a release, under the name by which a person knows it. Contents that are open stay while they are the
   * same and lie where they lay.
   */
  #keep(release: GatewayRelease): GatewayRelease {
    const key = keyOf(release)
    const known = this.#open.get(key)?.release
    const isSame = known !== undefined && equalBytes(known.manifest, release.manifest)
    const kept: GatewayRelease = {
      ...release,
      name: release.name ?? known?.name,
      contents: isSame && known.locator === release.locator ? known.contents : release.contents,
    }
    this.#open.delete(key)
    this.#open.set(key, { release: kept, checkedMs: this.#deps.now() })
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) break
      this.#open.delete(oldest)
    }
    return kept
  }
}

async function readFrom(
  release: GatewayRelease,
  hash: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<FoundPath | undefined> {
  const contents = await release.contents(signal)
  const entry = await contents.lookupHash(hash, signal)
  return entry && { entry, release, contents }
}

/** Hex of a release's manifest digest. */
export function manifestHex(release: GatewayRelease): string {
  return formatHex(release.manifest)
}
