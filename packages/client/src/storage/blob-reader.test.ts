import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { BlobReader, BlobUnavailableError, type BlobRange } from './blob-reader.ts'
import { Decoder } from './decoder.ts'
import { blobGeometry, shardOfPair } from './layout.ts'
import { StorageNodeClient } from './storage-node.ts'
import { encodeForTest, type Fault, TestNodes } from './testing.ts'

const SHARDS = 10
const bytes = createHash('shake256', { outputLength: 50_000 }).update('a blob').digest()

async function setUp(): Promise<
  {
    nodes: TestNodes
    reader: BlobReader
    blobId: Uint8Array
    holderOf: (row: number) => number
  } & AsyncDisposable
> {
  const blob = await encodeForTest(bytes, SHARDS)
  const nodes = await TestNodes.start(SHARDS, blob)
  const client = new StorageNodeClient({ timeoutMs: 2000, connectionsPerNode: 2 })
  const decoder = new Decoder()
  const deps = { committee: nodes.committee, nodes: client, decoder, now: () => performance.now() }
  const reader = new BlobReader(deps, { sliverCacheBytes: 1e6, blobCacheBytes: 1e6, silentForMs: 60_000 })
  return {
    nodes,
    reader,
    blobId: blob.blobId,
    holderOf: row => shardOfPair(row, blob.blobId, SHARDS),
    async [Symbol.asyncDispose]() {
      client.close()
      await decoder.close()
      await nodes[Symbol.asyncDispose]()
    },
  }
}

/** Accepts exactly the bytes of the range. */
function rightBytes({ offset, length }: BlobRange): (found: Uint8Array) => string | undefined {
  return found => (Buffer.compare(found, bytes.subarray(offset, offset + length)) === 0 ? 'right' : undefined)
}

const { rowSize } = blobGeometry(bytes.length, SHARDS)

test('a range is read from just the slivers that it touches', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: rowSize - 10, length: 20 }
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
  assert.equal(
    it.nodes.requests.reduce((sum, count) => sum + count, 0),
    2,
  )
  assert.deepEqual(it.reader.setAside, [])
})

for (const [fault, reason] of [
  ['tamper', 'gave wrong bytes'],
  ['down', 'does not answer'],
  ['not found', 'answered with status 404'],
  ['endless', 'does not answer'],
] as const satisfies readonly (readonly [Fault, string])[]) {
  test(`one node with the fault "${fault}" is set aside, and the bytes are right`, async () => {
    await using it = await setUp()
    it.nodes.faults[it.holderOf(0)] = fault
    const range = { blobId: it.blobId, blobSize: bytes.length, offset: 3, length: 100 }
    assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
    assert.deepEqual(
      it.reader.setAside.map(({ node, reason: said }) => [node.name, said]),
      [[`node-${it.holderOf(0)}`, reason]],
    )
  })
}

test('of two nodes that a range touches only the liar is set aside', async () => {
  await using it = await setUp()
  it.nodes.faults[it.holderOf(1)] = 'tamper'
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 2 * rowSize }
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
  assert.deepEqual(
    it.reader.setAside.map(({ node }) => node.name),
    [`node-${it.holderOf(1)}`],
  )
})

test('a liar among the slivers used for decoding is found by leaving nodes out', async () => {
  await using it = await setUp()
  it.nodes.faults[it.holderOf(0)] = 'down'
  it.nodes.faults[it.holderOf(2)] = 'tamper'
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
  assert.deepEqual(
    new Map(it.reader.setAside.map(({ node, reason }) => [node.name, reason])),
    new Map([
      [`node-${it.holderOf(0)}`, 'does not answer'],
      [`node-${it.holderOf(2)}`, 'gave wrong bytes'],
    ]),
  )
})

test('with every node down the read fails with one sentence, and recovers when they are back', async () => {
  await using it = await setUp()
  it.nodes.faults.push(...Array.from({ length: SHARDS }, (): Fault => 'down'))
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  await assert.rejects(it.reader.read(range, rightBytes(range)), (error: unknown) => {
    assert.ok(error instanceof BlobUnavailableError)
    assert.match(
      error.message,
      /too few storage nodes answer \(0 of the 4 slivers needed; not answering: .*node-3.*\); try again later$/,
    )
    return true
  })
  it.nodes.faults.length = 0
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
})

test('bytes that nobody can make right are refused, never handed out', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  await assert.rejects(
    it.reader.read(range, () => undefined),
    /several storage nodes give wrong bytes/,
  )
})

test('a range outside of the blob is refused by name', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: bytes.length - 1, length: 2 }
  await assert.rejects(it.reader.read(range, rightBytes(range)), { code: 'BLOB_RANGE' })
})

test('many readers of one sliver share one request', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  await Promise.all(Array.from({ length: 20 }, () => it.reader.read(range, rightBytes(range))))
  assert.equal(
    it.nodes.requests.reduce((sum, count) => sum + count, 0),
    1,
  )
})
