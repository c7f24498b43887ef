/**
 * `walrus.encode-mibps`: erasure coding on one core, and finding only the blob id, at 100 and 1000 shards; beside each
 * the official WebAssembly. MiB of the blob a second of processor time.
 */
import { createHash } from 'node:crypto'

import init, { BlobEncoder } from '@mysten/walrus-wasm'

import { blobGeometry, RedStuffEncoder, sliverBytes } from './index.ts'

const MIB = 1024 * 1024
const BLOB_BYTES = 32 * MIB
const ROUNDS = 3
const SHARDS: readonly number[] = [100, 1000]

/** As bench/figure.ts has it. */
interface Figure {
  readonly bench: string
  readonly figure: string
  readonly value: number
  readonly unit: string
  readonly versus: string
  readonly ratio: number
}

function slices(bytes: Uint8Array, count: number): Uint8Array[] {
  const size = bytes.length / count
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
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
  return SHARDS.flatMap(shards => {
    const { rowSize, primarySymbols, symbolSize } = blobGeometry(BLOB_BYTES, shards)
    const primary = new Uint8Array(shards * sliverBytes(rowSize))
    const secondary = new Uint8Array(shards * sliverBytes(primarySymbols * symbolSize))
    using official = new BlobEncoder(shards)
    const own = new RedStuffEncoder(shards)
    const ways = [
      [
        'encode',
        () => own.encode(blob, { primary, secondary }),
        () => official.encode(blob, slices(primary, shards), slices(secondary, shards)) as unknown,
      ],
      ['blob id only', () => own.identify(blob), () => official.compute_metadata(blob) as unknown],
    ] as const
    return ways.map(([name, work, peer]) => {
      const [taken, theirs] = [seconds(work), seconds(peer)]
      return {
        bench: 'walrus.encode-mibps',
        figure: `${name}, ${shards} shards, 32 MiB`,
        value: BLOB_BYTES / MIB / taken,
        unit: 'MiB/s',
        versus: `the official WebAssembly (${(BLOB_BYTES / MIB / theirs).toFixed(0)} MiB/s)`,
        ratio: theirs / taken,
      }
    })
  })
}
