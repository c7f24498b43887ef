/**
 * The official Walrus client, unmodified, against the devnet's storage network and contracts.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  BlobNotCertifiedError,
  InconsistentBlobError,
  NotEnoughBlobConfirmationsError,
  NotEnoughSliversReceivedError,
  type WalrusClient,
  WalrusFile,
} from '@mysten/walrus'
import { sampleBytes, WalrusTest } from './network.ts'

const KIB = 1024
const MIB = 1024 * KIB
const NODES = 12

let net: WalrusTest
before(async () => {
  net = await WalrusTest.start()
})
after(() => net[Symbol.asyncDispose]())

type Written = Awaited<ReturnType<WalrusClient['writeBlob']>>

function write(
  blob: Uint8Array,
  more: { deletable?: boolean; epochs?: number; attributes?: Record<string, string>; relay?: boolean } = {},
): Promise<Written> {
  const { relay = false, ...options } = more
  const client = relay ? net.client({ uploadRelay: { host: relayUrl() } }) : net.client()
  return client.writeBlob({ blob, deletable: true, epochs: 3, signer: net.signer, ...options })
}

function relayUrl(): string {
  const { uploadRelay } = net.devnet.descriptor.walrus
  assert.ok(uploadRelay)
  return uploadRelay
}

for (const size of [4 * KIB, MIB, 16 * MIB])
  test(`${size / KIB} KiB are written, certified and read back`, async () => {
    const blob = sampleBytes(size, size)
    const { blobId, blobObject } = await write(blob)
    assert.equal(blobObject.certified_epoch, 1)
    assert.equal(Number(blobObject.size), size)
    assert.deepEqual(await net.client().readBlob({ blobId }), blob)
  })

test('an upload relay does the same in one request', async () => {
  const blob = sampleBytes(300 * KIB, 2)
  const { blobId, blobObject } = await write(blob, { relay: true, deletable: false })
  assert.equal(blobObject.certified_epoch, 1)
  assert.deepEqual(await net.client().readBlob({ blobId }), blob)
})

test('a permanent blob stays permanent, and its status is known to all nodes', async () => {
  const { blobId, blobObject } = await write(sampleBytes(100, 3), { deletable: false, epochs: 2 })
  assert.equal(blobObject.deletable, false)
  const status = await net.client().getVerifiedBlobStatus({ blobId })
  assert.ok(status.type === 'permanent')
  assert.deepEqual([status.endEpoch, status.isCertified, status.initialCertifiedEpoch], [3, true, 1])
  const failure = await net.failureOf(
    net.client().deleteBlobTransaction({ blobObjectId: blobObject.id, owner: net.signer.toSuiAddress() }),
  )
  assert.match(failure ?? '', /abort code: 1, in '0x57a1.*::blob::delete'/)
})

test('exactly the price is paid', async () => {
  const before = await net.walBalance()
  const { totalCost } = await net.client().storageCost(5 * MIB, 3)
  await write(sampleBytes(5 * MIB, 4), { relay: true })
  assert.equal(before - (await net.walBalance()), totalCost)
})

test('attributes are written, changed and removed', async () => {
  const { blobObject } = await write(sampleBytes(100, 5), {
    attributes: { 'content-type': 'text/plain', a: '1' },
  })
  const client = net.client()
  const read = (): Promise<Record<string, string> | null> =>
    client.readBlobAttributes({ blobObjectId: blobObject.id })
  assert.deepEqual(await read(), { 'content-type': 'text/plain', a: '1' })
  await client.executeWriteBlobAttributesTransaction({
    blobObjectId: blobObject.id,
    attributes: { 'content-type': null, a: '2', b: '3' },
    signer: net.signer,
  })
  assert.deepEqual(await read(), { a: '2', b: '3' })
})

test('a lease is extended', async () => {
  const { blobObject } = await write(sampleBytes(100, 6), { epochs: 1 })
  assert.equal(blobObject.storage.end_epoch, 2)
  await net
    .client()
    .executeExtendBlobTransaction({ blobObjectId: blobObject.id, epochs: 4, signer: net.signer })
  assert.equal((await net.client().getBlobObject(blobObject.id)).storage.end_epoch, 6)
})

test('a deleted blob is gone', async () => {
  const { blobId, blobObject } = await write(sampleBytes(100, 7))
  await net.client().executeDeleteBlobTransaction({ blobObjectId: blobObject.id, signer: net.signer })
  await assert.rejects(net.client().readBlob({ blobId }), BlobNotCertifiedError)
  await assert.rejects(net.client().getBlobObject(blobObject.id))
})

test('files travel in a quilt', async () => {
  const files = ['one', 'two'].map(identifier =>
    WalrusFile.from({ contents: new TextEncoder().encode(`contents of ${identifier}`), identifier }),
  )
  const written = await net.client().writeFiles({ files, epochs: 1, deletable: true, signer: net.signer })
  const read = await net.client().getFiles({ ids: written.map(({ id }) => id) })
  assert.deepEqual(await Promise.all(read.map(file => file.text())), ['contents of one', 'contents of two'])
})

/** A blob that is registered and uploaded, with its certificate. */
async function uploaded(
  seed: number,
): Promise<{ client: WalrusClient; blobId: string; blobObjectId: string; certificate: Certificate }> {
  const client = net.client()
  const blob = sampleBytes(1000, seed)
  const encoded = await client.encodeBlob(blob)
  const { blob: blobObject } = await client.executeRegisterBlobTransaction({
    size: blob.length,
    epochs: 2,
    blobId: encoded.blobId,
    rootHash: encoded.rootHash,
    deletable: true,
    owner: net.signer.toSuiAddress(),
    signer: net.signer,
  })
  const target = { blobId: encoded.blobId, deletable: true as const }
  const confirmations = await client.writeEncodedBlobToNodes({
    ...encoded,
    ...target,
    objectId: blobObject.id,
  })
  const certificate = await client.certificateFromConfirmations({
    ...target,
    confirmations,
    blobObjectId: blobObject.id,
  })
  return { client, blobId: encoded.blobId, blobObjectId: blobObject.id, certificate }
}

