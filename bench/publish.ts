/**
 * `publish.mibps`: NAR bytes a second from paths to a visible release, on a devnet in the same process; beside it
 * the official encoder alone on the same bytes, which nobody who writes to Walrus can go below.
 */
import { publish } from '@squid/client/publish'
import { createPerson, noise, publicationOf, startNetwork } from '../test/publish/setting.ts'
import type { Figure } from './figure.ts'

const MIB = 1024 * 1024
const FILES = 16

/** A third of the bytes is noise, so that zstd has work and success as it has with programs. */
function program(seed: string, bytes: number): Uint8Array {
  const content = Buffer.alloc(bytes, 'the quick brown fox jumps over the lazy dog; ')
  const random = noise(seed, Math.floor(bytes / 3))
  for (let from = 0; from + 32 <= random.length; from += 32)
    content.set(random.subarray(from, from + 32), from * 3)
  return content
}

export async function publishBench(): Promise<Figure[]> {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const contents = Array.from(
    { length: FILES },
    (_, index) => [`program-${index}`, program(String(index), MIB)] as const,
  )
  const publication = await publicationOf(alice.space, 'bench', contents)
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const began = performance.now()
  const result = await publish(deps, publication)
  const seconds = (performance.now() - began) / 1000

  const stored = noise('pack', result.storedBytes)
  const encodingBegan = performance.now()
  await alice.account.network.walrus.encodeBlob(stored)
  const encodingSeconds = (performance.now() - encodingBegan) / 1000

  const nar = Number(result.narBytes) / MIB
  return [
    {
      bench: 'publish.mibps',
      figure: `${nar.toFixed(0)} MiB of NARs, ${(result.storedBytes / MIB).toFixed(1)} MiB stored`,
      value: nar / seconds,
      unit: 'MiB/s',
      versus: `the official encoder alone on what is stored (${(nar / encodingSeconds).toFixed(0)} MiB/s of NARs)`,
      ratio: encodingSeconds / seconds,
    },
  ]
}
