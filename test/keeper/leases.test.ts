/**
 * Leases of a Space's blobs on the embedded network, renewed by its owner and by strangers, and their cost.
 *
 * The network has 100 shards: f = 33, primary 34, secondary 67, so that a blob of at most 34 · 67 · 2 = 4556 bytes
 * has symbols of 2 bytes and takes 100 · (64 · 100 + 32) + 100 · 101 · 2 = 663 400 bytes: one unit of 1 MiB. A unit
 * costs 100 000 an epoch; an upload pays five epochs, and an epoch is 14 days.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import {
  epochsLeft,
  estimateRenewalGas,
  leasesOfRelease,
  planRenewal,
  readLeases,
  renewLeases,
  storageCost,
  surveySpace,
} from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import { readLocator } from '@squid/client/resolve'
import { linkFromLedger } from '@squid/client/storage'
import { type Account, createAccount } from '@squid/client/transactions'
import type { Devnet } from '@squid/devnet'
import { createPerson, noise, type Person, publicationOf, startNetwork } from '../publish/setting.ts'

const UNIT_PRICE = 100_000n
const ENCODED = 663_400n

let devnet: Devnet
let alice: Person
let mallory: Person

before(async () => {
  devnet = await startNetwork()
  alice = await createPerson(devnet.networkUrl, 'alice')
  mallory = await createPerson(devnet.networkUrl, 'mallory')
})

after(async () => {
  await alice[Symbol.asyncDispose]()
  await mallory[Symbol.asyncDispose]()
  await devnet.stop()
})

async function release(flakeName: string, bytes: number): Promise<Uint8Array> {
  const publication = await publicationOf(alice.space, flakeName, [['program', noise(flakeName, bytes)]])
  const { manifest } = await publish(
    { account: alice.account, storage: alice.storage(), home: alice.home },
    publication,
  )
  return manifest
}

async function wal({ network, address }: Account): Promise<bigint> {
  const coinType = `${network.descriptor.walrus.walPackageId}::wal::WAL`
  return BigInt((await network.sui.core.getBalance({ owner: address, coinType })).balance.balance)
}

const all = (): boolean => true

test('a Space without releases has no leases', async () => {
  const { leases, terms } = await readLeases(alice.account.network, alice.space)
  assert.deepEqual(leases, [])
  const { epoch, unitPrice, maxEpochsAhead, shards, epochMs } = terms
  assert.deepEqual(
    { epoch, unitPrice, maxEpochsAhead, shards, epochMs },
    { epoch: 1, unitPrice: UNIT_PRICE, maxEpochsAhead: 53, shards: 100, epochMs: 1_209_600_000n },
  )
})

test('a published pack is leased for five epochs, and what it costs is told', async () => {
  await release('one', 1000)
  const found = await readLeases(alice.account.network, alice.space)
  const [lease] = found.leases
  assert.ok(lease)
  assert.equal(found.leases.length, 1)
  assert.equal(lease.encodedSize, ENCODED)
  assert.equal(lease.endEpoch, 6)
  assert.equal(epochsLeft(lease, found.terms), 5)
  assert.equal(lease.condemnedMs, undefined)

  const plan = planRenewal(found, 12, all)
  assert.deepEqual({ until: plan.until, wal: plan.wal }, { until: 13, wal: 7n * UNIT_PRICE })
  assert.ok((await estimateRenewalGas(alice.account, found, plan)) > 0n)

  const survey = await surveySpace({ network: alice.account.network, storage: alice.storage() }, alice.space)
  const cost = storageCost(survey)
  assert.equal(cost.blobs, 1)
  assert.equal(cost.walPerEpoch, UNIT_PRICE)
  // 30 days are 30/14 epochs.
  assert.equal(Math.round(cost.walPerMonth), 214_286)
  assert.equal(cost.encodedBytes, ENCODED)
  assert.deepEqual(
    cost.flakes.map(({ name, releases }) => [name, releases]),
    [['one', 1]],
  )
  assert.equal((cost.flakes[0]?.walPerEpoch ?? 0n) + cost.overheadPerEpoch, UNIT_PRICE)
})

test('what a GiB costs, and the SUI of a renewal, are what is paid in the end', async () => {
  const { network } = alice.account
  const survey = await surveySpace({ network, storage: alice.storage() }, alice.space)
  const { walPerGibMonth = 0, liveBytes } = storageCost(survey)
  // One unit an epoch of 14 days holds these bytes.
  const byHand = ((100_000 * 30) / 14 / Number(liveBytes)) * 1024 ** 3
  assert.ok(Math.abs(walPerGibMonth / byHand - 1) < 1e-9, `${walPerGibMonth} ${byHand}`)
  const plan = planRenewal(survey.leases, 6, all)
  const estimated = await estimateRenewalGas(alice.account, survey.leases, plan)
  const { gas, wal: paid } = await renewLeases(alice.account, alice.space, 6, all)
  assert.deepEqual({ gas, paid }, { gas: estimated, paid: UNIT_PRICE })
})

test('anyone renews: what is paid is the price of what was missing, and nothing is paid twice', async () => {
  await release('two', 1000)
  await assert.rejects(renewLeases(mallory.account, alice.space, 54, all), { code: 'LEASE_TOO_LONG' })
  const before = await wal(mallory.account)
  const renewed = await renewLeases(mallory.account, alice.space, 20, all)
  // Two blobs of one unit, from epochs 7 and 6 to epoch 21.
  assert.deepEqual(
    { blobs: renewed.blobs, until: renewed.until, wal: renewed.wal, count: renewed.transactions.length },
    { blobs: 2, until: 21, wal: 29n * UNIT_PRICE, count: 1 },
  )
  assert.equal(before - (await wal(mallory.account)), 29n * UNIT_PRICE)
  const { leases } = await readLeases(alice.account.network, alice.space)
  assert.deepEqual(
    leases.map(lease => lease.endEpoch),
    [21, 21],
  )
  const again = await renewLeases(mallory.account, alice.space, 20, all)
  assert.deepEqual({ blobs: again.blobs, wal: again.wal }, { blobs: 0, wal: 0n })
})

test('two who renew at once pay once', async () => {
  const before = (await wal(alice.account)) + (await wal(mallory.account))
  const both = await Promise.all([
    renewLeases(alice.account, alice.space, 22, all),
    renewLeases(mallory.account, alice.space, 22, all),
  ])
  const after = (await wal(alice.account)) + (await wal(mallory.account))
  assert.equal(before - after, 4n * UNIT_PRICE)
  assert.equal(both[0].wal + both[1].wal, 4n * UNIT_PRICE)
})

// Its source is the same as that of the first, and stored there.
test('one release is renewed by itself, wherever its parts lie', async () => {
  const manifest = await release('three', 500_000)
  const { network } = alice.account
  const { link } = await readLocator(network, alice.space)
  assert.ok(link)
  const ofThree = await leasesOfRelease(alice.storage(), linkFromLedger(link), manifest)
  const renewed = await renewLeases(mallory.account, alice.space, 23, ofThree)
  assert.equal(renewed.blobs, 2)
  const ends = (await readLeases(network, alice.space)).leases.map(lease => lease.endEpoch)
  assert.deepEqual(
    ends.toSorted((a, b) => a - b),
    [23, 24, 24],
  )
})

test('what has ended is named and not renewed', async () => {
  for (let epoch = 2; epoch <= 23; epoch++) devnet.advanceEpoch()
  const found = await readLeases(alice.account.network, alice.space)
  assert.equal(found.terms.epoch, 23)
  assert.deepEqual(
    found.leases.map(lease => epochsLeft(lease, found.terms)).toSorted((a, b) => a - b),
    [0, 1, 1],
  )
  const renewed = await renewLeases(alice.account, alice.space, 5, all)
  assert.equal(renewed.blobs, 2)
})

test('who has no WAL is told so', async () => {
  const signer = new Ed25519Keypair()
  devnet.fundSui(signer.toSuiAddress())
  await assert.rejects(renewLeases(createAccount(alice.account.network, signer), alice.space, 53, all), {
    code: 'NO_WAL',
  })
})
