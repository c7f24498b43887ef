/**
 * Reading straight from storage nodes, beside a plain static server, healthy and with liars. The network is a devnet in
 * another process; every byte is checked by the SHA-256 of its chunk.
 *
 * SQUID_BENCH_READ_MIB sets how much is read. The devnet keeps the encoded form of about 64 MiB only: with more, the
 * figures with liars measure its encoder.
 */
import { get } from 'node:http'
import { type Figure, median } from './figure.ts'
import { PACK_BYTES, readAll, ReadNetwork, type StoredPack } from './read-setting.ts'

const MIB = 1024 * 1024
const ROUNDS = 5
const STATIC_PARALLEL = [1, 4]

async function secondsOf(work: () => Promise<number>, expected: number): Promise<number> {
  const began = performance.now()
  const size = await work()
  const seconds = (performance.now() - began) / 1000
  if (size !== expected) throw new Error(`read ${size} bytes instead of ${expected}`)
  return seconds
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

async function drainAll(
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

async function readCold(
  network: ReadNetwork,
  packs: readonly StoredPack[],
  expected: number,
): Promise<number> {
  await using storage = network.reader()
  await storage.open()
  return await secondsOf(() => readAll(storage, packs), expected)
}

function packCount(): number {
  return Math.max(1, Math.round(Number(process.env['SQUID_BENCH_READ_MIB'] ?? 64) / 32))
}

/** `walrus.read-vs-http`, `walrus.read-one-liar`, `walrus.read-f-liars`: they share their network. */
export async function readBench(): Promise<Figure[]> {
  await using network = await ReadNetwork.start()
  const packs = await network.store(packCount())
  const bytes = packs.length * PACK_BYTES
  const mib = bytes / MIB
  // In turns, since a busy machine changes its mind.
  const healthy: number[] = []
  const plain = STATIC_PARALLEL.map((): number[] => [])
  const oneLiar: number[] = []
  const manyLiars: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    healthy.push(await readCold(network, packs, bytes))
    for (const [index, parallel] of STATIC_PARALLEL.entries())
      plain[index]?.push(await secondsOf(() => drainAll(network, packs, parallel), bytes))
    await network.setFault(5, 'tamper')
    oneLiar.push(await readCold(network, packs, bytes))
    // Nodes 0 to 3 hold 9 of the 100 shards, the others 8: these four hold f = 33.
    for (const node of [1, 8, 10]) await network.setFault(node, 'tamper')
    manyLiars.push(await readCold(network, packs, bytes))
    for (const node of [1, 5, 8, 10]) await network.setFault(node, null)
  }
  const best = median(healthy)
  const peer = Math.min(...plain.map(median))
  const figure = `median of ${ROUNDS}, ${mib} MiB, 100 shards`
  const withLiars = (bench: string, taken: readonly number[]): Figure => ({
    bench,
    figure,
    value: median(taken),
    unit: 's',
    versus: `healthy (${best.toFixed(2)} s)`,
    ratio: median(taken) / best,
  })
  return [
    {
      bench: 'walrus.read-vs-http',
      figure,
      value: mib / best,
      unit: 'MiB/s',
      versus: `a plain static server, unchecked (${(mib / peer).toFixed(0)} MiB/s)`,
      ratio: peer / best,
    },
    withLiars('walrus.read-one-liar', oneLiar),
    withLiars('walrus.read-f-liars', manyLiars),
  ]
}
