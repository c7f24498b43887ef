/**
 * What Nix, the command line and the shim ask of squidd: a binary cache, flake tarballs, and a small JSON API.
 *
 * | path | answer |
 * | --- | --- |
 * | `/of/SCOPE/nix-cache-info`, `…/HASH.narinfo` and so on | the binary cache of the releases that the scope names |
 * | `/nix-cache-info`, `/HASH.narinfo` and so on | that of the Spaces to which the person subscribed |
 * | `/@name/flake.tar.gz`, `…/3.tar.gz`, `…/tag/stable.tar.gz`, `/0x….tar.gz` | the source of a release |
 * | `/api/resolve?ref=` | where a reference leads |
 * | `/api/program?ref=&system=`, `&use=run` | what to install or run, and the NAR hashes of its closure |
 * | `/api/status` | counters, storage nodes set aside |
 * | `/upload/@name/flake/…` | a binary cache to which those may write who have a token |
 * @module
 */
import { parseFlakePath, parseReference, formatFlakePath, type Reference } from '@squid/client/references'
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { parseNar } from '@squid/formats/nar'
import { formatPublicKey, publicKeyOf, type SecretKey } from '@squid/formats/signature'
import { formatSri } from '@squid/formats/sri'
import { pathHash, sourcePath } from '@squid/formats/store-path'
import { sourceTarball } from '@squid/formats/tarball'
import { BinaryCache, type CacheCounters, copies } from './binary-cache.ts'
import type { Log, Releases, StorageReport, Subscriptions, TrustPolicy, Uploads } from './contract.ts'
import {
  type GatewayRequest,
  type GatewayResponse,
  HttpFrame,
  jsonResponse,
  NotFoundError,
  statusOf,
  textResponse,
  UPLOAD_PREFIX,
} from './http.ts'
import type { NarCache } from './nar-cache.ts'
import { NarStore } from './nar-store.ts'
import { manifestHex, type OpenRelease, OpenReleases, type PathSource, titleOf } from './open-releases.ts'
import { describeProgram, type ProgramReport } from './program.ts'
import { formatScope, parseScope, splitScopedPath } from './scope.ts'
import { SubscribedPaths } from './subscriptions.ts'
import { answerUpload } from './upload.ts'

/** Collaborators of a gateway. */
export interface GatewayDeps {
  readonly releases: Releases
  readonly policy: TrustPolicy
  /** The Spaces whose paths are served to every call of Nix; undefined for none. */
  readonly subscriptions?: Subscriptions
  /** Where Nix uploads to; undefined for nowhere. */
  readonly uploads?: Uploads
  /**
   * This machine's keys, the current one first: what they sign, this machine's Nix installs. The same array while they
   * are the same.
   */
  readonly keys: () => readonly SecretKey[]
  /** Where assembled NARs are kept; undefined for nowhere. */
  readonly cache?: NarCache
  /** Shared with the programs of this home: answers that are no streams are proven with it. */
  readonly secret: string
  readonly storage: () => StorageReport
  readonly log: Log
}

/** Data of a gateway. */
export interface GatewayOptions {
  /** 0 for any free one. */
  readonly port: number
  /** File descriptor of a socket that listens already, on 127.0.0.1; `port` is not used then. */
  readonly socket?: number | undefined
  /**
   * Where others reach this gateway: http or https, without trailing slash. URLs of releases begin with it. Undefined for
   * the gateway itself.
   */
  readonly publicBase?: string | undefined
  /** Shown by `/api/status`, for instance which network. */
  readonly about: Readonly<Record<string, string>>
}