type Certificate = Awaited<ReturnType<WalrusClient['certificateFromConfirmations']>>

function flip(bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const flipped = Uint8Array.from(bytes)
  flipped[at] = (flipped[at] ?? 0) ^ 1
  return flipped
}

/** Abort codes of `walrus::bls_aggregate` as recorded in vectors/walrus. */
const SIGNATURE = /abort code: 1, in '0x57a1.*::bls_aggregate::/
const STAKE = /abort code: 2, in '0x57a1.*::bls_aggregate::/

test('a certificate counts only as it is: one flipped bit aborts', async () => {
  const { client, blobId, blobObjectId, certificate } = await uploaded(8)
  const certify = (changed: Certificate): Promise<string | undefined> =>
    net.failureOf(
      client.certifyBlobTransaction({ blobId, blobObjectId, certificate: changed, deletable: true }),
    )
  const { signers, serializedMessage, signature } = certificate
  for (const at of [0, 3, 7, 40, serializedMessage.length - 1])
    assert.match(
      (await certify({ ...certificate, serializedMessage: flip(serializedMessage, at) })) ?? '',
      SIGNATURE,
    )
  for (const at of [1, 50, 95])
    assert.match((await certify({ ...certificate, signature: flip(signature, at) })) ?? '', SIGNATURE)
  assert.match((await certify({ ...certificate, signers: signers.slice(1) })) ?? '', SIGNATURE)
  assert.match((await certify({ ...certificate, signers: signers.slice(0, 7) })) ?? '', STAKE)
  assert.match((await certify({ ...certificate, signers: [] })) ?? '', STAKE)
  assert.equal((await client.getBlobObject(blobObjectId)).certified_epoch, null)
  assert.equal(await certify(certificate), undefined)
})

test('a certificate does not serve another blob', async () => {
  const first = await uploaded(9)
  const second = await uploaded(10)
  const failure = await net.failureOf(
    first.client.certifyBlobTransaction({ ...first, certificate: second.certificate, deletable: true }),
  )
  // EInvalidBlobId
  assert.match(failure ?? '', /abort code: 6, in '0x57a1.*::blob::certify_with_certified_msg'/)
})

