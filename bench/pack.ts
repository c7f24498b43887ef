/**
 * `pack.write-mibps`: masking, cutting, hashing, compressing and packing on one core; beside it zstd alone on the same
 * chunks and SHA-256 alone. `pack.read-mibps`: from a pack back to verified chunks and, unmasked, to NARs; beside it
 * zstd and SHA-256 alone.
 * Rates are per second of processor time, so that other work on the machine does not count.
 */
import { hash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import { formatHex } from '@squid/formats/bytes'
import { decodeChunk, encodeChunk } from '@squid/formats/chunk'
import { sha256 } from '@squid/formats/hash'
import { knownHashes, NarCutter, unmask } from '@squid/formats/mask'
import { type PackEntry, PackWriter, readPackIndex } from '@squid/formats/pack'

import { asBuilt, nodeBinary, systemPrograms } from './binaries.ts'
import { type Figure, median } from './figure.ts'

const MIB = 1024 * 1024
const SAMPLE_BYTES = 48 * MIB
const SEGMENT_BYTES = 2 * MIB
const ROUNDS = 5
const LEVEL = 3

/** Content, and the hashes that are masked in it. */
interface Sample {
  readonly name: string
  readonly bytes: Uint8Array
  readonly known: readonly string[]
}

async function samples(): Promise<Sample[]> {
  const programs = await systemPrograms(SAMPLE_BYTES)
  const together = { name: 'programs', bytes: Buffer.concat(programs.map(({ bytes }) => bytes)) }
  const { storePath, references, bytes } = asBuilt(together, 'bench')
  const known = knownHashes(storePath, references)
  return [
    { name: 'node', bytes: await nodeBinary(SAMPLE_BYTES), known },
    { name: '/usr/bin', bytes, known },
  ]
}

/** MiB of `bytes` for each second of processor time, the median of some rounds after one that warms up. */
async function rate(bytes: number, work: () => unknown): Promise<number> {
  await work()
  const seconds: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.threadCpuUsage()
    await work()
    const { user, system } = process.threadCpuUsage(before)
    seconds.push((user + system) / 1e6)
  }
  return bytes / MIB / median(seconds)
}

/** A sample as it is stored: chunks of it and of the places of hashes, and those hashes. */
interface Cut {
  readonly nar: readonly Uint8Array[]
  readonly places: readonly Uint8Array[]
  readonly inlinePlaces: Uint8Array | undefined
  readonly hashes: readonly string[]
}

function cut({ bytes, known }: Sample): Cut {
  const cutter = new NarCutter(known)
  const nar: Uint8Array[] = []
  const places: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += SEGMENT_BYTES) {
    const piece = cutter.push(Uint8Array.from(bytes.subarray(from, from + SEGMENT_BYTES)))
    nar.push(...piece.nar)
    places.push(...piece.places)
  }
  const last = cutter.finish()
  return {
    nar: [...nar, ...last.nar],
    places: [...places, ...last.places],
    inlinePlaces: last.inlinePlaces,
    hashes: last.hashes.map(hash => known[hash] ?? ''),
  }
}

function write(sample: Sample): Uint8Array {
  const { nar, places } = cut(sample)
  const pack = new PackWriter(2 * SAMPLE_BYTES)
  for (const chunk of [...nar, ...places]) pack.tryAdd(encodeChunk(chunk))
  return pack.finish()
}

function entriesOf(pack: Uint8Array): readonly PackEntry[] {
  const index = readPackIndex(pack, pack.length)
  if (!('entries' in index)) throw new Error('the whole pack does not hold its index')
  return index.entries
}

