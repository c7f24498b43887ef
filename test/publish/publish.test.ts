import assert from 'node:assert/strict'
import { test } from 'node:test'

import { publish } from '@squid/client/publish'
import { revoke, yank } from '@squid/client/releases'
import type { Account } from '@squid/client/transactions'

import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  openStorage,
  pathOf,
  publicationOf,
  startNetwork,
} from './setting.ts'

test('what was published is read back by somebody with nothing but the network', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const publication = await publicationOf(alice.space, 'hello', [
    ['small', noise('small', 2_000)],
    ['large', noise('large', 700_000)],
    ['same', noise('large', 700_000)],
  ])
  const result = await publish(
    { account: alice.account, storage: alice.storage(), home: alice.home },
    publication,
  )
  assert.equal(result.version, 1n)
  assert.equal(result.packs, 1)
  // Register and release: nothing else is needed.
  assert.equal(result.transactions.length, 2)
  // `same` has the bytes of `large` but another file header; almost all chunks are shared.
  assert.ok(result.storedBytes < 1_000_000, `${result.storedBytes} bytes were stored`)

  await using bob = await createPerson(devnet.networkUrl, 'bob')
  const contents = await openContents(bob.account, bob.storage(), result.space, result.flake, result.version)
  for (const path of publication.paths) {
    const entry = await contents.lookup(path.storePath)
    assert.ok(entry)
    assert.deepEqual(await bytesOf(contents.nar(entry)), await bytesOf(path.nar()))
  }
  assert.equal(await contents.lookup((await pathOf('other', noise('other', 10))).storePath), undefined)
})

test('the same content again is the same release, and the next release stores only what is new', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const large = ['large', noise('large', 2_000_000)] as const
  const first = await publish(deps, await publicationOf(alice.space, 'hello', [large]))
  const again = await publish(deps, await publicationOf(alice.space, 'hello', [large]))
  assert.equal(again.alreadyPublished, true)
  assert.equal(again.version, first.version)
  assert.deepEqual(again.transactions, [])
  const second = await publish(
    deps,
    await publicationOf(alice.space, 'hello', [large, ['small', noise('small', 1_000)]]),
  )
  assert.equal(second.version, 2n)
  assert.ok(second.storedBytes < 20_000, `${second.storedBytes} bytes were stored`)
  const storage = openStorage(alice.account.network)
  try {
    for (const version of [1n, 2n]) {
      const contents = await openContents(alice.account, storage, alice.space, first.flake, version)
      for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
    }
  } finally {
    await storage.close()
  }
})

test('a release in several packs', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const publication = await publicationOf(alice.space, 'hello', [['large', noise('large', 5_000_000)]])
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const result = await publish(deps, publication, { packBytes: 1_600_000 })
  assert.equal(result.packs, 4)
  const contents = await openContents(
    alice.account,
    alice.storage(),
    result.space,
    result.flake,
    result.version,
  )
  for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
})

test('two publishers into one Space at once both succeed', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  // One key has one gas coin at a time: the second publisher's transactions are refused and built anew.
  const publications = await Promise.all(
    ['one', 'two'].map(name => publicationOf(alice.space, name, [[name, noise(name, 300_000)]])),
  )
  const results = await Promise.all(publications.map(publication => publish(deps, publication)))
  assert.deepEqual(
    results.map(result => result.version),
    [1n, 1n],
  )
  for (const result of results) {
    const contents = await openContents(
      alice.account,
      alice.storage(),
      result.space,
      result.flake,
      result.version,
    )
    for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
  }
})

test('a path that is not what was recorded of it stops the publish', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const publication = await publicationOf(alice.space, 'hello', [['small', noise('small', 2_000)]])
  const other = await pathOf('other', noise('other', 2_000))
  const changed = {
    ...publication,
    paths: publication.paths.map(path => ({ ...path, nar: () => other.nar() })),
  }
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  await assert.rejects(publish(deps, changed), { code: 'PATH_CHANGED' })
})

