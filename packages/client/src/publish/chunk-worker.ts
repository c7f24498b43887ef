/**
 * The thread behind `ChunkThreads`: masks NARs, cuts them into chunks and hashes them; compresses those that are new.
 * @module
 */
import { parentPort } from 'node:worker_threads'

import { encodeChunk } from '@squid/formats/chunk'
import { Sha256, sha256 } from '@squid/formats/hash'
import { type MaskedHashes, NarCutter } from '@squid/formats/mask'

import type { Answer } from './worker-pool.ts'

export type ChunkJob =
  /** The next bytes of a NAR; the last call ends it. The first one brings the hashes to be masked in it. */
  | {
      readonly kind: 'cut'
      readonly stream: number
      readonly bytes: ArrayBuffer
      readonly isLast: boolean
      readonly known?: readonly string[]
    }
  /** The stream is given up. */
  | { readonly kind: 'drop'; readonly stream: number }
  | { readonly kind: 'compress'; readonly bytes: ArrayBuffer; readonly chunks: readonly RawRange[] }

/** A chunk in a buffer. */
export interface RawRange {
  readonly id: Uint8Array
  readonly start: number
  readonly end: number
}

/** Chunks that are certain now, one after another in one buffer. */
export interface CutResult {
  readonly bytes: ArrayBuffer
  /** Of the masked NAR. */
  readonly chunks: readonly RawRange[]
  /** Of the places of hashes. */
  readonly places: readonly RawRange[]
  /** Of the whole NAR as it came, with its end. */
  readonly whole?: { readonly hash: Uint8Array; readonly size: number; readonly masked: MaskedHashes }
}

/** Chunks as they are stored, one after another in one buffer. */
export interface CompressResult {
  readonly bytes: ArrayBuffer
  readonly chunks: readonly {
    readonly id: Uint8Array
    readonly start: number
    readonly end: number
    readonly rawSize: number
    readonly encoding: 'raw' | 'zstd'
  }[]
}

interface Stream {
  readonly cutter: NarCutter
  readonly hash: Sha256
  size: number
}

const streams = new Map<number, Stream>()

function cut({ stream: key, bytes, isLast, known = [] }: Extract<ChunkJob, { kind: 'cut' }>): CutResult {
  const stream = streams.get(key) ?? { cutter: new NarCutter(known), hash: new Sha256(), size: 0 }
  streams.set(key, stream)
  const raw = new Uint8Array(bytes)
  // Before it is masked in place.
  stream.hash.update(raw)
  stream.size += raw.length
  const first = stream.cutter.push(raw)
  if (!isLast) return gather(first.nar, first.places)
  streams.delete(key)
  const { nar, places, ...masked } = stream.cutter.finish()
  const whole = { hash: stream.hash.digest(), size: stream.size, masked }
  return { ...gather([...first.nar, ...nar], [...first.places, ...places]), whole }
}

function gather(nar: readonly Uint8Array[], placePieces: readonly Uint8Array[]): CutResult {
  const pieces = [...nar, ...placePieces]
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let start = 0
  const ranges = pieces.map(piece => {
    bytes.set(piece, start)
    const end = start + piece.length
    const range = { id: sha256(piece), start, end }
    start = end
    return range
  })
  return { bytes: bytes.buffer, chunks: ranges.slice(0, nar.length), places: ranges.slice(nar.length) }
}

function compress({ bytes, chunks }: Extract<ChunkJob, { kind: 'compress' }>): CompressResult {
  const stored = chunks.map(({ id, start, end }) =>
    encodeChunk(new Uint8Array(bytes, start, end - start), { id }),
  )
  const out = new Uint8Array(stored.reduce((sum, chunk) => sum + chunk.bytes.length, 0))
  let start = 0
  return {
    bytes: out.buffer,
    chunks: stored.map(({ id, rawSize, encoding, bytes: piece }) => {
      out.set(piece, start)
      const range = { id, start, end: start + piece.length, rawSize, encoding }
      start += piece.length
      return range
    }),
  }
}

function run(job: ChunkJob): CutResult | CompressResult {
  switch (job.kind) {
    case 'cut':
      return cut(job)
    case 'compress':
      return compress(job)
    case 'drop':
      streams.delete(job.stream)
      return { bytes: new ArrayBuffer(0), chunks: [], places: [] }
  }
}

parentPort?.on('message', (job: ChunkJob) => {
  try {
    const value = run(job)
    // Given back at once: the garbage collector would wait.
    if ('bytes' in job) job.bytes.transfer(0)
    parentPort?.postMessage({ ok: true, value } satisfies Answer<CutResult | CompressResult>, [value.bytes])
  } catch (error) {
    parentPort?.postMessage({ ok: false, message: String(error) } satisfies Answer<never>)
  }
})
