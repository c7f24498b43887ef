/**
 * The reader of `walrus.read-link`, in a namespace with nothing but loopback; it makes the other one, in which the network
 * is, and the link between them. Prints one figure as JSON.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { type Figure, median } from './figure.ts'
import { drainAll, readCold, secondsOf } from './read.ts'
import { type Around, PACK_BYTES, ReadNetwork } from './read-setting.ts'

const MIB = 1024 * 1024
const ROUNDS = 3
const PACKS = 8
const ROUND_TRIP_MS = 50
/** What `tc` calls 1gbit. */
const LINK_MIBPS = 1e9 / 8 / MIB
const [HERE, THERE] = ['10.9.0.1', '10.9.0.2']

async function run(file: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)(file, args)
}

/** Each port of the network is here on loopback too, a link and a round trip away. */
const link: Around = {
  command: command => [
    'unshare',
    '-n',
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
    ...command,
    '0.0.0.0',
  ],
  ready: async ({ ports, nodePorts }, pid) => {
    const inside = ['-t', String(pid), '-n'] as const
    await run('ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far', 'netns', String(pid))
    await run('ip', 'addr', 'add', `${HERE}/30`, 'dev', 'near')
    await run('ip', 'link', 'set', 'near', 'up')
    await run('nsenter', ...inside, 'ip', 'addr', 'add', `${THERE}/30`, 'dev', 'far')
    await run('nsenter', ...inside, 'ip', 'link', 'set', 'far', 'up')
    const shape = ['root', 'tbf', 'rate', '1gbit', 'burst', '256kb', 'limit', '64mb']
    await run('nsenter', ...inside, 'tc', 'qdisc', 'add', 'dev', 'far', ...shape)
    return startProxies([...ports, ...nodePorts])
  },
}

async function startProxies(ports: readonly number[]): Promise<AsyncDisposable> {
  const program = new URL('./read-link-proxies.ts', import.meta.url).pathname
  const proxies = spawn(process.execPath, [program, THERE, String(ROUND_TRIP_MS), ...ports.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(proxies, 'exit')
  await once(proxies.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      proxies.stdin.end()
      await ended
    },
  }
}

await run('ip', 'link', 'set', 'lo', 'up')
await using network = await ReadNetwork.start({ around: link })
const packs = await network.store(PACKS)
const read: number[] = []
const plain: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  read.push(await readCold(network, packs))
  plain.push(await secondsOf(() => drainAll(network, packs, 4), PACKS * PACK_BYTES))
}
const mib = (PACKS * PACK_BYTES) / MIB
const [ours, peer] = [mib / median(read), mib / median(plain)]
const figure: Figure = {
  bench: 'walrus.read-link',
  figure: `median of ${ROUNDS}, ${mib} MiB, ${ROUND_TRIP_MS} ms`,
  value: ours,
  unit: 'MiB/s',
  versus: `the link of ${LINK_MIBPS.toFixed(0)} MiB/s (a static server, 4 connections: ${peer.toFixed(0)}); at least 0.8`,
  ratio: ours / LINK_MIBPS,
}
console.log(JSON.stringify(figure))