test('nodes sign nothing that is not registered', async () => {
  const client = net.client()
  const encoded = await client.encodeBlob(sampleBytes(1000, 11))
  await assert.rejects(
    client.writeEncodedBlobToNodes({ ...encoded, deletable: false }),
    NotEnoughBlobConfirmationsError,
  )
  const confirmations = await client.getStorageConfirmations({ blobId: encoded.blobId, deletable: false })
  assert.deepEqual(new Set(confirmations), new Set([null]))
})

test('nodes sign nothing that does not decode to its id', async () => {
  const client = net.client()
  const blob = sampleBytes(1000, 12)
  const encoded = await client.encodeBlob(blob)
  await client.executeRegisterBlobTransaction({
    size: blob.length,
    epochs: 2,
    blobId: encoded.blobId,
    rootHash: encoded.rootHash,
    deletable: false,
    owner: net.signer.toSuiAddress(),
    signer: net.signer,
  })
  const sliversByNode = encoded.sliversByNode.map(({ primary, secondary }) => ({
    primary: primary.map(entry => ({ ...entry, sliver: flip(entry.sliver, 4) })),
    secondary,
  }))
  await assert.rejects(
    client.writeEncodedBlobToNodes({ ...encoded, sliversByNode, deletable: false }),
    NotEnoughBlobConfirmationsError,
  )
  // Which of its two words the client says depends on the order in which the nodes answer.
  await assert.rejects(
    net.client().readBlob({ blobId: encoded.blobId }),
    error => error instanceof NotEnoughSliversReceivedError || error instanceof BlobNotCertifiedError,
  )
})

async function withFaults(
  faults: ['tamper' | 'down' | 'slow', number][],
  run: () => Promise<void>,
): Promise<void> {
  for (const [fault, index] of faults) net.devnet.setNodeFault(index, fault)
  try {
    await run()
  } finally {
    for (let index = 0; index < NODES; index++) net.devnet.setNodeFault(index, null)
  }
}

test('three nodes may be down, for writing and for reading', async () => {
  await withFaults(
    [
      ['down', 0],
      ['down', 5],
      ['down', 11],
    ],
    async () => {
      const blob = sampleBytes(50 * KIB, 13)
      const { blobId } = await write(blob)
      assert.deepEqual(await net.client().readBlob({ blobId }), blob)
    },
  )
})

test('with six down nothing is certified, and with all down nothing is read', async () => {
  const { blobId } = await write(sampleBytes(100, 14))
  const six = [0, 1, 2, 3, 4, 5].map(index => ['down', index] satisfies ['down', number])
  await withFaults(six, async () => {
    await assert.rejects(write(sampleBytes(100, 15)), NotEnoughBlobConfirmationsError)
  })
  const all = Array.from({ length: NODES }, (_, index) => ['down', index] satisfies ['down', number])
  await withFaults(all, () => assert.rejects(net.client().readBlob({ blobId })))
  assert.deepEqual(await net.client().readBlob({ blobId }), sampleBytes(100, 14))
})

test('a node that lies is found out', async () => {
  const blob = sampleBytes(50 * KIB, 16)
  const { blobId } = await write(blob)
  const liars = [1, 2, 3, 4, 5, 6].map(index => ['tamper', index] satisfies ['tamper', number])
  await withFaults(liars, async () => {
    // Half of the slivers are wrong: that the 34 first ones are all right is out of the question.
    await assert.rejects(net.client().readBlob({ blobId }), InconsistentBlobError)
  })
  assert.deepEqual(await net.client().readBlob({ blobId }), blob)
})

