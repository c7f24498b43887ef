import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Aggregators } from './aggregators.ts'
import { type BlobRange, BlobUnavailableError } from './blob.ts'
import { BlobReader } from './blob-reader.ts'
import { Decoder, type HashRequest, type RebuildRequest } from './decoder.ts'
import { blobGeometry, shardOfPair } from './layout.ts'
import { Pacer } from './pacer.ts'
import { StorageNodeClient } from './storage-node.ts'
import { encodeForTest, type Fault, TestNodes } from './testing.ts'

const SHARDS = 10
const bytes = createHash('shake256', { outputLength: 50_000 }).update('a blob').digest()

class CountingDecoder extends Decoder {
  tasks = 0
  /** Rebuilding waits for it. */
  gate: Promise<void> = Promise.resolve()

  override async rebuild(request: RebuildRequest): Promise<readonly Uint8Array[]> {
    this.tasks++
    await this.gate
    return super.rebuild(request)
  }

  override hash(request: HashRequest): Promise<Uint8Array> {
    this.tasks++
    return super.hash(request)
  }
}

async function setUp(rebuildBytes?: number): Promise<
  {
    nodes: TestNodes
    reader: BlobReader
    decoder: CountingDecoder
    blobId: Uint8Array
    clock: { ms: number }
    holderOf: (row: number) => number
  } & AsyncDisposable
