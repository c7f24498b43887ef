/**
 * Nix's binary cache protocol, its writing half: from names of files to staging areas.
 * Spec: https://nix.dev/manual/nix/latest/protocols/binary-cache
 * @module
 */
import { join } from 'node:path'
import { concatBytes, decodeUtf8 } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { formatNarInfo, type NarInfo, parseNarInfo } from '@squid/formats/nar-info'
import { hashPart, isStorePath, STORE_DIR, storePathOfBaseName } from '@squid/formats/store-path'
import { type Compression, compressionOf } from './compression.ts'
import { UploadError } from './errors.ts'
import { parseUploadPlace, type UploadPlace } from './place.ts'
import { DEFAULT_UPLOAD_LIMITS, StagingArea, type UploadLimits } from './staging-area.ts'
import { UploadTokens } from './tokens.ts'

/** Where uploads lie in the state folder of a home. */
function areaFolder(state: string, { text }: UploadPlace): string {
  return join(state, 'uploads', text)
}

/** The staging area of a place. @param state folder of `Home.state` */
export function stagingArea(
  state: string,
  place: UploadPlace,
  limits: UploadLimits = DEFAULT_UPLOAD_LIMITS,
): StagingArea {
  return StagingArea.at(areaFolder(state, place), limits)
}

/** The tokens of a home. @param state folder of `Home.state` */
export function uploadTokens(state: string): UploadTokens {
  return new UploadTokens(join(state, 'upload-tokens.json'))
}

/** A file as it is handed out. */
export interface UploadedFile {
  readonly type: string
  readonly size: number
  readonly body: Uint8Array | AsyncIterable<Uint8Array>
}

/** A file that comes. */
export interface IncomingFile {
  /** Bytes, when that was said. */
  readonly size: number | undefined
  /** How it is encoded besides what its name says, as HTTP's Content-Encoding has it. */
  readonly encoding: string | undefined
  readonly body: AsyncIterable<Uint8Array>
}

const BASE32 = '[0-9a-df-np-sv-z]'
const NAR_INFO = new RegExp(`^(${BASE32}{32})\\.narinfo$`)
const NAR = new RegExp(`^nar/(${BASE32}{52})\\.nar((?:\\.[a-z0-9]{1,8})?)$`)
const LISTING = new RegExp(`^${BASE32}{32}\\.ls$`)
const LOG = /^log\/([^/]{1,255}\.drv)$/
const REALISATION = /^realisations\/(sha256:[0-9a-f]{64}![0-9A-Za-z+._?=-]{1,128})\.doi$/
const BUILD_TRACE = /^build-trace-v2\/([^/]{1,255}\.drv)\/([0-9A-Za-z+._?=-]{1,128})\.doi$/

const CACHE_INFO = 'nix-cache-info'
const INFO_TEXT = `StoreDir: ${STORE_DIR}\nWantMassQuery: 1\nPriority: 100\n`
const MAX_TEXT = 1 << 20
const MAX_LISTING = 256 << 20
const MAX_LOG = 64 << 20

/** What Nix uploads to this machine, each place for those who have a token of it. */
export class Uploads {
  readonly #state: string
  readonly #limits: UploadLimits
  readonly #tokens: UploadTokens
  readonly #areas = new Map<string, Promise<StagingArea>>()

  /** @param state folder of `Home.state` */
  constructor(state: string, limits: UploadLimits = DEFAULT_UPLOAD_LIMITS) {
    this.#state = state
    this.#limits = limits
    this.#tokens = uploadTokens(state)
  }

  /**
   * @param path `@alice/hello/FILE`
   * @param token undefined when none was sent
   * @returns undefined when there is no such file
   * @throws {UploadError} `UPLOAD_DENIED`
   */
  async read(path: string, token: string | undefined): Promise<UploadedFile | undefined> {
    if (isCacheInfo(path)) return cacheInfo()
    const [area, file] = await this.#allowed(path, token)
    const nar = NAR.exec(file)
    if (nar !== null) return await readNar(area, nar[1] ?? '', compressionOf(nar[2] ?? ''))
    const text = await readText(area, file)
    if (text === undefined) return undefined
    const body = Buffer.from(text)
    return { type: textType(file), size: body.length, body }
  }

