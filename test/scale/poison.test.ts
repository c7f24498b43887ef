/**
 * Somebody with the publish role moves a Space's locator to a false one: what others publish then can be read all the
 * same, what was published before is repaired, and the keeper takes everything out of blobs that are not the Space's.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { formatHex } from '@squid/formats/bytes'
import { rawChunk } from '@squid/formats/chunk'
import type { ChunkLocation, LocatedChunk } from '@squid/formats/locator'
import { collectGarbage, repairSpace, surveySpace, type Verified, verifySpace } from '@squid/client/leases'
import { publish, type PublishEvent } from '@squid/client/publish'
import { readRelease } from '@squid/client/releases'
import type { WalrusStorage } from '@squid/client/storage'
import type { Devnet } from '@squid/devnet'
import {
  bytesOf,
  createPerson,
  letPublish,
  noise,
  openContents,
  openStorage,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'
import { Forger } from './forger.ts'

let devnet: Devnet

before(async () => {
  devnet = await startNetwork()
})

after(() => devnet.stop())

/** One chunk, so that its place is easy to forge. */
const PROGRAM = ['program', noise('shared', 10_000)] as const
const CHUNK_BYTES = 8_000

interface World extends AsyncDisposable {
  readonly alice: Person
  /** Of bob, who may publish into alice's Space. */
  readonly forger: Forger
  readonly manifest: Uint8Array
}

/** A Space with one release. */
async function createWorld(label: string): Promise<World> {
  const alice = await createPerson(devnet.networkUrl, `alice-${label}`)
  const bob = await createPerson(devnet.networkUrl, `bob-${label}`)
  await letPublish(alice, bob)
  const { flake } = await release(alice, 'one', [PROGRAM])
  const { manifest } = await readRelease(alice.account.network, flake, 1n)
  return {
    alice,
    forger: new Forger({ ...bob, space: alice.space }),
    manifest,
    async [Symbol.asyncDispose]() {
      await alice[Symbol.asyncDispose]()
      await bob[Symbol.asyncDispose]()
    },
  }
}

interface Released {
  readonly flake: string
  readonly misplaced: number
  /** Bytes that came from storage nodes. */
  readonly readBytes: number
  readonly storedBytes: number
}

async function release(
  person: Person,
  name: string,
  contents: readonly (readonly [string, Uint8Array])[],
): Promise<Released> {
  const { account, home, space } = person
  const events: PublishEvent[] = []
  const storage = person.storage()
  const { flake, storedBytes } = await publish(
    { account, home, storage },
    await publicationOf(space, name, contents),
    { onProgress: event => events.push(event) },
  )
  const misplaced = events.filter(({ stage }) => stage === 'misplaced').length
  return { flake, misplaced, storedBytes, readBytes: storage.counters.bytes }
}

/** The chunk of the program, as the honest locator has it. */
async function programOf(forger: Forger): Promise<LocatedChunk> {
  const found = (await forger.chunks()).find(({ location }) => location.rawSize > CHUNK_BYTES)
  assert.ok(found)
  return found
}

/** Bob moves the locator by releasing something. */
async function poison(
  { forger, manifest }: World,
  forgery: (place: ChunkLocation) => ChunkLocation,
): Promise<void> {
  const { id } = await programOf(forger)
  await forger.release('bait', manifest, await forger.withForged(id, forgery))
}

const elsewhere = (place: ChunkLocation): ChunkLocation => ({ ...place, offset: place.offset + 1 })

async function readAll({ account, space }: Person, flake: string): Promise<number> {
  const storage = openStorage(account.network)
  let bytes = 0
  const contents = await openContents(account, storage, space, flake, 1n)
  for await (const entry of contents.list()) bytes += (await bytesOf(contents.nar(entry))).length
  await storage.close()
  return bytes
}

/** With nothing cached. */
async function withStorage<T>({ account }: Person, use: (storage: WalrusStorage) => Promise<T>): Promise<T> {
  const storage = openStorage(account.network)
  try {
    return await use(storage)
  } finally {
    await storage.close()
  }
}

function verify(person: Person): Promise<Verified> {
  return withStorage(person, storage => verifySpace(person.account.network, storage, person.space))
}

test('a release that shares a chunk whose place was forged can be read, and so can the others again', async () => {
  await using world = await createWorld('forged')
  const { alice } = world
  await poison(world, elsewhere)
  assert.ok((await verify(alice)).hurt.length > 0)
  const { flake, misplaced } = await release(alice, 'two', [PROGRAM, ['other', noise('other', 1000)]])
  assert.equal(misplaced, 1)
  assert.ok((await readAll(alice, flake)) > CHUNK_BYTES)
  assert.deepEqual((await verify(alice)).hurt, [])
})