/** Answer of `/api/resolve`. */
export interface ResolveReport {
  readonly space: string
  readonly flake: string
  readonly name: string | null
  readonly version: number
  /** SRI. */
  readonly narHash: string
  /** Hexadecimal. */
  readonly manifest: string
  /** Of this very version, for Nix. */
  readonly url: string
  /** What `url` begins with: the public base. No trailing slash. */
  readonly base: string
  readonly revision: string
  /** Seconds since 1970. */
  readonly lastModified: number
  readonly yanked: boolean
  readonly warnings: readonly string[]
  /** What Nix needs to take store paths of this release, and of no other, from this gateway. */
  readonly substituter: string
  /** The end of `substituter`; those of several releases, joined by `~`, give the substituter of all of them. */
  readonly scope: string
  readonly publicKey: string
}

/** Answer of `/api/program`. */
export type RunReport = ResolveReport & ProgramReport

/** Answer of `/api/status`. */
export interface StatusReport {
  readonly about: Readonly<Record<string, string>>
  readonly pid: number
  readonly origin: string
  readonly publicKey: string
  /** Releases that are open. */
  readonly releases: number
  /** Releases of the Spaces that are subscribed to. */
  readonly subscribed: number
  readonly served: ServedCounters
  readonly storage: StorageReport
  /** Why something could not be served, the last time that this happened: Nix itself only sees a status. */
  readonly lastFailure: FailureReport | null
}

/** Something that could not be served. */
export interface FailureReport {
  readonly code: string
  readonly message: string
  /** Milliseconds since 1970. */
  readonly atMs: number
}

/** What was answered since the start. */
interface ServedCounters extends Readonly<CacheCounters> {
  readonly requests: number
  readonly tarballs: number
}

/** Scopes that are remembered taken apart. */
const MAX_SCOPES = 64

/** Eleven octal digits (POSIX ustar). */
const MAX_TARBALL_TIME = 8n ** 11n - 1n

/** One running gateway. */
export class Gateway implements AsyncDisposable {
  readonly #deps: GatewayDeps
  readonly #options: GatewayOptions
  readonly #releases: OpenReleases
  readonly #subscribed: SubscribedPaths | undefined
  readonly #nars: NarStore
  readonly #cache: BinaryCache
  readonly #scopes = new Map<string, PathSource>()
  readonly #served = { requests: 0, tarballs: 0 }
  /** Storage nodes whose failure was logged. */
  readonly #noted = new Set<string>()
  readonly #stopping = new AbortController()
  #subscribing: Promise<void> | undefined
  #lastFailure: FailureReport | null = null
  #frame: HttpFrame | undefined

  private constructor(deps: GatewayDeps, options: GatewayOptions) {
    this.#deps = deps
    this.#options = options
    const { policy, keys, log, releases, subscriptions, cache } = deps
    const now = (): number => performance.now()
    this.#releases = new OpenReleases({ releases, now })
    this.#subscribed = subscriptions && new SubscribedPaths({ subscriptions, log, now })
    const nars = new NarStore({ cache, now, afterRead: () => this.#noteSetAside() })
    this.#nars = nars
    const noteFailure = (error: unknown): void => this.#noteFailure(error)
    this.#cache = new BinaryCache({ policy, keys, nars, noteFailure, log })
  }

  /** @throws {PortTakenError} */
  static async start(deps: GatewayDeps, options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(deps, options)
    const { port, socket } = options
    const { secret, log } = deps
    gateway.#frame = await HttpFrame.listen(request => gateway.#answer(request), {
      port,
      socket,
      secret,
      log,
    })
    gateway.#subscribing = gateway.#subscribed?.run(gateway.#stopping.signal)
    return gateway
  }

  /** `http://squid.localhost:PORT`. Node cannot resolve that: dial 127.0.0.1 and send it as Host. */
  get origin(): string {
    return `http://squid.localhost:${this.port}`
  }

  get port(): number {
    return this.#frame?.port ?? 0
  }

