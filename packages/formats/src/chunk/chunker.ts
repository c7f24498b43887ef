/**
 * FastCDC: cuts a stream where its content says so, so that equal content is cut alike wherever it stands.
 * Spec: Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data Deduplication",
 * USENIX ATC 2016, algorithm 1 with normalisation level 2.
 *
 * Deviations: the rolling hash has 32 bits (what JavaScript computes fast), and the judged bits are the highest ones,
 * which depend on the most bytes. A cut point is the first position past the minimum where the highest 18 bits (up
 * to the average size) or 14 bits (after it) of `hash = (hash << 1) + GEAR[byte]` are zero; else the maximum.
 * @module
 */
import { concatBytes } from '../bytes/index.ts'
import { GEAR } from './gear.ts'

/** No chunk but the last of a stream is smaller. */
export const MIN_CHUNK_BYTES: number = 16 * 1024
/** Where the harder condition gives way to the easier one. */
export const AVERAGE_CHUNK_BYTES: number = 64 * 1024
/** No chunk is larger. */
export const MAX_CHUNK_BYTES: number = 256 * 1024

const NO_BYTES = new Uint8Array(0)

/** log2(average) + 2 and − 2 highest bits: what must be zero for a cut. Measured by bench `pack.write-mibps`. */
const SMALL_MASK = -(2 ** (32 - 18))
const LARGE_MASK = -(2 ** (32 - 14))

/** The table as signed numbers, which spares the loop conversions. */
const SIGNED_GEAR = Int32Array.from(GEAR)

/**
 * End of the first chunk of `bytes` from `start` on, which hold at least one maximum chunk or end the stream.
 * The hash starts anew behind the minimum of every chunk.
 */
function firstCut(bytes: Uint8Array, start: number): number {
  const end = Math.min(bytes.length, start + MAX_CHUNK_BYTES)
  const middle = Math.min(end, start + AVERAGE_CHUNK_BYTES)
  let hash = 0
  let at = start + MIN_CHUNK_BYTES
  for (; at < middle; at++) {
    hash = ((hash << 1) + (SIGNED_GEAR[bytes[at] as number] as number)) | 0
    if ((hash & SMALL_MASK) === 0) return at + 1
  }
  for (; at < end; at++) {
    hash = ((hash << 1) + (SIGNED_GEAR[bytes[at] as number] as number)) | 0
    if ((hash & LARGE_MASK) === 0) return at + 1
  }
  return end
}

/** Cuts pieces of any size into chunks; where the pieces end makes no difference. */
export class Chunker {
  /** Parts that follow each other and are not cut yet. */
  #parts: Uint8Array[] = []
  #size = 0

  /**
   * @param bytes not to be changed until their chunks are consumed
   * @returns the chunks that are certain now, possibly views of `bytes`
   */
  push(bytes: Uint8Array): Uint8Array[] {
    if (bytes.length === 0) return []
    this.#parts.push(bytes)
    this.#size += bytes.length
    if (this.#size < MAX_CHUNK_BYTES) return []
    return this.#cut(MAX_CHUNK_BYTES)
  }

  /** The rest of the stream. An empty stream has no chunk. */
  finish(): Uint8Array[] {
    return this.#cut(1)
  }

  /** Cuts while at least `needed` bytes are there. */
  #cut(needed: number): Uint8Array[] {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] ?? NO_BYTES) : concatBytes(this.#parts)
    const chunks: Uint8Array[] = []
    let start = 0
    while (bytes.length - start >= needed) {
      const end = firstCut(bytes, start)
      chunks.push(bytes.subarray(start, end))
      start = end
    }
    this.#size = bytes.length - start
    this.#parts = this.#size === 0 ? [] : [bytes.slice(start)]
    return chunks
  }
}
