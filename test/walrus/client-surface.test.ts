/**
 * Every method of the official `WalrusClient`, and of the blobs and files that it gives, called against the devnet, and
 * the tables in the README that say so.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Transaction } from '@mysten/sui/transactions'
import { WalrusBlob, WalrusClient, WalrusFile } from '@mysten/walrus'
import { sampleBytes, WalrusTest } from './network.ts'

const NODES = 12
const SHARDS = 100
const README = join(import.meta.dirname, '../../packages/devnet/src/walrus/README.md')

/** Methods that were called here and returned (or resolved). */
const called = new Set<string>()

let net: WalrusTest
let client: WalrusClient
let owner = ''
before(async () => {
  net = await WalrusTest.start({ nodes: NODES, shards: SHARDS })
  client = recorded(net.client())
  owner = net.signer.toSuiAddress()
})
after(() => net[Symbol.asyncDispose]())

/** The client, or what it gave, noting what is called on it from outside. @param prefix of the names that are noted */
function recorded<T extends object>(subject: T, prefix = ''): T {
  return new Proxy(subject, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, args)
        const note = (given: unknown): unknown => {
          called.add(`${prefix}${String(name)}`)
          return recordedIfReader(given)
        }
        return result instanceof Promise ? result.then(note) : note(result)
      }
    },
  })
}

function recordedIfReader(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(recordedIfReader)
  if (given instanceof WalrusBlob) return recorded(given, 'WalrusBlob.')
  return given instanceof WalrusFile ? recorded(given, 'WalrusFile.') : given
}

/** A file to be written, which the client reads itself. */
function fileFrom(...args: Parameters<typeof WalrusFile.from>): WalrusFile {
  const file = WalrusFile.from(...args)
  called.add('WalrusFile.from')
  return file
}

/** Clients remember objects, so whoever looks at a change asks another one. */
const fresh = (): WalrusClient => recorded(net.client())

/** What the classes give their users: methods, static ones, and functions that the client's constructor makes. */
function surface(): string[] {
  const readers = [WalrusBlob, WalrusFile].flatMap(type =>
    [...methodsOf(type), ...methodsOf(type.prototype)].map(name => `${type.name}.${name}`),
  )
  return [...methodsOf(WalrusClient.prototype), ...methodsOf(net.client()), ...readers].toSorted()
}

function methodsOf(holder: object): string[] {
  return Object.getOwnPropertyNames(holder).filter(
    name => name !== 'constructor' && typeof Reflect.get(holder, name) === 'function',
  )
}

async function run(transaction: Transaction): Promise<string> {
  transaction.setSenderIfNotSet(owner)
  const result = await net.signer.signAndExecuteTransaction({ transaction, client: net.sui })
  assert.ok(result.Transaction, JSON.stringify(result.FailedTransaction?.status))
  const { digest } = result.Transaction
  await net.sui.core.waitForTransaction({ digest })
  return digest
}

test('the network as it stands', async () => {
  const { walrus } = net.devnet.descriptor
  assert.equal(await client.getBlobType(), `${walrus.packageId}::blob::Blob`)
  assert.equal((await client.systemObject()).id, walrus.systemObjectId)
  assert.equal((await client.stakingObject()).id, walrus.stakingPoolId)
  assert.equal((await client.systemState()).committee.n_shards, SHARDS)
  assert.equal((await client.stakingState()).committee[0].contents.length, NODES)
  assert.deepEqual(await client.storageCost(1000, 2), {
    storageCost: 200_000n,
    writeCost: 20_000n,
    totalCost: 220_000n,
  })
})

test('a client sees the next epoch after it is reset', async () => {
  await using own = await WalrusTest.start({ nodes: 4, shards: 10 })
  const other = recorded(own.client())
  assert.equal((await other.systemState()).committee.epoch, 1)
  own.devnet.advanceEpoch()
  other.reset()
  assert.equal((await other.systemState()).committee.epoch, 2)
})

test('storage is bought in three ways, and in one of them the client loses sight of it', async () => {
  const storageType = `${net.devnet.descriptor.walrus.packageId}::storage_resource::Storage`
  const owned = async (): Promise<number> =>
    (await net.sui.core.listOwnedObjects({ owner, type: storageType })).objects.length
  await run(client.createStorageTransaction({ size: 1000, epochs: 1, owner }))
  const tx = new Transaction()
  tx.transferObjects([tx.add(client.createStorage({ size: 1000, epochs: 1 }))], owner)
  await run(tx)
  assert.equal(await owned(), 2)
  await assert.rejects(
    client.executeCreateStorageTransaction({ size: 1000, epochs: 3, signer: net.signer }),
    /Storage object not found in transaction effects/,
  )
  assert.equal(await owned(), 3)
})