  /**
   * @param path `@alice/hello/FILE`
   * @throws {UploadError}
   */
  async write(path: string, token: string | undefined, incoming: IncomingFile): Promise<void> {
    const [area, file] = await this.#allowed(path, token)
    const { encoding, body, size } = incoming
    if (encoding !== undefined && encoding !== 'identity') {
      const advice = 'leave out the compression of listings and logs'
      throw new UploadError('UPLOAD_COMPRESSION', `squidd does not read the encoding ${encoding}; ${advice}`)
    }
    const nar = NAR.exec(file)
    if (nar !== null) return await area.addNar(nar[1] ?? '', compressionOf(nar[2] ?? ''), body, size)
    await writeText(area, file, incoming)
  }

  async #allowed(path: string, token: string | undefined): Promise<readonly [StagingArea, string]> {
    const [space = '', flake = '', ...rest] = path.split('/')
    const place = parseUploadPlace(`${space}/${flake}`)
    await this.#checkToken(place, token)
    return [await this.#area(place), rest.join('/')]
  }

  async #checkToken({ text }: UploadPlace, token: string | undefined): Promise<void> {
    const isAllowed = token !== undefined && (await this.#tokens.allows(token, text))
    if (isAllowed) return
    const what = token === undefined ? 'uploading needs a token' : `this token is not one for ${text}`
    throw new UploadError(
      'UPLOAD_DENIED',
      `${what}: make one with squid token create ${text} and let Nix's setting netrc-file name a file with the line that it prints`,
    )
  }

