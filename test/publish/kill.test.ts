/**
 * A publish killed by SIGKILL before or after any of its requests, and at any of its `await`s: never a half release, and the same command
 * resumes, pays exactly what an undisturbed publish pays, and uploads nothing again that was certified.
 *
 * CI takes some of the moments; SQUID_KILL_ALL=1 (nightly) takes all of them.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

import { listReleases } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'
import type { Devnet } from '@squid/devnet'

import type { Orders, Report } from './publishing-process.ts'
import { bytesOf, createPerson, openContents, openStorage, type Person, startNetwork } from './setting.ts'

const program = join(import.meta.dirname, 'publishing-process.ts')
let devnet: Devnet
let alice: Person

before(async () => {
  devnet = await startNetwork()
  alice = await createPerson(devnet.networkUrl, 'alice')
})

after(async () => {
  await alice[Symbol.asyncDispose]()
  await devnet.stop()
})

/** When the process is killed, if at all. */
type Moment = Partial<Pick<Orders, 'killAt' | 'when' | 'killAtAwait'>>

/** What is published, and which way. */
type Work = Pick<Orders, 'upload' | 'size' | 'packBytes'>

function orders(
  work: Work,
  flakeName: string,
  { killAt = 0, when = 'before', killAtAwait = 0 }: Moment = {},
): string {
  return JSON.stringify({
    networkUrl: devnet.networkUrl,
    homeDir: alice.dir,
    space: alice.space,
    flakeName,
    killAt,
    when,
    killAtAwait,
    ...work,
  } satisfies Orders)
}

async function publishWhole(work: Work, flakeName: string): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, orders(work, flakeName)])
  return JSON.parse(stdout) as Report
}

async function publishKilled(work: Work, flakeName: string, moment: Moment): Promise<void> {
  const child = spawn(process.execPath, [program, orders(work, flakeName, moment)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  assert.equal(signal, 'SIGKILL')
}

async function wal(): Promise<bigint> {
  const coinType = `${alice.account.network.descriptor.walrus.walPackageId}::wal::WAL`
  const { balance } = await alice.account.network.sui.core.getBalance({
    owner: alice.account.address,
    coinType,
  })
  return BigInt(balance.balance)
}

/** Walrus blobs that alice has paid for and no Space has. */
async function unusedBlobs(): Promise<number> {
  const { network, address } = alice.account
  const { objects } = await network.sui.core.listOwnedObjects({
    owner: address,
    type: `${network.descriptor.walrus.packageId}::blob::Blob`,
  })
  return objects.length
}

/** Every release that can be seen can be read whole. */
async function readAll(flakeName: string): Promise<number> {
  const { account, space } = alice
  const { flake } = await readFlakeState(account.network, space, flakeName)
  if (flake === undefined) return 0
  const releases = await listReleases(account.network, flake)
  const storage = openStorage(account.network)
  try {
    for (const release of releases) {
      const contents = await openContents(account, storage, space, flake, release.version)
      for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
    }
  } finally {
    await storage.close()
  }
  return releases.length
}

/** All requests in the nightly run; else those that change something, and some of the others; fewer of `few`. */
function moments(requests: readonly string[], few: boolean): number[] {
  const all = requests.map((_, index) => index + 1)
  if (process.env['SQUID_KILL_ALL'] === '1') return all
  const changing = all.filter(index => requests[index - 1] === 'ExecuteTransaction')
  const storing = all.filter(index => STORING.some(word => requests[index - 1]?.includes(word)))
  const some = few
    ? [changing[0], storing[Math.floor(storing.length / 2)]]
    : [...changing, storing[0], storing.at(-1)]
  return [...new Set(some.filter(moment => moment !== undefined))]
}

const STORING = ['metadata', '0x', 'blob-upload-relay']

const WORKS: readonly (Work & { readonly what: string; readonly packs: number })[] = [
  { what: 'one pack to the nodes', upload: 'nodes', size: 120_000, packBytes: 1 << 25, packs: 1 },
  { what: 'one pack through the relay', upload: 'auto', size: 120_000, packBytes: 1 << 25, packs: 1 },
  { what: 'several packs to the nodes', upload: 'nodes', size: 2_000_000, packBytes: 600_000, packs: 4 },
  { what: 'several packs through the relay', upload: 'auto', size: 2_000_000, packBytes: 600_000, packs: 4 },
]

for (const { what, packs, ...work } of WORKS) {
  test(`a publish of ${what}, killed at any request, is resumed`, { timeout: 1_800_000 }, async context => {
    const name = `${work.upload}-${packs}`
    const before = await wal()
    const whole = await publishWhole(work, `${name}-undisturbed`)
    const price = before - (await wal())
    assert.equal(whole.version, 1)
    assert.equal(whole.packs, packs)
    assert.ok(price > 0n)
    const sent = whole.requests.filter(request => request === 'ExecuteTransaction').length
    // One to register, one to release; of several packs, the last is known when the others are stored.
    assert.ok(packs === 1 ? sent === 2 : sent <= packs, `${sent} transactions`)

    for (const killAt of moments(whole.requests, packs > 1)) {
      for (const when of ['before', 'after'] as const) {
        await context.test(`killed ${when} request ${killAt}, ${whole.requests[killAt - 1]}`, async () => {
          const flakeName = `${name}-${when}-${killAt}`
          const balance = await wal()
          await publishKilled(work, flakeName, { killAt, when })
          assert.ok((await readAll(flakeName)) <= 1)
          const resumed = await publishWhole(work, flakeName)
          assert.equal(resumed.version, 1)
          assert.equal(await readAll(flakeName), 1)
          assert.equal(await unusedBlobs(), 0)
          // Several packs may be cut elsewhere the second time.
          if (packs === 1) assert.equal(balance - (await wal()), price)
          const released = whole.requests.lastIndexOf('ExecuteTransaction') + 1
          if (killAt >= released) assert.equal(resumed.uploads, 0)
        })
      }
    }
  })
}

/** `await`s at even distances over the whole publish; in the nightly run so many that few can hide between them. */
function awaits(count: number): number[] {
  const wanted = process.env['SQUID_KILL_ALL'] === '1' ? 400 : 5
  return Array.from({ length: wanted }, (_, index) => Math.floor(((index + 0.5) * count) / wanted) + 1)
}

test('a publish killed as it goes on after any await is resumed', { timeout: 3_600_000 }, async context => {
  const work: Work = { upload: 'nodes', size: 120_000, packBytes: 1 << 25 }
  const before = await wal()
  const whole = await publishWhole(work, 'awaits-undisturbed')
  const price = before - (await wal())
  for (const killAtAwait of awaits(whole.awaits)) {
    await context.test(`killed at await ${killAtAwait} of about ${whole.awaits}`, async () => {
      const flakeName = `await-${killAtAwait}`
      const balance = await wal()
      await publishKilled(work, flakeName, { killAtAwait })
      assert.ok((await readAll(flakeName)) <= 1)
      const resumed = await publishWhole(work, flakeName)
      assert.equal(resumed.version, 1)
      assert.equal(await readAll(flakeName), 1)
      assert.equal(await unusedBlobs(), 0)
      assert.equal(balance - (await wal()), price)
    })
  }
})
