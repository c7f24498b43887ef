/**
 * Nix's binary cache protocol over the paths of some releases.
 * Spec: https://nix.dev/manual/nix/latest/protocols/binary-cache
 *
 * | path | answer |
 * | --- | --- |
 * | `/nix-cache-info` | what this cache is |
 * | `/HASH.narinfo` | a path, signed by this machine where the policy accepts it |
 * | `/nar/HASH-NARHASH.nar`, `….nar.zst` | its NAR |
 * | `/HASH.ls` | what the NAR holds |
 * | `/log/NAME.drv` | what the build printed, where the release holds that |
 * | `/realisations/…`, `/build-trace-v2/…` | what the outputs of a release's derivations are |
 * | `/zstd/…` | the same cache, whose narinfos lead to compressed NARs |
 *
 * A cache that fails makes a build fail that could have gone on without it. So whatever can not be given is "not in this
 * cache" to Nix, and told to the person by the log and by `/api/status`.
 * @module
 */
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { SquidError } from '@squid/formats/errors'
import type { ManifestEntry } from '@squid/formats/manifest'
import { parseNar } from '@squid/formats/nar'
import type { SecretKey } from '@squid/formats/signature'
import { baseName, hashPart } from '@squid/formats/store-path'
import type { Log, TrustPolicy } from './contract.ts'
import { type GatewayRequest, type GatewayResponse, NotFoundError, statusOf } from './http.ts'
import type { IndexedContents } from './indexed-contents.ts'
import { narListing } from './listing.ts'
import { narName, type NarStore } from './nar-store.ts'
import { type FoundPath, type OpenRelease, type PathSource, titleOf } from './open-releases.ts'
import { type Compression, narInfoOf, narUrl } from './path-info.ts'
import {
  parseRealisationPath,
  type Realisation,
  type RealisationQuery,
  realisationsOf,
} from './realisations.ts'
import { untilAborted } from './until-aborted.ts'

/** What a binary cache works with. */
export interface BinaryCacheDeps {
  readonly policy: TrustPolicy
  /** Those that sign, the current one first; the same array while they are the same. */
  readonly keys: () => readonly SecretKey[]
  readonly nars: NarStore
  /** Tells why something could not be given. */
  readonly noteFailure: (error: unknown) => void
  readonly log: Log
}

/** What was answered since the start. */
export interface CacheCounters {
  narInfos: number
  nars: number
  /** Bytes of NARs that were handed to Nix. */
  narBytes: number
}

/** Nix waits for a narinfo at most so long: as long as it takes to read what this gateway knows that it needs. */
const HOLD_MS = 10_000
const HASH_PART = '[0-9abcdfghijklmnpqrsvwxyz]{32}'
const NAR_INFO = new RegExp(`^/(${HASH_PART})\\.narinfo$`)
const LISTING = new RegExp(`^/(${HASH_PART})\\.ls$`)
const NAR = new RegExp(`^/nar/(${HASH_PART})-([0-9abcdfghijklmnpqrsvwxyz]{52})\\.nar(\\.zst)?$`)
const LOG = new RegExp(`^/log/((${HASH_PART})-[^/]{1,211}\\.drv)$`)
const ZSTD = '/zstd'
const INFO: GatewayResponse = {
  status: 200,
  type: 'text/x-nix-cache-info',
  body: 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 10\n',
}
const NAR_TYPE = 'application/x-nix-nar'
const ABSENT: GatewayResponse = {
  status: 404,
  type: 'text/plain; charset=utf-8',
  body: 'error: no release of this cache has this path\n',
}
/** Fast: it is made anew for each answer. */
const ZSTD_LEVEL = 1
const compress = promisify(zstdCompress)

class NotTrustedError extends SquidError {
  override name = 'NotTrustedError'

  constructor({ entry, release }: FoundPath) {
    super(
      'NOT_TRUSTED',
      `your trust policy does not accept what ${titleOf(release)} says of ${entry.storePath}; see squid trust show`,
    )
  }
}

/** A narinfo that was made, and for what. */
interface MadeText {
  readonly keys: readonly SecretKey[]
  readonly compression: Compression
  readonly body: Uint8Array
}

const NO_KEYS: readonly SecretKey[] = []

/** Answers for any source of paths. */
export class BinaryCache {
  readonly served: CacheCounters = { narInfos: 0, nars: 0, narBytes: 0 }
  readonly #deps: BinaryCacheDeps
  /** A signature costs a hundred times what the rest of an answer does: each is made once. */
  readonly #texts = new WeakMap<ManifestEntry, MadeText>()
  readonly #realisations = new WeakMap<IndexedContents, Promise<readonly Realisation[]>>()

  constructor(deps: BinaryCacheDeps) {
    this.#deps = deps
  }

  /**
   * @param path within the cache
   * @throws {NotFoundError} for whatever can not be given; a conflict, where the source tells those
   */
  answer(
    source: PathSource,
    path: string,
    request: GatewayRequest,
  ): GatewayResponse | Promise<GatewayResponse> {
    if (path.startsWith(`${ZSTD}/`)) return this.#answer(source, path.slice(ZSTD.length), request, 'zstd')
    return this.#answer(source, path, request, 'none')
  }

