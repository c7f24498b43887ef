/**
 * Files of a site, many in one Walrus blob, since a blob costs as much as a hundred small files: the site's id, the files, an
 * index by SHA-256 and the index's length in four bytes. Portals need the files' ranges only; the index lets an interrupted
 * upload be found again, the id keeps blobs of two sites apart, so that one can be removed without the other.
 * @module
 */
import { concatBytes, decodeUtf8, encodeUtf8, formatHex, parseHex } from '@squid/formats/bytes'
import { DecodeError } from '@squid/formats/errors'
import { sha256 } from '@squid/formats/hash'

const LENGTH_BYTES = 4
/** Of an index line: digest, two numbers, separators. */
const LINE_BYTES = 64 + 2 * 10 + 3

/** Where a file lies in its pack, both bounds inclusive. */
export interface PackedFile {
  readonly sha256: Uint8Array
  readonly start: number
  readonly end: number
}

export class SitePackWriter {
  readonly #limit: number
  readonly #parts: Uint8Array[]
  readonly #files: PackedFile[] = []
  #size: number

  /** @param limit largest pack in bytes */
  constructor(site: string, limit: number) {
    const head = encodeUtf8(`squid-site ${site}\n`)
    this.#parts = [head]
    this.#size = head.length
    this.#limit = limit
  }

  get files(): readonly PackedFile[] {
    return this.#files
  }

  /** Undefined when there is no room for it. */
  tryAdd(bytes: Uint8Array): PackedFile | undefined {
    const index = (this.#files.length + 1) * LINE_BYTES + LENGTH_BYTES
    if (this.#size + bytes.length + index > this.#limit) return undefined
    const file = { sha256: sha256(bytes), start: this.#size, end: this.#size + bytes.length - 1 }
    this.#files.push(file)
    this.#parts.push(bytes)
    this.#size += bytes.length
    return file
  }

  finish(): Uint8Array<ArrayBuffer> {
    const index = encodeUtf8(
      this.#files.map(({ sha256, start, end }) => `${formatHex(sha256)} ${start} ${end}\n`).join(''),
    )
    const length = new Uint8Array(LENGTH_BYTES)
    new DataView(length.buffer).setUint32(0, index.length, true)
    return new Uint8Array(concatBytes([...this.#parts, index, length]))
  }
}

/** @throws {DecodeError} when this is no pack of a site */
export function readSitePack(bytes: Uint8Array): readonly PackedFile[] {
  const end = bytes.length - LENGTH_BYTES
  if (end < 0) throw new DecodeError('a pack without an index', bytes.length)
  const length = new DataView(bytes.buffer, bytes.byteOffset + end, LENGTH_BYTES).getUint32(0, true)
  if (length > end) throw new DecodeError('an index that is longer than its pack', end)
  return decodeUtf8(bytes.subarray(end - length, end))
    .split('\n')
    .slice(0, -1)
    .map(line => {
      const [, digest = '', start, last] = /^([0-9a-f]{64}) (\d{1,10}) (\d{1,10})$/.exec(line) ?? []
      const file = { sha256: parseHex(digest), start: Number(start), end: Number(last) }
      if (digest === '' || file.end < file.start || file.end >= end - length)
        throw new DecodeError('a line of an index that names no file', end - length)
      return file
    })
}
