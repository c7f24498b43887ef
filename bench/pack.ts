/**
 * `pack.write-mibps`: cutting, hashing, compressing and packing on one core; beside it zstd alone on the same chunks
 * and SHA-256 alone. `pack.read-mibps`: from a pack back to verified chunks; beside it zstd and SHA-256 alone.
 * Rates are per second of processor time, so that other work on the machine does not count.
 */
import { hash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { Chunker, decodeChunk, encodeChunk } from '@squid/formats/chunk'
import { type PackEntry, PackWriter, readPackIndex } from '@squid/formats/pack'

import { nodeBinary, systemPrograms } from './binaries.ts'
import { type Figure, median } from './figure.ts'

const MIB = 1024 * 1024
const SAMPLE_BYTES = 48 * MIB
const SEGMENT_BYTES = 2 * MIB
const ROUNDS = 5
const LEVEL = 3

interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
}

async function samples(): Promise<Sample[]> {
  const programs = await systemPrograms(SAMPLE_BYTES)
  return [
    { name: 'node', bytes: await nodeBinary(SAMPLE_BYTES) },
    { name: '/usr/bin', bytes: Buffer.concat(programs.map(({ bytes }) => bytes)) },
  ]
}

/** MiB of `bytes` for each second of processor time, the median of some rounds after one that warms up. */
function rate(bytes: number, work: () => unknown): number {
  work()
  const seconds = Array.from({ length: ROUNDS }, () => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1e6
  })
  return bytes / MIB / median(seconds)
}

function cut(bytes: Uint8Array): Uint8Array[] {
  const chunker = new Chunker()
  const chunks: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += SEGMENT_BYTES)
    chunks.push(...chunker.push(bytes.subarray(from, from + SEGMENT_BYTES)))
  return [...chunks, ...chunker.finish()]
}

function write(bytes: Uint8Array): Uint8Array {
  const pack = new PackWriter(2 * SAMPLE_BYTES)
  for (const chunk of cut(bytes)) pack.tryAdd(encodeChunk(chunk))
  return pack.finish()
}

function entriesOf(pack: Uint8Array): readonly PackEntry[] {
  const index = readPackIndex(pack, pack.length)
  if (!('entries' in index)) throw new Error('the whole pack does not hold its index')
  return index.entries
}

function read(pack: Uint8Array): void {
  for (const entry of entriesOf(pack))
    decodeChunk(entry, pack.subarray(entry.offset, entry.offset + entry.length))
}

export async function packWriteBench(): Promise<Figure[]> {
  return (await samples()).map(({ name, bytes }) => {
    const chunks = cut(bytes)
    const params = { [constants.ZSTD_c_compressionLevel]: LEVEL }
    const zstd = rate(bytes.length, () => chunks.map(chunk => zstdCompressSync(chunk, { params })))
    const sha256 = rate(bytes.length, () => hash('sha256', bytes))
    const value = rate(bytes.length, () => write(bytes))
    const stored = write(bytes).length / bytes.length
    return {
      bench: 'pack.write-mibps',
      figure: `${name}, to ${(stored * 100).toFixed(1)} %`,
      value,
      unit: 'MiB/s',
      versus: `zstd alone (${zstd.toFixed(0)}; SHA-256 alone ${sha256.toFixed(0)} MiB/s)`,
      ratio: value / zstd,
    }
  })
}

export async function packReadBench(): Promise<Figure[]> {
  return (await samples()).map(({ name, bytes }) => {
    const pack = write(bytes)
    const rawBytes = entriesOf(pack).reduce((sum, { rawSize }) => sum + rawSize, 0)
    const frames = entriesOf(pack)
      .filter(({ encoding }) => encoding === 'zstd')
      .map(({ offset, length }) => pack.subarray(offset, offset + length))
    const zstd = rate(rawBytes, () => frames.map(frame => zstdDecompressSync(frame)))
    const sha256 = rate(rawBytes, () => hash('sha256', bytes.subarray(0, rawBytes)))
    const value = rate(rawBytes, () => read(pack))
    return {
      bench: 'pack.read-mibps',
      figure: name,
      value,
      unit: 'MiB/s',
      versus: `zstd alone (${zstd.toFixed(0)}; SHA-256 alone ${sha256.toFixed(0)} MiB/s)`,
      ratio: value / zstd,
    }
  })
}

/** `pack.levels`: what each level of zstd costs and saves on chunks, which decided docs/decisions/0004. */
export async function packLevelsBench(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { name, bytes } of await samples()) {
    const chunks = cut(bytes)
    const sizeAt = (level: number): number =>
      chunks.reduce((sum, chunk) => sum + encodeChunk(chunk, { level }).bytes.length, 0)
    const chosen = sizeAt(LEVEL)
    for (const level of [1, 2, 3, 4, 5, 6, 9, 12]) {
      figures.push({
        bench: 'pack.levels',
        figure: `${name}, level ${level}`,
        value: rate(bytes.length, () => sizeAt(level)),
        unit: 'MiB/s',
        versus: `size at level ${LEVEL} (${((chosen / bytes.length) * 100).toFixed(1)} % of raw)`,
        ratio: sizeAt(level) / chosen,
      })
    }
  }
  return figures
}
