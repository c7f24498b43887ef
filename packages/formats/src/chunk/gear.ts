/**
 * The table of the rolling hash: entry `i` is the first four bytes, little-endian, of
 * SHA-256("squid.chunk.gear.1" as BCS string ‖ byte i). Nothing up the sleeve, and every implementation can make it.
 * @module
 */
import { taggedSha256 } from '../hash/index.ts'

/** Domain tag of the table. */
const GEAR_TAG = 'squid.chunk.gear.1'

/** A pseudo-random 32-bit number for every byte. */
export const GEAR: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  const digest = taggedSha256(GEAR_TAG, Uint8Array.of(byte))
  return new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0, true)
})
