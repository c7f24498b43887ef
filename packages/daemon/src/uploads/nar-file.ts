/**
 * Receiving one NAR: taken out of its compression, checked to be a NAR, hashed and counted while it is written.
 * @module
 */
import { open, rm } from 'node:fs/promises'
import { formatBase32 } from '@squid/formats/base32'
import { SquidError } from '@squid/formats/errors'
import { type NarDigest, NarMeter, NarParser } from '@squid/formats/nar'
import { type Compression, decompressed } from './compression.ts'
import { UploadError } from './errors.ts'

/** What came. */
export interface ReceivedNar {
  /** As it was sent. */
  readonly file: NarDigest
  readonly nar: NarDigest
}

/** What a NAR is received with. */
export interface NarReception {
  /** Of the file that is to be made: the caller's to rename or remove. It is gone when this throws. */
  readonly path: string
  readonly compression: Compression
  /** Base-32 of the SHA-256 that the file is to have. */
  readonly expected: string
  /** Bytes that the NAR may have. */
  readonly limitBytes: number
}

/** @throws {UploadError} when it is too large, damaged, or not what its name says */
export async function receiveNar(
  pieces: AsyncIterable<Uint8Array>,
  reception: NarReception,
): Promise<ReceivedNar> {
  const { path, expected } = reception
  const sent = new NarMeter()
  try {
    const nar = await written(decompressed(metered(pieces, sent), reception.compression), reception)
    const file = sent.digest()
    const found = formatBase32(file.hash)
    if (found === expected) return { file, nar }
    throw new UploadError('UPLOAD_REFUSED', `what came as nar/${expected} has the hash ${found}`)
  } catch (error) {
    await rm(path, { force: true })
    throw refusal(error)
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof SquidError && error.code === 'DECODE')
    return new UploadError('UPLOAD_REFUSED', `what was sent is no NAR: ${error.message}`, { cause: error })
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
    return new UploadError('UPLOAD_FULL', 'the disk of squidd is full', { cause: error })
  return error
}

async function* metered(
  pieces: AsyncIterable<Uint8Array>,
  meter: NarMeter,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const piece of pieces) {
    meter.update(piece)
    yield piece
  }
}

async function written(
  nar: AsyncIterable<Uint8Array>,
  { path, limitBytes }: NarReception,
): Promise<NarDigest> {
  const meter = new NarMeter()
  const parser = new NarParser()
  let size = 0
  await using file = await open(path, 'wx', 0o600)
  for await (const piece of nar) {
    size += piece.length
    if (size > limitBytes) {
      throw new UploadError('UPLOAD_TOO_LARGE', `squidd takes NARs of up to ${limitBytes} bytes`)
    }
    parser.push(piece)
    meter.update(piece)
    await file.writeFile(piece)
  }
  parser.finish()
  await file.sync()
  return meter.digest()
}