  #area(place: UploadPlace): Promise<StagingArea> {
    const known = this.#areas.get(place.text)
    if (known !== undefined) return known
    const area = stagingArea(this.#state, place, this.#limits)
    const prepared = area.prepare().then(() => area)
    this.#areas.set(place.text, prepared)
    prepared.catch(() => this.#areas.delete(place.text))
    return prepared
  }
}

/** Everybody may read that: only from what follows does Nix show the person why it was refused. */
function isCacheInfo(path: string): boolean {
  const [space = '', flake = '', file, ...more] = path.split('/')
  if (file !== CACHE_INFO || more.length > 0) return false
  parseUploadPlace(`${space}/${flake}`)
  return true
}

function cacheInfo(): UploadedFile {
  const body = Buffer.from(INFO_TEXT)
  return { type: 'text/x-nix-cache-info', size: body.length, body }
}

async function readNar(
  area: StagingArea,
  hash: string,
  compression: Compression,
): Promise<UploadedFile | undefined> {
  const type = 'application/x-nix-nar'
  const size = compression === 'none' ? await area.narSize(hash) : undefined
  if (size !== undefined) return { type, size, body: area.nar(hash) }
  // Nix asks whether the file is there before it sends it; nobody is told to read it under this name.
  return (await area.hasFile(hash)) ? { type, size: 0, body: new Uint8Array(0) } : undefined
}

function textType(file: string): string {
  if (file.endsWith('.narinfo')) return 'text/x-nix-narinfo'
  return file.endsWith('.doi') ? 'application/json' : 'text/plain; charset=utf-8'
}

async function readText(area: StagingArea, file: string): Promise<string | undefined> {
  const hash = NAR_INFO.exec(file)?.[1]
  if (hash !== undefined) {
    const info = await area.info(hash)
    return info === undefined ? undefined : formatNarInfo(info)
  }
  const drv = LOG.exec(file)?.[1]
  if (drv !== undefined) return isStorePath(`${STORE_DIR}/${drv}`) ? await area.log(drv) : undefined
  const realisation = realisationName(file)
  return realisation === undefined ? undefined : await area.realisation(realisation)
}

/** A name for a realisation in either layout. */
function realisationName(file: string): string | undefined {
  const [, drv, output] = BUILD_TRACE.exec(file) ?? []
  if (drv !== undefined && output !== undefined)
    return isStorePath(`${STORE_DIR}/${drv}`) ? `${drv}!${output}` : undefined
  return REALISATION.exec(file)?.[1]
}

async function writeText(area: StagingArea, file: string, incoming: IncomingFile): Promise<void> {
  if (file === CACHE_INFO) return await checkCacheInfo(incoming)
  // A listing is made anew of each NAR that is served.
  if (LISTING.test(file)) return void (await whole(incoming, MAX_LISTING, false))
  const hash = NAR_INFO.exec(file)?.[1]
  if (hash !== undefined) return await writeNarInfo(area, hash, incoming)
  const drv = LOG.exec(file)?.[1]
  if (drv !== undefined) {
    asUploaded(() => storePathOfBaseName(drv))
    return await area.addLog(drv, await whole(incoming, MAX_LOG))
  }
  const realisation = realisationName(file)
  if (realisation !== undefined) return await writeRealisation(area, realisation, incoming)
  throw new UploadError('UPLOAD_REFUSED', `${file} is no file of a binary cache`)
}

async function checkCacheInfo(incoming: IncomingFile): Promise<void> {
  const text = await wholeText(incoming)
  if (text.split('\n').includes(`StoreDir: ${STORE_DIR}`)) return
  throw new UploadError('UPLOAD_REFUSED', `squidd takes paths of ${STORE_DIR} alone`)
}

async function writeNarInfo(area: StagingArea, hash: string, incoming: IncomingFile): Promise<void> {
  const text = await wholeText(incoming)
  const info = asUploaded(() => parseNarInfo(text))
  if (hashPart(info.storePath) !== hash)
    throw new UploadError('UPLOAD_REFUSED', `${hash}.narinfo is of another path: ${info.storePath}`)
  await area.addInfo(info, fileHashOf(info))
}

/** @throws {UploadError} when the narinfo does not name a file as Nix does */
function fileHashOf({ storePath, url, compression }: NarInfo): string {
  const [, hash, ending = ''] = NAR.exec(url) ?? []
  if (hash !== undefined && compressionOf(ending) === compression) return hash
  throw new UploadError('UPLOAD_REFUSED', `the narinfo of ${storePath} names no file that Nix would upload`)
}

async function writeRealisation(area: StagingArea, name: string, incoming: IncomingFile): Promise<void> {
  const text = await wholeText(incoming)
  const value = asUploaded(() => jsonOf(text))
  const { outPath, id } = value
  const isNamed = name.startsWith('sha256:') ? id === name : true
  const path = asUploaded(() => storePathOfBaseName(String(outPath).replace(`${STORE_DIR}/`, '')))
  const known = await area.info(hashPart(path))
  if (isNamed && known?.storePath === path) return await area.addRealisation(name, text)
  throw new UploadError('UPLOAD_REFUSED', `the realisation ${name} is not of a path that was uploaded`)
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // told below
  }
  throw new UploadError('UPLOAD_REFUSED', 'what was sent as realisation is no JSON object')
}

/** What cannot be read is the sender's fault. */
function asUploaded<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SquidError) || error.code !== 'DECODE') throw error
    throw new UploadError('UPLOAD_REFUSED', `what was sent is malformed: ${error.message}`, { cause: error })
  }
}

async function wholeText(incoming: IncomingFile): Promise<string> {
  const bytes = await whole(incoming, MAX_TEXT)
  return asUploaded(() => decodeUtf8(bytes))
}

/** @param isKept of a file that is not: nothing */
async function whole({ body, size = 0 }: IncomingFile, limit: number, isKept = true): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  const check = (bytes: number): void => {
    if (bytes > limit) throw new UploadError('UPLOAD_TOO_LARGE', `this file may have ${limit} bytes`)
  }
  check(size)
  for await (const part of body) {
    length += part.length
    check(length)
    if (isKept) parts.push(part)
  }
  return concatBytes(parts)
}
