/**
 * What is left of the leases of deleted blobs stays with the Space, and new blobs get it before any storage is bought.
 *
 * Figures as in leases.test.ts: 663 400 encoded bytes are one unit, 100 000 base units of WAL an epoch, five epochs
 * when a blob is registered; writing a unit costs 20 000 once.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  collectGarbage,
  deleteCondemned,
  readLeases,
  renewLeases,
  storageCost,
  surveySpace,
  type SpaceLeases,
} from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import { revoke } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'
import type { Devnet } from '@squid/devnet'
import {
  createPerson,
  letPublish,
  noise,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'

const THREE_DAYS_MS = 259_200_000
const WRITE = 20_000n
const EPOCH = 100_000n

let devnet: Devnet
let bob: Person

before(async () => {
  devnet = await startNetwork()
  bob = await createPerson(devnet.networkUrl, 'bob')
})

after(async () => {
  await bob[Symbol.asyncDispose]()
  await devnet.stop()
})

async function wal({ account: { network, address } }: Person): Promise<bigint> {
  const coinType = `${network.descriptor.walrus.walPackageId}::wal::WAL`
  return BigInt((await network.sui.core.getBalance({ owner: address, coinType })).balance.balance)
}

/** Publishes into a Space. @returns WAL that it cost */
async function release(person: Person, space: string, name: string, bytes = 1000): Promise<bigint> {
  const { account, home } = person
  const before = await wal(person)
  const publication = await publicationOf(space, name, [['program', noise(name, bytes)]])
  await publish({ account, storage: person.storage(), home }, publication)
  return before - (await wal(person))
}

/**
 * Somebody in whose Space bob may publish, and where some releases were revoked, collected and deleted. The first and
 * the last release stay: they have the source of all of them, and the locator.
 */
async function createFrugal(label: string, deleted: number): Promise<Person> {
  const owner = await createPerson(devnet.networkUrl, label)
  const { account, space } = owner
  await letPublish(owner, bob)
  const names = Array.from({ length: deleted }, (_, index) => `gone-${index}`)
  for (const name of ['kept', ...names, 'last'])
    assert.equal(await release(owner, space, name), 5n * EPOCH + WRITE)
  for (const name of names) {
    const { flake } = await readFlakeState(account.network, space, name)
    await revoke(account, flake ?? '', 1n, 'for a test')
  }
  await collect(owner)
  return owner
}

async function collect(owner: Person): Promise<void> {
  const { account, home, space } = owner
  const deps = { account, home, storage: owner.storage() }
  await collectGarbage(deps, space)
  devnet.advanceClock(THREE_DAYS_MS)
  await deleteCondemned(deps, space)
}

function leases({ account, space }: Person): Promise<SpaceLeases> {
  return readLeases(account.network, space)
}

test('what is left of a deleted blob is spare storage of the Space, and its worth is told', async () => {
  await using alice = await createFrugal('alice', 1)
  const { spares } = await leases(alice)
  assert.deepEqual(
    spares.map(({ size, startEpoch, endEpoch }) => ({ size, startEpoch, endEpoch })),
    [{ size: 663_400n, startEpoch: 1, endEpoch: 6 }],
  )
  const { account, space } = alice
  const survey = await surveySpace({ network: account.network, storage: alice.storage() }, space)
  assert.deepEqual(storageCost(survey).spares, [{ bytes: 663_400n, epochsLeft: 5, wal: 5n * EPOCH }])
  // Whoever publishes next pays for writing only.
  assert.equal(await release(bob, space, 'by-bob'), WRITE)
  const after = await leases(alice)
  assert.deepEqual(after.spares, [])
  assert.deepEqual(
    after.leases.map(({ endEpoch, encodedSize }) => [endEpoch, encodedSize]),
    // Kept, last, the locator that the keeper wrote, and this.
    Array.from({ length: 4 }, () => [6, 663_400n]),
  )
})

test('spare storage is split and joined', async () => {
  await using carol = await createFrugal('carol', 2)
  assert.equal((await leases(carol)).spares.length, 2)
  // In a pack of 9 to 13.6 kB symbols have 6 bytes: 100 · 6432 + 100 · 101 · 6 = 703 800, more than each of both.
  assert.equal(await release(bob, carol.space, 'joined', 10_000), WRITE)
  const { spares } = await leases(carol)
  assert.deepEqual(
    spares.map(({ size }) => size),
    [2n * 663_400n - 703_800n],
  )
})

test('two who want the same spare storage both publish', async () => {
  await using dave = await createFrugal('dave', 1)
  const paid = await Promise.all([release(dave, dave.space, 'first'), release(bob, dave.space, 'second')])
  // One of the two blobs has it. Who comes second writes the locator once more, into a blob that is bought.
  const rebased = 5n * EPOCH + WRITE
  const sum = paid.reduce((total, each) => total + each, 0n)
  assert.ok([WRITE + rebased, WRITE + 2n * rebased].includes(sum), String(paid))
  assert.deepEqual((await leases(dave)).spares, [])
})

test('later on only the epochs that are missing are bought, and what has ended is removed', async () => {
  await using erin = await createFrugal('erin', 2)
  devnet.advanceEpoch()
  devnet.advanceEpoch()
  // They last three epochs more, a new blob five.
  assert.equal(await release(bob, erin.space, 'longer'), 2n * EPOCH + WRITE)
  await renewLeases(erin.account, erin.space, 12, () => true)
  for (let epoch = 0; epoch < 3; epoch++) devnet.advanceEpoch()
  assert.equal((await leases(erin)).spares.length, 1)
  assert.equal(await release(bob, erin.space, 'newest'), 5n * EPOCH + WRITE)
  await collect(erin)
  // What is left comes from a blob that the keeper has deleted now.
  assert.ok((await leases(erin)).spares.every(({ endEpoch }) => endEpoch === 15))
})
