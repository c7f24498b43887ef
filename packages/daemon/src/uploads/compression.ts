/**
 * NARs as Nix compresses them before it sends them. Node itself knows zstd; for xz, which is what Nix does unless told
 * otherwise, the `xz` program of the machine is asked.
 * @module
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { UploadError } from './errors.ts'

/** What can be taken apart. */
export type Compression = 'none' | 'xz' | 'zstd'

/** Ends of file names → compressions. Nix has more: those are refused by name. */
const BY_ENDING: ReadonlyMap<string, Compression> = new Map([
  ['', 'none'],
  ['.xz', 'xz'],
  ['.zst', 'zstd'],
])

/** Memory that a stream may ask of `xz`; its strongest setting needs 65 MiB. */
const XZ_MEMORY = '128MiB'

const ADVICE = 'add ?compression=zstd to the address'

/** @param ending of the file's name, after `.nar` @throws {UploadError} `UPLOAD_COMPRESSION` */
export function compressionOf(ending: string): Compression {
  const known = BY_ENDING.get(ending)
  if (known !== undefined) return known
  throw new UploadError('UPLOAD_COMPRESSION', `squidd does not read ${ending} files; ${ADVICE}`)
}

/**
 * The NAR in a file.
 * @throws {UploadError} `UPLOAD_COMPRESSION`, `UPLOAD_REFUSED`, after whatever came before the fault
 */
export function decompressed(
  pieces: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  switch (compression) {
    case 'none':
      return pieces
    case 'zstd':
      return fromZstd(pieces)
    case 'xz':
      return fromXz(pieces)
  }
}

async function* fromZstd(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createZstdDecompress()
  yield* through(pieces, stream, stream, cause => {
    throw new UploadError('UPLOAD_REFUSED', 'what was sent as zstd is not zstd', { cause })
  })
}

async function* fromXz(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const child = spawn('xz', ['--decompress', '--stdout', '--format=xz', `--memlimit=${XZ_MEMORY}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const missing = new UploadError('UPLOAD_COMPRESSION', `this machine has no xz program; ${ADVICE}`)
  const ended = once(child, 'close') as Promise<[number | null]>
  ended.catch(() => undefined) // read below, unless the stream fails before
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw Object.assign(missing, { cause })
  }
  try {
    yield* through(pieces, child.stdin, child.stdout, cause => {
      throw new UploadError('UPLOAD_REFUSED', 'what was sent as xz is not xz', { cause })
    })
    const [status] = await ended
    if (status !== 0) throw new UploadError('UPLOAD_REFUSED', 'what was sent as xz is not xz')
  } finally {
    child.kill('SIGKILL')
  }
}

/** What comes out while the pieces go in. What fails before they are read to their end is the sender's own failure. */
async function* through(
  pieces: AsyncIterable<Uint8Array>,
  into: Writable,
  out: Readable,
  refuse: (cause: unknown) => never,
): AsyncGenerator<Uint8Array> {
  let failure: unknown
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces
    } catch (error) {
      failure = error
      throw error
    }
  }
  const feeding = pipeline(watched(), into)
  feeding.catch(() => undefined) // read below, unless the reader leaves before
  try {
    for await (const piece of out) yield piece as Uint8Array
    await feeding
  } catch (error) {
    if (failure !== undefined) throw failure
    if (error instanceof UploadError) throw error
    refuse(error)
  } finally {
    into.destroy()
    out.destroy()
  }
}