  #answer(
    source: PathSource,
    path: string,
    request: GatewayRequest,
    compression: Compression,
  ): GatewayResponse | Promise<GatewayResponse> {
    if (path === '/nix-cache-info') return this.#info(source)
    const narInfo = NAR_INFO.exec(path)?.[1]
    if (narInfo !== undefined) return this.#narInfo(source, narInfo, request, compression)
    const nar = NAR.exec(path)
    if (nar !== null) return this.#nar(source, nar[1] ?? '', path, request)
    const listing = LISTING.exec(path)?.[1]
    if (listing !== undefined) return this.#listing(source, listing, request)
    const log = LOG.exec(path)
    if (log !== null) return this.#log(source, log[1] ?? '', log[2] ?? '', request)
    const query = parseRealisationPath(path)
    if (query !== undefined) return this.#realisation(source, query, request)
    return ABSENT
  }

  /** Whoever asks this goes on to ask for paths: what they are is read meanwhile. */
  #info(source: PathSource): GatewayResponse {
    const opening = source.releases(AbortSignal.timeout(HOLD_MS))
    opening.then(releases => Promise.all(releases.map(release => release.contents()))).catch(() => undefined)
    return INFO
  }

  /** @throws {NotFoundError} when no release has it, none could be asked in time, or they disagree */
  async #found(source: PathSource, hashPart: string, request: GatewayRequest): Promise<FoundPath> {
    const timely = AbortSignal.timeout(HOLD_MS)
    try {
      const signal = AbortSignal.any([request.signal, timely])
      const found = await untilAborted(source.find(hashPart, signal), signal)
      if (found !== undefined) return found
    } catch (error) {
      request.signal.throwIfAborted()
      throw this.#explained(timely.aborted ? tooSlow(error) : error, source)
    }
    throw new NotFoundError('no release of this cache has this path')
  }

  /** What Nix is to hear of a failure; the person hears what it was. */
  #explained(error: unknown, source: PathSource): unknown {
    const isTold = error instanceof SquidError && statusOf(error) < 500
    if (statusOf(error) !== 404) this.#deps.noteFailure(error)
    if (isTold && (source.tellsConflicts || error.code !== 'PATH_CONFLICT')) return error
    const told =
      error instanceof SquidError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? '')
          : String(error)
    this.#deps.log(`not served: ${told}`)
    const shown = error instanceof SquidError ? error.message : 'squidd failed inside; its log says more'
    return new NotFoundError(`not in this cache now: ${shown}`, { cause: error })
  }

  async #narInfo(
    source: PathSource,
    hashPart: string,
    request: GatewayRequest,
    compression: Compression,
  ): Promise<GatewayResponse> {
    const known = source.peek(hashPart)
    if (known === null) return ABSENT
    const found = known ?? (await this.#found(source, hashPart, request))
    const isAccepted = await this.#deps.policy.accepts(found.release, found.entry)
    if (!isAccepted) this.#deps.noteFailure(new NotTrustedError(found))
    const body = this.#narInfoText(found.entry, isAccepted, compression, source)
    this.served.narInfos++
    if (isAccepted && !request.isHead) this.#deps.nars.loadAhead(found)
    return { status: 200, type: 'text/x-nix-narinfo', body }
  }

  #narInfoText(
    entry: ManifestEntry,
    isAccepted: boolean,
    compression: Compression,
    source: PathSource,
  ): Uint8Array {
    const keys = isAccepted ? this.#deps.keys() : NO_KEYS
    const made = this.#texts.get(entry)
    if (made !== undefined && made.keys === keys && made.compression === compression) return made.body
    try {
      const body = Buffer.from(narInfoOf(entry, keys, compression))
      this.#texts.set(entry, { keys, compression, body })
      return body
    } catch (error) {
      throw this.#explained(error, source)
    }
  }

  async #nar(
    source: PathSource,
    part: string,
    path: string,
    request: GatewayRequest,
  ): Promise<GatewayResponse> {
    const known = source.peek(part)
    if (known === null) return ABSENT
    const found = known ?? (await this.#found(source, part, request))
    const { entry } = found
    const url = `/${narUrl(entry)}`
    if (path !== url && path !== `${url}.zst`)
      throw new NotFoundError('no release has this path with this NAR hash')
    if (!request.isHead) this.served.nars++
    if (path !== url)
      return {
        status: 200,
        type: 'application/zstd',
        body: compressed(this.#bytes(source, found, 0, request)),
      }
    return this.#plainNar(source, found, request)
  }

  #plainNar(source: PathSource, found: FoundPath, request: GatewayRequest): GatewayResponse {
    const { narSize } = found.entry
    const { from } = request
    if (from > 0 && BigInt(from) >= narSize) {
      return { status: 416, type: NAR_TYPE, headers: { 'content-range': `bytes */${narSize}` }, body: '' }
    }
    const whole = this.#deps.nars.peek(narName(found.entry))
    if (whole !== undefined && !request.isHead) this.served.narBytes += whole.length - from
    return {
      ...(from === 0
        ? { status: 200, headers: { 'accept-ranges': 'bytes' } }
        : { status: 206, headers: { 'content-range': `bytes ${from}-${narSize - 1n}/${narSize}` } }),
      type: NAR_TYPE,
      length: narSize - BigInt(from),
      body: whole?.subarray(from) ?? this.#bytes(source, found, from, request),
    }
  }

  /**
   * A NAR as it comes. When it can not be read, the ledger is asked whether it lies elsewhere now.
   * @throws {NotFoundError} with the reason told
   */
  async *#bytes(
    source: PathSource,
    found: FoundPath,
    from: number,
    request: GatewayRequest,
  ): AsyncGenerator<Uint8Array> {
    const { nars } = this.#deps
    const { signal } = request
    let at = from
    let current = found
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const piece of nars.read(current, at, signal)) {
          at += piece.length
          this.served.narBytes += piece.length
          yield piece
        }
        return
      } catch (error) {
        signal.throwIfAborted()
        source.doubt(current.release)
        const moved = attempt === 1 ? await this.#moved(source, current, signal) : undefined
        if (moved === undefined) throw this.#explained(error, source)
        current = moved
      }
    }
  }

  /** The same path where it lies by now, when that is another place. */
  async #moved(source: PathSource, found: FoundPath, signal: AbortSignal): Promise<FoundPath | undefined> {
    const again = await source.find(hashPart(found.entry.storePath), signal).catch(() => undefined)
    if (again === undefined || narName(again.entry) !== narName(found.entry)) return undefined
    return again.release.locator === found.release.locator ? undefined : again
  }

  async #listing(source: PathSource, part: string, request: GatewayRequest): Promise<GatewayResponse> {
    const known = source.peek(part)
    if (known === null) return ABSENT
    const found = known ?? (await this.#found(source, part, request))
    const pieces = copies(this.#bytes(source, found, 0, request))
    return { status: 200, type: 'application/json', body: listed(narListing(parseNar(pieces))) }
  }

  async #log(
    source: PathSource,
    name: string,
    part: string,
    request: GatewayRequest,
  ): Promise<GatewayResponse> {
    const known = source.peek(part)
    if (known === null) return ABSENT
    const found = known ?? (await this.#found(source, part, request))
    if (found.entry.log === undefined || baseName(found.entry.storePath) !== name) return ABSENT
    return {
      status: 200,
      type: 'text/plain; charset=utf-8',
      body: this.#logged(source, found, request.signal),
    }
  }

  /** @throws {NotFoundError} with the reason told */
  async *#logged(source: PathSource, found: FoundPath, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* found.contents.log(found.entry, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw this.#explained(error, source)
    }
  }

  async #realisation(
    source: PathSource,
    { isIt, format }: RealisationQuery,
    request: GatewayRequest,
  ): Promise<GatewayResponse> {
    const timely = AbortSignal.timeout(HOLD_MS)
    try {
      const signal = AbortSignal.any([request.signal, timely])
      for (const release of await untilAborted(source.releases(signal), signal)) {
        const realisation = (await untilAborted(this.#realisationsOf(release), signal)).find(isIt)
        const found =
          realisation && (await untilAborted(source.find(hashPart(realisation.path), signal), signal))
        if (realisation === undefined || found === undefined) continue
        if (!(await this.#deps.policy.accepts(found.release, found.entry))) throw new NotTrustedError(found)
        return { status: 200, type: 'application/json', body: format(realisation, this.#deps.keys()[0]) }
      }
    } catch (error) {
      request.signal.throwIfAborted()
      throw this.#explained(timely.aborted ? tooSlow(error) : error, source)
    }
    return ABSENT
  }

  /** Worked out once for what is open. */
  async #realisationsOf(release: OpenRelease): Promise<readonly Realisation[]> {
    const contents = await release.contents()
    const known = this.#realisations.get(contents)
    if (known !== undefined) return await known
    const found = realisationsOf(contents)
    this.#realisations.set(contents, found)
    found.catch(() => this.#realisations.delete(contents))
    return await found
  }
}

function tooSlow(cause: unknown): SquidError {
  return new SquidError('TOO_SLOW', `the network did not answer within ${HOLD_MS / 1000} s`, { cause })
}

/** Pieces that stay as they are. */
export async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.slice()
}

/** A zstd frame for each piece; a sequence of frames is one stream. */
async function* compressed(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL }
  for await (const piece of pieces) yield await compress(piece, { params })
}

/** @throws {NotFoundError} for a NAR that no listing can tell of */
async function* listed(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* text
  } catch (error) {
    if (!(error instanceof SquidError) || error.code !== 'DECODE') throw error
    throw new NotFoundError(`this NAR has no listing: ${error.message}`, { cause: error })
  }
}
