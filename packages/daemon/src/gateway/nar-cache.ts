/**
 * Assembled NARs on disk, so that they are put together once. A file is named by the NAR's SHA-256 and holds
 *
 *     the NAR, CRC-32 u32 of each block of 256 KiB, CRC-32 u32 of those
 *
 * (integers little-endian). A NAR gets its name only after its SHA-256 was checked. What is read back is checked block by
 * block before anybody sees it: that finds what a crash or the disk did to it, at a twentieth of the cost of the hash
 * (measured); whoever could write to the folder on purpose is stopped by Nix, which hashes what it gets. So nothing is
 * ever synced: a file that a crash left in pieces is found to be one and removed.
 *
 * The file that was not used for the longest time goes first. Uses are kept in the files' times of modification.
 * @module
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { SquidError } from '@squid/formats/errors'

const BLOCK = 256 * 1024
const SUM = 4
/** Temporary files are named so; what a killed process left is removed at the start. */
const TEMPORARY = '.part'
const NAME = /^[0-9abcdfghijklmnpqrsvwxyz]{52}$/
/** Space on the disk that is left to others. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024
/** A use is written down when the last one that was is older. */
const USE_PRECISION_MS = 60_000

/** What is on disk is not what was written. */
class NarCacheError extends SquidError {
  override name = 'NarCacheError'
}

/** How much a cache keeps. */
export interface NarCacheOptions {
  /** Bytes on disk. */
  readonly limitBytes: number
  /** Tells what keeps it from working, a sentence. */
  readonly log?: (line: string) => void
}

interface Kept {
  readonly bytes: number
  usedMs: number
}

function fileBytes(narBytes: number): number {
  return narBytes + (Math.ceil(narBytes / BLOCK) + 1) * SUM
}

/** Of the blocks of a NAR, as they come. */
class BlockSums {
  readonly #sums: number[] = []
  #sum = 0
  #filled = 0

  update(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + BLOCK - this.#filled)
      this.#sum = crc32(part, this.#sum)
      this.#filled += part.length
      at += part.length
      if (this.#filled === BLOCK) this.#close()
    }
  }

