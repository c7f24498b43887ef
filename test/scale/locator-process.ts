/**
 * Builds a locator into blobs of a pack's size, in updates as publishes make them, then looks up, changes and lists
 * it, and says what that took: `node --expose-gc locator-process.ts JSON`.
 */
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import {
  type BlobPlace,
  type ChunkLocation,
  listChunks,
  type LocatorLink,
  lookupChunks,
  updateLocator,
} from '@squid/formats/locator'
import { BlobFiles } from './blob-files.ts'
import { HeapPeak, liveHeapMib } from './child.ts'

export interface Orders {
  readonly folder: string
  readonly blobBytes: number
  readonly chunks: number
  /** Chunks that one update adds. */
  readonly step: number
}

interface Update {
  readonly chunks: number
  readonly reads: number
  readonly nodes: number
  readonly nodeBytes: number
  readonly blobs: number
  readonly seconds: number
  /** Live heap while it runs, its own changes left out. */
  readonly heapMib: number
}

export interface Report {
  readonly build: Update
  /** Nodes read to find one chunk: at most, and on average. */
  readonly mostReads: number
  readonly meanReads: number
  /** Nodes read to find 64 chunks together, as a reader of NARs does. */
  readonly batchReads: number
  /** One chunk in a hundred moves, as a repack has it. */
  readonly move: Update
  /** As many new chunks as ten MiB of NARs have come in: a small release. */
  readonly small: Update
  readonly listed: number
  readonly listSeconds: number
  readonly listHeapMib: number
}

/** What 10 MiB have at the average size. */
const SMALL_RELEASE = 160
/** Chunks that a pack of 32 MiB has at the average size, compressed to the half. */
const CHUNKS_IN_PACK = 1024

const orders = JSON.parse(process.argv[2] ?? '') as Orders
using blobs = new BlobFiles(orders.folder, orders.blobBytes)

function id(number: number): Uint8Array {
  return sha256(encodeUtf8(`chunk ${number}`))
}

const packs = new Map<string, BlobPlace>()

function packOf(number: number, generation: number): BlobPlace {
  const name = `pack ${generation} ${Math.floor(number / CHUNKS_IN_PACK)}`
  const pack = packs.get(name) ?? { id: sha256(encodeUtf8(name)), size: 2 ** 25 }
  packs.set(name, pack)
  return pack
}

/** Chunks of one publish lie together in packs. */
function at(number: number, generation = 0): ChunkLocation {
  const offset = (number % CHUNKS_IN_PACK) * 32_000
  return { blob: packOf(number, generation), offset, length: 32_000, rawSize: 65_536, encoding: 'zstd' }
}

function numbers(count: number, start: number, every = 1): number[] {
  return Array.from({ length: count }, (_, i) => start + i * every)
}

let root: LocatorLink | null = null

/** One update, in steps as large as were ordered. */
async function update(all: readonly number[], generation = 0): Promise<Update> {
  const begin = performance.now()
  const before = blobs.take().blobs
  let heapMib = 0
  for (let start = 0; start < all.length; start += orders.step) {
    const changes = all
      .slice(start, start + orders.step)
      .map(number => ({ id: id(number), location: at(number, generation) }))
    const heap = new HeapPeak(100_000)
    const own = liveHeapMib()
    const place: typeof blobs.place = node => {
      heap.tick()
      return blobs.place(node)
    }
    const updated: LocatorLink | null = await updateLocator(root, changes, blobs.load, place)
    if (updated === null) throw new Error('nothing is left of the locator')
    root = blobs.finish(updated)
    heapMib = Math.max(heapMib, heap.mib - own)
  }
  const { loads, nodes, bytes, blobs: after } = blobs.take()
  const seconds = (performance.now() - begin) / 1000
  return {
    chunks: all.length,
    reads: loads,
    nodes,
    nodeBytes: bytes,
    blobs: after - before,
    seconds,
    heapMib,
  }
}

async function find(wanted: readonly number[], generation = 0): Promise<number> {
  const found = await lookupChunks(root as LocatorLink, wanted.map(id), blobs.load)
  for (const number of wanted) {
    if (found.get(formatHex(id(number)))?.offset !== at(number, generation).offset)
      throw new Error(`chunk ${number} is not found`)
  }
  return blobs.take().loads
}

const build = await update(numbers(orders.chunks, 0))
const sample = numbers(1000, 0, Math.floor(orders.chunks / 1000))
const reads: number[] = []
for (const number of sample) reads.push(await find([number]))
const batchReads = await find(sample.slice(0, 64))
const move = await update(numbers(orders.chunks / 100, 7, 100), 1)
await find([7, 107], 1)
const small = await update(numbers(SMALL_RELEASE, orders.chunks))

const listHeap = new HeapPeak(50_000)
const listBegin = performance.now()
let listed = 0
for await (const { location } of listChunks(root as unknown as LocatorLink, blobs.load)) {
  if (location.length > 0) listed++
  listHeap.tick()
}
const report: Report = {
  build,
  mostReads: Math.max(...reads),
  meanReads: reads.reduce((total, count) => total + count, 0) / reads.length,
  batchReads,
  move,
  small,
  listed,
  listSeconds: (performance.now() - listBegin) / 1000,
  listHeapMib: listHeap.mib,
}
console.log(JSON.stringify(report))
