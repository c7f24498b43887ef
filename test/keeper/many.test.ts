/**
 * Many leases, one transaction. Blobs of one content, permanent, so that one certificate is all of theirs.
 *
 * CI renews some of them; SQUID_MANY_LEASES (nightly) says how many instead.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions'
import { readLeases, renewLeases } from '@squid/client/leases'
import { execute } from '@squid/client/transactions'
import { createPerson, noise, type Person, startNetwork } from '../publish/setting.ts'

const COUNT = Number(process.env['SQUID_MANY_LEASES'] ?? 70)
/** Blobs in one renewal (client/leases/renew.ts). */
const MOST = 400
const UNIT_PRICE = 100_000n
/** Registrations in one transaction. */
const BATCH = 32

/** Registers, certifies and hands over. */
async function fill({ account, space }: Person, storageId: string): Promise<void> {
  const { network, address, signer } = account
  const { walrus } = network
  const encoded = await walrus.encodeBlob(noise('many', 1000))
  const registration = {
    size: 1000,
    epochs: 5,
    blobId: encoded.blobId,
    rootHash: encoded.rootHash,
    deletable: false,
  }
  const { blob } = await walrus.executeRegisterBlobTransaction({ ...registration, signer, owner: address })
  const confirmations = await walrus.writeEncodedBlobToNodes({
    ...encoded,
    deletable: false,
    objectId: blob.id,
  })
  const ids = [blob.id]
  while (ids.length < COUNT) {
    const transaction = new Transaction()
    const blobs: TransactionObjectArgument[] = []
    for (let left = Math.min(BATCH, COUNT - ids.length); left > 0; left--)
      blobs.push(transaction.add(walrus.registerBlob(registration)))
    transaction.transferObjects(blobs, address)
    const { created } = await execute(account, transaction)
    ids.push(...created.filter(({ type }) => type.endsWith('::blob::Blob')).map(({ id }) => id))
  }
  for (let from = 0; from < ids.length; from += BATCH) {
    const transaction = new Transaction()
    for (const blobObjectId of ids.slice(from, from + BATCH)) {
      transaction.add(
        walrus.certifyBlob({ blobId: encoded.blobId, blobObjectId, confirmations, deletable: false }),
      )
      transaction.moveCall({
        target: `${network.squid.packageId}::storage::put_blob`,
        arguments: [storageId, space, blobObjectId].map(id => transaction.object(id)),
      })
    }
    await execute(account, transaction)
  }
}

test(`${COUNT} leases are renewed together`, { timeout: 1_800_000 }, async context => {
  await using devnet = await startNetwork()
  await using alice = await createPerson(devnet.networkUrl, 'alice')
  const { account, space } = alice
  const { locator } = await readLeases(account.network, space)
  await fill(alice, locator.storageId)
  const { blobs, wal, gas, transactions } = await renewLeases(account, space, 12, () => true)
  assert.equal(transactions.length, Math.ceil(COUNT / MOST))
  assert.equal(blobs, COUNT)
  assert.equal(wal, BigInt(COUNT) * 7n * UNIT_PRICE)
  context.diagnostic(`${transactions.length} transactions, ${Number(gas) / 1e9 / COUNT} SUI a blob`)
  const { leases } = await readLeases(account.network, space)
  assert.deepEqual(new Set(leases.map(({ endEpoch }) => endEpoch)), new Set([13]))
})
