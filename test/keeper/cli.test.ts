/**
 * `squid storage …` and the keeper inside of `squidd`, by the real programs. Figures as in leases.test.ts: a small pack
 * takes one unit of 100 000 base units of WAL an epoch, and is paid for five epochs when it is published.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeConfig } from '@squid/client/home'
import { readLeases } from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import { revoke } from '@squid/client/releases'
import type { Devnet } from '@squid/devnet'
import {
  createPerson,
  noise,
  type Person,
  publicationOf,
  releaseBlindly,
  startNetwork,
} from '../publish/setting.ts'

const BIN = join(import.meta.dirname, '../../bin')

interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

let devnet: Devnet
let alice: Person
let bob: Person

before(async () => {
  devnet = await startNetwork()
  alice = await member('alice')
  bob = await member('bob')
  await release('hello')
})

after(async () => {
  await alice[Symbol.asyncDispose]()
  await bob[Symbol.asyncDispose]()
  await devnet.stop()
})

async function member(label: string): Promise<Person> {
  const person = await createPerson(devnet.networkUrl, label)
  const { chainId } = devnet.descriptor
  await writeConfig(person.home, { network: devnet.networkUrl, chainId, key: 'default', compare: [] })
  return person
}

async function release(flakeName: string, bytes = 1000): Promise<string> {
  const publication = await publicationOf(alice.space, flakeName, [['program', noise(flakeName, bytes)]])
  const { account, home } = alice
  return (await publish({ account, storage: alice.storage(), home }, publication)).flake
}

function start(person: Person, program: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, SQUID_HOME: person.dir, NODE_OPTIONS: undefined }
  return spawn(join(BIN, program), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function squid(person: Person, ...args: readonly string[]): Promise<Outcome> {
  const child = start(person, 'squid', args)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

async function json(person: Person, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await squid(person, ...args, '--json')
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

test('list shows blobs and the ends of their leases', async () => {
  const { blobs, epoch, warnings } = await json(alice, 'storage', 'list')
  assert.equal(epoch, 1)
  assert.deepEqual(warnings, [])
  const [blob] = blobs as { encodedBytes: number; endEpoch: number; epochsLeft: number }[]
  assert.deepEqual(
    { encoded: blob?.encodedBytes, end: blob?.endEpoch, left: blob?.epochsLeft },
    { encoded: 663_400, end: 6, left: 5 },
  )
  const { stdout } = await squid(alice, 'storage', 'list')
  assert.match(stdout, /^[\w-]{43} .* 5 epochs left\n$/)
})

test('cost shows WAL, SUI and flakes', async () => {
  const cost = await json(alice, 'storage', 'cost')
  assert.equal(cost['walPerEpoch'], 100_000)
  assert.ok(Number(cost['renewalGas']) > 0)
  const { stdout } = await squid(alice, 'storage', 'cost')
  assert.match(stdout, /^an epoch +0\.0001 WAL \(14 days\)$/m)
  assert.match(stdout, /^30 days +0\.000214286 WAL$/m)
  assert.match(stdout, /^hello +0\.0000\d+ WAL an epoch, .*, 1 releases$/m)
})

test('anybody renews a release of somebody else', async () => {
  const renewed = await json(bob, 'storage', 'renew', `sui:${alice.space}:hello`, '--epochs', '7')
  assert.deepEqual(
    { blobs: renewed['blobs'], until: renewed['until'], wal: renewed['wal'] },
    { blobs: 1, until: 8, wal: 200_000 },
  )
  const { stdout } = await squid(bob, 'storage', 'renew', `sui:${alice.space}:hello`, '--epochs', '7')
  assert.match(stdout, /nothing to pay/)
  for (const [args, message] of [
    [['--epochs', 'many'], /wants a number/],
    [['--epochs', '54'], /1 to 53 epochs/],
    [['sui:@alice:hello', '--space', '@alice'], /not both/],
  ] as const) {
    const refused = await squid(alice, 'storage', 'renew', ...args)
    assert.notEqual(refused.status, 0)
    assert.match(refused.stderr, message)
  }
})

test('verify, export, and import into another Space', async () => {
  assert.deepEqual((await json(alice, 'storage', 'verify'))['hurt'], [])
  assert.equal((await json(alice, 'storage', 'verify', `sui:${alice.space}:hello`))['releases'], 1)
  const folder = join(alice.dir, 'copy')
  assert.equal((await json(alice, 'storage', 'export', folder))['releases'], 1)
  const { released } = await json(bob, 'storage', 'import', folder)
  assert.deepEqual(released, [{ flake: 'hello', from: 1, version: 1, already: false }])
  assert.deepEqual((await json(bob, 'storage', 'verify'))['hurt'], [])
  // Its own copy finds nothing missing.
  assert.equal((await json(alice, 'storage', 'import', folder))['restored'], 0)
  const refused = await squid(alice, 'storage', 'import', alice.dir)
  assert.equal(refused.status, 1)
  assert.match(refused.stderr, /holds no copy/)
})

test('repack gives up what only a revoked release needs', async () => {
  const flake = await release('bulky', 300_000)
  await release('light')
  await revoke(alice.account, flake, 1n, 'too big')
  const reference = `sui:${alice.space}:bulky?version=1`
  assert.match((await squid(alice, 'storage', 'pin', reference)).stdout, /is pinned$/m)
  assert.equal((await json(alice, 'storage', 'repack'))['condemned'], 0)
  // hello, light, and what is pinned.
  assert.equal((await json(alice, 'storage', 'verify', reference))['releases'], 1)
  for (const [command, ...args] of [['verify'], ['export', join(alice.dir, 'pinned')]] as const)
    assert.equal((await json(alice, 'storage', command, ...args))['releases'], 3)
  const { stdout: cost } = await squid(alice, 'storage', 'cost')
  assert.match(cost, /^bulky .* 1 releases$/m)
  assert.match((await squid(alice, 'storage', 'pin', reference, '--undo')).stdout, /is not pinned$/m)
  assert.match((await squid(alice, 'storage', 'verify', reference)).stderr, /revoked/)
  assert.equal((await json(alice, 'storage', 'repack'))['condemned'], 1)
  const { blobs } = await json(alice, 'storage', 'list')
  assert.equal(
    (blobs as { condemned: string | null }[]).filter(({ condemned }) => condemned !== null).length,
    1,
  )
  assert.deepEqual((await json(alice, 'storage', 'verify'))['hurt'], [])
  // Three days later what is left of its lease is there for the next blob.
  devnet.advanceClock(259_200_000)
  assert.equal((await json(alice, 'storage', 'repack'))['deleted'], 1)
  const { stdout } = await squid(alice, 'storage', 'cost')
  assert.match(stdout, /^spare +\S+ \w+ on Walrus for 5 epochs, worth 0\.00\d+ WAL$/m)
  // Bob may not.
  const refused = await squid(bob, 'storage', 'repack', '--space', '@alice', '--below', '200')
  assert.match(refused.stderr, /percentage/)
})

test('repack names what cannot be read', async () => {
  await releaseBlindly(alice, 'gone', noise('no such chunk', 32))
  const { lost, unreadable, condemned } = await json(alice, 'storage', 'repack')
  assert.deepEqual(
    { lost, unreadable, condemned },
    { lost: 1, unreadable: [{ flake: 'gone', version: 1 }], condemned: 0 },
  )
  const { stderr } = await squid(alice, 'storage', 'repack')
  assert.match(stderr, /^warning: 1 chunks are lost that releases need: gone version 1; until .* revoked/m)
})

test('far ahead of the end there are warnings, and squidd renews by itself', async () => {
  for (let epoch = 1; epoch < 4; epoch++) devnet.advanceEpoch()
  const doctor = await squid(alice, 'doctor')
  assert.match(doctor.stdout, /^NO {2}storage .* expire within 28 days: keep squidd running/m)
  const daemon = start(alice, 'squidd', ['--port', '0', '--json'])
  let log = ''
  daemon.stderr?.setEncoding('utf8').on('data', (text: string) => (log += text))
  try {
    for (let tries = 0; !log.includes('keeper: renewed'); tries++) {
      assert.ok(tries < 300, log)
      await sleep(100)
    }
  } finally {
    daemon.kill('SIGTERM')
    const [status] = (await once(daemon, 'close')) as [number | null]
    assert.equal(status, 0)
  }
  assert.match(log, /keeper: a lease ends within 28 days/)
  const { leases } = await readLeases(alice.account.network, alice.space)
  const kept = leases.filter(({ condemnedMs }) => condemnedMs === undefined)
  // Epoch 4 and twelve more.
  assert.deepEqual(new Set(kept.map(({ endEpoch }) => endEpoch)), new Set([16]))
})
