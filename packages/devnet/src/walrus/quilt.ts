/**
 * Quilts: several files in one blob. The blob is the matrix of RedStuff; each file fills whole columns, from top to
 * bottom, and the first columns hold the index.
 *
 * Index: version 1, length: u32, BCS `{ patches: vector<{ end_index: u16, identifier: string, tags: map<string, string> }> }`.
 * File: header `{ version: u8, length: u32, mask: u8 }`, BCS identifier after its u16 length, BCS tags after theirs if the
 * mask has bit 0, contents. Patch id: quilt's blob id, version 1, first column: u16, column after the last: u16.
 *
 * Spec: the official client's `encodeQuilt` and `QuiltReader`, which the tests compare with.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { DecodeError } from '@squid/formats/errors'
import { type BlobId, blobIdBytes, blobIdOf } from './blob-id.ts'
import { type BlobShape, type Geometry, shapeOf } from './geometry.ts'

const VERSION = 1
const INDEX_PREFIX = 5
/** Columns that an index may fill. */
const MAX_INDEX_COLUMNS = 10
const HEADER = 6
const HAS_TAGS = 1
const PATCH_ID_LENGTH = 37

const Tags = bcs.map(bcs.string(), bcs.string())
const Index = bcs.vector(
  bcs.struct('QuiltPatch', { endIndex: bcs.u16(), identifier: bcs.string(), tags: Tags }),
)

/** One file, by its columns: half-open. */
export interface QuiltPatch {
  readonly identifier: string
  readonly tags: ReadonlyMap<string, string>
  readonly startIndex: number
  readonly endIndex: number
}

/** Where a patch id points. */
export type QuiltPatchPlace = Pick<QuiltPatch, 'startIndex' | 'endIndex'> & { readonly quilt: BlobId }

/** URL-safe base64 without padding. */
export function formatPatchId(quilt: BlobId, { startIndex, endIndex }: QuiltPatch): string {
  const bytes = Buffer.alloc(PATCH_ID_LENGTH)
  bytes.set(blobIdBytes(quilt))
  bytes.writeUInt8(VERSION, 32)
  bytes.writeUInt16LE(startIndex, 33)
  bytes.writeUInt16LE(endIndex, 35)
  return bytes.toString('base64url')
}

/** The place that an id names, or undefined when it is not the one form of an id. */
export function parsePatchId(text: string): QuiltPatchPlace | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== PATCH_ID_LENGTH || bytes.toString('base64url') !== text) return undefined
  if (bytes.readUInt8(32) !== VERSION) return undefined
  const quilt = blobIdOf(bytes.subarray(0, 32))
  return { quilt, startIndex: bytes.readUInt16LE(33), endIndex: bytes.readUInt16LE(35) }
}

/** Reads files out of a blob that may be a quilt. Whoever stored it wrote what is in it. */
export class QuiltReader {
  readonly #read: (start: number, length: number) => Promise<Uint8Array>
  readonly #geometry: Geometry
  readonly #shape: BlobShape

  /** @param read of the blob, which has `size` bytes */
  constructor(
    read: (start: number, length: number) => Promise<Uint8Array>,
    geometry: Geometry,
    size: number,
  ) {
    this.#read = read
    this.#geometry = geometry
    this.#shape = shapeOf(geometry, size)
  }

  /** @throws {DecodeError} when the blob is not a quilt */
  async patches(): Promise<readonly QuiltPatch[]> {
    if (this.#shape.size !== this.#geometry.rows * this.#shape.rowSize)
      throw new DecodeError('not the size of a quilt', 0)
    const head = await this.#columns(0, 1)
    if (head.length < INDEX_PREFIX || head[0] !== VERSION) throw new DecodeError('not a quilt', 0)
    const length = INDEX_PREFIX + viewOf(head).getUint32(1, true)
    const columns = Math.ceil(length / this.#columnSize)
    if (columns > MAX_INDEX_COLUMNS) throw new DecodeError('quilt index too long', 1)
    const bytes = columns === 1 ? head : await this.#columns(0, columns)
    let startIndex = columns
    return parseIndex(bytes.subarray(INDEX_PREFIX, length)).map(({ endIndex, identifier, tags }) => {
      if (endIndex <= startIndex || endIndex > this.#geometry.columns)
        throw new DecodeError('quilt patch out of order', 0)
      const patch = { identifier, tags, startIndex, endIndex }
      startIndex = endIndex
      return patch
    })
  }

  /** The bytes of a file. @throws {DecodeError} when the columns do not hold that file */
  async contents({ identifier, startIndex, endIndex }: QuiltPatch): Promise<Uint8Array> {
    const bytes = await this.#columns(startIndex, endIndex)
    if (bytes.length < HEADER + 2 || bytes[0] !== VERSION) throw new DecodeError('not a quilt patch', 0)
    const view = viewOf(bytes)
    const end = HEADER + view.getUint32(1, true)
    if (end > bytes.length) throw new DecodeError('quilt patch longer than its columns', 1)
    let at = HEADER + 2 + view.getUint16(HEADER, true)
    const expected = bcs.string().serialize(identifier).toBytes()
    if (at > end || !Buffer.from(bytes.subarray(HEADER + 2, at)).equals(expected))
      throw new DecodeError('quilt patch of another identifier', HEADER)
    if ((bytes[5] ?? 0) & HAS_TAGS) {
      if (at + 2 > end) throw new DecodeError('truncated tags', at)
      at += 2 + view.getUint16(at, true)
    }
    if (at > end) throw new DecodeError('truncated quilt patch', at)
    return bytes.subarray(at, end)
  }

  get #columnSize(): number {
    return this.#geometry.rows * this.#shape.symbolSize
  }

  /** Columns `start` to `end`, each from top to bottom, one after the other. */
  async #columns(start: number, end: number): Promise<Uint8Array> {
    const { symbolSize, rowSize } = this.#shape
    const { rows } = this.#geometry
    const bytes = new Uint8Array((end - start) * this.#columnSize)
    for (let row = 0; row < rows; row++) {
      const symbols = await this.#read(row * rowSize + start * symbolSize, (end - start) * symbolSize)
      for (let column = 0; column < end - start; column++)
        bytes.set(
          symbols.subarray(column * symbolSize, (column + 1) * symbolSize),
          column * this.#columnSize + row * symbolSize,
        )
    }
    return bytes
  }
}

function parseIndex(bytes: Uint8Array): (typeof Index.$inferType)[number][] {
  try {
    return Index.parse(bytes)
  } catch (cause) {
    throw new DecodeError('quilt index that is not BCS', 0, { cause })
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
