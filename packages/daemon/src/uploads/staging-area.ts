/**
 * What was uploaded for one flake and is not released yet.
 *
 * | file | what it is |
 * | --- | --- |
 * | `nars/NARHASH` | a NAR, whole and checked, uncompressed |
 * | `files/FILEHASH` | which NAR a file was that came: its NAR hash, NAR size and own size |
 * | `infos/HASH` | the narinfo of a path: its NAR and its references were here when it came |
 * | `logs/NAME.drv` | what a build printed |
 * | `realisations/…` | what Nix said of derivation outputs |
 * | `released/HASH` | the narinfo of a path that was here and is in a release now |
 * | `incoming/…` | what is being received |
 *
 * Each file appears whole or not at all. `released` is there because Nix remembers for a month what it uploaded, and
 * does not send it again.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileIfAny, syncFolder, writeFileAtomically } from '@squid/client/home'
import { formatBase32, parseBase32 } from '@squid/formats/base32'
import { equalBytes } from '@squid/formats/bytes'
import { formatNarInfo, type NarInfo, parseNarInfo } from '@squid/formats/nar-info'
import { hashPart, type StorePath } from '@squid/formats/store-path'
import type { Compression } from './compression.ts'
import { hasItsAddress } from './content-address.ts'
import { UploadError } from './errors.ts'
import { receiveNar } from './nar-file.ts'

/** What an area may hold. */
export interface UploadLimits {
  /** Bytes of one NAR. */
  readonly narBytes: number
  /** Bytes of all NARs. */
  readonly areaBytes: number
  readonly paths: number
  /** Bytes that stay free on the disk. */
  readonly reserveBytes: number
}

const GIB = 1024 ** 3

export const DEFAULT_UPLOAD_LIMITS: UploadLimits = {
  narBytes: 16 * GIB,
  areaBytes: 128 * GIB,
  paths: 50_000,
  reserveBytes: GIB,
}

/** A path that waits for its release. */
export interface StagedPath {
  readonly info: NarInfo
  /** Reads the NAR from its beginning; may be called again. */
  nar(): AsyncIterable<Uint8Array>
  /** What building it printed, of a derivation that came with that. */
  readonly log?: () => AsyncIterable<Uint8Array>
}

/** A file that came with a NAR in it. */
interface KnownFile {
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly fileSize: bigint
}

/** What an area holds, looked up anew when it is older. */
interface Usage {
  readonly atMs: number
  bytes: number
  readonly paths: number
}

/** Of files that are being written. */
const TEMPORARY = '.tmp'

const USAGE_MS = 5_000

/** A NAR without a narinfo that is older is nobody's: Nix sends one right after the other. */
const ORPHAN_MS = 24 * 3600 * 1000

const FOLDERS = ['nars', 'files', 'infos', 'logs', 'realisations', 'released', 'incoming'] as const
type Folder = (typeof FOLDERS)[number]

/** The staging area of one flake, in a folder of its own. */
export class StagingArea {
  readonly #folder: string
  readonly #limits: UploadLimits
  #usage: Usage | undefined

  private constructor(folder: string, limits: UploadLimits) {
    this.#folder = folder
    this.#limits = limits
  }

  /** Nothing is made until something comes. */
  static at(folder: string, limits: UploadLimits = DEFAULT_UPLOAD_LIMITS): StagingArea {
    return new StagingArea(folder, limits)
  }

