/**
 * The releases that are being read. Nix asks for store paths by hash alone; here they are looked for in the releases
 * that the call of Nix named and in no other, and here two of those that disagree about one path are noticed.
 * @module
 */
import type { Reference } from '@squid/client/references'
import { parseBase32 } from '@squid/formats/base32'
import { equalBytes, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import type { ManifestEntry } from '@squid/formats/manifest'
import type { GatewayRelease, Releases } from './contract.ts'
import { IndexedContents } from './indexed-contents.ts'
import { formatScope, type Scope } from './scope.ts'

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

/** A release whose contents are opened once, and then known in memory. */
export interface OpenRelease extends Omit<GatewayRelease, 'contents'> {
  readonly contents: (signal?: AbortSignal) => Promise<IndexedContents>
  /** The contents when they are open. */
  readonly opened: () => IndexedContents | undefined
}

/** A path, and who says so. */
export interface FoundPath {
  readonly entry: ManifestEntry
  readonly release: OpenRelease
  readonly contents: IndexedContents
}

/** Where a binary cache looks for its paths. */
export interface PathSource {
  /** Are releases that disagree an answer of their own? Else the path is not there. */
  readonly tellsConflicts: boolean
  /**
   * What is known without waiting: null when no release has the path, undefined when that is not known.
   * @param hashPart as in the path
   */
  peek(hashPart: string): FoundPath | null | undefined
  /** @throws {PathConflictError}; the error of a release that could not be read, when no other has the path */
  find(hashPart: string, signal: AbortSignal): Promise<FoundPath | undefined>
  /** All of them. @throws when one can not be resolved */
  releases(signal: AbortSignal): Promise<readonly OpenRelease[]>
  /** What is open of a release could not be read: the ledger is asked again before the next attempt. */
  doubt(release: OpenRelease): void
}

interface Kept {
  readonly release: OpenRelease
  readonly checkedMs: number
}

/** A release as people know it, for messages. */
export function titleOf({
  name,
  space,
  flakeName,
  version,
}: Pick<GatewayRelease, 'name' | 'space' | 'flakeName' | 'version'>): string {
  return `sui:${name === undefined ? space : `@${name}`}:${flakeName} version ${version}`
}

/** Hex of a release's manifest digest. */
export function manifestHex({ manifest }: Pick<GatewayRelease, 'manifest'>): string {
  return formatHex(manifest)
}

/** Do two releases say the same of a path? */
export function sameFacts(a: ManifestEntry, b: ManifestEntry): boolean {
  return (
    a === b ||
    (a.storePath === b.storePath &&
      equalBytes(a.narHash, b.narHash) &&
      a.narSize === b.narSize &&
      a.references.length === b.references.length &&
      a.references.every((path, index) => path === b.references[index]))
  )
}

/**
 * The first of what several releases say of one path.
 * @throws {PathConflictError} when another says something else
 */
export function agreed(found: readonly FoundPath[]): FoundPath | undefined {
  const [first] = found
  if (first === undefined) return undefined
  const other = found.find(({ entry }) => !sameFacts(entry, first.entry))
  if (other === undefined) return first
  throw new PathConflictError(first.entry.storePath, titleOf(first.release), titleOf(other.release))
}

/**
 * Makes a release open once.
 * @param known the same release as it was: what was read of it is used again
 */
export function openOnce(release: GatewayRelease, known?: OpenRelease): OpenRelease {
  const before = known !== undefined && equalBytes(known.manifest, release.manifest) ? known : undefined
  if (before !== undefined && before.locator === release.locator) {
    return { ...release, contents: before.contents, opened: before.opened }
  }
  let opened: IndexedContents | undefined
  let opening: Promise<IndexedContents> | undefined
  const open = async (): Promise<IndexedContents> => {
    try {
      opened = new IndexedContents(await release.contents(), before?.opened())
      return opened
    } catch (error) {
      opening = undefined
      throw error
    }
  }
  return { ...release, contents: () => (opening ??= open()), opened: () => opened }
}

/** Was the release dropped by those who publish it, for good? */
function isRevoked(error: unknown): boolean {
  return error instanceof SquidError && error.code === 'RELEASE_REVOKED'
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
  readonly #open = new Map<string, Kept>()
  /** Of the ledger, by exact reference: what many ask for at once is resolved once. */
  readonly #resolving = new Map<string, Promise<OpenRelease>>()

  constructor(deps: OpenReleasesDeps) {
    this.#deps = deps
  }

  /** Number of releases that are open. */
  get size(): number {
    return this.#open.size
  }

  /** Where a reference leads by the ledger as it is now. @throws as `Releases.resolve` */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<OpenRelease> {
    try {
      const release = await this.#deps.releases.resolve(reference, signal)
      return { ...this.#keep(release), name: release.name }
    } catch (error) {
      if (isRevoked(error)) this.#forget(reference)
      throw error
    }
  }

  /** The cache of the releases of a scope. */
  source(scope: Scope): PathSource {
    return {
      tellsConflicts: true,
      peek: hashPart => this.#peek(scope, hashPart),
      find: (hashPart, signal) => this.#find(scope, hashPart, signal),
      releases: () => Promise.all(Array.from(scope, ([key, reference]) => this.#current(key, reference))),
      doubt: release => this.#doubt(release),
    }
  }

  #peek(scope: Scope, hashPart: string): FoundPath | null | undefined {
    const freshSinceMs = this.#deps.now() - FRESH_MS
    let first: FoundPath | null = null
    for (const key of scope.keys()) {
      const open = this.#open.get(key)
      if (open === undefined || open.checkedMs <= freshSinceMs) return undefined
      const { release } = open
      const contents = release.opened()
      const entry = contents?.peek(hashPart)
      if (contents === undefined || entry === undefined) return undefined
      if (entry === null) continue
      if (first !== null && !sameFacts(entry, first.entry)) return undefined // told by `#find`
      first ??= { entry, release, contents }
    }
    return first
  }

  async #find(scope: Scope, hashPart: string, signal: AbortSignal): Promise<FoundPath | undefined> {
    const tried = await Promise.allSettled(
      Array.from(scope, ([key, reference]) => this.#findIn(key, reference, hashPart, signal)),
    )
    const found = tried.flatMap(result => (result.status === 'fulfilled' ? [result.value ?? []].flat() : []))
    const failed = tried.find(result => result.status === 'rejected')
    if (found.length === 0 && failed !== undefined) throw failed.reason
    return agreed(found)
  }

  #doubt(release: OpenRelease): void {
    const key = formatScope(release)
    const open = this.#open.get(key)
    if (open !== undefined) this.#open.set(key, { ...open, checkedMs: -Infinity })
  }

  async #findIn(
    key: string,
    reference: Reference,
    hashPart: string,
    signal: AbortSignal,
  ): Promise<FoundPath | undefined> {
    const release = await this.#current(key, reference)
    signal.throwIfAborted()
    try {
      return await readFrom(release, hashPart, signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#doubt(release)
      const moved = await this.#current(key, reference).catch(() => undefined)
      if (moved === undefined || moved.locator === release.locator) throw error
      return await readFrom(moved, hashPart, signal)
    }
  }

  /** The release as the ledger had it at most `FRESH_MS` ago. */
  async #current(key: string, reference: Reference): Promise<OpenRelease> {
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

  async #resolveAnew(key: string, reference: Reference): Promise<OpenRelease> {
    try {
      return this.#keep(await this.#deps.releases.resolve(reference))
    } catch (error) {
      if (isRevoked(error)) this.#open.delete(key)
      throw error
    } finally {
      this.#resolving.delete(key)
    }
  }

  /** Whatever is open of what a reference to one version names. */
  #forget({ subject, flake, select }: Reference): void {
    if (select.kind !== 'version') return
    for (const [key, { release }] of this.#open) {
      const isIt = subject.kind === 'name' ? release.name === subject.name : release.space === subject.id
      if (isIt && release.flakeName === flake && release.version === select.version) this.#open.delete(key)
    }
  }

  /**
   * Remembers a release, under the name by which a person knows it. Contents that are open stay while they are the
   * same and lie where they lay.
   */
  #keep(release: GatewayRelease): OpenRelease {
    const key = formatScope(release)
    const known = this.#open.get(key)?.release
    const kept = openOnce({ ...release, name: release.name ?? known?.name }, known)
    this.#open.delete(key)
    this.#open.set(key, { release: kept, checkedMs: this.#deps.now() })
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN) break
      this.#open.delete(oldest)
    }
    return kept
  }
}

/** What a release says of a path. */
export async function readFrom(
  release: OpenRelease,
  hashPart: string,
  signal: AbortSignal,
): Promise<FoundPath | undefined> {
  const contents = await release.contents(signal)
  const entry = await contents.lookupHash(parseBase32(hashPart), signal)
  return entry && { entry, release, contents }
}
