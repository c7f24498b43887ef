/**
 * Byte strings: hex, base-64, UTF-8, order and equality. Text forms are strict: one value has one text.
 * Spec: https://www.rfc-editor.org/rfc/rfc4648 (sections 4 and 8; hex in lower case).
 * @module
 */
import { DecodeError } from '../errors/index.ts'

/** A view of the same memory as a Buffer, for the conversions that only Buffer has. */
function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A plain copy, so that no Buffer leaves this module. */
function plain(bytes: Buffer): Uint8Array {
  return Uint8Array.from(bytes)
}

/** Lower-case hexadecimal. */
export function formatHex(bytes: Uint8Array): string {
  return buffer(bytes).toString('hex')
}

/** @throws {DecodeError} on anything but an even number of lower-case hexadecimal digits */
export function parseHex(text: string): Uint8Array {
  const bad = text.search(/[^0-9a-f]/)
  if (bad >= 0) throw new DecodeError('not a lower-case hexadecimal digit', bad)
  if (text.length % 2 === 1) throw new DecodeError('half a byte of hexadecimal', text.length)
  return plain(Buffer.from(text, 'hex'))
}

/** Base-64 with the standard alphabet and padding. */
export function formatBase64(bytes: Uint8Array): string {
  return buffer(bytes).toString('base64')
}

/** @throws {DecodeError} on other alphabets, missing padding and non-zero unused bits */
export function parseBase64(text: string): Uint8Array {
  const bad = text.search(/[^A-Za-z0-9+/=]/)
  if (bad >= 0) throw new DecodeError('not a base-64 digit', bad)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new DecodeError('base-64 that is not canonical', text.length)
  return plain(bytes)
}

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a text. A lone surrogate becomes U+FFFD, as everywhere on the web. */
export function encodeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text)
}

/** @throws {DecodeError} when the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch (cause) {
    throw new DecodeError('text is not UTF-8', 0, { cause })
  }
}

/** One new array with all parts in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** Lexicographic order by unsigned byte: negative, zero or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right)
}

/** Not in constant time: for public values only. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && Buffer.compare(left, right) === 0
}
