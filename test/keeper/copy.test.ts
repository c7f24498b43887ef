/**
 * Verifying what is stored, and copies outside of Walrus: after leases have ended, the paths that are hurt are named,
 * the others still work, and a copy brings them back, here or in another Space.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  copySpace,
  leasesOfRelease,
  publicationOfCopy,
  renewLeases,
  repairSpace,
  restoreSpace,
  SpaceCopy,
  verifySpace,
  type Verified,
} from '@squid/client/leases'
import { publish, type PublishResult } from '@squid/client/publish'
import { revoke } from '@squid/client/releases'
import { readLocator } from '@squid/client/resolve'
import { linkFromLedger } from '@squid/client/storage'
import type { Devnet } from '@squid/devnet'
import {
  createPerson,
  noise,
  openStorage,
  type Person,
  publicationOf,
  startNetwork,
} from '../publish/setting.ts'

let devnet: Devnet
let folder: string

before(async () => {
  devnet = await startNetwork()
  folder = await mkdtemp(join(tmpdir(), 'squid-copy-'))
})

after(async () => {
  await devnet.stop()
  await rm(folder, { recursive: true, force: true })
})

type Content = readonly (readonly [name: string, content: Uint8Array])[]

async function release(person: Person, flakeName: string, contents: Content): Promise<PublishResult> {
  const { account, home, space } = person
  const publication = await publicationOf(space, flakeName, contents)
  return publish({ account, storage: person.storage(), home }, publication)
}

/** With nothing cached. */
async function verify({ account: { network }, space }: Person): Promise<Verified> {
  const storage = openStorage(network)
  try {
    return await verifySpace(network, storage, space)
  } finally {
    await storage.close()
  }
}

async function copyOf(person: Person, name: string): Promise<SpaceCopy> {
  await copySpace(person.account.network, person.storage(), person.space, join(folder, name))
  return SpaceCopy.open(join(folder, name))
}

test('everything that is stored is read again, each chunk once', async () => {
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  await release(alice, 'one', [['program', noise('one', 1000)]])
  await release(alice, 'two', [['program', noise('one', 1000)]])
  const { releases, chunks, hurt } = await verify(alice)
  // The same source and program in both: two chunks of content, a tree of one node, a manifest.
  assert.deepEqual({ releases, chunks, hurt }, { releases: 2, chunks: 4, hurt: [] })
})

test('a copy of one Space is released again in another, with the same manifests', async () => {
  await using bob = await createPerson(devnet.networkUrl, 'bob')
  await using carol = await createPerson(devnet.networkUrl, 'carol')
  const first = await release(bob, 'tool', [['program', noise('bob', 300_000)]])
  const second = await release(bob, 'tool', [['program', noise('bob 2', 300_000)]])
  const revoked = await release(bob, 'other', [['program', noise('bob 3', 300_000)]])
  await revoke(bob.account, revoked.flake, 1n, 'not for copies')

  const copy = await copyOf(bob, 'bob')
  assert.deepEqual(
    copy.flakes.map(({ name, releases }) => [name, releases.map(({ version }) => version)]),
    [
      ['other', []],
      ['tool', [1n, 2n]],
    ],
  )
  const manifests: Uint8Array[] = []
  for (const flake of copy.flakes)
    for (const copied of flake.releases) {
      const { account, home, space } = carol
      const publication = await publicationOfCopy(copy, space, flake, copied)
      manifests.push((await publish({ account, home, storage: carol.storage() }, publication)).manifest)
    }
  assert.deepEqual(manifests, [first.manifest, second.manifest])
  assert.deepEqual((await verify(carol)).hurt, [])
})

test('copying again adds what is new', async () => {
  await using dave = await createPerson(devnet.networkUrl, 'dave')
  await release(dave, 'one', [['program', noise('dave', 100_000)]])
  const path = join(folder, 'dave')
  const { network } = dave.account
  const first = await copySpace(network, dave.storage(), dave.space, path)
  const again = await copySpace(network, dave.storage(), dave.space, path)
  assert.ok(first.added > 0)
  assert.deepEqual({ added: again.added, chunks: again.chunks }, { added: 0, chunks: first.added })
  assert.deepEqual(await readdir(join(path, 'packs')), ['000001.pack'])
  await release(dave, 'two', [['program', noise('dave 2', 100_000)]])
  assert.ok((await copySpace(network, dave.storage(), dave.space, path)).added > 0)
  assert.deepEqual(await readdir(join(path, 'packs')), ['000001.pack', '000002.pack'])
})