  /** Makes the folders, and removes what was cut off earlier. For the one process that receives. */
  async prepare(): Promise<void> {
    await rm(this.#file('incoming', ''), { recursive: true, force: true })
    for (const folder of FOLDERS) {
      await mkdir(this.#file(folder, ''), { recursive: true, mode: 0o700 })
      for (const name of await readdir(this.#file(folder, '')))
        if (name.endsWith(TEMPORARY)) await rm(this.#file(folder, name))
    }
  }

  /** Bytes of the NAR with this hash, undefined when it is not here. */
  async narSize(narHash: string): Promise<number | undefined> {
    return await sizeOf(this.#file('nars', narHash))
  }

  nar(narHash: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.#file('nars', narHash), { highWaterMark: 256 * 1024 })
  }

  /** Did a file with this hash come, and is its NAR here? */
  async hasFile(fileHash: string): Promise<boolean> {
    const known = await this.#knownFile(fileHash)
    return known !== undefined && (await this.narSize(formatBase32(known.narHash))) !== undefined
  }

  /**
   * Takes a file with a NAR in it.
   * @param fileHash base-32
   * @param size of the file in bytes, when that is known
   * @throws {UploadError}
   */
  async addNar(
    fileHash: string,
    compression: Compression,
    pieces: AsyncIterable<Uint8Array>,
    size = 0,
  ): Promise<void> {
    const incoming = this.#file('incoming', randomBytes(12).toString('hex'))
    const limitBytes = await this.#room(size)
    const reception = { path: incoming, compression, expected: fileHash, limitBytes }
    const { file, nar } = await receiveNar(pieces, reception)
    const narHash = formatBase32(nar.hash)
    await rename(incoming, this.#file('nars', narHash))
    await syncFolder(this.#file('nars', ''))
    await this.#write('files', fileHash, `${narHash} ${nar.size} ${file.size}\n`)
    if (this.#usage !== undefined) this.#usage.bytes += Number(nar.size)
  }

  /** The narinfo of a path that is here, or was and is released. */
  async info(hash: string): Promise<NarInfo | undefined> {
    const text = (await this.#read('infos', hash)) ?? (await this.#read('released', hash))
    return text === undefined ? undefined : parseNarInfo(text)
  }

  /**
   * Takes what Nix says of a path whose NAR came.
   * @param fileHash of the file that is to hold the NAR, base-32
   * @throws {UploadError}
   */
  async addInfo(info: NarInfo, fileHash: string): Promise<void> {
    const { storePath, narHash, narSize, signatures, references, deriver, ca } = info
    const file = await this.#knownFile(fileHash)
    const name = formatBase32(narHash)
    if (file === undefined || (await this.narSize(formatBase32(file.narHash))) === undefined)
      throw refused(`the NAR of ${storePath} did not come; upload it again`)
    if (!equalBytes(file.narHash, narHash) || file.narSize !== narSize || !isOfFile(info, fileHash, file))
      throw refused(`the narinfo of ${storePath} does not belong to the NAR that came`)
    await this.#checkReferences(info)
    if (!(await hasItsAddress(info, () => this.nar(name))))
      throw refused(`${storePath} does not have the content that its address promises`)
    if ((await this.#used()).paths >= this.#limits.paths)
      throw new UploadError('UPLOAD_FULL', `squidd stages up to ${this.#limits.paths} paths for a flake`)
    const text = formatNarInfo({
      storePath,
      url: `nar/${name}.nar`,
      compression: 'none',
      fileHash: narHash,
      fileSize: narSize,
      narHash,
      narSize,
      references,
      signatures,
      ...(deriver === undefined ? {} : { deriver }),
      ...(ca === undefined ? {} : { ca }),
    })
    await this.#write('infos', hashPart(storePath), text)
  }

  /** What the build of a derivation printed. @param name `HASH-NAME.drv` */
  async addLog(name: string, text: Uint8Array): Promise<void> {
    await this.#write('logs', name, text)
  }

  async log(name: string): Promise<string | undefined> {
    return await this.#read('logs', name)
  }

  /** @param name one that has no slash in it */
  async addRealisation(name: string, text: string): Promise<void> {
    await this.#write('realisations', name, text)
  }

  async realisation(name: string): Promise<string | undefined> {
    return await this.#read('realisations', name)
  }

  /** What waits for its release, sorted by hash. */
  async staged(): Promise<readonly StagedPath[]> {
    const logs = new Set(await names(this.#file('logs', '')))
    const staged: StagedPath[] = []
    for (const hash of await names(this.#file('infos', ''))) {
      const text = await this.#read('infos', hash)
      if (text === undefined) continue
      const info = parseNarInfo(text)
      const name = info.storePath.slice('/nix/store/'.length)
      staged.push({
        info,
        nar: () => this.nar(formatBase32(info.narHash)),
        ...(logs.has(name) ? { log: () => createReadStream(this.#file('logs', name)) } : {}),
      })
    }
    return staged
  }

  /** Empties the area of what was released. What came meanwhile stays. */
  async release(paths: readonly StagedPath[]): Promise<void> {
    await mkdir(this.#file('released', ''), { recursive: true, mode: 0o700 })
    for (const { info, log } of paths) {
      const hash = hashPart(info.storePath)
      await rename(this.#file('infos', hash), this.#file('released', hash)).catch(ignoreAbsent)
      if (log !== undefined)
        await rm(this.#file('logs', info.storePath.slice('/nix/store/'.length)), { force: true })
    }
    await this.#removeNars(new Set(paths.map(({ info }) => formatBase32(info.narHash))))
    const realisations = await names(this.#file('realisations', ''))
    if ((await this.staged()).length > 0) return
    for (const name of realisations) await rm(this.#file('realisations', name), { force: true })
  }

  /** Forgets that paths were released, so that they can be uploaded again. */
  async forget(paths: readonly StorePath[]): Promise<void> {
    for (const path of paths) await rm(this.#file('released', hashPart(path)), { force: true })
  }

  /** Removes NARs, and those that nobody asked to keep for a day, but for those that still wait. */
  async #removeNars(released: ReadonlySet<string>): Promise<void> {
    const waiting = new Set((await this.staged()).map(({ info }) => formatBase32(info.narHash)))
    for (const name of await names(this.#file('nars', ''))) {
      if (waiting.has(name)) continue
      if (released.has(name) || (await isOld(this.#file('nars', name))))
        await rm(this.#file('nars', name), { force: true })
    }
    for (const name of await names(this.#file('files', '')))
      if (!(await this.hasFile(name))) await rm(this.#file('files', name), { force: true })
  }

  async #checkReferences({ storePath, references }: NarInfo): Promise<void> {
    for (const path of references) {
      if (path === storePath) continue
      const known = await this.info(hashPart(path))
      if (known?.storePath !== path)
        throw refused(`${storePath} refers to ${path}, which was not uploaded; upload whole closures`)
    }
  }

  async #knownFile(fileHash: string): Promise<KnownFile | undefined> {
    const text = await this.#read('files', fileHash)
    const [narHash = '', narSize = '', fileSize = ''] = text?.trim().split(' ') ?? []
    if (text === undefined) return undefined
    return { narHash: parseBase32(narHash), narSize: BigInt(narSize), fileSize: BigInt(fileSize) }
  }

  /** Bytes that a NAR may have now. @param size at least what is coming @throws {UploadError} */
  async #room(size: number): Promise<number> {
    const { narBytes, areaBytes, reserveBytes } = this.#limits
    if (size > narBytes)
      throw new UploadError('UPLOAD_TOO_LARGE', `squidd takes NARs of up to ${narBytes} bytes`)
    const left = areaBytes - (await this.#used()).bytes
    if (left <= size)
      throw new UploadError(
        'UPLOAD_FULL',
        `squidd stages up to ${areaBytes} bytes for a flake; publish them first`,
      )
    const { bavail, bsize } = await statfs(this.#folder)
    const free = bavail * bsize - reserveBytes
    if (free <= size) throw new UploadError('UPLOAD_FULL', 'the disk of squidd is full')
    return Math.min(narBytes, left, free)
  }

  async #used(): Promise<Usage> {
    const atMs = performance.now()
    if (this.#usage !== undefined && atMs - this.#usage.atMs < USAGE_MS) return this.#usage
    let bytes = 0
    for (const name of await names(this.#file('nars', '')))
      bytes += (await sizeOf(this.#file('nars', name))) ?? 0
    this.#usage = { atMs, bytes, paths: (await names(this.#file('infos', ''))).length }
    return this.#usage
  }

  #file(folder: Folder, name: string): string {
    return join(this.#folder, folder, name)
  }

  async #read(folder: Folder, name: string): Promise<string | undefined> {
    return await readFileIfAny(this.#file(folder, name))
  }

  async #write(folder: Folder, name: string, data: string | Uint8Array): Promise<void> {
    await writeFileAtomically(this.#file(folder, name), data, 0o600)
  }
}

function refused(message: string): UploadError {
  return new UploadError('UPLOAD_REFUSED', message)
}

/** Is what a narinfo says of its file true? */
function isOfFile({ fileHash, fileSize }: NarInfo, name: string, file: KnownFile): boolean {
  if (fileHash !== undefined && formatBase32(fileHash) !== name) return false
  return fileSize === undefined || fileSize === file.fileSize
}

/** Names of whole files, sorted. */
async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter(name => !name.endsWith(TEMPORARY)).sort()
  } catch (error) {
    ignoreAbsent(error)
    return []
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    ignoreAbsent(error)
    return undefined
  }
}

async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path)
  return Date.now() - mtimeMs > ORPHAN_MS
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