test('with a liar and a node down a release is read, with all nodes down it is refused', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const publication = await publicationOf(alice.space, 'hello', [['large', noise('large', 3_000_000)]])
  const result = await publish(
    { account: alice.account, storage: alice.storage(), home: alice.home },
    publication,
  )
  devnet.setNodeFault(3, 'tamper')
  devnet.setNodeFault(7, 'down')
  const storage = alice.storage()
  const contents = await openContents(alice.account, storage, result.space, result.flake, result.version)
  for (const path of publication.paths) {
    const entry = await contents.lookup(path.storePath)
    assert.ok(entry)
    assert.deepEqual(await bytesOf(contents.nar(entry)), await bytesOf(path.nar()))
  }
  const reasons = storage.setAside.map(({ reason }) => reason).toSorted()
  assert.deepEqual(reasons, ['does not answer', 'gave wrong bytes'])
  for (let node = 0; node < 12; node++) devnet.setNodeFault(node, 'down')
  await assert.rejects(
    openContents(alice.account, alice.storage(), result.space, result.flake, result.version),
    { code: 'BLOB_UNAVAILABLE' },
  )
})

for (const [what, change] of [
  ['a tag', { tags: ['bad tag!'] }],
  ['a flake name', { flakeName: 'Bad Name' }],
] as const) {
  test(`${what} that cannot be is refused before anything is done`, async () => {
    await using devnet = await startNetwork()
    await using alice = await createPerson(devnet.networkUrl, 'alice')
    const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
    const publication = await publicationOf(alice.space, 'hello', [['small', noise('small', 2_000)]])
    const height = devnet.health().checkpoint
    await assert.rejects(publish(deps, { ...publication, ...change }), { code: 'REFERENCE' })
    assert.equal(devnet.health().checkpoint, height)
  })
}

test('publishing again with the tags that are there costs nothing, a new tag one transaction', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const publication = await publicationOf(alice.space, 'hello', [['small', noise('small', 2_000)]])
  await publish(deps, { ...publication, tags: ['stable'] })
  const again = await publish(deps, { ...publication, tags: ['stable'] })
  assert.deepEqual([again.transactions, again.gas], [[], 0n])
  const tagged = await publish(deps, { ...publication, tags: ['stable', 'new'] })
  assert.equal(tagged.transactions.length, 1)
})

test('who may not publish into a Space is told before anything is paid for', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  await using bob = await createPerson(devnet.networkUrl, 'bob')
  const deps = { account: bob.account, storage: bob.storage(), home: bob.home }
  const publication = await publicationOf(alice.space, 'hello', [['small', noise('small', 2_000)]])
  const height = devnet.health().checkpoint
  await assert.rejects(publish(deps, publication), { code: 'NOT_PERMITTED' })
  assert.equal(devnet.health().checkpoint, height)
})

test('content that was released before another one is released again', async () => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
  const [a, b] = await Promise.all(
    ['a', 'b'].map(name => publicationOf(alice.space, 'hello', [[name, noise(name, 2_000)]])),
  )
  assert.ok(a && b)
  const versions = [
    await publish(deps, a),
    await publish(deps, b),
    await publish(deps, a),
    await publish(deps, a),
  ]
  assert.deepEqual(
    versions.map(({ version, alreadyPublished }) => [version, alreadyPublished]),
    [
      [1n, false],
      [2n, false],
      [3n, false],
      [3n, true],
    ],
  )
  // Nothing of it had to be stored again.
  assert.equal(versions[2]?.packs, 0)
})

for (const [state, hide] of [
  ['RELEASE_YANKED', yank],
  [
    'RELEASE_REVOKED',
    (account: Account, flake: string, version: bigint) => revoke(account, flake, version, 'bad'),
  ],
] as const) {
  test(`publishing what the newest release is, when that is hidden, is refused as ${state}`, async () => {
    await using devnet = await startNetwork()
    await using alice = await createPerson(devnet.networkUrl, 'alice')
    const deps = { account: alice.account, storage: alice.storage(), home: alice.home }
    const publication = await publicationOf(alice.space, 'hello', [['small', noise('small', 2_000)]])
    const { flake, version } = await publish(deps, publication)
    await hide(alice.account, flake, version)
    await assert.rejects(publish(deps, publication), { code: state })
  })
}
