/**
 * A keeper killed by SIGKILL before or after any of its requests, or at any change of its files: in the middle of a
 * repack, of deleting, of renewing, of restoring a copy. Every release can be read all the time, the next run finishes
 * the work, nothing is paid twice, and no blob is left behind. Also when another keeper does the work meanwhile.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { copySpace, readLeases, verifySpace } from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import { revoke } from '@squid/client/releases'
import type { Devnet } from '@squid/devnet'
import {
  createPerson,
  letPublish,
  noise,
  openStorage,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'
import type { Moment } from './death.ts'
import { fileMoments, nameOf, readAll, requestMoments, resume, Rig, some, unused, wal } from './rig.ts'
import type { Job } from './victim.ts'

const THREE_DAYS_MS = 259_200_000
const UNIT_PRICE = 100_000n

let devnet: Devnet
let rig: Rig

before(async () => {
  devnet = await startNetwork()
  rig = new Rig(devnet.networkUrl)
})

after(async () => {
  await rig[Symbol.asyncDispose]()
  await devnet.stop()
})

const COLLECT: Job = { kind: 'collect' }

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

/** One pack is condemned; that of the second release and the repacked one stay. */
async function assertCollected(person: Person): Promise<void> {
  const { leases } = await readLeases(person.account.network, person.space)
  assert.equal(leases.filter(({ condemnedMs }) => condemnedMs !== undefined).length, 1)
  assert.equal(leases.length, 3)
  assert.equal(await unused(person), 0)
  assert.equal(await readAll(person, 'small'), 1)
}

test('killed in the middle of a repack', { timeout: 3_600_000 }, async context => {
  await using first = await createHoarder('undisturbed')
  const start = await wal(first)
  const whole = await rig.whole(first, COLLECT)
  await assertCollected(first)
  const price = start - (await wal(first))

  let kills = 0
  const all = [...some(requestMoments(whole), 2), ...some(fileMoments(whole), 2)]
  for (const moment of all) {
    await context.test(`killed ${nameOf(moment, whole)}`, async () => {
      await using person = await createHoarder(`repack-${moment.kind}-${moment.when}-${moment.at}`)
      const balance = await wal(person)
      if (await rig.killed(person, COLLECT, moment)) kills++
      assert.equal(await readAll(person, 'small'), 1)
      await resume(person, COLLECT)
      await assertCollected(person)
      assert.equal(balance - (await wal(person)), price)
    })
  }
  assert.ok(kills >= all.length / 2, `only ${kills} of ${all.length} runs were killed`)
})

test(
  'killed in the middle of a repack that another keeper does meanwhile, and while giving back what was paid for',
  { timeout: 600_000 },
  async context => {
    await using frank = await createPerson(devnet.networkUrl, 'frank')
    await using probe = await createHoarder('probe')
    const whole = await rig.whole(probe, COLLECT)
    // Everything is uploaded, and the transaction that moves the locator is not sent.
    const at = whole.requests.lastIndexOf('ExecuteTransaction') + 1
    /** Somebody who has paid for a pack, when frank has done the work. */
    const overtake = async (label: string): Promise<Person> => {
      const person = await createHoarder(label)
      await letPublish(person, frank)
      assert.ok(await rig.killed(person, COLLECT, { kind: 'request', at, when: 'before' }))
      await resume({ ...frank, space: person.space }, COLLECT)
      await assertCollected(frankIn(person, frank))
      return person
    }
    /** What it had paid for is the Space's, for the next blob. */
    const assertGivenBack = async (person: Person, balance: bigint): Promise<void> => {
      await assertCollected(person)
      assert.equal(balance, await wal(person))
      const { spares } = await readLeases(person.account.network, person.space)
      assert.equal(spares.length, 1)
    }
    await using erin = await overtake('erin')
    const before = await wal(erin)
    const giving = await rig.whole(erin, COLLECT)
    await assertGivenBack(erin, before)
    const sent = giving.requests.lastIndexOf('ExecuteTransaction') + 1
    for (const when of ['before', 'after'] as const) {
      await context.test(`killed ${when} that is sent`, async () => {
        await using person = await overtake(`erin-${when}`)
        const balance = await wal(person)
        assert.ok(await rig.killed(person, COLLECT, { kind: 'request', at: sent, when }))
        await resume(person, COLLECT)
        await assertGivenBack(person, balance)
      })
    }
  },
)

function frankIn({ space }: Person, frank: Person): Person {
  return { ...frank, space }
}

