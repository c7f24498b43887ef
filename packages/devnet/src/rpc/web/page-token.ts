/**
 * Opaque tokens of paged lists. A token is the version byte, a hash of the query it belongs to and the last key:
 * a token of another list is refused rather than misread.
 * @module
 */
import { createHash } from 'node:crypto'
import { GrpcError } from './status.ts'

const VERSION = 1
const TAG_BYTES = 8
const MAX_TOKEN_BYTES = 1024

/** A token to continue `query` after `key`. */
export function formatPageToken(query: string, key: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(VERSION), tagOf(query), Buffer.from(key)])
}

/**
 * The key inside a token, or undefined for the first page.
 * @throws {GrpcError} `INVALID_ARGUMENT` when the token was not made for `query`
 */
export function parsePageToken(query: string, token: Uint8Array | undefined): string | undefined {
  if (token === undefined || token.length === 0) return undefined
  const made = Buffer.from(token)
  const fits =
    made.length <= MAX_TOKEN_BYTES &&
    made[0] === VERSION &&
    made.subarray(1, 1 + TAG_BYTES).equals(tagOf(query))
  if (!fits) throw new GrpcError('INVALID_ARGUMENT', 'page_token does not belong to this list')
  return made.subarray(1 + TAG_BYTES).toString()
}

/** Items a page holds: the default when none is asked for, never more than `max`. */
export function pageSizeOf(requested: number | undefined, byDefault = 50, max = 1000): number {
  return requested === undefined || requested === 0 ? byDefault : Math.min(requested, max)
}

function tagOf(query: string): Buffer {
  return createHash('sha256').update(query).digest().subarray(0, TAG_BYTES)
}