> {
  const blob = await encodeForTest(bytes, SHARDS)
  const nodes = await TestNodes.start(SHARDS, blob)
  const client = new StorageNodeClient({ timeoutMs: 2000, connectionsPerNode: 2 })
  const decoder = new CountingDecoder()
  const clock = { ms: 0 }
  const now = (): number => performance.now() + clock.ms
  const pacer = new Pacer(now, { minBytes: 1e6, maxBytes: 1e7 })
  const aggregators = new Aggregators(client, [])
  const deps = { committee: nodes.committee, nodes: client, decoder, pacer, aggregators, now }
  const options = { sliverCacheBytes: 1e6, silentForMs: 60_000, firstLateMs: 100, minLateMs: 50 }
  const reader = new BlobReader(deps, { ...options, ...(rebuildBytes !== undefined && { rebuildBytes }) })
  return {
    nodes,
    reader,
    decoder,
    clock,
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
  ['endless', 'sends more than was asked for'],
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

test('a liar among the slivers that a row is made of is found by the metadata', async () => {
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

for (const [liars, faults] of [
  [
    'three that lie, one of them about parity only',
    ['tamper', 'tamper', undefined, undefined, undefined, 'tamper'],
  ],
  ['two that lie and one that is down', ['tamper', 'down', 'tamper']],
  ['three that lie the same way', ['tamper', 'tamper', 'tamper']],
] as const satisfies readonly (readonly [string, readonly Fault[]])[]) {
  test(`as many faulty nodes as the network is made for, ${liars}, cannot keep the bytes back`, async () => {
    await using it = await setUp()
    faults.forEach((fault, row) => (it.nodes.faults[it.holderOf(row)] = fault))
    const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
    assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
    const faulty = new Set(faults.flatMap((fault, row) => (fault ? [`node-${it.holderOf(row)}`] : [])))
    for (const { node } of it.reader.setAside) assert.ok(faulty.has(node.name), `${node.name} is honest`)
  })
}

test('metadata that a node made up proves nothing, except who lies', async () => {
  await using it = await setUp()
  it.nodes.faults[it.holderOf(0)] = 'tamper'
  for (let row = 1; row < SHARDS - 1; row++) it.nodes.faults[it.holderOf(row)] = 'forges'
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
  const honest = `node-${it.holderOf(SHARDS - 1)}`
  const names = it.reader.setAside.map(({ node }) => node.name)
  assert.ok(names.includes(`node-${it.holderOf(0)}`))
  assert.ok(!names.includes(honest))
})

test('more liars than that are told, each of them found out, and nobody honest is blamed', async () => {
  await using it = await setUp()
  for (let row = 0; row < 7; row++) it.nodes.faults[it.holderOf(row)] = 'tamper'
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  await assert.rejects(it.reader.read(range, rightBytes(range)), {
    code: 'BLOB_UNAVAILABLE',
    message: /several storage nodes give wrong bytes/,
  })
  const liars = Array.from({ length: 7 }, (_, row) => `node-${it.holderOf(row)}`)
  assert.deepEqual(it.reader.setAside.map(({ node }) => node.name).toSorted(), liars.toSorted())
  const { tasks } = it.decoder
  await assert.rejects(it.reader.read(range, rightBytes(range)), { code: 'BLOB_UNAVAILABLE' })
  assert.equal(it.decoder.tasks, tasks, 'the same work is not done again for the next chunk')
})

test('liars who became honest are believed again when they are needed, without any pause', async () => {
  await using it = await setUp()
  for (let row = 0; row < 7; row++) it.nodes.faults[it.holderOf(row)] = 'tamper'
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  await assert.rejects(it.reader.read(range, rightBytes(range)), { code: 'BLOB_UNAVAILABLE' })
  it.nodes.faults.length = 0
  it.clock.ms += 11_000
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
})

test('who lied comes back after a pause, which doubles when he lies again', async () => {
  await using it = await setUp()
  const liar = it.holderOf(0)
  it.nodes.faults[liar] = 'tamper'
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  const pauses: number[] = []
  for (let time = 0; time < 3; time++) {
    assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
    assert.equal(it.reader.setAside.length, 1)
    // What was made of others' rows is kept: another range, after the cache forgot, asks the node again.
    let minutes = 0
    for (; it.reader.setAside.length > 0; minutes++) it.clock.ms += 60_000
    pauses.push(minutes)
    assert.deepEqual(
      it.reader.setAsideBefore.map(({ node, reason }) => [node.name, reason]),
      [[`node-${liar}`, 'gave wrong bytes']],
    )
    it.reader.forgetRows()
  }
  assert.deepEqual(pauses, [10, 20, 40])
})

for (const [room, rebuildBytes, together] of [
  ['little', 1, 1],
  ['enough', 1e9, 2],
] as const) {
  test(`where there is ${room} room for slivers, ${together} of two blobs that need it are rebuilt`, async () => {
    await using it = await setUp(rebuildBytes)
    it.nodes.faults[it.holderOf(0)] = 'down'
    const open = Promise.withResolvers<void>()
    it.decoder.gate = open.promise
    // Two blobs for the reader: sizes that differ by a byte have slivers of one size.
    const reads = [bytes.length, bytes.length - 1].map(blobSize => {
      const range = { blobId: it.blobId, blobSize, offset: 0, length: 50 }
      return it.reader.read(range, rightBytes(range))
    })
    while (it.decoder.tasks < together) await sleep(5)
    await sleep(100)
    assert.equal(it.decoder.tasks, together)
    open.resolve()
    assert.deepEqual(await Promise.all(reads), ['right', 'right'])
    assert.equal(it.decoder.tasks, 2)
  })
}

for (const fault of ['slow', 'hangs'] as const) {
  test(`a node that is ${fault === 'slow' ? 'slow' : 'silent'} does not hold up a read`, async () => {
    await using it = await setUp()
    it.nodes.faults[it.holderOf(0)] = fault
    const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
    // The thread that rebuilds has started, and learnt the code, before.
    await it.decoder.rebuild({
      geometry: blobGeometry(bytes.length, SHARDS),
      given: [0, 1, 2, 3].map(row => ({ row, bytes: new Uint8Array(rowSize) })),
      wanted: [],
    })
    const asked = it.nodes.requests.length
    assert.equal(asked, 0)
    assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
    assert.deepEqual(
      it.reader.setAside.map(({ node, reason }) => [node.name, reason]),
      [[`node-${it.holderOf(0)}`, 'answers too slowly']],
    )
  })
}

test('where all nodes are slow, little more is asked for and nobody is blamed', async () => {
  await using it = await setUp()
  it.nodes.faults.push(...Array.from({ length: SHARDS }, (): Fault => 'slow'))
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: bytes.length }
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
  const asked = it.nodes.requests.reduce((sum, count) => sum + count, 0)
  assert.ok(asked <= 6, `${asked} requests for 4 slivers`)
  assert.deepEqual(it.reader.setAside, [])
})

test('an index that lies about what a blob holds is found out, and no node is blamed', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  const lie = { code: 'BLOB_CONTENT', message: /^Bytes 0 to 50 .* are not what the Space's index says/ }
  await assert.rejects(
    it.reader.read(range, () => undefined),
    lie,
  )
  const asked = it.nodes.requests.reduce((sum, count) => sum + count, 0)
  assert.ok(asked <= 8, `${asked} requests`)
  await assert.rejects(
    it.reader.read(range, () => undefined),
    lie,
  )
  assert.equal(
    it.nodes.requests.reduce((sum, count) => sum + count, 0),
    asked,
    'the second time nobody is asked',
  )
  assert.deepEqual(it.reader.setAside, [])
})

test('an index that names a blob or a size that nobody has blackens no node', async () => {
  await using it = await setUp()
  const other = it.blobId.map((byte, i) => (i === 31 ? byte ^ 1 : byte))
  for (const wrong of [{ blobId: other }, { blobSize: bytes.length / 2 }, { blobSize: bytes.length * 4 }]) {
    const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50, ...wrong }
    await assert.rejects(it.reader.read(range, rightBytes(range)), { code: 'BLOB_UNAVAILABLE' })
  }
  assert.deepEqual(it.reader.setAside, [])
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
})

test('an index with another size, of which the slivers are the same, blackens no node', async () => {
  await using it = await setUp()
  const blobSize = bytes.length - 1
  assert.equal(blobGeometry(blobSize, SHARDS).rowSize, rowSize)
  const range = { blobId: it.blobId, blobSize, offset: 0, length: 50 }
  await assert.rejects(
    it.reader.read(range, () => undefined),
    { code: 'BLOB_CONTENT', message: /has 50000 bytes and not 49999/ },
  )
  assert.deepEqual(it.reader.setAside, [])
})

test('what was read is no view that a copy of it would share', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  const copy = (await it.reader.read(range, found => found)).slice()
  copy.fill(0)
  assert.equal(await it.reader.read(range, rightBytes(range)), 'right')
})

test('a blob larger than any pack, or a range larger than any chunk, is refused before anybody is asked', async () => {
  await using it = await setUp()
  const whole = { blobId: it.blobId, blobSize: 2 ** 40, offset: 0, length: 50 }
  await assert.rejects(it.reader.read(whole, rightBytes(whole)), { code: 'BLOB_RANGE' })
  const range = { blobId: it.blobId, blobSize: 2 ** 27, offset: 0, length: 2 ** 20 + 1 }
  await assert.rejects(it.reader.read(range, rightBytes(range)), { code: 'BLOB_RANGE' })
  assert.deepEqual(it.nodes.requests, [])
})

test('a reader that leaves does not take the others along', async () => {
  await using it = await setUp()
  const range = { blobId: it.blobId, blobSize: bytes.length, offset: 0, length: 50 }
  const leaving = new AbortController()
  const first = it.reader.read(range, rightBytes(range), leaving.signal)
  const second = it.reader.read(range, rightBytes(range))
  leaving.abort(new Error('gone'))
  await assert.rejects(first, /gone/)
  assert.equal(await second, 'right')
  assert.deepEqual(it.reader.setAside, [])
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
