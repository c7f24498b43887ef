/**
 * Faults and terms on demand, by library and by the admin port, as the official client and plain HTTP see them.
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { Transaction } from '@mysten/sui/transactions'
import {
  BlobBlockedError,
  NotEnoughBlobConfirmationsError,
  BlobNotCertifiedError,
  NotEnoughSliversReceivedError,
} from '@mysten/walrus'
import type { FaultTarget } from '@squid/devnet'
import { sampleBytes, WalrusTest } from './network.ts'

const KIB = 1024
const NODES = 12
const SHARDS = 100

let net: WalrusTest
let blobId = ''
const blob = sampleBytes(20 * KIB, 1)
before(async () => {
  net = await WalrusTest.start({ nodes: NODES, shards: SHARDS })
  blobId = await write(blob)
})
after(() => net[Symbol.asyncDispose]())
afterEach(() => {
  net.devnet.setNodeFault('all', null)
  net.devnet.setNodeFault('aggregator', null)
})

async function write(bytes: Uint8Array): Promise<string> {
  const written = await net
    .client()
    .writeBlob({ blob: bytes, deletable: true, epochs: 2, signer: net.signer })
  return written.blobId
}

async function admin(path: string, body: unknown): Promise<readonly [number, unknown]> {
  const init = { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(net.devnet.adminUrl + path, init)
  return [response.status, await response.json()]
}

const nodePath = (target: FaultTarget): string =>
  target === 'aggregator' ? '/walrus/aggregator' : `/walrus/nodes/${target}`

async function setFault(target: FaultTarget, fault: unknown): Promise<void> {
  const [status, answer] = await admin(nodePath(target), { fault })
  assert.deepEqual([status, (answer as { fault: unknown }).fault], [200, fault])
}

/** Nodes 0, 3, 6 and 9: a third. */
const THIRD = [0, 3, 6, 9]

const readable = async (): Promise<void> => assert.deepEqual(await net.client().readBlob({ blobId }), blob)

/** The node and URL of a sliver of the blob, found by asking all of them. */
async function sliverUrl(pair: number, kind: string): Promise<{ node: number; url: string }> {
  const { committee } = await net.client().stakingState()
  const addresses = await Promise.all(committee[0].contents.map(({ key }) => addressOf(key)))
  for (const [node, address] of addresses.entries()) {
    const url = `http://${address}/v1/blobs/${blobId}/slivers/${pair}/${kind}`
    const response = await fetch(url)
    await response.body?.cancel()
    if (response.ok) return { node, url }
  }
  throw new Error('no node has the sliver')
}

/** Pool: id, state, three votes, then name, node id and network address. */
async function addressOf(poolId: string): Promise<string> {
  const { object } = await net.sui.core.getObject({ objectId: poolId, include: { content: true } })
  const bytes = Buffer.from(object.content ?? [])
  const name = 32 + 1 + 24
  const address = name + 1 + (bytes[name] ?? 0) + 32
  return bytes.subarray(address + 1, address + 1 + (bytes[address] ?? 0)).toString()
}

async function bytesAt(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer())
}

test('one sliver is changed, and no other', async () => {
  const first = await sliverUrl(0, 'primary')
  const others = [await sliverUrl(0, 'secondary'), await sliverUrl(5, 'primary')]
  const honest = await Promise.all([first, ...others].map(({ url }) => bytesAt(url)))
  await setFault(first.node, { kind: 'tamper', sliver: 'primary', pairs: [0] })
  const [changed, ...same] = await Promise.all([first, ...others].map(({ url }) => bytesAt(url)))
  assert.deepEqual(same, honest.slice(1))
  assert.equal(changed?.length, honest[0]?.length)
  assert.notDeepEqual(changed, honest[0])
})

for (const fault of [
  { kind: 'drop', access: 'read' },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 451 },
  { kind: 'status', status: 503 },
  [
    { kind: 'delay', delayMs: 20 },
    { kind: 'drop', sliver: 'secondary' },
  ],
])
  test(`a third of the nodes: ${JSON.stringify(fault)}`, async () => {
    for (const node of THIRD) await setFault(node, fault)
    await readable()
  })

test('each status is answered as nodes state errors', async () => {
  const { node, url } = await sliverUrl(0, 'primary')
  for (const status of [404, 429, 451, 503]) {
    await setFault(node, { kind: 'status', status, blob: blobId })
    const response = await fetch(url)
    assert.equal(response.status, status)
    assert.equal(((await response.json()) as { error: { code: number } }).error.code, status)
  }
})

