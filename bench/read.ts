/**
 * Reading straight from storage nodes: beside a plain static server, healthy, with liars, and beside the official client.
 * The network is a devnet in another process; every byte is checked by the SHA-256 of its chunk.
 *
 * SQUID_BENCH_READ_MIB sets how much is read; by default 256 MiB. What the devnet keeps encoded suffices for 384 MiB: with
 * more, the figures with liars measure its encoder.
 */
import { get } from 'node:http'
import { connect } from '@squid/client/networks'
import { type Figure, median } from './figure.ts'
import { PACK_BYTES, readAll, ReadNetwork, type StoredPack } from './read-setting.ts'

const MIB = 1024 * 1024
const ROUNDS = 3
const STATIC_PARALLEL = [1, 4]
const ONE_LIAR = [5]
/** Nodes 0 to 3 hold 9 of the 100 shards, the others 8: these four hold f = 33. */
const F_LIARS = [1, 5, 8, 10]

/** `walrus.read-vs-http` */
export async function readVsHttpBench(): Promise<Figure[]> {
  await using network = await ReadNetwork.start()
  const packs = await network.store(packCount())
  // In turns, since a busy machine changes its mind.
  const read: number[] = []
  const plain = STATIC_PARALLEL.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    read.push(await readCold(network, packs))
    for (const [index, parallel] of STATIC_PARALLEL.entries())
      plain[index]?.push(await secondsOf(() => drainAll(network, packs, parallel), sizeOf(packs)))
  }
  const mib = sizeOf(packs) / MIB
  const [ours, peer] = [median(read), Math.min(...plain.map(median))]
  return [
    {
      bench: 'walrus.read-vs-http',
      figure: whatIsRead(packs),
      value: mib / ours,
      unit: 'MiB/s',
      versus: `a plain static server, unchecked (${(mib / peer).toFixed(0)} MiB/s); at least 0.6`,
      ratio: peer / ours,
    },
  ]
}

/** `walrus.read-one-liar` */
export function readOneLiarBench(): Promise<Figure[]> {
  return readWithLiars('walrus.read-one-liar', ONE_LIAR, 1.5)
}

/** `walrus.read-f-liars` */
export function readManyLiarsBench(): Promise<Figure[]> {
  return readWithLiars('walrus.read-f-liars', F_LIARS, 10)
}

async function readWithLiars(bench: string, liars: readonly number[], bar: number): Promise<Figure[]> {
  await using network = await ReadNetwork.start()
  const packs = await network.store(packCount())
  const healthy: number[] = []
  const lied: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    healthy.push(await readCold(network, packs))
    for (const node of liars) await network.setFault(node, 'tamper')
    lied.push(await readCold(network, packs))
    for (const node of liars) await network.setFault(node, null)
  }
  const best = median(healthy)
  return [
    {
      bench,
      figure: whatIsRead(packs),
      value: median(lied),
      unit: 's',
      versus: `healthy (${best.toFixed(2)} s); at most ${bar}`,
      ratio: median(lied) / best,
    },
  ]
}

/** Not larger: the official client takes long. */
const SDK_BLOB_BYTES = 64 * MIB
const SDK_ATTEMPTS = 5

/** `walrus.read-vs-sdk`: one blob, one dishonest node, each reader knowing nothing yet. */
export async function readVsSdkBench(): Promise<Figure[]> {
  await using network = await ReadNetwork.start()
  const packs = await network.store(1, SDK_BLOB_BYTES)
  for (const node of ONE_LIAR) await network.setFault(node, 'tamper')
  const ours: number[] = []
  const right: number[] = []
  const wrong: number[] = []
  for (let attempt = 0; attempt < SDK_ATTEMPTS; attempt++) {
    ours.push(await readCold(network, packs))
    const { seconds, isRight } = await readOfficially(network, packs)
    ;(isRight ? right : wrong).push(seconds)
  }
  const success = right.length === 0 ? 'it never succeeded' : `${median(right).toFixed(2)} s`
  const peer = median(right.length === 0 ? wrong : right)
  return [
    {
      bench: 'walrus.read-vs-sdk',
      figure: `${SDK_BLOB_BYTES / MIB} MiB, 100 shards, one liar`,
      value: median(ours),
      unit: 's',
      versus: `the official readBlob (${success}; it failed ${wrong.length} of ${SDK_ATTEMPTS} times); at most 0.1`,
      ratio: median(ours) / peer,
    },
  ]
}

async function readOfficially(
  network: ReadNetwork,
  packs: readonly StoredPack[],
): Promise<{ readonly seconds: number; readonly isRight: boolean }> {
  const { walrus } = await connect(network.network.descriptor)
  const [{ blobId } = { blobId: '' }] = packs
  const began = performance.now()
  const isRight = await walrus.readBlob({ blobId }).then(
    blob => blob.length === sizeOf(packs),
    () => false,
  )
  return { seconds: (performance.now() - began) / 1000, isRight }
}

function packCount(): number {
  return Math.max(1, Math.round(Number(process.env['SQUID_BENCH_READ_MIB'] ?? 256) / (PACK_BYTES / MIB)))
}

function sizeOf(packs: readonly StoredPack[]): number {
  return packs.reduce((sum, { size }) => sum + size, 0)
}

function whatIsRead(packs: readonly StoredPack[]): string {
  return `median of ${ROUNDS}, ${sizeOf(packs) / MIB} MiB, 100 shards`
}

/** Seconds that a reader without any cache takes. */
export async function readCold(network: ReadNetwork, packs: readonly StoredPack[]): Promise<number> {
  await using storage = network.reader()
  await storage.open()
  return await secondsOf(() => readAll(storage, packs), sizeOf(packs))
}

/** Seconds that the static server needs for the same bytes. */
export async function drainAll(
  network: ReadNetwork,
  packs: readonly StoredPack[],
  parallel: number,
): Promise<number> {
  const next = packs.values()
  let size = 0
  const work = async (): Promise<void> => {
    for (const { file } of next) {
      const drained = await drain(`${network.staticUrl}/${file}`)
      size += drained
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return size
}

/** Bytes of a file of the static server, drained. */
function drain(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, response => {
      let size = 0
      response.on('data', (part: Uint8Array) => (size += part.length))
      response.on('end', () => resolve(size))
      response.on('error', reject)
    }).on('error', reject)
  })
}

export async function secondsOf(work: () => Promise<number>, expected: number): Promise<number> {
  const began = performance.now()
  const size = await work()
  const seconds = (performance.now() - began) / 1000
  if (size !== expected) throw new Error(`read ${size} bytes instead of ${expected}`)
  return seconds
}
