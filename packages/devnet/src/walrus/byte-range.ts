/**
 * The part of a body that a client asks for.
 *
 * Spec: RFC 9110 §14. One range only: several, other units and malformed ones are ignored, as the RFC allows.
 * @module
 */
import { NodeError } from './errors.ts'

/** Half-open. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads a `Range` header.
 * @returns undefined when the whole body is to be sent
 * @throws {NodeError} `RANGE_NOT_SATISFIABLE` when the range begins at or after the end
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return satisfiable({ start: Math.max(0, size - Number(last)), end: size }, size)
  if (last !== '' && Number(last) < Number(first)) return undefined
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  return satisfiable({ start: Number(first), end }, size)
}

function satisfiable(range: ByteRange, size: number): ByteRange {
  if (range.start < range.end) return range
  throw new NodeError('OUT_OF_RANGE', 'RANGE_NOT_SATISFIABLE', `the blob has ${size} bytes`)
}

/**
 * Reads `start` and `length` of a query: both are needed and all of it must lie in the blob.
 * @throws {NodeError} `INVALID_BYTE_RANGE`
 */
export function parseByteRangeQuery(query: URLSearchParams, size: number): ByteRange {
  const [start, length] = ['start', 'length'].map(name => {
    const text = query.get(name) ?? ''
    if (!/^\d{1,15}$/.test(text)) throw invalid(`${name} is not a number of bytes`)
    return Number(text)
  }) as [number, number]
  if (length === 0) throw invalid('length must be greater than 0')
  if (start + length > size)
    throw new NodeError('OUT_OF_RANGE', 'INVALID_BYTE_RANGE', `the blob has ${size} bytes`)
  return { start, end: start + length }
}

function invalid(why: string): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'INVALID_BYTE_RANGE', why)
}
