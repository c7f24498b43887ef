/**
 * A keeper killed by SIGKILL before or after any of its requests: every release can be read all the time, the next run
 * finishes the work, pays what an undisturbed one pays, and leaves no blob behind.
 *
 * CI takes some of the moments; SQUID_KILL_ALL=1 (nightly) takes all of them.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { readLeases } from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import { revoke } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'
import type { Devnet } from '@squid/devnet'
import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  openStorage,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'
import type { Orders, Report } from './keeping-process.ts'

const program = join(import.meta.dirname, 'keeping-process.ts')
/** So many of the moments, evenly spread. */
const MOMENTS = process.env['SQUID_KILL_ALL'] === '1' ? Infinity : 6

let devnet: Devnet

before(async () => {
  devnet = await startNetwork()
})

after(() => devnet.stop())

/** Somebody with a pack that is mostly dead, and a release that needs the rest of it. */
async function createHoarder(label: string): Promise<Person> {
  const person = await createPerson(devnet.networkUrl, label)
  const { account, home, space } = person
  const deps = { account, home, storage: person.storage() }
  const kept = ['kept', noise('kept', 40_000)] as const
  const big = await publish(deps, await publicationOf(space, 'big', [kept, ['big', noise('dead', 400_000)]]))
  await publish(deps, await publicationOf(space, 'small', [kept]))
  await revoke(account, big.flake, 1n, 'too big')
  return person
}

function orders({ dir, space }: Person, killAt: number, when: Orders['when']): string {
  return JSON.stringify({
    networkUrl: devnet.networkUrl,
    homeDir: dir,
    space,
    killAt,
    when,
  } satisfies Orders)
}

async function keep(person: Person): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, orders(person, 0, 'before')])
  return JSON.parse(stdout) as Report
}

/** @returns whether it came to that: runs differ in how often they ask */
async function keepKilled(person: Person, killAt: number, when: Orders['when']): Promise<boolean> {
  const child = spawn(process.execPath, [program, orders(person, killAt, when)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  assert.ok(signal === 'SIGKILL' || status === 0, `it ended with ${status}`)
  return signal === 'SIGKILL'
}

async function wal({ account: { network, address } }: Person): Promise<bigint> {
  const coinType = `${network.descriptor.walrus.walPackageId}::wal::WAL`
  return BigInt((await network.sui.core.getBalance({ owner: address, coinType })).balance.balance)
}

async function ownedBlobs({ account: { network, address } }: Person): Promise<number> {
  const type = `${network.descriptor.walrus.packageId}::blob::Blob`
  return (await network.sui.core.listOwnedObjects({ owner: address, type })).objects.length
}

async function readSmall({ account, space }: Person): Promise<void> {
  const { flake } = await readFlakeState(account.network, space, 'small')
  assert.ok(flake)
  const storage = openStorage(account.network)
  try {
    const contents = await openContents(account, storage, space, flake, 1n)
    for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
  } finally {
    await storage.close()
  }
}

async function assertTidy(person: Person): Promise<void> {
  const { leases } = await readLeases(person.account.network, person.space)
  assert.equal(leases.filter(({ condemnedMs }) => condemnedMs !== undefined).length, 1)
  assert.equal(leases.length, 3)
  assert.equal(await ownedBlobs(person), 0)
  await readSmall(person)
}

test('killed at any moment', async t => {
  await using first = await createHoarder('undisturbed')
  const before = await wal(first)
  const { condemned, requests } = await keep(first)
  assert.equal(condemned, 1)
  await assertTidy(first)
  const price = before - (await wal(first))

  let kills = 0
  const step = Math.max(1, requests / MOMENTS)
  for (let at = step; at <= requests; at += step) {
    const killAt = Math.round(at)
    const when = killAt % 2 === 0 ? 'before' : 'after'
    await t.test(`${when} request ${killAt} of ${requests}`, async () => {
      await using person = await createHoarder(`killed-${killAt}`)
      const start = await wal(person)
      if (await keepKilled(person, killAt, when)) kills++
      await readSmall(person)
      await keep(person)
      await assertTidy(person)
      assert.equal(start - (await wal(person)), price)
    })
  }
  assert.ok(kills >= 3, `only ${kills} runs were killed`)
})
