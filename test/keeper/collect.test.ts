/**
 * Collecting garbage on the embedded network: what revoked releases alone needed is condemned and deleted, sparse
 * packs are written anew, and every release that is not revoked can be read at every moment.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { collectGarbage, deleteCondemned, readLeases, surveySpace } from '@squid/client/leases'
import type { Home } from '@squid/client/home'
import { publish } from '@squid/client/publish'
import { listReleases, readRelease, revoke } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'
import type { WalrusStorage } from '@squid/client/storage'
import type { Account } from '@squid/client/transactions'
import type { Devnet } from '@squid/devnet'
import { SquidError } from '@squid/formats/errors'
import {
  bytesOf,
  createPerson,
  letPublish,
  noise,
  openContents,
  openStorage,
  type Person,
  publicationOf,
  releaseBlindly,
  startNetwork,
} from '../publish/setting.ts'

const THREE_DAYS_MS = 259_200_000

let devnet: Devnet

before(async () => {
  devnet = await startNetwork()
})

after(() => devnet.stop())

type Content = readonly (readonly [name: string, content: Uint8Array])[]

async function release(person: Person, flakeName: string, contents: Content): Promise<string> {
  const { account, home } = person
  const publication = await publicationOf(person.space, flakeName, contents)
  return (await publish({ account, storage: person.storage(), home }, publication)).flake
}

/** Reads everything of every release that is not revoked, with nothing cached. */
async function readAll({ account, space }: Person, ...flakeNames: string[]): Promise<number> {
  const storage = openStorage(account.network)
  let paths = 0
  for (const name of flakeNames) {
    const { flake } = await readFlakeState(account.network, space, name)
    assert.ok(flake)
    for (const { version, revoked } of await listReleases(account.network, flake)) {
      if (revoked !== undefined) continue
      const contents = await openContents(account, storage, space, flake, version)
      for await (const entry of contents.list()) {
        await bytesOf(contents.nar(entry))
        paths++
      }
    }
  }
  await storage.close()
  return paths
}

function deps(person: Person): { account: Account; home: Home; storage: WalrusStorage } {
  return { account: person.account, home: person.home, storage: person.storage() }
}

async function ownedBlobs({ network, address }: Account): Promise<number> {
  const type = `${network.descriptor.walrus.packageId}::blob::Blob`
  return (await network.sui.core.listOwnedObjects({ owner: address, type })).objects.length
}

/** A publish that waits, with all its chunks looked up, until it may go on. */
async function holdPublish(
  person: Person,
  flakeName: string,
  contents: Content,
): Promise<{ goOn(): Promise<unknown> }> {
  const publication = await publicationOf(person.space, flakeName, contents)
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const { account } = person
  const sui = new Proxy(account.network.sui, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'executeTransaction') return value.bind(target)
      return async (...args: unknown[]) => {
        reached.resolve()
        await held.promise
        return value.apply(target, args)
      }
    },
  })
  const slow = { ...account, network: { ...account.network, sui } }
  const publishing = publish({ account: slow, storage: person.storage(), home: person.home }, publication)
  await Promise.race([reached.promise, publishing])
  return {
    goOn() {
      held.resolve()
      return publishing
    },
  }
}

/** How many of a Space's blobs are kept, and how many condemned. */
async function blobs({ account, space }: Person): Promise<{ kept: number; condemned: number }> {
  const { leases } = await readLeases(account.network, space)
  const kept = leases.filter(({ condemnedMs }) => condemnedMs === undefined).length
  return { kept, condemned: leases.length - kept }
}

test('a Space with nothing dead is left as it is', async () => {
  await using alice = await createPerson(devnet.networkUrl, 'tidy')
  await release(alice, 'one', [['program', noise('one', 50_000)]])
  const collected = await collectGarbage(deps(alice), alice.space)
  assert.deepEqual(collected, {
    condemned: 0,
    repacked: 0,
    packs: 0,
    moved: 0,
    healed: 0,
    lost: 0,
    unreadable: [],
    gas: 0n,
  })
})

