/**
 * Slivers as they travel: BCS `SliverData { symbols: { data: vector<u8>, symbol_size: u16 }, index: u16 }`.
 * @module
 */
import { BcsWriter } from '../bcs/index.ts'
import type { BlobGeometry } from './geometry.ts'

/** Where slivers go: BCS `SliverData`, of pair 0, 1, … one after another. */
export interface SliverBuffers {
  /** `shards * sliverBytes(primary)` bytes. */
  readonly primary: Uint8Array
  readonly secondary: Uint8Array
}

/** Bytes of the BCS `SliverData` that holds so many bytes of symbols. */
export function sliverBytes(dataBytes: number): number {
  return sliverHead(dataBytes).length + dataBytes + SLIVER_FOOT_BYTES
}

/** Symbol size and index. */
const SLIVER_FOOT_BYTES = 4

function sliverHead(dataBytes: number): Uint8Array {
  return new BcsWriter().uleb(dataBytes).finish()
}

/** Puts symbols where they are in the slivers. */
export class SliverWriter {
  readonly #geometry: BlobGeometry
  readonly #buffers: SliverBuffers
  readonly #primaryBytes: number
  readonly #secondaryBytes: number
  readonly #secondaryHead: number

  constructor(geometry: BlobGeometry, buffers: SliverBuffers) {
    const { shards, symbolSize, rowSize, primarySymbols } = geometry
    const columnSize = primarySymbols * symbolSize
    this.#geometry = geometry
    this.#buffers = buffers
    this.#primaryBytes = sliverBytes(rowSize)
    this.#secondaryBytes = sliverBytes(columnSize)
    this.#secondaryHead = sliverHead(columnSize).length
    if (buffers.primary.length !== shards * this.#primaryBytes)
      throw new RangeError(
        `primary slivers take ${shards * this.#primaryBytes} bytes, not ${buffers.primary.length}`,
      )
    if (buffers.secondary.length !== shards * this.#secondaryBytes)
      throw new RangeError(
        `secondary slivers take ${shards * this.#secondaryBytes} bytes, not ${buffers.secondary.length}`,
      )
    for (let index = 0; index < shards; index++) {
      frame(buffers.primary, index * this.#primaryBytes, rowSize, symbolSize, index)
      const secondary = shards - 1 - index
      frame(buffers.secondary, index * this.#secondaryBytes, columnSize, symbolSize, secondary)
    }
  }

  /** @param symbols all symbols of the extended row */
  write(row: number, symbols: Uint8Array): void {
    const { shards, rowSize, symbolSize, primarySymbols } = this.#geometry
    const head = sliverHead(rowSize).length
    this.#buffers.primary.set(symbols.subarray(0, rowSize), row * this.#primaryBytes + head)
    if (row >= primarySymbols) return
    const at = this.#secondaryHead + row * symbolSize
    for (let column = 0; column < shards; column++)
      this.#buffers.secondary.set(
        symbols.subarray(column * symbolSize, (column + 1) * symbolSize),
        (shards - 1 - column) * this.#secondaryBytes + at,
      )
  }
}

function frame(buffer: Uint8Array, at: number, dataBytes: number, symbolSize: number, index: number): void {
  const head = sliverHead(dataBytes)
  buffer.set(head, at)
  const foot = new BcsWriter().u16(symbolSize).u16(index).finish()
  buffer.set(foot, at + head.length + dataBytes)
}
