/**
 * Masking, cutting, hashing and compressing of NARs in worker threads.
 * @module
 */
import type { ChunkJob, CompressResult, CutResult, RawRange } from './chunk-worker.ts'
import { WorkerPool } from './worker-pool.ts'

export type { CompressResult, RawRange } from './chunk-worker.ts'

/** Bytes of a NAR that travel to a thread together. */
const SEGMENT_BYTES = 2 * 1024 * 1024

/** One cuts and compresses several times as fast as Walrus blobs are encoded, and each takes 50 MiB of memory. */
const THREADS = 1

/** Chunks that are certain now, one after another in one buffer, and what the whole is, with its end. */
export type CutBatch = CutResult

export class ChunkThreads {
  readonly #pool = new WorkerPool<ChunkJob, CutResult | CompressResult>(
    new URL('./chunk-worker.ts', import.meta.url),
    THREADS,
  )
  #streams = 0

  /** Jobs that can go on at once. */
  get size(): number {
    return this.#pool.size
  }

  /**
   * The chunks of a NAR in batches, in order; one segment is cut while the next is read.
   * @param known hashes to be masked in it
   */
  async *cut(source: AsyncIterable<Uint8Array>, known: readonly string[]): AsyncGenerator<CutBatch> {
    const stream = this.#streams++
    const cut = (bytes: Uint8Array<ArrayBuffer>, isLast: boolean, isFirst: boolean): Promise<CutBatch> => {
      const job = { kind: 'cut', stream, bytes: bytes.buffer, isLast, ...(isFirst && { known }) } as const
      const batch = this.#pool.runOn(stream, job, [bytes.buffer]) as Promise<CutBatch>
      // Awaited in its turn; until then a failure must not count as unhandled.
      batch.catch(() => undefined)
      return batch
    }
    let pending: Promise<CutBatch> | undefined
    let isDone = false
    try {
      for await (const { bytes, isLast } of segments(source)) {
        const next = cut(bytes, isLast, pending === undefined)
        if (pending !== undefined) yield await pending
        pending = next
      }
      if (pending !== undefined) yield await pending
      isDone = true
    } finally {
      if (!isDone) await this.#pool.runOn(stream, { kind: 'drop', stream }).catch(() => undefined)
    }
  }

  /** Chunks of a buffer as they are stored. @param bytes taken: detached here */
  compress(bytes: ArrayBuffer, chunks: readonly RawRange[]): Promise<CompressResult> {
    return this.#pool.run({ kind: 'compress', bytes, chunks }, [bytes]) as Promise<CompressResult>
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** The stream in pieces of one size, each with a buffer of its own; the last one is marked and may be empty. */
async function* segments(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly isLast: boolean }> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    for (let from = 0; from < piece.length;) {
      const part = piece.subarray(from, from + SEGMENT_BYTES - size)
      from += part.length
      parts.push(part)
      size += part.length
      if (size < SEGMENT_BYTES) continue
      yield { bytes: joined(parts, size), isLast: false }
      parts = []
      size = 0
    }
  }
  yield { bytes: joined(parts, size), isLast: true }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