interface Registered {
  readonly bytes: Uint8Array
  readonly encoded: Awaited<ReturnType<WalrusClient['encodeBlob']>>
  readonly blobObjectId: string
}

/** Encoded, and registered as deletable for two epochs. */
async function register(seed: number): Promise<Registered> {
  const bytes = sampleBytes(1000, seed)
  const encoded = await client.encodeBlob(bytes)
  const { blob } = await client.executeRegisterBlobTransaction({
    size: bytes.length,
    epochs: 2,
    blobId: encoded.blobId,
    rootHash: encoded.rootHash,
    deletable: true,
    signer: net.signer,
  })
  return { bytes, encoded, blobObjectId: blob.id }
}

test('a blob is registered in three ways', async () => {
  const bytes = sampleBytes(500, 1)
  const { blobId, rootHash } = await client.computeBlobMetadata({ bytes })
  const blob = { size: 500, epochs: 1, blobId, rootHash, deletable: true }
  await run(client.registerBlobTransaction({ ...blob, owner }))
  const tx = new Transaction()
  tx.transferObjects([tx.add(client.registerBlob({ ...blob, attributes: { a: '1' } }))], owner)
  await run(tx)
  const { blob: object } = await client.executeRegisterBlobTransaction({ ...blob, signer: net.signer })
  assert.equal(object.certified_epoch, null)
})

test('a blob is uploaded piece by piece, and certified in three ways', async () => {
  const { bytes, encoded, blobObjectId } = await register(2)
  const { blobId, metadata, sliversByNode } = encoded
  const target = { blobId, deletable: true as const, objectId: blobObjectId }
  await Promise.all(
    sliversByNode.map(async (slivers, nodeIndex) => {
      await client.writeMetadataToNode({ nodeIndex, blobId, metadata })
      if (nodeIndex > 0) return client.writeSliversToNode({ blobId, nodeIndex, slivers })
      for (const kind of ['primary', 'secondary'] as const)
        for (const { sliverPairIndex, sliver } of slivers[kind])
          await client.writeSliver({ blobId, sliverPairIndex, sliverType: kind, sliver })
    }),
  )
  const first = await client.getStorageConfirmationFromNode({ nodeIndex: 0, ...target })
  const confirmations = await client.getStorageConfirmations(target)
  assert.equal(confirmations.length, NODES)
  assert.deepEqual(confirmations[0], first)

  const certificate = await client.certificateFromConfirmations({
    blobId,
    blobObjectId,
    deletable: true,
    confirmations,
  })
  const certify = { blobId, blobObjectId, deletable: true }
  await client.executeCertifyBlobTransaction({ ...certify, confirmations, signer: net.signer })
  assert.deepEqual(await client.readBlob({ blobId }), bytes)

  // EAlreadyCertified: the other two build the same call.
  const tx = new Transaction()
  tx.add(client.certifyBlob({ ...certify, certificate }))
  for (const again of [tx, client.certifyBlobTransaction({ ...certify, certificate })])
    assert.match((await net.failureOf(again)) ?? '', /abort code: 5, in '0x57a1.*::blob::certify/)
})

test('a blob is uploaded node by node, or to all nodes at once', async () => {
  const one = await register(3)
  const target = { deletable: true as const, objectId: one.blobObjectId, blobId: one.encoded.blobId }
  const confirmations = await Promise.all(
    one.encoded.sliversByNode.map((slivers, nodeIndex) =>
      client.writeEncodedBlobToNode({ ...target, nodeIndex, slivers, metadata: one.encoded.metadata }),
    ),
  )
  const all = await client.writeEncodedBlobToNodes({
    ...target,
    metadata: one.encoded.metadata,
    sliversByNode: one.encoded.sliversByNode,
  })
  assert.deepEqual(all, confirmations)
})

test('a blob is uploaded through the relay, with a tip that it does not ask for', async () => {
  const bytes = sampleBytes(1000, 4)
  const host = net.devnet.descriptor.walrus.uploadRelay ?? ''
  const address = `0x${'7'.repeat(64)}`
  const relay = recorded(net.client({ uploadRelay: { host, sendTip: { address, kind: { const: 5 } } } }))
  const { blobId, rootHash, nonce, blobDigest } = await relay.computeBlobMetadata({ bytes })
  assert.equal(BigInt(await relay.calculateUploadRelayTip({ size: 1000 })), 5n)
  assert.equal(await client.calculateUploadRelayTip({ size: 1000 }), 0n)
  const tx = new Transaction()
  tx.add(relay.sendUploadRelayTip({ size: 1000, blobDigest, nonce }))
  const blob = { size: 1000, epochs: 1, blobId, rootHash, deletable: false }
  relay.registerBlobTransaction({ ...blob, owner, transaction: tx })
  const txDigest = await run(tx)
  const { balance } = await net.sui.core.getBalance({ owner: address })
  assert.equal(balance.balance, '5')
  const { certificate } = await relay.writeBlobToUploadRelay({
    blobId,
    blob: bytes,
    nonce,
    txDigest,
    deletable: false,
    blobObjectId: `0x${'0'.repeat(64)}`,
  })
  assert.equal(certificate.signers.length, NODES)

  const paying = new Transaction()
  paying.add(relay.addAuthPayload({ size: 1000, blobDigest, nonce }))
  await paying.prepareForSerialization({ client: net.sui })
  // Digest of the blob, digest of the nonce, length.
  const [input] = paying.getData().inputs
  assert.equal(Buffer.from(input?.Pure?.bytes ?? '', 'base64').length, 32 + 32 + 8)
})

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly blobId: string
  readonly id: string
}

