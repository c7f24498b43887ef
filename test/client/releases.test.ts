/** Releases on a real embedded network: appended, chosen, hidden, refused. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import { Transaction } from '@mysten/sui/transactions'
import { claimName, type ClaimedName } from '@squid/client/names'
import {
  buildReleaseTransaction,
  findPublished,
  listReleases,
  listTags,
  publishedRelease,
  readRelease,
  removeTag,
  revoke,
  setTag,
  unyank,
  yank,
  type ReleasePlan,
} from '@squid/client/releases'
import { readFlakeState, readLocator } from '@squid/client/resolve'
import { execute, prepare, submit, type Account } from '@squid/client/transactions'
import { fails, World, type Person } from './world.ts'

const PUBLISH = 2

let world: World
let alice: Person
let bob: Person
let claimed: ClaimedName
before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  bob = await world.person('bob')
  claimed = await claimName(alice.account, 'alice')
})
after(() => world[Symbol.asyncDispose]())

const hash = (): Uint8Array => new Uint8Array(randomBytes(32))

/** A release of alice's flake `name` that stores nothing, after the newest one. */
async function plan(name: string, more: Partial<ReleasePlan> = {}): Promise<ReleasePlan> {
  const { flake, lastVersion } = await readFlakeState(world.network, claimed.space, name)
  return {
    space: claimed.space,
    flake: flake === undefined ? { create: name } : { id: flake },
    expectedVersion: lastVersion,
    key: hash(),
    sourceNarHash: hash(),
    revision: 'c0ffee',
    lastModified: 1_700_000_000n,
    manifest: hash(),
    blobs: [],
    locator: undefined,
    tags: [],
    ...more,
  }
}

async function append(account: Account, plan: ReleasePlan): Promise<{ flake: string; version: bigint }> {
  return publishedRelease(await execute(account, buildReleaseTransaction(world.network, plan)))
}

async function appendMany(name: string, count: number): Promise<string> {
  let flake = ''
  for (let i = 0; i < count; i++) ({ flake } = await append(alice.account, await plan(name)))
  return flake
}

