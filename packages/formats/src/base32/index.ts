/**
 * Nix's base-32: 5 bits a digit, least significant bits **last** in the text, no `e`, `o`, `t`, `u`.
 * Spec: https://nix.dev/manual/nix/latest/protocols/nix32
 * @module
 */
import { DecodeError } from '../errors/index.ts'

const ALPHABET = '0123456789abcdfghijklmnpqrsvwxyz'
const VALUE_OF_CODE: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
)

/** Encodes any number of bytes as ⌈8n/5⌉ digits. */
export function formatBase32(bytes: Uint8Array): string {
  let text = ''
  for (let digit = Math.ceil((bytes.length * 8) / 5) - 1; digit >= 0; digit--) {
    const byte = (digit * 5) >> 3
    const shift = (digit * 5) & 7
    const window = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8)
    text += ALPHABET[(window >> shift) & 31] ?? ''
  }
  return text
}

/** @throws {DecodeError} on a foreign digit, a length that no byte string has, or non-zero unused bits */
export function parseBase32(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  if (Math.ceil((bytes.length * 8) / 5) !== text.length) {
    throw new DecodeError('base-32 text of an impossible length', text.length)
  }
  for (let position = 0; position < text.length; position++) {
    const value = VALUE_OF_CODE[text.charCodeAt(position)] ?? -1
    if (value < 0) throw new DecodeError('not a base-32 digit', position)
    const bit = (text.length - 1 - position) * 5
    const spread = value << (bit & 7)
    const byte = bit >> 3
    bytes[byte] = (bytes[byte] ?? 0) | (spread & 0xff)
    if (byte + 1 < bytes.length) bytes[byte + 1] = (bytes[byte + 1] ?? 0) | (spread >> 8)
    else if (spread > 0xff) throw new DecodeError('base-32 text with non-zero unused bits', position)
  }
  return bytes
}
