/**
 * `publish.mibps`: NAR bytes a second from paths to a visible release, through the upload relay and to the storage
 * nodes, with the network in another process on the same machine; beside it the official encoder alone, on one core,
 * on the bytes that are stored: nobody who writes to Walrus can go below that. The publisher's processor time is a
 * figure of its own.
 */
import { readFile } from 'node:fs/promises'

import { publish } from '@squid/client/publish'

import { startNetworkChild } from '../test/publish/network-child.ts'
import { createPerson, noise, publicationOf } from '../test/publish/setting.ts'
import type { Figure } from './figure.ts'

const MIB = 1024 * 1024
const PROGRAM_BYTES = 16 * MIB
const PROGRAMS = 7

export async function publishBench(): Promise<Figure[]> {
  await using network = await startNetworkChild()
  await using alice = await createPerson(network.networkUrl, 'alice')
  // Machine code, each piece a program of its own.
  const code = await readFile(process.execPath)
  const contents = (way: string): (readonly [string, Uint8Array])[] =>
    Array.from({ length: PROGRAMS }, (_, index) => {
      const bytes = Buffer.from(code.subarray(index * PROGRAM_BYTES, (index + 1) * PROGRAM_BYTES))
      return [`program-${index}`, differently(bytes, way)] as const
    })
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  // Threads and their WebAssembly are compiled once before the clock runs.
  await publish(deps, await publicationOf(alice.space, 'warm', [['warm', noise('warm', 4 * MIB)]]))

  const figures: Figure[] = []
  for (const upload of ['auto', 'nodes'] as const) {
    const publication = await publicationOf(alice.space, upload, contents(upload))
    const [clientBefore, networkBefore] = [process.cpuUsage(), await network.cpuSeconds()]
    const began = performance.now()
    const result = await publish(deps, publication, { upload })
    const seconds = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(clientBefore)
    const clientCpu = (user + system) / 1e6
    const networkCpu = (await network.cpuSeconds()) - networkBefore
    const encoding = await encodingSeconds(alice.account.network.walrus, result.storedBytes)
    const nar = Number(result.narBytes) / MIB
    const way = upload === 'auto' ? 'relay' : 'nodes'
    const what = `${way}, ${nar.toFixed(0)} MiB, ${(result.storedBytes / MIB).toFixed(0)} stored`
    figures.push(
      {
        bench: 'publish.mibps',
        figure: what,
        value: nar / seconds,
        unit: 'MiB/s',
        versus: `the official encoder alone on what is stored (${(nar / encoding).toFixed(0)} MiB/s of NARs)`,
        ratio: encoding / seconds,
      },
      {
        bench: 'publish.cpu-ms-per-mib',
        figure: `${way}, of the publisher`,
        value: (clientCpu * 1000) / nar,
        unit: 'ms',
        versus: `processor time of the network (${((networkCpu * 1000) / nar).toFixed(1)} ms)`,
        ratio: clientCpu / networkCpu,
      },
    )
  }
  return figures
}

/** The same program with other bytes here and there, so that no chunk is known from another way. */
function differently(bytes: Buffer, way: string): Uint8Array {
  for (let at = 0; at < bytes.length; at += 8192) bytes.write(way, at)
  return bytes
}

async function encodingSeconds(
  walrus: { encodeBlob(blob: Uint8Array): Promise<unknown> },
  size: number,
): Promise<number> {
  const sample = noise('pack', Math.min(size, 32 * MIB))
  await walrus.encodeBlob(sample.subarray(0, MIB))
  const began = performance.now()
  await walrus.encodeBlob(sample)
  return ((performance.now() - began) / 1000) * (size / sample.length)
}