async function setRoles(member: string, roles: number): Promise<void> {
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${world.network.squid.packageId}::space::set_roles`,
    arguments: [
      transaction.object(claimed.space),
      transaction.pure.address(member),
      transaction.pure.u8(roles),
    ],
  })
  await execute(alice.account, transaction)
}

test('the first release makes the flake, and everybody finds it', async () => {
  await assert.rejects(bob.resolve('sui:@alice:first'), fails('FLAKE_UNKNOWN', /@alice has no flake first/))
  const first = await plan('first', { tags: ['stable'] })
  const { flake, version } = await append(alice.account, first)
  assert.equal(version, 1n)

  const byName = await bob.resolve('sui:@alice:first#hello')
  assert.equal(byName.space, claimed.space)
  assert.equal(byName.flake, flake)
  assert.equal(byName.flakeName, 'first')
  assert.equal(byName.name, 'alice')
  assert.deepEqual(byName.warnings, [])
  assert.deepEqual(byName.locator, { storageId: claimed.storage, revision: 0n, link: undefined })
  const { createdMs, ...release } = byName.release
  assert.deepEqual(release, {
    version: 1n,
    sourceNarHash: first.sourceNarHash,
    revision: 'c0ffee',
    lastModified: 1_700_000_000n,
    manifest: first.manifest,
    publisher: alice.account.address,
    yanked: false,
    revoked: undefined,
  })
  assert.ok(Math.abs(Number(createdMs) - Date.now()) < 60_000)

  const owner = alice.account.address
  for (const text of [
    `sui:${claimed.space}:first`,
    `sui:${owner}:first`,
    `sui:${flake}`,
    `sui:${flake}?tag=stable`,
    'sui:@alice:first?version=1',
  ]) {
    assert.deepEqual({ ...(await bob.resolve(text)), name: 'alice' }, byName, text)
  }
})

test('what is not there is said by name', async () => {
  await appendMany('named', 1)
  for (const [reference, code] of [
    ['sui:@nobody:named', 'NAME_UNKNOWN'],
    ['sui:@alice:unheard-of', 'FLAKE_UNKNOWN'],
    ['sui:@alice:named?version=2', 'VERSION_UNKNOWN'],
    ['sui:@alice:named?tag=stable', 'TAG_UNKNOWN'],
    [`sui:0x${'7'.repeat(64)}`, 'OBJECT_UNKNOWN'],
    [`sui:0x${'7'.repeat(64)}:named`, 'NO_HOME'],
    [`sui:${claimed.space}`, 'FLAKE_UNKNOWN'],
    [`sui:${claimed.storage}`, 'OBJECT_KIND'],
    [`sui:${claimed.storage}:named`, 'OBJECT_KIND'],
    ['sui:0x2', 'OBJECT_KIND'],
  ] as const) {
    await assert.rejects(bob.resolve(reference), fails(code), reference)
  }
})

test('the latest release is the highest that is not hidden', async () => {
  const flake = await appendMany('hidden', 3)
  const latest = async (): Promise<bigint> => (await bob.resolve('sui:@alice:hidden')).release.version
  assert.equal(await latest(), 3n)
  await yank(alice.account, flake, 3n)
  assert.equal(await latest(), 2n)
  await assert.rejects(yank(alice.account, flake, 3n), fails('ALREADY_YANKED'))

  const exact = await bob.resolve('sui:@alice:hidden?version=3')
  assert.equal(exact.release.yanked, true)
  assert.match(exact.warnings.join(), /Version 3 of hidden was yanked/)

  await unyank(alice.account, flake, 3n)
  assert.equal(await latest(), 3n)
  await assert.rejects(unyank(alice.account, flake, 3n), fails('NOT_YANKED'))
  for (const version of [1n, 2n, 3n]) await yank(alice.account, flake, version)
  await assert.rejects(latest(), fails('NO_RELEASE', /only releases that were yanked/))
})

test('a tag moves, is refused while its release is yanked, and goes', async () => {
  const flake = await appendMany('tagged', 2)
  const stable = async (): Promise<bigint> =>
    (await bob.resolve('sui:@alice:tagged?tag=stable')).release.version
  await setTag(alice.account, flake, 'stable', 2n)
  assert.equal(await stable(), 2n)
  await setTag(alice.account, flake, 'stable', 1n)
  assert.equal(await stable(), 1n)
  await setTag(alice.account, flake, 'v1.0', 1n)
  assert.deepEqual(
    [...(await listTags(world.network, flake))],
    [
      ['stable', 1n],
      ['v1.0', 1n],
    ],
  )

  await yank(alice.account, flake, 1n)
  await assert.rejects(stable(), fails('RELEASE_YANKED', /points to version 1, which was yanked/))
  await assert.rejects(setTag(alice.account, flake, 'other', 1n), fails('HIDDEN'))
  await assert.rejects(setTag(alice.account, flake, 'other', 9n), fails('UNKNOWN_RELEASE'))
  await assert.rejects(setTag(alice.account, flake, '-other', 2n), fails('BAD_TAG'))
  await removeTag(alice.account, flake, 'stable')
  await assert.rejects(stable(), fails('TAG_UNKNOWN'))
  await assert.rejects(removeTag(alice.account, flake, 'stable'), fails('UNKNOWN_TAG'))
})

test('a revoked release is refused however it is asked for', async () => {
  const flake = await appendMany('revoked', 2)
  await setTag(alice.account, flake, 'stable', 2n)
  await revoke(alice.account, flake, 2n, 'the key was stolen')
  assert.equal((await bob.resolve('sui:@alice:revoked')).release.version, 1n)
  for (const query of ['version=2', 'tag=stable']) {
    await assert.rejects(
      bob.resolve(`sui:@alice:revoked?${query}`),
      fails('RELEASE_REVOKED', /"the key was stolen"/),
    )
  }
  await assert.rejects(unyank(alice.account, flake, 2n), fails('REVOKED'))
  assert.equal((await readRelease(world.network, flake, 2n)).revoked, 'the key was stolen')
})

test('releases are listed from the newest on', async () => {
  const flake = await appendMany('listed', 4)
  const versions = async (options: { before?: bigint; limit?: number }): Promise<bigint[]> =>
    (await listReleases(world.network, flake, options)).map(({ version }) => version)
  assert.deepEqual(await versions({}), [4n, 3n, 2n, 1n])
  assert.deepEqual(await versions({ limit: 2 }), [4n, 3n])
  assert.deepEqual(await versions({ before: 3n, limit: 5 }), [2n, 1n])
  assert.deepEqual(await versions({ before: 1n }), [])
  await assert.rejects(readRelease(world.network, flake, 5n), fails('VERSION_UNKNOWN'))
})

test('of two publishers at once the second is told to publish again', async () => {
  await setRoles(bob.account.address, PUBLISH)
  const both = [await plan('raced'), await plan('raced')] as const
  await append(alice.account, both[0])
  await assert.rejects(append(bob.account, both[1]), fails('ENTRY_EXISTS', /try again/))
  const next = [await plan('raced'), await plan('raced')] as const
  assert.equal((await append(bob.account, next[1])).version, 2n)
  await assert.rejects(append(alice.account, next[0]), fails('STALE_RELEASE', /publish again/))
})

test('of two publishers whose transactions are both signed the second fails, and is told why', async () => {
  await setRoles(bob.account.address, PUBLISH)
  await appendMany('crossed', 1)
  const [first, second] = [await plan('crossed'), await plan('crossed')]
  const one = await prepare(alice.account, buildReleaseTransaction(world.network, first))
  const another = await prepare(bob.account, buildReleaseTransaction(world.network, second))
  assert.equal(publishedRelease(await submit(world.network, one)).version, 2n)
  await assert.rejects(submit(world.network, another), fails('STALE_RELEASE', /publish again/))
  await assert.rejects(submit(world.network, another), fails('STALE_RELEASE'))
  assert.equal((await bob.resolve('sui:@alice:crossed')).release.version, 2n)
})

test('a transaction whose gas was spent meanwhile is to be made again', async () => {
  await appendMany('spent', 1)
  const both = [
    await prepare(alice.account, buildReleaseTransaction(world.network, await plan('spent'))),
    await prepare(alice.account, buildReleaseTransaction(world.network, await plan('spent'))),
  ] as const
  await submit(world.network, both[0])
  await assert.rejects(submit(world.network, both[1]), fails('OBJECT_CHANGED', /try again/))
})

test('latest is what a simple model says, whatever is hidden and shown', async () => {
  const step = fc.record({
    act: fc.constantFrom('append', 'yank', 'unyank', 'revoke'),
    pick: fc.nat(),
  })
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      const name = `model-${run++}`
      const flake = await appendMany(name, 2)
      const hidden = [new Set<string>(), new Set<string>()]
      for (const { act, pick } of steps) {
        const index = pick % hidden.length
        const state = hidden[index]
        if (act === 'append') {
          await append(alice.account, await plan(name))
          hidden.push(new Set())
        } else if (
          state !== undefined &&
          !state.has('revoked') &&
          state.has('yanked') === (act === 'unyank')
        ) {
          const version = BigInt(index + 1)
          if (act === 'revoke') await revoke(alice.account, flake, version, 'why not')
          else await (act === 'yank' ? yank : unyank)(alice.account, flake, version)
          if (act === 'unyank') state.delete('yanked')
          else state.add(act === 'yank' ? 'yanked' : 'revoked')
        }
      }
      const expected = hidden.findLastIndex(state => state.size === 0) + 1
      const { latest, lastVersion } = await readFlakeState(world.network, claimed.space, name)
      assert.equal(latest, expected === 0 ? undefined : BigInt(expected))
      assert.equal(lastVersion, BigInt(hidden.length))
    }),
    { numRuns: 12 },
  )
})

test('one publish is one release, however often it is tried', async () => {
  const once = await plan('once')
  const { flake } = await append(alice.account, once)
  assert.equal(await findPublished(world.network, flake, once.key), 1n)
  assert.equal(await findPublished(world.network, flake, hash()), undefined)
  const again = await plan('once', { key: once.key })
  await assert.rejects(append(alice.account, again), fails('ALREADY_PUBLISHED'))

  const prepared = await prepare(alice.account, buildReleaseTransaction(world.network, await plan('once')))
  const first = await submit(world.network, prepared)
  assert.deepEqual(await submit(world.network, prepared), first)
  assert.equal(first.digest, prepared.digest)
  assert.deepEqual(publishedRelease(first), { flake, version: 2n })
  assert.ok(first.gasUsed > 0n)
})

test('who has no role, or not the right one, changes nothing', async () => {
  const carol = await world.person('carol')
  const flake = await appendMany('guarded', 1)
  await assert.rejects(append(carol.account, await plan('guarded')), fails('NOT_PERMITTED', /ask an admin/))
  await assert.rejects(append(carol.account, await plan('carols-own')), fails('NOT_PERMITTED'))
  await assert.rejects(yank(carol.account, flake, 1n), fails('NOT_PERMITTED'))
  await assert.rejects(setTag(carol.account, flake, 'mine', 1n), fails('NOT_PERMITTED'))
  await setRoles(carol.account.address, PUBLISH)
  await assert.rejects(revoke(carol.account, flake, 1n, 'because'), fails('NOT_PERMITTED'))
  await setRoles(carol.account.address, 0)
  await assert.rejects(yank(carol.account, flake, 1n), fails('NOT_PERMITTED'))
  assert.equal((await bob.resolve('sui:@alice:guarded')).release.yanked, false)
})

test('who has no SUI is told so', async () => {
  const poor = await world.person('poor', { poor: true })
  await setRoles(poor.account.address, PUBLISH)
  await assert.rejects(append(poor.account, await plan('unpaid')), fails('NO_GAS'))
})

/** Registers and uploads a blob of 4 KiB, without certifying it. */
async function uploadBlob(account: Account): Promise<{ blob: ReleasePlan['blobs'][number]; blobId: bigint }> {
  const flow = world.network.walrus.writeBlobFlow({ blob: new Uint8Array(randomBytes(4096)) })
  await flow.encode()
  const registration = flow.register({ epochs: 3, owner: account.address, deletable: true })
  const { digest } = await execute(account, registration)
  const { blobId, blobObjectId, certificate } = await flow.upload({ digest })
  return {
    blob: { blobId, blobObjectId, deletable: true, certificate },
    blobId: BigInt(`0x${Buffer.from(blobId, 'base64url').reverse().toString('hex')}`),
  }
}

test('who has no WAL is told so', async () => {
  const { account } = await world.person('dry', { poor: true })
  world.devnet.fundSui(account.address)
  await assert.rejects(
    uploadBlob(account),
    fails('NO_WAL', new RegExp(`No WAL for storage: ${account.address}`)),
  )
})

test('one transaction certifies, hands over, moves the locator and appends', async () => {
  const { blob, blobId } = await uploadBlob(alice.account)
  const link = { blobId, blobSize: 4096n, offset: 100n, length: 200n, sha256: hash() }
  const before = await readLocator(world.network, claimed.space)
  const locator = { storageId: claimed.storage, expectedRevision: before.revision, next: link }
  await append(alice.account, await plan('stored', { blobs: [blob], locator, tags: ['stable'] }))

  const after = await bob.resolve('sui:@alice:stored?tag=stable')
  assert.deepEqual(after.locator, { storageId: claimed.storage, revision: before.revision + 1n, link })
  const { object } = await world.network.sui.getObject({ objectId: blob.blobObjectId })
  assert.equal(object.owner.$kind, 'ObjectOwner')

  const stale = await plan('stored', { locator })
  await assert.rejects(append(alice.account, stale), fails('STALE_LOCATOR', /publish again/))
  assert.equal((await bob.resolve('sui:@alice:stored')).release.version, 1n)
})

test('a blob without certificate makes nothing visible', async () => {
  const { blob, blobId } = await uploadBlob(alice.account)
  const link = { blobId, blobSize: 4096n, offset: 0n, length: 4096n, sha256: hash() }
  const before = await readLocator(world.network, claimed.space)
  const locator = { storageId: claimed.storage, expectedRevision: before.revision, next: link }
  const bare = await plan('uncertified', { blobs: [{ ...blob, certificate: undefined }], locator })
  await assert.rejects(append(alice.account, bare), fails('NOT_CERTIFIED'))
  await assert.rejects(bob.resolve('sui:@alice:uncertified'), fails('FLAKE_UNKNOWN'))
  assert.deepEqual(await readLocator(world.network, claimed.space), before)

  const wrong = { ...link, offset: 1n }
  const outside = await plan('uncertified', { blobs: [blob], locator: { ...locator, next: wrong } })
  await assert.rejects(append(alice.account, outside), fails('BAD_LINK'))
})
