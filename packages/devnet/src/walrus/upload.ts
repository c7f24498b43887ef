/**
 * A blob on its way in. Of the slivers that arrive, only as many primary ones are kept as decode the blob, plain
 * slices of it by preference; of all others only the SHA-256 is. Once enough are there the blob is decoded and encoded
 * again, and what arrived is compared with what should have.
 * @module
 */
import { hash } from 'node:crypto'
import type { BlobId } from './blob-id.ts'
import type { Coder, DigestedEncoded, Encoded } from './coder.ts'
import { invalidSliver } from './errors.ts'
import {
  type BlobShape,
  type Geometry,
  SLIVER_TRAILER,
  type SliverKind,
  shapeOf,
  ulebLength,
} from './geometry.ts'

/** How the check of an upload ended. */
type Verdict = { readonly ok: true; readonly encoded: Encoded } | { readonly ok: false }

/** Uploads to all nodes of one blob, until all nodes hold it. */
export class Upload {
  readonly id: BlobId
  readonly metadata: Uint8Array
  readonly shape: BlobShape
  /** Nodes that were given the metadata. */
  readonly metadataAt: Set<number> = new Set<number>()
  readonly #geometry: Geometry
  /** Primary slivers in BCS, by pair. */
  readonly #kept = new Map<number, Uint8Array>()
  /** SHA-256 of what arrived, by `slot`. */
  readonly #digests = new Map<number, Uint8Array>()
  #expected: Uint8Array | undefined
  /** When something arrived last, in milliseconds. */
  touchedMs: number = Date.now()

  constructor(id: BlobId, metadata: Uint8Array, size: number, geometry: Geometry) {
    this.id = id
    this.metadata = metadata
    this.#geometry = geometry
    this.shape = shapeOf(geometry, size)
  }

  /** Bytes that a sliver has in BCS. */
  sliverLength(kind: SliverKind): number {
    return kind === 'primary' ? this.shape.primaryLength : this.shape.secondaryLength
  }

  /** Bytes of memory that the kept slivers take in the end. */
  get reservedBytes(): number {
    return this.isVerified ? 0 : this.#geometry.rows * this.shape.primaryLength
  }

  /**
   * Takes a sliver in.
   * @param bytes whole, in BCS; not to be changed afterwards
   * @throws {NodeError} `INVALID_SLIVER` where that can be seen at once
   */
  receive(pair: number, kind: SliverKind, bytes: Uint8Array): void {
    this.touchedMs = Date.now()
    checkFrame(bytes, this.sliverLength(kind), this.shape, this.#index(pair, kind))
    const digest = hash('sha256', bytes, 'buffer')
    const slot = this.#slot(pair, kind)
    if (this.#expected) {
      if (!digest.equals(expectedDigest(this.#expected, slot)))
        throw invalidSliver('it is not part of the blob')
    } else if (kind === 'primary') this.#keep(pair, bytes)
    this.#digests.set(slot, digest)
  }

  has(pair: number, kind: SliverKind): boolean {
    return this.#digests.has(this.#slot(pair, kind))
  }

  /** Whether both slivers of all these pairs have arrived. */
  hasAll(pairs: readonly number[]): boolean {
    return pairs.every(pair => this.has(pair, 'primary') && this.has(pair, 'secondary'))
  }

  /** All rows of the blob are here as they are: checking needs no decoding. */
  get isPlain(): boolean {
    return Array.from({ length: this.#geometry.rows }, (_, row) => row).every(row => this.#kept.has(row))
  }

  get isDecodable(): boolean {
    return this.#kept.size >= this.#geometry.rows
  }

  get isVerified(): boolean {
    return this.#expected !== undefined
  }

  /**
   * Decodes and encodes again. What does not belong to the blob is forgotten; if nothing fits, everything is.
   * @param stored the blob, where the network has it already
   */
  async verify(coder: Coder, stored: ArrayBuffer | undefined): Promise<Verdict> {
    const encoded = await this.#reencode(coder, stored)
    if (!encoded) {
      this.#kept.clear()
      this.#digests.clear()
      return { ok: false }
    }
    this.#kept.clear()
    this.#expected = encoded.digests
    for (const [slot, digest] of this.#digests)
      if (!Buffer.from(digest).equals(expectedDigest(encoded.digests, slot))) this.#digests.delete(slot)
    return { ok: true, encoded }
  }

  async #reencode(coder: Coder, stored: ArrayBuffer | undefined): Promise<DigestedEncoded | undefined> {
    const blob = stored ?? (this.isPlain ? this.#join() : await this.#decode(coder))
    if (!blob) return undefined
    const encoded = await coder.encodeDigested(blob)
    return Buffer.from(encoded.metadata).equals(this.metadata) ? encoded : undefined
  }

  async #decode(coder: Coder): Promise<ArrayBuffer | undefined> {
    try {
      return await coder.decode(this.shape.size, [...this.#kept.values()])
    } catch (error) {
      if (coder.isClosed) throw error
      return undefined
    }
  }

  #join(): ArrayBuffer {
    const blob = new Uint8Array(this.shape.size)
    for (let row = 0; row * this.shape.rowSize < blob.length; row++) {
      const sliver = this.#kept.get(row) as Uint8Array
      const start = ulebLength(this.shape.rowSize)
      const symbols = sliver.subarray(
        start,
        start + Math.min(this.shape.rowSize, blob.length - row * this.shape.rowSize),
      )
      blob.set(symbols, row * this.shape.rowSize)
    }
    return blob.buffer
  }

  /** Keeps a plain slice always, any other primary sliver while there are too few. */
  #keep(pair: number, bytes: Uint8Array): void {
    const { rows } = this.#geometry
    if (pair >= rows && this.#kept.size >= rows) return
    this.#kept.set(pair, bytes)
    if (this.#kept.size <= rows) return
    const spare = [...this.#kept.keys()].find(other => other >= rows)
    if (spare !== undefined) this.#kept.delete(spare)
  }

  /** Position among the digests of an encoding: primary slivers, then secondary ones, each by index. */
  #slot(pair: number, kind: SliverKind): number {
    return kind === 'primary' ? pair : this.#geometry.shards + pair
  }

  /** The index that a sliver carries: secondary slivers are counted from the other end. */
  #index(pair: number, kind: SliverKind): number {
    return kind === 'primary' ? pair : this.#geometry.shards - 1 - pair
  }
}

function expectedDigest(digests: Uint8Array, slot: number): Uint8Array {
  return digests.subarray(slot * 32, slot * 32 + 32)
}

function checkFrame(bytes: Uint8Array, length: number, shape: BlobShape, index: number): void {
  if (bytes.length !== length) throw invalidSliver(`${bytes.length} bytes instead of ${length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - SLIVER_TRAILER, SLIVER_TRAILER)
  if (view.getUint16(0, true) !== shape.symbolSize) throw invalidSliver('wrong symbol size')
  if (view.getUint16(2, true) !== index) throw invalidSliver('wrong index')
}