  /** Stops listening; what is being answered is cut. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#frame?.close()
    await this.#nars.stop()
    await this.#subscribing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #answer(request: GatewayRequest): GatewayResponse | Promise<GatewayResponse> {
    this.#served.requests++
    const scoped = splitScopedPath(request.path)
    if (scoped !== undefined) return this.#cache.answer(this.#source(scoped[0]), scoped[1], request)
    return this.#told(request)
  }

  async #told(request: GatewayRequest): Promise<GatewayResponse> {
    try {
      return await this.#other(request)
    } catch (error) {
      if (statusOf(error) !== 404) this.#noteFailure(error)
      throw error
    }
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof SquidError)) return
    this.#lastFailure = { code: error.code, message: error.message, atMs: Date.now() }
  }

  /** Tells of a storage node when it is set aside, once. */
  #noteSetAside(): void {
    for (const { node, reason } of this.#deps.storage().setAside) {
      const line = `storage node ${node} is set aside: ${reason}`
      if (this.#noted.has(line)) continue
      this.#noted.add(line)
      this.#deps.log(line)
    }
  }

  /** The releases that a scope names. @throws {SquidError} REFERENCE */
  #source(scope: string): PathSource {
    const known = this.#scopes.get(scope)
    if (known !== undefined) return known
    const source = this.#releases.source(parseScope(scope))
    this.#scopes.set(scope, source)
    for (const oldest of this.#scopes.keys()) {
      if (this.#scopes.size <= MAX_SCOPES) break
      this.#scopes.delete(oldest)
    }
    return source
  }

  async #other(request: GatewayRequest): Promise<GatewayResponse> {
    const { path } = request
    const { uploads } = this.#deps
    if (uploads !== undefined && path.startsWith(UPLOAD_PREFIX)) return await answerUpload(uploads, request)
    if (request.isPut) throw new NotFoundError('there is nothing at this address')
    if (path.endsWith('.tar.gz')) return await this.#tarball(request)
    if (!path.startsWith('/api/') && path !== '/') return await this.#subscription(request)
    const { url, signal } = request
    switch (path) {
      case '/':
        return textResponse(
          200,
          'squidd: a Nix binary cache and flakes from Sui and Walrus; see squid --help',
        )
      case '/api/resolve':
        return jsonResponse(200, await this.#resolveReport(url, signal))
      case '/api/program':
        return jsonResponse(200, await this.#programReport(url, signal))
      case '/api/status':
        return jsonResponse(200, this.#status())
      default:
        throw new NotFoundError('there is nothing at this address')
    }
  }

  #subscription(request: GatewayRequest): GatewayResponse | Promise<GatewayResponse> {
    if (this.#subscribed === undefined) throw new NotFoundError('there is nothing at this address')
    return this.#cache.answer(this.#subscribed, request.path, request)
  }

  async #tarball({ url, signal, isHead }: GatewayRequest): Promise<GatewayResponse> {
    const reference = parseFlakePath(decodedPath(url))
    const release = await this.#releases.resolve(reference, signal)
    const wanted = url.searchParams.get('narHash')
    const narHash = formatSri({ algorithm: 'sha256', digest: release.sourceNarHash })
    if (wanted !== null && wanted.replaceAll(' ', '+') !== narHash) {
      throw new NotFoundError(
        `${titleOf(release)} has the NAR hash ${narHash}, not the ${wanted} that was asked for`,
      )
    }
    const contents = await release.contents(signal)
    const entry = await contents.lookupHash(pathHash(sourcePath(release.sourceNarHash)), signal)
    if (entry === undefined || !equalBytes(entry.narHash, release.sourceNarHash)) {
      throw new SquidError(
        'SOURCE_MISSING',
        `${titleOf(release)} does not hold its own source; it cannot be used`,
      )
    }
    if (!isHead) this.#served.tarballs++
    const lastModified = tarballTime(release)
    return {
      status: 200,
      type: 'application/gzip',
      headers: this.#immutableLink(url.origin, reference, release),
      body: sourceTarball(parseNar(copies(this.#nars.read({ entry, contents }, 0, signal))), {
        lastModified,
        level: 1,
      }),
    }
  }

  /**
   * Where this very release stays, for what leads to others later. An address with a version stays what it is: Nix
   * refuses a lock whose answer names another.
   */
  #immutableLink(
    origin: string,
    { select }: Reference,
    release: OpenRelease,
  ): Readonly<Record<string, string>> {
    if (select.kind === 'version') return {}
    const query = new URLSearchParams({
      narHash: formatSri({ algorithm: 'sha256', digest: release.sourceNarHash }),
      lastModified: String(tarballTime(release)),
    })
    const url = versionUrl(this.#options.publicBase ?? origin, release)
    return { link: `<${url}?${query.toString()}>; rel="immutable"` }
  }

  async #resolved(url: URL, signal: AbortSignal): Promise<{ reference: Reference; release: OpenRelease }> {
    const text = url.searchParams.get('ref')
    if (text === null) throw new SquidError('USAGE', 'the parameter ref is missing')
    const reference = parseReference(text)
    return { reference, release: await this.#releases.resolve(reference, signal) }
  }

  async #resolveReport(url: URL, signal: AbortSignal): Promise<ResolveReport> {
    return this.#report((await this.#resolved(url, signal)).release)
  }

  #report(release: OpenRelease): ResolveReport {
    const base = this.#options.publicBase ?? this.origin
    return {
      space: release.space,
      flake: release.flake,
      name: release.name ?? null,
      version: Number(release.version),
      narHash: formatSri({ algorithm: 'sha256', digest: release.sourceNarHash }),
      manifest: manifestHex(release),
      url: versionUrl(base, release),
      base,
      revision: release.revision,
      lastModified: Number(release.lastModified),
      yanked: release.yanked,
      warnings: release.warnings,
      substituter: `${this.origin}/of/${formatScope(release)}`,
      scope: formatScope(release),
      publicKey: this.#publicKey(),
    }
  }