/** Reads the sample back; only its size is looked at. */
async function read(pack: Uint8Array, sample: StoredSample): Promise<void> {
  const entries = new Map(entriesOf(pack).map(entry => [formatHex(entry.id), entry]))
  const chunks = function* (ids: readonly string[]): Generator<Uint8Array> {
    for (const id of ids) {
      const entry = entries.get(id)
      if (entry === undefined) throw new Error('a chunk is missing')
      yield decodeChunk(entry, pack.subarray(entry.offset, entry.offset + entry.length))
    }
  }
  const { hashes, size, inlinePlaces } = sample
  const places = inlinePlaces === undefined ? chunks(sample.places) : [inlinePlaces]
  let left = size
  for await (const piece of unmask(chunks(sample.nar), { hashes, places, narSize: BigInt(size) }))
    left -= piece.length
  if (left !== 0) throw new Error('something is missing')
}

/** What a manifest would say of a sample. */
interface StoredSample {
  readonly nar: readonly string[]
  readonly places: readonly string[]
  readonly inlinePlaces: Uint8Array | undefined
  readonly hashes: readonly string[]
  readonly size: number
}

function storedSample(sample: Sample): StoredSample {
  const { nar, places, ...masked } = cut(sample)
  const idsOf = (chunks: readonly Uint8Array[]): string[] => chunks.map(chunk => formatHex(sha256(chunk)))
  return { nar: idsOf(nar), places: idsOf(places), ...masked, size: sample.bytes.length }
}

export async function packWriteBench(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const sample of await samples()) {
    const { name, bytes } = sample
    const { nar } = cut(sample)
    const params = { [constants.ZSTD_c_compressionLevel]: LEVEL }
    const zstd = await rate(bytes.length, () => nar.map(chunk => zstdCompressSync(chunk, { params })))
    const sha = await rate(bytes.length, () => hash('sha256', bytes))
    const value = await rate(bytes.length, () => write(sample))
    const stored = write(sample).length / bytes.length
    figures.push({
      bench: 'pack.write-mibps',
      figure: `${name}, to ${(stored * 100).toFixed(1)} %`,
      value,
      unit: 'MiB/s',
      versus: `zstd alone (${zstd.toFixed(0)}; SHA-256 alone ${sha.toFixed(0)} MiB/s)`,
      ratio: value / zstd,
      bar: '>= 120 MiB/s',
    })
  }
  return figures
}

export async function packReadBench(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const sample of await samples()) {
    const { name, bytes } = sample
    const pack = write(sample)
    const stored = storedSample(sample)
    const frames = entriesOf(pack)
      .filter(({ encoding }) => encoding === 'zstd')
      .map(({ offset, length }) => pack.subarray(offset, offset + length))
    const zstd = await rate(bytes.length, () => frames.map(frame => zstdDecompressSync(frame)))
    const sha = await rate(bytes.length, () => hash('sha256', bytes))
    const value = await rate(bytes.length, () => read(pack, stored))
    figures.push({
      bench: 'pack.read-mibps',
      figure: name,
      value,
      unit: 'MiB/s',
      versus: `zstd alone (${zstd.toFixed(0)}; SHA-256 alone ${sha.toFixed(0)} MiB/s)`,
      ratio: value / zstd,
      bar: '>= 300 MiB/s',
    })
  }
  return figures
}

/** `pack.levels`: what each level of zstd costs and saves on chunks, which decided docs/decisions/0004. */
export async function packLevelsBench(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const sample of await samples()) {
    const { name, bytes } = sample
    const chunks = cut(sample).nar
    const sizeAt = (level: number): number =>
      chunks.reduce((sum, chunk) => sum + encodeChunk(chunk, { level }).bytes.length, 0)
    const chosen = sizeAt(LEVEL)
    for (const level of [1, 2, 3, 4, 5, 6, 9, 12]) {
      figures.push({
        bench: 'pack.levels',
        figure: `${name}, level ${level}`,
        value: await rate(bytes.length, () => sizeAt(level)),
        unit: 'MiB/s',
        versus: `size at level ${LEVEL} (${((chosen / bytes.length) * 100).toFixed(1)} % of raw)`,
        ratio: sizeAt(level) / chosen,
      })
    }
  }
  return figures
}