  /** The end of the file. */
  finish(): Uint8Array {
    if (this.#filled > 0) this.#close()
    const table = new Uint8Array((this.#sums.length + 1) * SUM)
    const view = new DataView(table.buffer)
    this.#sums.forEach((sum, i) => view.setUint32(i * SUM, sum, true))
    view.setUint32(this.#sums.length * SUM, crc32(table.subarray(0, -SUM)), true)
    return table
  }

  #close(): void {
    this.#sums.push(this.#sum)
    this.#sum = 0
    this.#filled = 0
  }
}

/** A NAR that is being written. */
export interface NarWriting {
  /** The piece may be used again when this is done. */
  write(piece: Uint8Array): Promise<void>
  /** All is there, and it is known to be the NAR of this name. */
  keep(): Promise<void>
  /** Removes what was not kept. */
  [Symbol.asyncDispose](): Promise<void>
}

/** NARs by the base-32 of their SHA-256. */
export class NarCache {
  readonly #folder: string
  readonly #limitBytes: number
  readonly #log: (line: string) => void
  /** The latest used last. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0
  #temporaries = 0

  private constructor(folder: string, { limitBytes, log = () => undefined }: NarCacheOptions) {
    this.#folder = folder
    this.#limitBytes = limitBytes
    this.#log = log
  }

  /** Opens a folder, which is made when missing; what a killed process left half is removed. */
  static async open(folder: string, options: NarCacheOptions): Promise<NarCache> {
    const cache = new NarCache(folder, options)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const found: [string, Kept][] = []
    for (const name of await readdir(folder)) {
      if (name.endsWith(TEMPORARY)) await rm(join(folder, name), { force: true })
      if (!NAME.test(name)) continue
      const { size, mtimeMs } = await stat(join(folder, name))
      found.push([name, { bytes: size, usedMs: mtimeMs }])
    }
    for (const [name, kept] of found.sort(([, a], [, b]) => a.usedMs - b.usedMs)) {
      cache.#kept.set(name, kept)
      cache.#bytes += kept.bytes
    }
    await cache.#makeRoom(0)
    return cache
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#bytes
  }

  has(name: string): boolean {
    return this.#kept.has(name)
  }

  /**
   * The NAR from byte `from` on, in pieces that are valid until the next one is asked for.
   * @returns undefined when it is not here
   * @throws {NarCacheError} while it is read, before the block that is damaged; it is not here any more then
   */
  read(name: string, narBytes: number, from = 0): AsyncGenerator<Uint8Array> | undefined {
    const kept = this.#kept.get(name)
    if (kept === undefined) return undefined
    this.#used(name, kept)
    return this.#checked(name, kept, narBytes, from)
  }

  /** Starts to write. @returns undefined where there is no room for it, or the disk says no */
  async write(name: string, narBytes: number): Promise<NarWriting | undefined> {
    const bytes = fileBytes(narBytes)
    if (bytes > this.#limitBytes / 2 || this.#kept.has(name)) return undefined
    try {
      const { bavail, bsize } = await statfs(this.#folder)
      if (bavail * bsize < bytes + LEAST_FREE_BYTES) return undefined
      const temporary = join(this.#folder, `${name}.${process.pid}-${this.#temporaries++}${TEMPORARY}`)
      return this.#writing(name, bytes, temporary, await open(temporary, 'wx', 0o600))
    } catch (error) {
      this.#tell(error)
      return undefined
    }
  }

  #writing(name: string, bytes: number, temporary: string, file: FileHandle): NarWriting {
    const sums = new BlockSums()
    let state: 'open' | 'failed' | 'done' = 'open'
    const attempt = async (work: () => Promise<unknown>): Promise<void> => {
      if (state !== 'open') return
      try {
        await work()
      } catch (error) {
        state = 'failed' // whoever reads the NAR goes on without the cache
        this.#tell(error)
      }
    }
    return {
      write: piece =>
        attempt(async () => {
          sums.update(piece)
          for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten
        }),
      keep: () =>
        attempt(async () => {
          await file.write(sums.finish())
          await file.close()
          await this.#makeRoom(bytes)
          await rename(temporary, join(this.#folder, name))
          state = 'done'
          if (!this.#kept.has(name)) this.#bytes += bytes
          this.#kept.set(name, { bytes, usedMs: Date.now() })
        }),
      [Symbol.asyncDispose]: async () => {
        if (state === 'done') return
        await file.close().catch(() => undefined)
        await rm(temporary, { force: true }).catch(() => undefined)
      },
    }
  }

  async *#checked(name: string, kept: Kept, narBytes: number, from: number): AsyncGenerator<Uint8Array> {
    try {
      if (kept.bytes !== fileBytes(narBytes)) throw damaged(name)
      await using file = await open(join(this.#folder, name), 'r')
      yield* blocks(name, file, narBytes, from)
    } catch (error) {
      await this.#forget(name, kept)
      throw error instanceof NarCacheError ? error : damaged(name, error)
    }
  }

  #used(name: string, kept: Kept): void {
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    const now = Date.now()
    if (now - kept.usedMs < USE_PRECISION_MS) return
    kept.usedMs = now
    utimes(join(this.#folder, name), now / 1000, now / 1000).catch(() => undefined) // only the order of removal
  }

  async #makeRoom(bytes: number): Promise<void> {
    for (const [name, kept] of this.#kept) {
      if (this.#bytes + bytes <= this.#limitBytes) return
      await this.#forget(name, kept)
    }
  }

  async #forget(name: string, kept: Kept): Promise<void> {
    if (this.#kept.get(name) !== kept) return
    this.#kept.delete(name)
    this.#bytes -= kept.bytes
    await rm(join(this.#folder, name), { force: true }).catch((error: unknown) => this.#tell(error))
  }

  #tell(error: unknown): void {
    this.#log(`the cache of NARs does not work: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function damaged(name: string, cause?: unknown): NarCacheError {
  return new NarCacheError(
    'CACHE_DAMAGED',
    `the cached NAR ${name} was damaged on disk; it is fetched again`,
    {
      cause,
    },
  )
}

/** Reads one block ahead; two blocks are all the memory that it takes. */
async function* blocks(
  name: string,
  file: FileHandle,
  narBytes: number,
  from: number,
): AsyncGenerator<Uint8Array> {
  const sums = await readSums(name, file, narBytes)
  const count = Math.ceil(narBytes / BLOCK)
  const buffers = [
    Buffer.allocUnsafe(Math.min(BLOCK, narBytes)),
    Buffer.allocUnsafe(count > 1 ? BLOCK : 0),
  ] as const
  const first = Math.floor(from / BLOCK)
  const begin = (index: number): Promise<Uint8Array> => {
    const block = buffers[(index - first) % 2 === 0 ? 0 : 1].subarray(
      0,
      Math.min(BLOCK, narBytes - index * BLOCK),
    )
    const read = readExactly(file, block, index * BLOCK).then(() => block)
    read.catch(() => undefined) // told in its turn
    return read
  }
  let next = first < count ? begin(first) : undefined
  for (let index = first; next !== undefined; index++) {
    const block = await next
    if (crc32(block) !== sums.getUint32(index * SUM, true)) throw damaged(name)
    next = index + 1 < count ? begin(index + 1) : undefined
    yield index === first ? block.subarray(from - first * BLOCK) : block
  }
}

async function readSums(name: string, file: FileHandle, narBytes: number): Promise<DataView> {
  const table = Buffer.alloc(fileBytes(narBytes) - narBytes)
  await readExactly(file, table, narBytes)
  const view = new DataView(table.buffer, table.byteOffset, table.length)
  if (crc32(table.subarray(0, -SUM)) === view.getUint32(table.length - SUM, true)) return view
  throw damaged(name)
}

async function readExactly(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await file.read(into, at, into.length - at, position + at)
    if (bytesRead === 0) throw new Error('the file ends early')
    at += bytesRead
  }
}