test('blobs, keys and leases outlast a restart', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'walrus-'))
  try {
    const blob = sampleBytes(30 * KIB, 17)
    const first = await WalrusTest.start({ dir })
    const { blobId, blobObject } = await first
      .client()
      .writeBlob({ blob, deletable: true, epochs: 2, signer: first.signer })
    const { walrus } = first.devnet.descriptor
    await first.devnet.stop()
    assert.equal((await stat(join(dir, 'walrus', 'seed'))).mode & 0o777, 0o600)

    // Node 3 does not get its port again: its pool says the new one.
    const { urls } = JSON.parse(await readFile(join(dir, 'walrus', 'network.json'), 'utf8')) as {
      urls: string[]
    }
    const squatter = createServer().listen(Number(new URL(urls[3] ?? '').port), '127.0.0.1')
    await once(squatter, 'listening')
    after(() => squatter.close())

    await using second = await WalrusTest.start({ dir })
    assert.equal(second.devnet.descriptor.walrus.systemObjectId, walrus.systemObjectId)
    assert.deepEqual(await second.client().readBlob({ blobId }), blob)
    assert.equal((await second.client().getBlobObject(blobObject.id)).certified_epoch, 1)
    const again = sampleBytes(30 * KIB, 18)
    const written = await second
      .client()
      .writeBlob({ blob: again, deletable: true, epochs: 2, signer: second.signer })
    assert.deepEqual(await second.client().readBlob({ blobId: written.blobId }), again)
  } finally {
    await rm(dir, { recursive: true })
  }
})

test('impossible networks and nodes are refused', async () => {
  await assert.rejects(WalrusTest.start({ nodes: 12, shards: 11 }), { code: 'BAD_OPTIONS' })
  await assert.rejects(WalrusTest.start({ nodes: 0 }), { code: 'BAD_OPTIONS' })
  await assert.rejects(WalrusTest.start({ shards: 1001 }), { code: 'BAD_OPTIONS' })
  assert.throws(() => net.devnet.setNodeFault(NODES, 'down'), { code: 'BAD_NODE' })
})

test('the chain names every node, its shards and its address', async () => {
  const { committee, n_shards: shards } = await net.client().stakingState()
  const entries = committee[0].contents
  assert.equal(entries.length, NODES)
  // 100 shards dealt to 12 nodes in turn: nine for the first four, eight for the others.
  assert.deepEqual(
    entries.map(({ value }) => value.length),
    [9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 8],
  )
  assert.deepEqual(entries[4]?.value, [4, 16, 28, 40, 52, 64, 76, 88])
  assert.deepEqual(
    entries.flatMap(({ value }) => value).toSorted((a, b) => a - b),
    Array.from({ length: shards }, (_, shard) => shard),
  )
  const { committee: bls } = await net.client().systemState()
  assert.deepEqual(
    bls.members.map(({ node_id: id }) => id),
    entries.map(({ key }) => key),
  )
  assert.deepEqual(
    bls.members.map(({ weight }) => weight),
    entries.map(({ value }) => value.length),
  )
})

test('a lease ends with its last epoch', async () => {
  await using own = await WalrusTest.start({ nodes: 4, shards: 10 })
  const blob = sampleBytes(100, 19)
  const client = own.client({ uploadRelay: { host: own.devnet.descriptor.walrus.uploadRelay ?? '' } })
  const { blobId, blobObject } = await client.writeBlob({
    blob,
    deletable: true,
    epochs: 1,
    signer: own.signer,
  })
  own.devnet.advanceEpoch()
  assert.equal((await own.client().systemState()).committee.epoch, 2)
  const status = await own.client().getVerifiedBlobStatus({ blobId })
  assert.equal(status.type, 'nonexistent')
  const failure = await own.failureOf(
    own.client().deleteBlobTransaction({ blobObjectId: blobObject.id, owner: own.signer.toSuiAddress() }),
  )
  // EResourceBounds
  assert.match(failure ?? '', /abort code: 2, in '0x57a1.*::blob::delete'/)
})

test('a thousand shards', async () => {
  await using own = await WalrusTest.start({ shards: 1000 })
  const blob = sampleBytes(4 * KIB, 20)
  const client = own.client({ uploadRelay: { host: own.devnet.descriptor.walrus.uploadRelay ?? '' } })
  const { blobId } = await client.writeBlob({ blob, deletable: true, epochs: 1, signer: own.signer })
  assert.deepEqual(await own.client().readBlob({ blobId }), blob)
})
