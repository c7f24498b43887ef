/**
 * The main job, end to end, as people do it: two persons, two homes, two Nix stores, and nothing between them but a
 * network of Sui and Walrus. Ends with `demo: ok` when all of it happened.
 *
 * Usage: npm run demo
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NixEnvironment } from '@squid/host/nix/testing'
import { writeDemoFlake } from './flake.ts'
import { Network, Person } from './person.ts'
import { bytes, Steps } from './steps.ts'

/** Of twelve storage nodes these misbehave in the third run. */
const LIAR = 4
const DOWN = 9

interface Published {
  readonly flake: string
  readonly version: number
  readonly paths: number
  readonly bytes: number
  readonly packs: number
  readonly transactions: number
  readonly gas: number
}

function expectGreeting(output: string, whom: string): void {
  const [line = ''] = output.trim().split('\n').slice(-1)
  const count = /: (\d+) links of the chain are here$/.exec(line)?.[1]
  if (!line.startsWith(`hello, ${whom}:`) || Number(count) < 20) {
    throw new Error(
      `the program should have greeted ${whom} and found at least 20 links, but said: ${output}`,
    )
  }
  console.log(`    ${line}`)
}

async function publish(alice: Person, dir: string, steps: Steps): Promise<Published> {
  await steps.run('alice: key, SUI and WAL from the faucet, name', async () => {
    await alice.squid('init', '--network', alice.network.descriptor)
    await alice.squid('name', 'claim', 'alice')
  })
  const { flake } = await steps.run('alice: sources from Debian through apt', async () =>
    writeDemoFlake(await alice.nix.nix(), dir),
  )
  const text = await steps.run('alice: squid publish .#hello --tag stable', () =>
    alice.squid('publish', `path:${flake}#hello`, '--tag', 'stable', '--json'),
  )
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Published
}

async function runs(bob: Person, published: Published, steps: Steps): Promise<void> {
  await steps.run('bob: squidd and the nix shim', () => bob.start())
  bob.showFolders()
  await steps.run('bob: nix flake run sui:@alice:hello#hello', async () =>
    expectGreeting(await bob.run('nix', 'flake', 'run', 'sui:@alice:hello#hello', '--', 'bob'), 'bob'),
  )
  await bob.showCounters()
  await steps.run('bob: squid run sui:@alice:hello#hello', async () =>
    expectGreeting(await bob.squid('run', 'sui:@alice:hello#hello', '--', 'bob again'), 'bob again'),
  )
  await steps.run('bob: squid run sui:0x… by object id', async () =>
    expectGreeting(await bob.squid('run', `sui:${published.flake}#hello`, '--', 'bob by id'), 'bob by id'),
  )
}

async function runWithBadNodes(bob: Person, network: Network, steps: Steps): Promise<void> {
  await network.setFault(LIAR, 'tamper')
  await network.setFault(DOWN, 'down')
  await bob.forget()
  await steps.run(`bob: the same from nothing, node ${LIAR} lies, node ${DOWN} is down`, async () =>
    expectGreeting(await bob.run('nix', 'flake', 'run', 'sui:@alice:hello#hello', '--', 'bob'), 'bob'),
  )
  const { storage } = await bob.status()
  for (const index of [LIAR, DOWN]) {
    if (!storage.setAside.some(({ node }) => node === `node-${index}`)) {
      throw new Error(`storage node ${index} misbehaves but was not set aside`)
    }
  }
  for (const { node, reason } of storage.setAside) console.log(`    set aside: ${node} (${reason})`)
  await bob.showCounters()
}

async function runWithoutStorage(bob: Person, network: Network, steps: Steps): Promise<void> {
  for (let node = 0; node < network.nodes; node++) await network.setFault(node, 'down')
  await network.setFault('aggregator', 'down')
  await bob.forget()
  await steps.run('bob: all storage is down, so it must fail', async () => {
    const failed = await bob.attempt('nix', 'flake', 'run', 'sui:@alice:hello#hello', '--', 'bob')
    if (failed.status === 0 || failed.stdout.includes('hello,')) throw new Error('it ran without any storage')
    const errors = failed.stderr.split('\n').filter(line => line.startsWith('error:'))
    if (errors.length !== 1) throw new Error(`it should fail with one sentence, but said: ${failed.stderr}`)
    console.log(`    ${errors[0]}`)
  })
}

function showTable(published: Published, steps: Steps): void {
  const { paths, packs, transactions, gas } = published
  console.log()
  console.log(`  store paths   ${paths}`)
  console.log(`  NAR bytes     ${bytes(published.bytes)}`)
  console.log(`  packs         ${packs}`)
  console.log(`  transactions  ${transactions}`)
  console.log(`  gas           ${(gas / 1e9).toFixed(6)} SUI`)
  steps.show()
}

async function demo(dir: string): Promise<void> {
  const steps = new Steps()
  await using stack = new AsyncDisposableStack()
  const network = stack.use(
    await steps.run('network: 12 storage nodes, 100 shards', () => Network.start(dir)),
  )
  const alice = stack.use(new Person('alice', dir, network, stack.use(await NixEnvironment.create())))
  await mkdir(join(dir, 'flake'))
  const published = await publish(alice, join(dir, 'flake'), steps)
  const bobsNix = stack.use(await NixEnvironment.create({ 'max-jobs': '0' }))
  const bob = stack.use(new Person('bob', dir, network, bobsNix))
  await bob.squid('init', '--network', network.descriptor)
  alice.showFolders()
  await runs(bob, published, steps)
  await runWithBadNodes(bob, network, steps)
  await runWithoutStorage(bob, network, steps)
  showTable(published, steps)
}

const dir = await mkdtemp(join(tmpdir(), 'squid-demo-'))
try {
  await demo(dir)
  console.log('demo: ok')
} catch (error) {
  const first: unknown = error instanceof SuppressedError ? error.suppressed : error
  console.error(first instanceof Error ? first.message : first)
  console.log('demo: failed')
  process.exitCode = 1
} finally {
  await rm(dir, { recursive: true, force: true })
}
