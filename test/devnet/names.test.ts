/**
 * Names through the official client: registered in Move, looked up over RPC, gone when they expire.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Transaction } from '@mysten/sui/transactions'
import type { Devnet } from '@squid/devnet'
import { clientOf, execute, fundedKey, startProbeNet } from './fixture.ts'

const YEAR_MS = 365 * 86_400_000

let net: Devnet
let client: SuiGrpcClient
let alice: Ed25519Keypair

before(async () => {
  net = await startProbeNet()
  client = clientOf(net)
  alice = fundedKey(net)
})
after(() => net.stop())

/** Registers `name` for a year, points it at `target` and makes it the signer's own name. */
async function claim(name: string, target: string): Promise<void> {
  const { packageId, suinsObjectId } = net.descriptor.suins
  const transaction = new Transaction()
  const registration = transaction.moveCall({
    target: `${packageId}::devnet_registrar::register`,
    arguments: [
      transaction.object(suinsObjectId),
      transaction.pure.string(name),
      transaction.pure.u8(1),
      transaction.object.clock(),
    ],
  })
  transaction.moveCall({
    target: `${packageId}::controller::set_target_address`,
    arguments: [
      transaction.object(suinsObjectId),
      registration,
      transaction.pure.option('address', target),
      transaction.object.clock(),
    ],
  })
  if (target === alice.toSuiAddress())
    transaction.moveCall({
      target: `${packageId}::controller::set_reverse_lookup`,
      arguments: [transaction.object(suinsObjectId), transaction.pure.string(name)],
    })
  transaction.transferObjects([registration], alice.toSuiAddress())
  await execute(client, alice, transaction)
}

test('a name resolves to its target, and the target to its name', async () => {
  const address = alice.toSuiAddress()
  assert.deepEqual(await client.resolveNameServiceAddress({ name: 'alice.sui' }), { address: null })
  await claim('alice.sui', address)
  assert.deepEqual(await client.resolveNameServiceAddress({ name: 'alice.sui' }), { address })
  assert.deepEqual(await client.resolveNameServiceAddress({ name: '@alice' }), { address })
  assert.deepEqual(await client.defaultNameServiceName({ address }), { data: { name: 'alice.sui' } })
  const { response } = await client.nameService.lookupName({ name: 'alice.sui' })
  assert.ok(response.record?.registrationNftId)
  const expires = Number(response.record.expirationTimestamp?.seconds) * 1000
  assert.ok(Math.abs(expires - Date.now() - YEAR_MS) < 3_600_000)
})

test('an address without a name is not found', async () => {
  const address = new Ed25519Keypair().toSuiAddress()
  await assert.rejects(client.defaultNameServiceName({ address }), { code: 'NOT_FOUND' })
})

for (const name of [
  '',
  'alice',
  'alice.eth',
  '.sui',
  '-a.sui',
  'a..sui',
  'UPPER!.sui',
  `${'a'.repeat(64)}.sui`,
])
  test(`${JSON.stringify(name)} is no name`, async () => {
    await assert.rejects(client.resolveNameServiceAddress({ name }), { code: 'INVALID_ARGUMENT' })
  })

test('names are not case-sensitive', async () => {
  await claim('bob.sui', alice.toSuiAddress())
  const { address } = await client.resolveNameServiceAddress({ name: 'BOB.sui' })
  assert.equal(address, alice.toSuiAddress())
})

test('an expired name resolves to nothing, and says why', async () => {
  net.advanceClock(YEAR_MS + 1000)
  assert.deepEqual(await client.resolveNameServiceAddress({ name: 'alice.sui' }), { address: null })
  await assert.rejects(client.nameService.lookupName({ name: 'alice.sui' }).response, {
    code: 'RESOURCE_EXHAUSTED',
    message: 'name has expired',
  })
})
