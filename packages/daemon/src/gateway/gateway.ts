/**
 * What Nix, the command line and the shim ask of squidd: a binary cache, flake tarballs, and a small JSON API.
 *
 * | path | answer |
 * | --- | --- |
 * | `/of/SCOPE/nix-cache-info`, `…/HASH.narinfo`, `…/nar/HASH-NARHASH.nar` | Nix's binary cache protocol, of the releases that the scope names |
 * | `/@name/flake.tar.gz`, `…/3.tar.gz`, `…/tag/stable.tar.gz`, `/0x….tar.gz` | the source of a release |
 * | `/api/resolve?ref=` | where a reference leads |
 * | `/api/program?ref=&system=` | what to run, and the NAR hashes of its closure |
 * | `/api/status` | counters, storage nodes set aside |
 * @module
 */
import { parseFlakePath, parseReference, formatFlakePath, type Reference } from '@squid/client/references'
import { parseBase32 } from '@squid/formats/base32'
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { parseNar } from '@squid/formats/nar'
import { formatPublicKey, publicKeyOf, type SecretKey } from '@squid/formats/signature'
import { formatSri } from '@squid/formats/sri'
import { pathHash, sourcePath } from '@squid/formats/store-path'
import { sourceTarball } from '@squid/formats/tarball'
import type { GatewayRelease, Log, Releases, StorageReport, TrustPolicy } from './contract.ts'
import {
  type GatewayRequest,
  type GatewayResponse,
  HttpFrame,
  jsonResponse,
  statusOf,
  textResponse,
} from './http.ts'
import { Gate } from './gate.ts'
import { narInfoOf, narUrl } from './path-info.ts'
import { describeProgram, type ProgramReport } from './program.ts'
import { formatScope, parseScopedPath, type ScopedPath } from './scope.ts'
import { type FoundPath, manifestHex, OpenReleases, titleOf } from './open-releases.ts'

/** Collaborators of a gateway. */
export interface GatewayDeps {
  readonly releases: Releases
  readonly policy: TrustPolicy
  /** This machine's key: what it signs, this machine's Nix installs. */
  readonly key: SecretKey
  /** Shared with the programs of this home: answers that are no streams are proven with it. */
  readonly secret: string
  readonly storage: () => StorageReport
  readonly log: Log
}

/** Data of a gateway. */
export interface GatewayOptions {
  /** 0 for any free one. */
  readonly port: number
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
export interface ServedCounters {
  requests: number
  narInfos: number
  nars: number
  /** Bytes of NARs that were handed to Nix. */
  narBytes: number
  tarballs: number
}

const HASH_PART = '[0-9abcdfghijklmnpqrsvwxyz]{32}'
const NAR_INFO = new RegExp(`^/(${HASH_PART})\\.narinfo$`)
const NAR = new RegExp(`^/nar/(${HASH_PART})-([0-9abcdfghijklmnpqrsvwxyz]{52})\\.nar$`)
const CACHE_INFO = 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 10'

/** Parts of the binary cache protocol that this gateway does not have; Nix asks and takes no for an answer. */
const ABSENT = /^\/(log|debuginfo|realisations|build-trace-v2)\/|\.ls$/

/** Eleven octal digits (POSIX ustar). */
const MAX_TARBALL_TIME = 8n ** 11n - 1n

/** NARs and sources that are read from storage at once; each holds a few MiB of chunks. */
const MAX_STREAMS = 64

class NotTrustedError extends SquidError {
  override name = 'NotTrustedError'

  constructor({ entry, release }: FoundPath) {
    super(
      'NOT_TRUSTED',
      `your trust policy does not accept what ${titleOf(release)} says of ${entry.storePath}; see squid trust`,
    )
  }
}

class NotFoundError extends SquidError {
  override name = 'NotFoundError'

  constructor(what: string) {
    super('NOT_FOUND', what)
  }
}

/** One running gateway. */
export class Gateway implements AsyncDisposable {
  readonly #deps: GatewayDeps
  readonly #options: GatewayOptions
  readonly #releases: OpenReleases
  readonly #served: ServedCounters = { requests: 0, narInfos: 0, nars: 0, narBytes: 0, tarballs: 0 }
  readonly #streams = new Gate(MAX_STREAMS)
  /** Storage nodes whose failure was logged. */
  readonly #noted = new Set<string>()
  #lastFailure: FailureReport | null = null
  #frame: HttpFrame | undefined

  private constructor(deps: GatewayDeps, options: GatewayOptions) {
    this.#deps = deps
    this.#options = options
    this.#releases = new OpenReleases({ releases: deps.releases, now: () => performance.now() })
  }

  /** @throws {PortTakenError} */
  static async start(deps: GatewayDeps, options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(deps, options)
    const { port } = options
    const { secret, log } = deps
    gateway.#frame = await HttpFrame.listen(request => gateway.#answer(request), { port, secret, log })
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
    await this.#frame?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #answer(request: GatewayRequest): Promise<GatewayResponse> {
    try {
      return await this.#handle(request)
    } catch (error) {
      if (statusOf(error) !== 404) this.#noteFailure(error)
      throw error
    } finally {
      this.#noteSetAside()
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

  #handle(request: GatewayRequest): Promise<GatewayResponse> {
    this.#served.requests++
    const { pathname } = request.url
    const scoped = parseScopedPath(pathname)
    if (scoped !== undefined) return this.#cache(scoped, request)
    if (pathname.endsWith('.tar.gz')) return this.#tarball(request)
    return this.#other(request)
  }

  /** The binary cache of the releases in a scope. */
  async #cache(path: ScopedPath, request: GatewayRequest): Promise<GatewayResponse> {
    if (path.rest === '/nix-cache-info') {
      return { status: 200, type: 'text/x-nix-cache-info', body: `${CACHE_INFO}\n` }
    }
    const narInfo = NAR_INFO.exec(path.rest)
    if (narInfo !== null) return await this.#narInfo(path, parseBase32(narInfo[1] ?? ''), request.signal)
    const nar = NAR.exec(path.rest)
    if (nar !== null) return await this.#nar(path, parseBase32(nar[1] ?? ''), request)
    throw new NotFoundError(ABSENT.test(path.rest) ? 'not in this cache' : 'there is nothing at this address')
  }