async function store(seed: number, attributes?: Record<string, string>): Promise<Stored> {
  const bytes = sampleBytes(800, seed)
  const { blobId, blobObject } = await client.writeBlob({
    blob: bytes,
    deletable: true,
    epochs: 1,
    signer: net.signer,
    ...(attributes ? { attributes } : {}),
  })
  return { bytes, blobId, id: blobObject.id }
}

test('a blob is deleted in three ways', async () => {
  const [first, second, third] = [await store(10), await store(11), await store(12)]
  await client.executeDeleteBlobTransaction({ blobObjectId: first.id, signer: net.signer })
  await run(client.deleteBlobTransaction({ blobObjectId: second.id, owner }))
  const tx = new Transaction()
  tx.transferObjects([tx.add(client.deleteBlob({ blobObjectId: third.id }))], owner)
  await run(tx)
  for (const { blobId } of [first, second, third])
    assert.equal((await client.getVerifiedBlobStatus({ blobId })).type, 'nonexistent')
})

test('a lease is extended in three ways', async () => {
  const { id } = await store(13)
  await fresh().executeExtendBlobTransaction({ blobObjectId: id, epochs: 1, signer: net.signer })
  await run(await fresh().extendBlobTransaction({ blobObjectId: id, endEpoch: 5 }))
  const tx = new Transaction()
  tx.add(fresh().extendBlob({ blobObjectId: id, epochs: 2 }))
  await run(tx)
  assert.equal((await fresh().getBlobObject(id)).storage.end_epoch, 7)
})

test('attributes are written in three ways, to a blob that has some', async () => {
  const { id } = await store(14, { a: '0' })
  await fresh().executeWriteBlobAttributesTransaction({
    blobObjectId: id,
    attributes: { a: '1' },
    signer: net.signer,
  })
  await run(await fresh().writeBlobAttributesTransaction({ blobObjectId: id, attributes: { b: '2' } }))
  const tx = new Transaction()
  tx.add(fresh().writeBlobAttributes({ blobObjectId: id, attributes: { a: null, c: '3' } }))
  await run(tx)
  assert.deepEqual(await fresh().readBlobAttributes({ blobObjectId: id }), { b: '2', c: '3' })

  const without = await store(20)
  await assert.rejects(client.readBlobAttributes({ blobObjectId: without.id }), { code: 'notExists' })
})

test('a blob is read as a whole, by slivers and by name', async () => {
  const { bytes, blobId } = await store(15)
  assert.deepEqual(await client.readBlob({ blobId }), bytes)
  const { metadata } = await client.getBlobMetadata({ blobId })
  assert.equal(Number(metadata.V1.unencoded_length), bytes.length)
  assert.equal(metadata.V1.hashes.length, SHARDS)
  // 34 rows decode a blob; the official client fetches a quorum.
  assert.ok((await client.getSlivers({ blobId })).length >= 34)
  const sliver = await client.getSecondarySliver({ blobId, index: 3 })
  assert.deepEqual(await client.internalGetSecondarySliver({ blobId, index: 3 }), sliver)
  const named = await client.getBlob({ blobId })
  assert.equal(await named.blobId(), blobId)
  assert.ok(await named.exists())
  // Known for permanent blobs only.
  assert.equal(await named.storedUntil(), null)
  const file = named.asFile()
  assert.deepEqual(await file.bytes(), bytes)
  assert.deepEqual([await file.getIdentifier(), await file.getTags()], [null, {}])
  const { blobId: unknown } = await client.computeBlobMetadata({ bytes: sampleBytes(800, 22) })
  assert.equal(await (await client.getBlob({ blobId: unknown })).exists(), false)
  const permanent = { blob: sampleBytes(800, 21), deletable: false, epochs: 3, signer: net.signer }
  const { blobId: kept, blobObject } = await client.writeBlob(permanent)
  assert.equal(await (await client.getBlob({ blobId: kept })).storedUntil(), blobObject.storage.end_epoch)
})