test('a folder that is no copy, or damaged, is refused by name', async () => {
  await assert.rejects(SpaceCopy.open(folder), { code: 'NO_COPY' })
  await using erin = await createPerson(devnet.networkUrl, 'erin')
  await release(erin, 'one', [['program', noise('erin', 100_000)]])
  const copy = await copyOf(erin, 'erin')
  const pack = join(folder, 'erin', 'packs', '000001.pack')
  const bytes = await readFile(pack)
  bytes[5_000] = (bytes[5_000] ?? 0) ^ 1
  await writeFile(pack, bytes)
  const [flake] = copy.flakes
  const [copied] = flake?.releases ?? []
  assert.ok(flake && copied)
  const { account, home, space } = erin
  const publication = await publicationOfCopy(copy, space, { ...flake, name: 'again' }, copied)
  await assert.rejects(publish({ account, home, storage: erin.storage() }, publication), {
    code: 'COPY_DAMAGED',
  })
  await truncate(pack, 100)
  await assert.rejects(SpaceCopy.open(join(folder, 'erin')), { code: 'COPY_DAMAGED' })
  await writeFile(join(folder, 'erin', 'copy.json'), '{"format":2}')
  await assert.rejects(SpaceCopy.open(join(folder, 'erin')), { code: 'COPY_DAMAGED' })
})

test('when leases have ended, the hurt paths are named, others work, and a copy restores them', async () => {
  await using frank = await createPerson(devnet.networkUrl, 'frank')
  await release(frank, 'lost', [['program', noise('frank', 200_000)]])
  // Its program is stored with the first release, all else of it in a pack of its own.
  const kept = await release(frank, 'kept', [
    ['tool', noise('frank 2', 200_000)],
    ['program', noise('frank', 200_000)],
  ])
  const copy = await copyOf(frank, 'frank')
  const { network } = frank.account
  const { link } = await readLocator(network, frank.space)
  assert.ok(link)
  // Only the pack of the second release, in which the locator's root lies, is renewed.
  const ofKept = await leasesOfRelease(frank.storage(), linkFromLedger(link), kept.manifest)
  const newest = linkFromLedger(link).blob?.size
  const renewed = await renewLeases(
    frank.account,
    frank.space,
    20,
    lease => ofKept(lease) && Number(lease.size) === newest,
  )
  assert.equal(renewed.blobs, 1)
  for (let epoch = 0; epoch < 6; epoch++) devnet.advanceEpoch()

  const { hurt } = await verify(frank)
  const names = hurt.map(({ flake, storePath }) => `${flake}: ${storePath?.slice(44) ?? 'its list of paths'}`)
  assert.deepEqual(names.toSorted(), ['kept: program', 'lost: its list of paths'])
  const { account, home, space } = frank
  const restored = await restoreSpace({ account, home, storage: frank.storage() }, copy, space)
  assert.ok(restored.chunks > 0)
  assert.equal(restored.lost, 0)
  assert.deepEqual((await verify(frank)).hurt, [])
})

test('what is pinned is verified, copied and put back although it is revoked, and never released anew', async () => {
  await using hana = await createPerson(devnet.networkUrl, 'hana')
  const { account, home, space } = hana
  const { network } = account
  const kept = await release(hana, 'kept', [['program', noise('hana', 200_000)]])
  await release(hana, 'other', [['program', noise('hana 2', 1000)]])
  await revoke(account, kept.flake, 1n, 'for a test')
  const pinned = (flake: string, version: bigint): boolean => flake === kept.flake && version === 1n
  const verified = async (): Promise<Verified> => {
    await using storage = openStorage(network)
    return await verifySpace(network, storage, space, { pinned })
  }
  assert.equal((await verify(hana)).releases, 1)
  assert.equal((await verified()).releases, 2)

  const path = join(folder, 'hana')
  assert.equal((await copySpace(network, hana.storage(), space, path, { pinned })).releases, 2)
  const copy = await SpaceCopy.open(path)
  assert.ok(copy.has(kept.manifest))
  assert.deepEqual(
    copy.flakes.map(({ name, releases }) => [name, releases.length]),
    [
      ['kept', 0],
      ['other', 1],
    ],
  )
  for (let epoch = 0; epoch < 6; epoch++) devnet.advanceEpoch()
  assert.deepEqual(new Set((await verified()).hurt.map(({ flake }) => flake)), new Set(['kept', 'other']))
  const repaired = await repairSpace({ account, home, storage: hana.storage() }, space, { pinned })
  assert.deepEqual(new Set(repaired.hurt.map(({ flake }) => flake)), new Set(['kept', 'other']))
  const restored = await restoreSpace({ account, home, storage: hana.storage() }, copy, space, { pinned })
  assert.equal(restored.lost, 0)
  assert.deepEqual((await verified()).hurt, [])
})

test('when everything has ended, locator too, a copy restores it', async () => {
  await using gina = await createPerson(devnet.networkUrl, 'gina')
  await release(gina, 'one', [['program', noise('gina', 200_000)]])
  const copy = await copyOf(gina, 'gina')
  for (let epoch = 0; epoch < 6; epoch++) devnet.advanceEpoch()
  assert.notDeepEqual((await verify(gina)).hurt, [])
  const { account, home, space } = gina
  await restoreSpace({ account, home, storage: gina.storage() }, copy, space)
  assert.deepEqual((await verify(gina)).hurt, [])
  await using nobody = await createPerson(devnet.networkUrl, 'nobody')
  const empty = await copyOf(nobody, 'nobody')
  for (let epoch = 0; epoch < 6; epoch++) devnet.advanceEpoch()
  await assert.rejects(restoreSpace({ account, home, storage: gina.storage() }, empty, space), {
    code: 'COPY_INCOMPLETE',
  })
})