  async #programReport(url: URL, signal: AbortSignal): Promise<RunReport> {
    const system = url.searchParams.get('system')
    if (system === null) throw new SquidError('USAGE', 'the parameter system is missing')
    const { reference, release } = await this.#resolved(url, signal)
    const contents = await release.contents(signal)
    const isRun = url.searchParams.get('use') === 'run'
    const wanted = { attribute: reference.attribute ?? '', system, isRun }
    const program = await describeProgram(contents, titleOf(release), wanted, signal)
    return { ...this.#report(release), ...program }
  }

  #publicKey(): string {
    const [current] = this.#deps.keys()
    if (current === undefined) throw new Error('a gateway needs a key')
    return formatPublicKey(publicKeyOf(current))
  }

  #status(): StatusReport {
    return {
      about: this.#options.about,
      pid: process.pid,
      origin: this.origin,
      publicKey: this.#publicKey(),
      releases: this.#releases.size,
      subscribed: this.#subscribed?.size ?? 0,
      served: { ...this.#served, ...this.#cache.served },
      storage: this.#deps.storage(),
      lastFailure: this.#lastFailure,
    }
  }
}

/** @throws {SquidError} REFERENCE */
function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname)
  } catch (cause) {
    throw new SquidError('REFERENCE', 'the address has a % that stands for no character', { cause })
  }
}

/** Seconds since 1970 that the entries of a release's tarball get. @throws {SquidError} LEDGER_MALFORMED */
function tarballTime(release: OpenRelease): number {
  if (release.lastModified <= MAX_TARBALL_TIME) return Number(release.lastModified)
  throw new SquidError(
    'LEDGER_MALFORMED',
    `${titleOf(release)} says that it was last modified at second ${release.lastModified}, which no tarball can say`,
  )
}

/** URL of exactly this release. */
function versionUrl(base: string, release: OpenRelease): string {
  const subject =
    release.name === undefined
      ? ({ kind: 'id', id: release.space } as const)
      : ({ kind: 'name', name: release.name } as const)
  const select = { kind: 'version', version: release.version } as const
  return base + formatFlakePath({ subject, flake: release.flakeName, select, attribute: undefined })
}
