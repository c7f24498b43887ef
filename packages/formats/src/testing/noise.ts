/**
 * Bytes that look random and are always the same: SHA-256 of a little-endian 32-bit counter, over and over.
 * @module
 */
import { sha256 } from '../hash/index.ts'

/** The first `size` bytes of the noise. */
export function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(size / 32) * 32)
  const counter = new Uint8Array(4)
  for (let i = 0; i < bytes.length / 32; i++) {
    new DataView(counter.buffer).setUint32(0, i, true)
    bytes.set(sha256(counter), i * 32)
  }
  return bytes.subarray(0, size)
}