test('a chunk that is right, but in a blob that is not the Space’s, is stored again', async () => {
  await using world = await createWorld('unowned')
  const { alice, forger, manifest } = world
  const { id } = await programOf(forger)
  const raw = await withStorage(alice, async storage => {
    const { location } = await programOf(forger)
    return await storage.readChunk(id, location)
  })
  await forger.release('bait', manifest, await forger.withChunks([rawChunk(raw)]))
  assert.deepEqual((await verify(alice)).hurt, [])
  const { misplaced, storedBytes } = await release(alice, 'two', [PROGRAM, ['other', noise('other', 1000)]])
  assert.equal(misplaced, 0)
  assert.ok(storedBytes > CHUNK_BYTES)
})

test('what a co-publisher stored is read once, and what this home stored never', async () => {
  await using world = await createWorld('honest')
  const { alice } = world
  await using carol = await createPerson(devnet.networkUrl, 'carol')
  await letPublish(alice, carol)
  const visitor = { ...carol, space: alice.space }
  const own = await release(alice, 'two', [PROGRAM, ['a', noise('a', 1000)]])
  const first = await release(visitor, 'three', [PROGRAM, ['b', noise('b', 1000)]])
  const second = await release(visitor, 'four', [PROGRAM, ['c', noise('c', 1000)]])
  // Nobody stores the program a second time. Locators are read by all of them.
  for (const { storedBytes } of [own, first, second]) assert.ok(storedBytes < CHUNK_BYTES)
  assert.ok(first.readBytes > second.readBytes + CHUNK_BYTES, `${first.readBytes} ${second.readBytes}`)
  assert.ok(own.readBytes < CHUNK_BYTES * 2)
})

test('what has expired, or ends with this epoch, is stored again', async () => {
  await using net = await startNetwork()
  await using alice = await createPerson(net.networkUrl, 'alice')
  await release(alice, 'one', [PROGRAM])
  // Five epochs are paid for: the fifth is the last.
  for (let epoch = 1; epoch < 5; epoch++) net.advanceEpoch()
  const { flake, storedBytes } = await release(alice, 'two', [PROGRAM])
  assert.ok(storedBytes > CHUNK_BYTES)
  net.advanceEpoch()
  assert.ok((await readAll(alice, flake)) > CHUNK_BYTES)
})

test('the places that a locator has wrong are found in the packs and corrected', async () => {
  await using world = await createWorld('repaired')
  const { alice } = world
  await poison(world, elsewhere)
  const before = await verify(alice)
  assert.deepEqual(new Set(before.hurt.map(({ storePath }) => storePath?.slice(44))), new Set(['program']))
  const { account, home, space } = alice
  const { hurt, repaired } = await repairSpace({ account, home, storage: alice.storage() }, space)
  assert.deepEqual({ hurt, repaired }, { hurt: [], repaired: 1 })
  assert.deepEqual((await verify(alice)).hurt, [])
  const again = await repairSpace({ account, home, storage: alice.storage() }, space)
  assert.equal(again.repaired, 0)
})

test('a locator that cannot be read at all is made anew from the packs', async () => {
  await using world = await createWorld('gone')
  const { alice, forger, manifest } = world
  const root = await forger.withForged((await programOf(forger)).id, place => place)
  await forger.release('bait', manifest, { ...root, sha256: new Uint8Array(32) })
  assert.ok((await verify(alice)).hurt.length > 0)
  const { account, home, space } = alice
  const { hurt, repaired } = await repairSpace({ account, home, storage: alice.storage() }, space)
  assert.deepEqual(hurt, [])
  assert.ok(repaired > 2)
  assert.deepEqual((await verify(alice)).hurt, [])
})

test('the keeper takes everything out of blobs that are not the Space’s', async () => {
  await using world = await createWorld('strays')
  const { alice } = world
  await poison(world, place => place)
  const { account, home, space } = alice
  const deps = { account, home, storage: alice.storage() }
  const { network } = account
  assert.equal((await surveySpace({ network, storage: deps.storage }, space)).unowned.size, 1)
  await collectGarbage(deps, space)
  const survey = await surveySpace({ network, storage: alice.storage() }, space)
  assert.equal(survey.unowned.size, 0)
  assert.deepEqual((await verify(alice)).hurt, [])
  assert.equal(formatHex(survey.root?.blob?.id ?? new Uint8Array()).length, 64)
})

test('who may not publish repairs nothing', async () => {
  await using world = await createWorld('stranger')
  await using mallory = await createPerson(devnet.networkUrl, 'mallory')
  const { account, home } = mallory
  await assert.rejects(repairSpace({ account, home, storage: mallory.storage() }, world.alice.space), {
    code: 'NOT_PERMITTED',
  })
})
