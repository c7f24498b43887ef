/**
 * Several accounts and several transactions of one account at the same time.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import { Transaction } from '@mysten/sui/transactions'
import type { Devnet } from '@squid/devnet'
import { clientOf, counterOf, execute, fundedKey, PROBE, startProbeNet } from './fixture.ts'

let net: Devnet
let client: SuiGrpcClient

before(async () => {
  net = await startProbeNet()
  client = clientOf(net)
})
after(() => net.stop())

function increment(by: number): Transaction {
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${PROBE}::probe::increment`,
    arguments: [transaction.object(counterOf(net)), transaction.pure.u64(by)],
  })
  return transaction
}

async function readValue(): Promise<number> {
  const { object } = await client.getObject({ objectId: counterOf(net), include: { content: true } })
  return Number(bcs.struct('Counter', { id: bcs.Address, value: bcs.u64() }).parse(object.content).value)
}

test('clients that change one shared object lose nothing', async () => {
  const before = await readValue()
  const clients = Array.from({ length: 8 }, () => ({ client: clientOf(net), key: fundedKey(net) }))
  await Promise.all(
    clients.map(async ({ client, key }) => {
      for (let round = 0; round < 5; round++) await execute(client, key, increment(1))
    }),
  )
  assert.equal((await readValue()) - before, 40)
})

test('one account runs transactions in parallel, one for each of its coins', async () => {
  const before = await readValue()
  const key = fundedKey(net, 4)
  const { objects: coins } = await client.listCoins({ owner: key.toSuiAddress() })
  await Promise.all(
    coins.map(async coin => {
      const transaction = increment(1)
      transaction.setGasPayment([coin])
      await execute(client, key, transaction)
    }),
  )
  assert.equal((await readValue()) - before, 4)
})

test('a sponsor pays for somebody who has nothing', async () => {
  const sponsor = fundedKey(net)
  const poor = fundedKey(net, 0)
  const transaction = increment(3)
  transaction.setSender(poor.toSuiAddress())
  transaction.setGasOwner(sponsor.toSuiAddress())
  const bytes = await transaction.build({ client })
  const signatures = [await poor.signTransaction(bytes), await sponsor.signTransaction(bytes)].map(
    ({ signature }) => signature,
  )
  // Without the sponsor's consent nothing happens.
  await assert.rejects(
    client.executeTransaction({ transaction: bytes, signatures: signatures.slice(0, 1) }),
    {
      message: /SignerSignature/,
    },
  )
  const before = await readValue()
  const result = await client.executeTransaction({
    transaction: bytes,
    signatures,
    include: { balanceChanges: true, transaction: true },
  })
  assert.equal(result.$kind, 'Transaction')
  assert.equal((await readValue()) - before, 3)
  assert.equal(result.Transaction.transaction.sender, poor.toSuiAddress())
  assert.equal(result.Transaction.transaction.gasData.owner, sponsor.toSuiAddress())
  assert.deepEqual(
    result.Transaction.balanceChanges.map(({ address }) => address),
    [sponsor.toSuiAddress()],
  )
})

test('commands feed each other, and the gas coin is spent down to the budget', async () => {
  const key = fundedKey(net)
  const transaction = new Transaction()
  const [first, second] = transaction.splitCoins(transaction.gas, [600_000_000_000, 300_000_000_000])
  transaction.mergeCoins(first, [second])
  transaction.moveCall({
    target: `${PROBE}::probe::deposit`,
    arguments: [transaction.object(counterOf(net)), first],
  })
  await execute(client, key, transaction)
  const left = BigInt((await client.getBalance({ owner: key.toSuiAddress() })).balance.balance)
  assert.ok(left < 100_000_000_000n && left > 99_000_000_000n, String(left))
})