test('killed while deleting', { timeout: 3_600_000 }, async context => {
  const job: Job = { kind: 'delete' }
  const prepare = async (label: string): Promise<Person> => {
    const person = await createHoarder(label)
    await resume(person, COLLECT)
    devnet.advanceClock(THREE_DAYS_MS)
    return person
  }
  const assertDeleted = async (person: Person): Promise<void> => {
    const { leases, spares } = await readLeases(person.account.network, person.space)
    assert.deepEqual([leases.length, spares.length, await unused(person)], [2, 1, 0])
    assert.equal(await readAll(person, 'small'), 1)
  }
  await using first = await prepare('delete-undisturbed')
  const whole = await rig.whole(first, job)
  await assertDeleted(first)
  for (const moment of some(requestMoments(whole).slice(-12), 1)) {
    await context.test(`killed ${nameOf(moment, whole)}`, async () => {
      await using person = await prepare(`delete-${moment.when}-${moment.at}`)
      await rig.killed(person, job, moment)
      await resume(person, job)
      await assertDeleted(person)
    })
  }
})

test('killed while renewing: every epoch is paid once', { timeout: 3_600_000 }, async context => {
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const { account, home, space } = alice
  for (const name of ['one', 'two'])
    await publish(
      { account, home, storage: alice.storage() },
      await publicationOf(space, name, [['program', noise(name, 1000)]]),
    )
  // Leases of one unit each, for five epochs; every run pays one epoch more for both.
  let epochs = 6
  const whole = await rig.whole(alice, { kind: 'renew', epochs })
  const ends = async (): Promise<ReadonlySet<number>> => {
    const { leases, terms } = await readLeases(account.network, space)
    return new Set(leases.map(({ endEpoch }) => endEpoch - terms.epoch))
  }
  assert.deepEqual(await ends(), new Set([6]))
  for (const moment of some(requestMoments(whole), 3)) {
    const job: Job = { kind: 'renew', epochs: ++epochs }
    await context.test(`killed ${nameOf(moment, whole)}`, async () => {
      const balance = await wal(alice)
      await rig.killed(alice, job, moment)
      const [paid, renewed] = [balance - (await wal(alice)), await ends()]
      // All of them or none: it is one transaction.
      assert.deepEqual(
        [paid, renewed],
        paid === 0n ? [0n, new Set([epochs - 1])] : [2n * UNIT_PRICE, new Set([epochs])],
      )
      await resume(alice, job)
      assert.deepEqual(await ends(), new Set([epochs]))
      assert.equal(balance - (await wal(alice)), 2n * UNIT_PRICE)
    })
  }
})

test('killed while a copy is restored', { timeout: 3_600_000 }, async context => {
  const folder = await mkdtemp(join(tmpdir(), 'squid-kills-'))
  const job = (label: string): Job => ({ kind: 'restore', folder: join(folder, label) })
  /** Somebody whose leases have all ended, with a copy. */
  const prepare = async (label: string): Promise<Person> => {
    const person = await createPerson(devnet.networkUrl, label)
    const { account, home, space } = person
    const storage = person.storage()
    await publish(
      { account, home, storage },
      await publicationOf(space, 'one', [['program', noise('one', 120_000)]]),
    )
    await copySpace(account.network, storage, space, join(folder, label))
    for (let epoch = 0; epoch < 6; epoch++) devnet.advanceEpoch()
    return person
  }
  const assertRestored = async ({ account: { network }, space }: Person): Promise<void> => {
    const storage = openStorage(network)
    try {
      assert.deepEqual((await verifySpace(network, storage, space)).hurt, [])
    } finally {
      await storage.close()
    }
  }
  try {
    await using first = await prepare('restore-undisturbed')
    const start = await wal(first)
    const whole = await rig.whole(first, job('restore-undisturbed'))
    const price = start - (await wal(first))
    await assertRestored(first)
    const all: readonly Moment[] = [...some(requestMoments(whole), 1), ...some(fileMoments(whole), 1)]
    for (const moment of all) {
      await context.test(`killed ${nameOf(moment, whole)}`, async () => {
        const label = `restore-${moment.kind}-${moment.when}-${moment.at}`
        await using person = await prepare(label)
        const balance = await wal(person)
        await rig.killed(person, job(label), moment)
        await resume(person, job(label))
        await assertRestored(person)
        assert.equal(await unused(person), 0)
        assert.equal(balance - (await wal(person)), price)
      })
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
