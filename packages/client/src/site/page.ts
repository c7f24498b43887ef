/**
 * One page of a Walrus Site: a path, its headers, and where its bytes lie.
 *
 * Layout: `walrus_site::site::Resource` (`contracts/walrus-site`). The two numbers of 256 bits are bytes, the first the lowest.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'
import { u256 } from '../codecs/index.ts'
import type { Resource } from '../gen/walrus-site/site.ts'

/** A header as the site object has it. */
export interface Header {
  readonly key: string
  readonly value: string
}

/** Where bytes lie. */
export interface Place {
  /** 32 bytes. */
  readonly blobId: Uint8Array
  /** Of the blob, both inclusive; undefined for the whole. */
  readonly range: { readonly start: number; readonly end: number } | undefined
}

export interface Page {
  /** Begins with a slash. */
  readonly path: string
  readonly headers: readonly Header[]
  /** Of what is served. */
  readonly sha256: Uint8Array
  readonly place: Place
}

/** Undefined when it names a range that no blob can have. */
export function pageOf({ path, headers, blobId, blobHash, range }: Resource): Page | undefined {
  if (range !== null && (range.start === null || range.end === null)) return undefined
  const [start, end] = [Number(range?.start ?? 0), Number(range?.end ?? 0)]
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || end < start) return undefined
  return {
    path,
    headers,
    sha256: u256.serialize(blobHash).toBytes(),
    place: {
      blobId: u256.serialize(blobId).toBytes(),
      range: range === null ? undefined : { start, end },
    },
  }
}

export function samePage(left: Page, right: Page): boolean {
  return (
    left.path === right.path &&
    equalBytes(left.sha256, right.sha256) &&
    equalBytes(left.place.blobId, right.place.blobId) &&
    left.place.range?.start === right.place.range?.start &&
    left.place.range?.end === right.place.range?.end &&
    left.headers.length === right.headers.length &&
    left.headers.every(({ key, value }, index) => {
      const other = right.headers[index]
      return other?.key === key && other.value === value
    })
  )
}

/** A blob's id in the text that Walrus uses. */
export function blobKey({ blobId }: Pick<Place, 'blobId'>): string {
  return Buffer.from(blobId).toString('base64url')
}
