/**
 * Slivers in the form in which they travel: BCS `SliverData { symbols: { data: vector<u8>, symbol_size: u16 }, index: u16 }`.
 * @module
 */
import { SLIVER_TRAILER, ulebLength } from './geometry.ts'

/**
 * Frames symbols.
 * @param symbols as many as there are; zeros follow up to `length`
 */
export function frameSliver(
  symbols: Uint8Array,
  length: number,
  symbolSize: number,
  index: number,
): Uint8Array {
  const head = ulebLength(length)
  const bytes = new Uint8Array(head + length + SLIVER_TRAILER)
  let rest = length
  for (let i = 0; i < head - 1; i++, rest >>>= 7) bytes[i] = (rest & 0x7f) | 0x80
  bytes[head - 1] = rest
  bytes.set(symbols, head)
  const trailer = new DataView(bytes.buffer, head + length)
  trailer.setUint16(0, symbolSize, true)
  trailer.setUint16(2, index, true)
  return bytes
}
