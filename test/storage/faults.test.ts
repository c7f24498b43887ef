/**
 * Reading releases from a network that misbehaves, as far as Walrus allows it to and beyond: right bytes or one clear
 * sentence, never a wrong byte, and those that misbehave are named.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { WalrusStorage } from '@squid/client/storage'
import type { FaultRule } from '@squid/devnet'

import { nameOf, Published } from './published.ts'

/** With 100 shards dealt to 12 nodes, nodes 0 to 3 have 9 shards and the others 8: these have 33, which is f. */
const WORTH_F = [1, 5, 8, 10]
const A_THIRD = [0, 3, 6, 9]
const FOREVER: FaultRule = { kind: 'delay', delayMs: 60_000, access: 'read' }

function namesAside(storage: WalrusStorage): readonly string[] {
  return storage.setAside.map(({ node }) => node.name).toSorted()
}

test('right bytes, whatever nodes do', async t => {
  await using it = await Published.make({ large: 3_000_000, small: 2_000 })
  await t.test("f of n shards' worth of nodes lie", async () => {
    for (const node of WORTH_F) it.devnet.setNodeFault(node, 'tamper')
    const storage = it.storage()
    await it.readAll(storage)
    const liars = WORTH_F.map(node => `node-${node}`)
    assert.ok(storage.setAside.length > 0)
    for (const { node, reason } of storage.setAside) {
      assert.ok(liars.includes(node.name), `${node.name} is honest`)
      assert.equal(reason, 'gave wrong bytes')
    }
    for (const node of WORTH_F) it.devnet.setNodeFault(node, null)
  })
  await t.test('they collude: the same error in every sliver', async () => {
    for (const node of WORTH_F) it.devnet.setNodeFault(node, { kind: 'tamper', colluding: true })
    const storage = it.storage()
    await it.readAll(storage)
    const liars = WORTH_F.map(node => `node-${node}`)
    for (const name of namesAside(storage)) assert.ok(liars.includes(name), `${name} is honest`)
    assert.ok(storage.setAside.length > 0)
    for (const node of WORTH_F) it.devnet.setNodeFault(node, null)
  })
  await t.test('a third of the nodes never answers', async () => {
    for (const node of A_THIRD) it.devnet.setNodeFault(node, FOREVER)
    const storage = it.storage({ timeoutMs: 50_000 })
    const began = performance.now()
    await it.readAll(storage)
    assert.ok(performance.now() - began < 25_000, 'nobody waited for them')
    const slow = new Set(A_THIRD.map(node => `node-${node}`))
    assert.ok(namesAside(storage).some(name => slow.has(name)))
    for (const node of A_THIRD) it.devnet.setNodeFault(node, null)
  })
  await t.test('a third of the nodes is down', async () => {
    for (const node of A_THIRD) it.devnet.setNodeFault(node, 'down')
    const storage = it.storage()
    await it.readAll(storage)
    const down = new Set(A_THIRD.map(node => `node-${node}`))
    for (const { node, reason } of storage.setAside) {
      assert.ok(down.has(node.name), `${node.name} is up`)
      assert.equal(reason, 'does not answer')
    }
    for (const node of A_THIRD) it.devnet.setNodeFault(node, null)
  })
  await t.test('there are just as many nodes left as must be', async () => {
    // Nodes 0 to 3 have 36 shards, and 34 are needed.
    for (let node = 4; node < 12; node++) it.devnet.setNodeFault(node, 'down')
    const storage = it.storage()
    await it.readAll(storage)
    for (const name of namesAside(storage)) assert.ok(Number(name.slice('node-'.length)) >= 4, name)
    it.devnet.setNodeFault('all', null)
  })
  await t.test('a reader that met no node at all goes on as soon as they are back', async () => {
    const storage = it.storage()
    it.devnet.setNodeFault('all', 'down')
    await assert.rejects(it.contents(storage), { code: 'BLOB_UNAVAILABLE', message: /try again later$/ })
    it.devnet.setNodeFault('all', null)
    await it.readAll(storage)
    assert.deepEqual(storage.setAside, [])
    assert.equal(storage.setAsideBefore.length > 0, true)
  })
})

test('when all copies of a chunk are lost, the paths that need it are named and all others are there', async t => {
  await using it = await Published.make({ first: 1_500_000, second: 700_000, third: 300_000 }, {}, 600_000)
  const others = new Set<string>()
  for (const name of ['source', 'second', 'third'])
    for (const blob of await it.blobsOf(name)) others.add(blob)
  const lost = [...(await it.blobsOf('first'))].find(blob => !others.has(blob))
  assert.ok(lost)
  it.devnet.setNodeFault('all', { kind: 'status', status: 404, blob: lost, access: 'read' })
  const failures = await it.readWhatIsThere(it.storage())
  assert.deepEqual([...failures.keys()], ['first'])
  assert.match(failures.get('first') ?? '', new RegExp(`Walrus blob ${lost} .*do not have it`))

  const { aggregator } = it.devnet.descriptor.walrus
  assert.ok(aggregator)
  await t.test('an aggregator that has it is the last resort', async () => {
    await it.readAll(it.storage({ aggregators: [aggregator] }))
  })
  await t.test('an aggregator that lies is not believed', async () => {
    it.devnet.setNodeFault('aggregator', 'tamper')
    const storage = it.storage({ aggregators: [aggregator] })
    assert.deepEqual([...(await it.readWhatIsThere(storage)).keys()], ['first'])
    it.devnet.setNodeFault('aggregator', null)
  })
  await t.test('of two aggregators, one gone and one right, the right one is enough', async () => {
    await it.readAll(it.storage({ aggregators: ['http://127.0.0.1:1', aggregator] }))
  })
})

test('a lease that ends in the middle of a read ends it by name, after right bytes only', async () => {
  await using it = await Published.make({ large: 6_000_000 }, {}, 600_000)
  const storage = it.storage({ readAheadBytes: 100_000, minInFlightBytes: 10_000, sliverCacheBytes: 100_000 })
  const contents = await it.contents(storage)
  let size = 0
  let failed: unknown
  for await (const entry of contents.list()) {
    if (nameOf(entry) !== 'large') continue
    try {
      for await (const piece of contents.nar(entry)) {
        if (size === 0) for (let epoch = 0; epoch < 8; epoch++) it.devnet.advanceEpoch()
        size += piece.length
      }
    } catch (error) {
      failed = error
    }
  }
  assert.ok(size > 0 && size < 6_000_000)
  assert.ok(failed instanceof Error)
  assert.match(failed.message, /-large cannot be read: Walrus blob .*perhaps nobody paid/)
})

for (const [shards, nodes] of [
  [10, 10],
  [1000, 12],
] as const) {
  test(`a network of ${shards} shards with a liar and a node down`, async () => {
    await using it = await Published.make({ large: 400_000, small: 2_000 }, { shards, nodes })
    it.devnet.setNodeFault(2, 'tamper')
    it.devnet.setNodeFault(4, 'down')
    const storage = it.storage()
    await it.readAll(storage)
    for (const name of namesAside(storage)) assert.ok(['node-2', 'node-4'].includes(name), name)
  })
}
