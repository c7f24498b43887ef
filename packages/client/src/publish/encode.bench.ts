/**
 * `walrus.encode-mibps`: erasure coding by the official WebAssembly on one core, and finding only the blob id, at 100
 * and 1000 shards; beside it BLAKE2b-256 of as many bytes as the code hashes, which any encoder has to do.
 */
import { createHash, hash } from 'node:crypto'

import init, { BlobEncoder } from '@mysten/walrus-wasm'

const MIB = 1024 * 1024
const BLOB_BYTES = 32 * MIB
const ROUNDS = 3
const SHARDS: readonly number[] = [100, 1000]
/** Length prefix and footer of a sliver in BCS. */
const FRAME_BYTES = (size: number): number =>
  (size < 128 ? 1 : size < 16_384 ? 2 : size < 2_097_152 ? 3 : 4) + 4

/** As bench/figure.ts has it. */
interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly versus: string
  readonly ratio: number
}

interface Sizes {
  readonly primary: number
  readonly secondary: number
  readonly symbols: number
}

function sizesOf(shards: number): Sizes {
  const faulty = Math.floor((shards - 1) / 3)
  const [rows, columns] = [shards - 2 * faulty, shards - faulty]
  const symbol = 2 * Math.ceil(BLOB_BYTES / (rows * columns) / 2)
  return { primary: columns * symbol, secondary: rows * symbol, symbols: shards * shards * symbol }
}

function buffers(count: number, size: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(size + FRAME_BYTES(size)))
}

function seconds(work: () => unknown): number {
  work()
  const taken = Array.from({ length: ROUNDS }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1e6
  })
  return taken.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
}

export function encodeBench(): Figure[] {
  init()
  const blob = createHash('shake256', { outputLength: BLOB_BYTES }).update('encode').digest()
  const hashRate = BLOB_BYTES / MIB / seconds(() => hash('blake2b512', blob))
  return SHARDS.flatMap(shards => {
    const { primary, secondary, symbols } = sizesOf(shards)
    using encoder = new BlobEncoder(shards)
    const [primaries, secondaries] = [buffers(shards, primary), buffers(shards, secondary)]
    const hashing = symbols / MIB / hashRate
    const ways = [
      ['encode', () => encoder.encode(blob, primaries, secondaries) as unknown],
      ['blob id only', () => encoder.compute_metadata(blob) as unknown],
    ] as const
    return ways.map(([name, work]) => {
      const taken = seconds(work)
      return {
        bench: 'walrus.encode-mibps',
        figure: `${name}, ${shards} shards, 32 MiB`,
        value: BLOB_BYTES / MIB / taken,
        unit: 'MiB/s',
        versus: `native BLAKE2b of all symbols (${(BLOB_BYTES / MIB / hashing).toFixed(0)} MiB/s)`,
        ratio: hashing / taken,
      }
    })
  })
}
