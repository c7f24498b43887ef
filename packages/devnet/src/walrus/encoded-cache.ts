/**
 * The encoded forms of recently used blobs, least recently used out first, within a number of bytes. One blob may be
 * larger than that: then it is kept alone, or each of its slivers would cost an encoding.
 * @module
 */
import type { BlobId } from './blob-id.ts'

/** All slivers of a blob, in BCS, one after another by the index of their pair. */
export interface Slivers {
  readonly primary: ArrayBuffer
  readonly secondary: ArrayBuffer
}

export class EncodedCache {
  readonly #maxBytes: number
  readonly #entries = new Map<BlobId, Slivers>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(id: BlobId): Slivers | undefined {
    const slivers = this.#entries.get(id)
    if (slivers) {
      this.#entries.delete(id)
      this.#entries.set(id, slivers)
    }
    return slivers
  }

  set(id: BlobId, slivers: Slivers): void {
    this.delete(id)
    this.#entries.set(id, slivers)
    this.#bytes += sizeOf(slivers)
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === id) return
      this.delete(oldest)
    }
  }

  delete(id: BlobId): void {
    const slivers = this.#entries.get(id)
    if (!slivers) return
    this.#entries.delete(id)
    this.#bytes -= sizeOf(slivers)
  }
}

function sizeOf({ primary, secondary }: Slivers): number {
  return primary.byteLength + secondary.byteLength
}