test('a blob that all nodes block is blocked, others are not', async () => {
  const other = await write(sampleBytes(100, 2))
  await setFault('all', { kind: 'status', status: 451, blob: blobId, access: 'read' })
  await assert.rejects(net.client().readBlob({ blobId }), BlobBlockedError)
  assert.deepEqual(await net.client().readBlob({ blobId: other }), sampleBytes(100, 2))
})

test('slivers that nobody gives out cannot be read', async () => {
  await setFault('all', { kind: 'status', status: 404, blob: blobId, sliver: 'primary' })
  // Which of its two words the client says depends on the order in which the nodes answer.
  await assert.rejects(
    net.client().readBlob({ blobId }),
    error => error instanceof NotEnoughSliversReceivedError || error instanceof BlobNotCertifiedError,
  )
})

test('late answers are right', async () => {
  await setFault('all', { kind: 'delay', delayMs: 150 })
  const start = performance.now()
  await readable()
  // Status, metadata and slivers, one after the other.
  assert.ok(performance.now() - start >= 450)
})

test('nodes that take nothing in still give out', async () => {
  for (const node of [0, 1, 2, 3, 4, 5])
    await setFault(node, { kind: 'status', status: 503, access: 'write' })
  await assert.rejects(write(sampleBytes(100, 3)), NotEnoughBlobConfirmationsError)
  await readable()
})

// ---- aggregator and publisher

const aggregatorUrl = (): string => `${net.devnet.descriptor.walrus.aggregator}/v1/blobs/${blobId}`

test('when too many nodes are down, neither aggregator nor publisher can help', async () => {
  const publish = (body: string): Promise<Response> =>
    fetch(`${net.devnet.descriptor.walrus.publisher}/v1/blobs`, { method: 'PUT', body })
  // 33 of 100 shards may be missing for storing: four nodes have 36 or 35.
  for (const node of THIRD) net.devnet.setNodeFault(node, 'down')
  const refused = await publish('a')
  assert.equal(refused.status, 504)
  assert.match(await refused.text(), /NOT_ENOUGH_NODES/)
  assert.deepEqual(await bytesAt(aggregatorUrl()), blob)
  // 34 shards are needed for reading: three nodes have no more than 27.
  for (let node = 0; node < NODES - 3; node++) net.devnet.setNodeFault(node, 'down')
  const unavailable = await fetch(aggregatorUrl())
  assert.equal(unavailable.status, 503)
  assert.match(await unavailable.text(), /BLOB_UNAVAILABLE/)
  net.devnet.setNodeFault('all', null)
  assert.equal((await publish('a')).status, 200)
})

test('an aggregator that lies sends as many bytes, but others', async () => {
  await setFault('aggregator', { kind: 'tamper', blob: blobId })
  const bytes = await bytesAt(aggregatorUrl())
  assert.equal(bytes.length, blob.length)
  assert.notDeepEqual(bytes, blob)
})

test('an aggregator refuses, drops, delays and is gone', async () => {
  for (const status of [404, 429, 451, 503]) {
    await setFault('aggregator', { kind: 'status', status })
    assert.equal((await fetch(aggregatorUrl())).status, status)
  }
  for (const fault of [{ kind: 'drop' }, { kind: 'down' }, 'down']) {
    await setFault('aggregator', fault)
    await assert.rejects(fetch(aggregatorUrl()), TypeError)
  }
  await setFault('aggregator', { kind: 'delay', delayMs: 100 })
  const start = performance.now()
  assert.deepEqual(await bytesAt(aggregatorUrl()), blob)
  assert.ok(performance.now() - start >= 100)
})