test('sparse packs become one, are condemned, and deleted after three days, not before', async () => {
  await using bob = await createPerson(devnet.networkUrl, 'bob')
  // Two packs, each with a tenth that a later release shares.
  const kept = [
    ['a', noise('a', 40_000)],
    ['b', noise('b', 40_000)],
  ] as const
  const first = await release(bob, 'one', [kept[0], ['big', noise('big 1', 600_000)]])
  const second = await release(bob, 'two', [kept[1], ['big', noise('big 2', 600_000)]])
  await release(bob, 'three', kept)
  await revoke(bob.account, first, 1n, 'too big')
  await revoke(bob.account, second, 1n, 'too big')

  const collected = await collectGarbage(deps(bob), bob.space)
  assert.deepEqual(
    { condemned: collected.condemned, packs: collected.packs, lost: collected.lost },
    { condemned: 2, packs: 1, lost: 0 },
  )
  assert.equal(await readAll(bob, 'one', 'two', 'three'), 3)
  assert.deepEqual(await blobs(bob), { kept: 2, condemned: 2 })

  assert.equal(await deleteCondemned(deps(bob), bob.space), 0)
  devnet.advanceClock(THREE_DAYS_MS)
  assert.equal(await deleteCondemned(deps(bob), bob.space), 2)
  assert.deepEqual(await blobs(bob), { kept: 2, condemned: 0 })
  assert.equal(await readAll(bob, 'one', 'two', 'three'), 3)
  const again = await collectGarbage(deps(bob), bob.space)
  assert.equal(again.condemned, 0)
  // And it can be published into as before.
  await release(bob, 'four', [['c', noise('c', 10_000)]])
  assert.equal(await readAll(bob, 'three', 'four'), 5)
})

test('who may not publish gives nothing up, and pays for nothing', async () => {
  await using owner = await createPerson(devnet.networkUrl, 'owner')
  await using mallory = await createPerson(devnet.networkUrl, 'mallory')
  const flake = await release(owner, 'one', [['big', noise('owner', 300_000)]])
  await release(owner, 'two', [['other', noise('other', 1000)]])
  await revoke(owner.account, flake, 1n, 'for a test')
  const { network } = mallory.account
  const coinType = `${network.descriptor.walrus.walPackageId}::wal::WAL`
  const wal = async (): Promise<string> =>
    (await network.sui.core.getBalance({ owner: mallory.account.address, coinType })).balance.balance
  const before = await wal()
  await assert.rejects(collectGarbage(deps(mallory), owner.space), { code: 'NOT_PERMITTED' })
  assert.equal(await wal(), before)
  assert.equal((await blobs(owner)).condemned, 0)
})

test('what a release that is pinned needs stays, although it is revoked', async () => {
  await using carol = await createPerson(devnet.networkUrl, 'carol')
  const flake = await release(carol, 'one', [['big', noise('pinned', 300_000)]])
  await release(carol, 'two', [['other', noise('other', 1000)]])
  await revoke(carol.account, flake, 1n, 'for a test')
  const pinned = (id: string, version: bigint): boolean => id === flake && version === 1n
  const options = { pinned }
  assert.equal((await collectGarbage(deps(carol), carol.space, options)).condemned, 0)
  assert.equal((await collectGarbage(deps(carol), carol.space)).condemned > 0, true)
})

test('a publish that counted on chunks which are condemned meanwhile stores them again', async () => {
  await using dave = await createPerson(devnet.networkUrl, 'dave')
  const contents = [['big', noise('healed', 400_000)]] as const
  const flake = await release(dave, 'one', contents)
  await release(dave, 'two', [['other', noise('other', 1000)]])
  await revoke(dave.account, flake, 1n, 'gone')
  // A publish of the same content, which finds all but its manifest in the locator, is stopped before it releases.
  const held = await holdPublish(dave, 'late', contents)
  const collected = await collectGarbage(deps(dave), dave.space)
  assert.ok(collected.condemned > 0)
  await held.goOn()
  assert.equal(await readAll(dave, 'late', 'two'), 4)

  const healed = await collectGarbage(deps(dave), dave.space)
  assert.equal(healed.lost, 0)
  assert.equal(await readAll(dave, 'late', 'two'), 4)
  devnet.advanceClock(THREE_DAYS_MS)
  await deleteCondemned(deps(dave), dave.space)
  assert.equal(await readAll(dave, 'late', 'two'), 4)
})

test('a release whose chunks are condemned is healed, and they are not deleted', async () => {
  await using gina = await createPerson(devnet.networkUrl, 'gina')
  const flake = await release(gina, 'one', [['big', noise('blind', 400_000)]])
  await release(gina, 'two', [['other', noise('other', 1000)]])
  await revoke(gina.account, flake, 1n, 'gone')
  assert.ok((await collectGarbage(deps(gina), gina.space)).condemned > 0)
  const { manifest } = await readRelease(gina.account.network, flake, 1n)
  await releaseBlindly(gina, 'late', manifest)
  await assert.rejects(readAll(gina, 'late'), { code: 'CHUNK_UNKNOWN' })

  devnet.advanceClock(THREE_DAYS_MS)
  assert.equal(await deleteCondemned(deps(gina), gina.space), 0)
  const healed = await collectGarbage(deps(gina), gina.space)
  assert.ok(healed.healed > 0)
  assert.equal(healed.lost, 0)
  assert.equal(await readAll(gina, 'late', 'two'), 4)
  await deleteCondemned(deps(gina), gina.space)
  assert.equal(await readAll(gina, 'late', 'two'), 4)
})

