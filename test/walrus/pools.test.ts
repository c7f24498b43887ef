/**
 * Storage pools: many blobs in one reservation, uploaded by the official client, certified in one transaction and
 * renewed in another.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions'
import { blobIdToInt, NotEnoughBlobConfirmationsError } from '@mysten/walrus'
import { sampleBytes, WalrusTest } from './network.ts'

/** Encoded bytes of a blob of 3000 on 10 shards: symbols of 108 bytes, 10 · (64 · 10 + 32) + 10 · (4 + 7) · 108. */
const ENCODED = 18_600n
/** Base units of WAL for a unit of 1 MiB, as genesis sets them: an epoch, and writing. */
const STORE = 100_000n
const WRITE = 20_000n

let net: WalrusTest
before(async () => {
  net = await WalrusTest.start({ nodes: 4, shards: 10 })
})
after(() => net[Symbol.asyncDispose]())

type Argument = TransactionObjectArgument | ReturnType<Transaction['pure']['u64']>

/** A transaction of calls of `walrus::system`, with a purse whose rest goes back. */
class SystemCalls {
  readonly tx: Transaction = new Transaction()
  readonly #purse: TransactionObjectArgument

  constructor() {
    this.#purse = net.wal(this.tx, 10_000_000n)
  }

  call(name: string, args: Argument[], paid = false): TransactionObjectArgument {
    const { packageId, systemObjectId } = net.devnet.descriptor.walrus
    const purse = paid ? [this.#purse] : []
    return this.tx.moveCall({
      target: `${packageId}::system::${name}`,
      arguments: [this.tx.object(systemObjectId), ...args, ...purse],
    })
  }

  keep(object: TransactionObjectArgument): void {
    this.tx.transferObjects([object], net.signer.toSuiAddress())
  }

  /** @returns ids of created objects, by the last part of their type */
  async run(): Promise<Record<string, string>> {
    this.keep(this.#purse)
    const result = await net.signer.signAndExecuteTransaction({ transaction: this.tx, client: net.sui })
    assert.ok(result.Transaction, JSON.stringify(result.FailedTransaction?.status))
    const done = await net.sui.core.waitForTransaction({
      digest: result.Transaction.digest,
      include: { effects: true, objectTypes: true },
    })
    const { effects, objectTypes = {} } = done.Transaction ?? {}
    return Object.fromEntries(
      (effects?.changedObjects ?? []).flatMap(({ objectId, idOperation }) =>
        idOperation === 'Created' ? [[objectTypes[objectId]?.split('::').at(-1) ?? '', objectId]] : [],
      ),
    )
  }

  failure(): Promise<string | undefined> {
    this.keep(this.#purse)
    return net.failureOf(this.tx)
  }
}

async function createPool(capacity: bigint, epochs: number): Promise<string> {
  const calls = new SystemCalls()
  const { tx } = calls
  calls.keep(calls.call('create_storage_pool', [tx.pure.u64(capacity), tx.pure.u32(epochs)], true))
  const { StoragePool: pool } = await calls.run()
  assert.ok(pool)
  return pool
}

type Encoded = Awaited<ReturnType<ReturnType<WalrusTest['client']>['encodeBlob']>>

interface Sample {
  readonly bytes: Uint8Array
  readonly encoded: Encoded
  readonly deletable: boolean
}

async function sample(seed: number, deletable = true): Promise<Sample> {
  const bytes = sampleBytes(3000, seed)
  return { bytes, encoded: await net.client().encodeBlob(bytes), deletable }
}

function register(calls: SystemCalls, pool: string, { encoded, deletable }: Sample): void {
  const { tx } = calls
  const rootHash = Buffer.from(encoded.rootHash).reverse().toString('hex')
  const args = [
    tx.object(pool),
    tx.pure.u256(blobIdToInt(encoded.blobId)),
    tx.pure.u256(BigInt(`0x${rootHash}`)),
    tx.pure.u64(3000),
    tx.pure.u8(1),
    tx.pure.bool(deletable),
  ]
  calls.call('register_pooled_blob', args, true)
}

async function registered(pool: string, samples: readonly Sample[]): Promise<void> {
  const calls = new SystemCalls()
  for (const blob of samples) register(calls, pool, blob)
  await calls.run()
}

/** The object that stands for a blob in a pool, as the ledger answers without executing. */
async function objectOf(pool: string, { encoded }: Sample): Promise<string> {
  const { packageId } = net.devnet.descriptor.walrus
  const tx = new Transaction()
  tx.moveCall({
    target: `${packageId}::storage_pool::blob_object_id`,
    arguments: [tx.object(pool), tx.pure.u256(blobIdToInt(encoded.blobId))],
  })
  tx.setSender(net.signer.toSuiAddress())
  const { commandResults } = await net.sui.core.simulateTransaction({
    transaction: tx,
    include: { commandResults: true },
  })
  const bytes = commandResults?.[0]?.returnValues[0]?.bcs
  assert.ok(bytes)
  return `0x${Buffer.from(bytes).toString('hex')}`
}

async function certify(pool: string, samples: readonly Sample[]): Promise<void> {
  const calls = new SystemCalls()
  const { tx } = calls
  for (const blob of samples) {
    const client = net.client()
    const { blobId, metadata, sliversByNode } = blob.encoded
    const object = await objectOf(pool, blob)
    const upload = { blobId, metadata, sliversByNode }
    const confirmations = await client.writeEncodedBlobToNodes(
      blob.deletable ? { ...upload, deletable: true, objectId: object } : { ...upload, deletable: false },
    )
    const certificate = await client.certificateFromConfirmations({
      blobId,
      confirmations,
      deletable: blob.deletable,
      blobObjectId: object,
    })
    const bitmap = certificate.signers.reduce((bits, signer) => bits | (1 << signer), 0)
    calls.call('certify_pooled_blob', [
      tx.object(pool),
      tx.pure.u256(blobIdToInt(blobId)),
      tx.pure.vector('u8', certificate.signature),
      tx.pure.vector('u8', [bitmap]),
      tx.pure.vector('u8', certificate.serializedMessage),
    ])
  }
  await calls.run()
}

async function statusOf({ encoded }: Sample): Promise<string> {
  return (await net.client().getVerifiedBlobStatus({ blobId: encoded.blobId })).type
}

test('blobs of a pool are registered in one transaction, certified in another, and read like any blob', async () => {
  const before = await net.walBalance()
  const pool = await createPool(3n * ENCODED, 3)
  const samples = await Promise.all([sample(1), sample(2), sample(3, false)])
  await registered(pool, samples)
  // 55,800 bytes are one unit: three epochs of it, and three times writing one unit.
  assert.equal(before - (await net.walBalance()), 3n * STORE + 3n * WRITE)
  await certify(pool, samples)
  for (const { bytes, encoded } of samples)
    assert.deepEqual(await net.client().readBlob({ blobId: encoded.blobId }), bytes)
  assert.deepEqual(await Promise.all(samples.map(statusOf)), ['deletable', 'deletable', 'permanent'])

  // Full: EInsufficientCapacity.
  const fourth = await sample(4)
  const calls = new SystemCalls()
  register(calls, pool, fourth)
  assert.match((await calls.failure()) ?? '', /abort code: 6, in '0x57a1.*::storage_pool::add_blob'/)

  const deleting = new SystemCalls()
  const [first] = samples
  assert.ok(first)
  deleting.call('delete_pooled_blob', [
    deleting.tx.object(pool),
    deleting.tx.pure.u256(blobIdToInt(first.encoded.blobId)),
  ])
  await deleting.run()
  assert.equal(await statusOf(first), 'nonexistent')
  await registered(pool, [fourth])
  await certify(pool, [fourth])
  assert.deepEqual(await net.client().readBlob({ blobId: fourth.encoded.blobId }), fourth.bytes)
})

test('a permanent blob of a pool is not deleted', async () => {
  const pool = await createPool(ENCODED, 2)
  const blob = await sample(5, false)
  await registered(pool, [blob])
  const calls = new SystemCalls()
  calls.call('delete_pooled_blob', [
    calls.tx.object(pool),
    calls.tx.pure.u256(blobIdToInt(blob.encoded.blobId)),
  ])
  // EBlobNotDeletable
  assert.match(
    (await calls.failure()) ?? '',
    /abort code: 0, in '0x57a1.*::storage_pool::delete_blob_object'/,
  )
})

test('nodes sign for the object that is in the pool, and for no other', async () => {
  const pool = await createPool(ENCODED, 2)
  const blob = await sample(6)
  await registered(pool, [blob])
  const { blobId, metadata, sliversByNode } = blob.encoded
  const upload = { blobId, metadata, sliversByNode }
  await assert.rejects(
    net.client().writeEncodedBlobToNodes({ ...upload, deletable: true, objectId: pool }),
    NotEnoughBlobConfirmationsError,
  )
  await assert.rejects(
    net.client().writeEncodedBlobToNodes({ ...upload, deletable: false }),
    NotEnoughBlobConfirmationsError,
  )
})

test('one transaction renews everything in a pool, and everything expires with it', async () => {
  const pool = await createPool(2n * ENCODED, 1)
  const samples = await Promise.all([sample(7), sample(8, false)])
  await registered(pool, samples)
  await certify(pool, samples)
  const extending = new SystemCalls()
  const { tx } = extending
  extending.call('extend_storage_pool', [tx.object(pool), tx.pure.u32(1)], true)
  await extending.run()
  net.devnet.advanceEpoch()
  for (const { bytes, encoded } of samples)
    assert.deepEqual(await net.client().readBlob({ blobId: encoded.blobId }), bytes)
  net.devnet.advanceEpoch()
  for (const blob of samples) assert.equal(await statusOf(blob), 'nonexistent')

  const late = new SystemCalls()
  late.call('extend_storage_pool', [late.tx.object(pool), late.tx.pure.u32(1)], true)
  // EInvalidEpochsAhead
  assert.match((await late.failure()) ?? '', /abort code: 2, in '0x57a1.*::system_state_inner::/)

  const burning = new SystemCalls()
  for (const { encoded } of samples)
    burning.call('burn_expired_pooled_blob', [
      burning.tx.object(pool),
      burning.tx.pure.u256(blobIdToInt(encoded.blobId)),
    ])
  burning.keep(
    burning.tx.moveCall({
      target: `${net.devnet.descriptor.walrus.packageId}::storage_pool::destroy`,
      arguments: [burning.tx.object(pool)],
    }),
  )
  await burning.run()
  await assert.rejects(net.sui.core.getObject({ objectId: pool }))
})