test('quilts are encoded, written and read', async () => {
  const blobs = ['one', 'two'].map(identifier => ({
    identifier,
    contents: new TextEncoder().encode(JSON.stringify(`contents of ${identifier}`)),
    tags: { of: identifier },
  }))
  // 34 rows of 67 columns.
  assert.equal((await client.encodeQuilt({ blobs })).quilt.length % (34 * 67), 0)
  const options = { epochs: 1, deletable: true, signer: net.signer }
  const { index, blobId } = await client.writeQuilt({ blobs, ...options })
  const files = await client.getFiles({ ids: index.patches.map(({ patchId }) => patchId) })
  assert.deepEqual(await Promise.all(files.map(file => file.text())), [
    '"contents of one"',
    '"contents of two"',
  ])
  assert.deepEqual(await Promise.all(files.map(file => file.json())), ['contents of one', 'contents of two'])
  assert.deepEqual(await Promise.all(files.map(file => file.getIdentifier())), ['one', 'two'])
  assert.deepEqual(await Promise.all(files.map(file => file.getTags())), [{ of: 'one' }, { of: 'two' }])
  const [second] = await (await client.getBlob({ blobId })).files({ tags: [{ of: 'two' }] })
  assert.equal(await second?.text(), '"contents of two"')

  const written = await client.writeFiles({
    files: [fileFrom({ contents: sampleBytes(50, 16), identifier: 'x' })],
    ...options,
  })
  assert.equal(written.length, 1)
})

test('blobs and files are written step by step, and resumed', async () => {
  const options = { epochs: 1, deletable: true, signer: net.signer }
  const blob = sampleBytes(700, 17)
  const steps: string[] = []
  let saved: Parameters<WalrusClient['writeBlobFlow']>[0]['resume']
  for await (const step of client.writeBlobFlow({ blob }).run(options)) {
    steps.push(step.step)
    if (step.step !== 'registered') continue
    saved = step
    break
  }
  assert.ok(saved)
  const before = await net.walBalance()
  for await (const step of client.writeBlobFlow({ blob, resume: saved }).run(options)) steps.push(step.step)
  assert.equal(await net.walBalance(), before)
  assert.deepEqual(steps, ['encoded', 'registered', 'uploaded', 'certified'])
  const { blobId } = await client.computeBlobMetadata({ bytes: blob })
  assert.deepEqual(await client.readBlob({ blobId }), blob)

  const flow = client.writeFilesFlow({
    files: [fileFrom({ contents: sampleBytes(60, 18), identifier: 'y' })],
  })
  await flow.encode()
  const registered = await flow.executeRegister({ ...options, owner })
  await flow.upload({ digest: registered.txDigest })
  await flow.executeCertify({ signer: net.signer })
  const [file] = await flow.listFiles()
  const [read] = await client.getFiles({ ids: [file?.id ?? ''] })
  // Columns have 68 bytes, and what precedes the 60 of this file 10: the client reads one column too few, and gives zeros.
  const expected = sampleBytes(60, 18).fill(0, 58)
  assert.deepEqual(await read?.bytes(), expected)
  const { aggregator } = net.devnet.descriptor.walrus
  const whole = await fetch(`${aggregator}/v1/blobs/by-quilt-patch-id/${file?.id}`)
  assert.deepEqual(new Uint8Array(await whole.arrayBuffer()), sampleBytes(60, 18))
})

// Last: the tests above have called what they call.
test('the README lists every method of the official client, its blobs and files, and every one was called', () => {
  const rows = [...readFileSync(README, 'utf8').matchAll(/^\| (`.+`) \| (\S.*) \|$/gm)]
  const listed = rows.flatMap(([, names = '', status]) =>
    [...names.matchAll(/`([\w.]+)`/g)].map(([, name]) => ({ name: String(name), status })),
  )
  assert.deepEqual(listed.map(({ name }) => name).toSorted(), surface())
  const supported = listed.filter(({ status }) => status?.startsWith('supported')).map(({ name }) => name)
  assert.deepEqual([...called].toSorted(), supported.toSorted())
})