  async #other({ url, signal }: GatewayRequest): Promise<GatewayResponse> {
    switch (url.pathname) {
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

  async #found({ scope }: ScopedPath, hash: Uint8Array, signal: AbortSignal): Promise<FoundPath> {
    const found = await this.#releases.find(scope, hash, signal)
    if (found === undefined) throw new NotFoundError('no release that was asked for has this path')
    return found
  }

  async #narInfo(path: ScopedPath, hash: Uint8Array, signal: AbortSignal): Promise<GatewayResponse> {
    const found = await this.#found(path, hash, signal)
    const isAccepted = await this.#deps.policy.accepts(found.release, found.entry)
    const text = narInfoOf(found, isAccepted ? this.#deps.key : undefined)
    if (!isAccepted) this.#noteFailure(new NotTrustedError(found))
    this.#served.narInfos++
    return { status: 200, type: 'text/x-nix-narinfo', body: text }
  }

  async #nar(
    path: ScopedPath,
    hash: Uint8Array,
    { isHead, signal }: GatewayRequest,
  ): Promise<GatewayResponse> {
    const found = await this.#found(path, hash, signal)
    const { entry } = found
    if (`/${narUrl(entry)}` !== path.rest)
      throw new NotFoundError('no release has this path with this NAR hash')
    if (!isHead) this.#served.nars++
    return {
      status: 200,
      type: 'application/x-nix-nar',
      length: entry.narSize,
      body: this.#counted(this.#gated(found, signal)),
    }
  }

  async *#counted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.#served.narBytes += piece.length
      yield piece
    }
  }

  /** The NAR of a path. Waits for a place among the streams; tells what goes wrong. */
  async *#gated({ entry, release, contents }: FoundPath, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    using _ = await this.#streams.enter(signal)
    try {
      yield* contents.nar(entry, signal)
    } catch (error) {
      if (!signal.aborted) this.#releases.doubt(release)
      this.#noteFailure(error)
      throw error
    } finally {
      this.#noteSetAside()
    }
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
    const query = new URLSearchParams({ narHash, lastModified: String(lastModified) })
    return {
      status: 200,
      type: 'application/gzip',
      headers: { link: `<${versionUrl(url.origin, release)}?${query.toString()}>; rel="immutable"` },
      body: sourceTarball(parseNar(this.#gated({ entry, release, contents }, signal)), {
        lastModified,
        level: 1,
      }),
    }
  }

  async #resolved(url: URL, signal: AbortSignal): Promise<{ reference: Reference; release: GatewayRelease }> {
    const text = url.searchParams.get('ref')
    if (text === null) throw new SquidError('USAGE', 'the parameter ref is missing')
    const reference = parseReference(text)
    return { reference, release: await this.#releases.resolve(reference, signal) }
  }

  async #resolveReport(url: URL, signal: AbortSignal): Promise<ResolveReport> {
    return this.#report((await this.#resolved(url, signal)).release)
  }

  #report(release: GatewayRelease): ResolveReport {
    return {
      space: release.space,
      flake: release.flake,
      name: release.name ?? null,
      version: Number(release.version),
      narHash: formatSri({ algorithm: 'sha256', digest: release.sourceNarHash }),
      manifest: manifestHex(release),
      url: versionUrl(this.origin, release),
      revision: release.revision,
      lastModified: Number(release.lastModified),
      yanked: release.yanked,
      warnings: release.warnings,
      substituter: `${this.origin}/of/${formatScope(release)}`,
      scope: formatScope(release),
      publicKey: formatPublicKey(publicKeyOf(this.#deps.key)),
    }
  }

  async #programReport(url: URL, signal: AbortSignal): Promise<RunReport> {
    const system = url.searchParams.get('system')
    if (system === null) throw new SquidError('USAGE', 'the parameter system is missing')
    const { reference, release } = await this.#resolved(url, signal)
    const contents = await release.contents(signal)
    const program = await describeProgram(
      contents,
      titleOf(release),
      reference.attribute ?? '',
      system,
      signal,
    )
    return { ...this.#report(release), ...program }
  }

  #status(): StatusReport {
    return {
      about: this.#options.about,
      pid: process.pid,
      origin: this.origin,
      publicKey: formatPublicKey(publicKeyOf(this.#deps.key)),
      releases: this.#releases.size,
      served: this.#served,
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
function tarballTime(release: GatewayRelease): number {
  if (release.lastModified <= MAX_TARBALL_TIME) return Number(release.lastModified)
  throw new SquidError(
    'LEDGER_MALFORMED',
    `${titleOf(release)} says that it was last modified at second ${release.lastModified}, which no tarball can say`,
  )
}

/** URL of exactly this release. */
function versionUrl(origin: string, release: GatewayRelease): string {
  const subject =
    release.name === undefined
      ? ({ kind: 'id', id: release.space } as const)
      : ({ kind: 'name', name: release.name } as const)
  const select = { kind: 'version', version: release.version } as const
  return origin + formatFlakePath({ subject, flake: release.flakeName, select, attribute: undefined })
}