test('while a release cannot be read it is named and nothing is given up, until it is revoked', async () => {
  await using hugo = await createPerson(devnet.networkUrl, 'hugo')
  const { account, space } = hugo
  const flakeOf = async (name: string): Promise<string> => {
    const { flake } = await readFlakeState(account.network, space, name)
    assert.ok(flake)
    return flake
  }
  const big = await release(hugo, 'big', [['big', noise('hugo', 300_000)]])
  await release(hugo, 'small', [['small', noise('hugo 2', 1000)]])
  await revoke(account, big, 1n, 'for a test')

  // Its manifest is nowhere.
  await releaseBlindly(hugo, 'lost', noise('no such chunk', 32))
  const { condemned, lost, unreadable } = await collectGarbage(deps(hugo), space)
  assert.deepEqual(
    { condemned, lost, unreadable },
    { condemned: 0, lost: 1, unreadable: [{ flake: 'lost', version: 1n }] },
  )
  // Its manifest is a chunk that is no manifest.
  const survey = await surveySpace({ network: account.network, storage: hugo.storage() }, space)
  const content = [...survey.chunks.values()].toSorted((a, b) => b.location.rawSize - a.location.rawSize)[0]
  assert.ok(content)
  await releaseBlindly(hugo, 'wrong', content.id)
  await assert.rejects(collectGarbage(deps(hugo), space), {
    code: 'RELEASES_UNREADABLE',
    message: /^What a release needs cannot be read: wrong version 1 \(.+\); until .* nothing is given up$/,
  })
  devnet.advanceClock(THREE_DAYS_MS)
  await assert.rejects(deleteCondemned(deps(hugo), space), { code: 'RELEASES_UNREADABLE' })
  assert.equal((await blobs(hugo)).condemned, 0)

  for (const name of ['wrong', 'lost']) await revoke(account, await flakeOf(name), 1n, 'cannot be read')
  assert.equal((await collectGarbage(deps(hugo), space)).condemned, 1)
  assert.equal(await readAll(hugo, 'small'), 2)
})

test('a pack that would be written anew and cannot be read stays, and who needs it is named', async () => {
  await using ines = await createPerson(devnet.networkUrl, 'ines')
  const kept = [['a', noise('ines a', 40_000)]] as const
  const first = await release(ines, 'one', [...kept, ['big', noise('ines big', 600_000)]])
  await release(ines, 'two', kept)
  await revoke(ines.account, first, 1n, 'too big')
  const storage = new Proxy(ines.storage(), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'readChunk') return value.bind(target)
      return () => Promise.reject(new SquidError('BLOB_UNAVAILABLE', 'storage nodes do not have it'))
    },
  })
  await assert.rejects(collectGarbage({ ...deps(ines), storage }, ines.space), {
    code: 'RELEASES_UNREADABLE',
    message: /: two version 1 \(storage nodes do not have it\); /,
  })
  assert.equal((await blobs(ines)).condemned, 0)
})

test('two keepers at once: the work is done once, nothing is lost', async () => {
  await using erin = await createPerson(devnet.networkUrl, 'erin')
  await using frank = await createPerson(devnet.networkUrl, 'frank')
  await letPublish(erin, frank)
  const kept = [['a', noise('erin a', 40_000)]] as const
  const first = await release(erin, 'one', [...kept, ['big', noise('erin big 1', 600_000)]])
  await release(erin, 'two', kept)
  await revoke(erin.account, first, 1n, 'too big')
  const both = await Promise.all([
    collectGarbage(deps(erin), erin.space),
    collectGarbage(deps(frank), erin.space),
  ])
  assert.equal(both[0].condemned + both[1].condemned, 1)
  assert.equal(await readAll(erin, 'one', 'two'), 2)
  const { missing, unowned } = await surveySpace(
    { network: erin.account.network, storage: erin.storage() },
    erin.space,
  )
  assert.deepEqual({ missing, unowned: [...unowned] }, { missing: [], unowned: [] })
  // The pack of the first release is condemned; that of the second and one new one stay.
  assert.deepEqual(await blobs(erin), { kept: 2, condemned: 1 })
  // What the slower one uploaded was deleted again: nobody owns a blob but the Space.
  for (const { account } of [erin, frank]) assert.equal(await ownedBlobs(account), 0)
})