const refused: readonly (readonly [string, unknown, string])[] = [
  ['/walrus/nodes/all', { fault: { kind: 'lazy' } }, 'BAD_REQUEST'],
  ['/walrus/nodes/all', { fault: { kind: 'down', pairs: [1] } }, 'BAD_FAULT'],
  ['/walrus/nodes/12', { fault: { kind: 'drop' } }, 'BAD_NODE'],
  ['/walrus/aggregator', { fault: { kind: 'drop', sliver: 'primary' } }, 'BAD_FAULT'],
  ['/walrus/aggregator', {}, 'BAD_REQUEST'],
  ['/walrus/terms', {}, 'BAD_REQUEST'],
  ['/walrus/terms', { storagePrice: 'much' }, 'BAD_REQUEST'],
  ['/walrus/terms', { storagePrice: 0.5 }, 'BAD_REQUEST'],
  ['/walrus/terms', { storagePrice: String(2n ** 51n) }, 'BAD_TERMS'],
]
for (const [path, body, code] of refused)
  test(`the admin port refuses ${path} ${JSON.stringify(body)}`, async () => {
    const [status, answer] = await admin(path, body)
    assert.equal(status, 400)
    assert.equal((answer as { error: { code: string } }).error.code, code)
  })

// ---- terms

test('prices change with the epoch, and only those that are named', async () => {
  await using own = await WalrusTest.start({ nodes: 4, shards: 10 })
  const cost = async (): Promise<unknown> => own.client().storageCost(1000, 3)
  // One unit, three epochs at 100,000, and 20,000 to write.
  assert.deepEqual(await cost(), { storageCost: 300_000n, writeCost: 20_000n, totalCost: 320_000n })
  own.devnet.setStorageTerms({ storagePrice: 7n })
  assert.deepEqual(await cost(), { storageCost: 300_000n, writeCost: 20_000n, totalCost: 320_000n })
  own.devnet.advanceEpoch()
  assert.deepEqual(await cost(), { storageCost: 21n, writeCost: 20_000n, totalCost: 20_021n })
  const before = await own.walBalance()
  await own.client().writeBlob({ blob: sampleBytes(1000, 4), deletable: true, epochs: 3, signer: own.signer })
  assert.equal(before - (await own.walBalance()), 20_021n)
})

test('what does not fit is not sold, until something expires', async () => {
  await using own = await WalrusTest.start({ nodes: 4, shards: 10 })
  // A blob of 1000 takes 10 · 672 + 110 · 36 = 10,680 encoded bytes: there is room for one.
  own.devnet.setStorageTerms({ nodeCapacity: 3000n })
  own.devnet.advanceEpoch()
  const publish = (seed: number): Promise<Response> =>
    fetch(`${own.devnet.descriptor.walrus.publisher}/v1/blobs`, {
      method: 'PUT',
      body: sampleBytes(1000, seed),
    })
  const first = (await (await publish(5)).json()) as { newlyCreated: { blobObject: { blobId: string } } }
  const url = `${own.devnet.descriptor.walrus.aggregator}/v1/blobs/${first.newlyCreated.blobObject.blobId}`
  assert.equal((await fetch(url)).status, 200)
  const tx = own.client().createStorageTransaction({
    size: 1000,
    epochs: 1,
    owner: own.signer.toSuiAddress(),
  })
  // EStorageExceeded
  assert.match((await own.failureOf(tx)) ?? '', /abort code: 1, in '0x57a1.*::system_state_inner::/)
  const full = await publish(6)
  assert.equal(full.status, 500)
  assert.match(await full.text(), /MoveAbort|abort/i)
  own.devnet.advanceEpoch()
  assert.equal((await fetch(url)).status, 404)
  assert.equal((await publish(6)).status, 200)
})

test('a shared blob is funded and extended by a stranger', async () => {
  await using own = await WalrusTest.start({ nodes: 4, shards: 10 })
  const { packageId, systemObjectId, publisher } = own.devnet.descriptor.walrus
  const response = await fetch(`${publisher}/v1/blobs?share=true`, { method: 'PUT', body: 'hello' })
  const { newlyCreated } = (await response.json()) as {
    newlyCreated: { sharedBlobObject: string; blobObject: { blobId: string } }
  }
  const tx = new Transaction()
  const shared = tx.object(newlyCreated.sharedBlobObject)
  const funds = own.wal(tx, 200_000n)
  tx.moveCall({ target: `${packageId}::shared_blob::fund`, arguments: [shared, funds] })
  tx.moveCall({
    target: `${packageId}::shared_blob::extend`,
    arguments: [shared, tx.object(systemObjectId), tx.pure.u32(2)],
  })
  assert.equal(await own.failureOf(tx), undefined)
  for (const expected of [200, 200, 404]) {
    own.devnet.advanceEpoch()
    const url = `${own.devnet.descriptor.walrus.aggregator}/v1/blobs/${newlyCreated.blobObject.blobId}`
    assert.equal((await fetch(url)).status, expected)
  }
})
