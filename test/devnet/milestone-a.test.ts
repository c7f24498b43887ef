/**
 * The end of Milestone A: an unmodified SDK client calls a contract of ours, reads the result, gets a named abort.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import { SimulationError } from '@mysten/sui/client'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Inputs, Transaction } from '@mysten/sui/transactions'
import type { Devnet } from '@squid/devnet'
import { clientOf, counterOf, execute, fundedKey, PROBE, startProbeNet } from './fixture.ts'

let net: Devnet
let client: SuiGrpcClient
let alice: Ed25519Keypair

before(async () => {
  net = await startProbeNet()
  client = clientOf(net)
  alice = fundedKey(net)
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

async function readValue(): Promise<string> {
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${PROBE}::probe::value`,
    arguments: [transaction.object(counterOf(net))],
  })
  const { commandResults } = await client.simulateTransaction({
    transaction,
    include: { commandResults: true },
  })
  const [value] = commandResults?.[0]?.returnValues ?? []
  assert.ok(value?.bcs)
  return bcs.u64().parse(value.bcs)
}

test('the client calls our contract and reads the result', async () => {
  const result = await execute(client, alice, increment(5))
  // Move's Moved { counter, by, value }, by hand.
  const [event] = result.events
  assert.equal(event?.eventType, `${PROBE}::probe::Moved`)
  const moved = bcs
    .struct('Moved', { counter: bcs.Address, by: bcs.u64(), value: bcs.u64() })
    .parse(event.bcs)
  assert.deepEqual(moved, { counter: counterOf(net), by: '5', value: '5' })
  assert.deepEqual(event.json, { counter: counterOf(net), by: '5', value: '5' })

  assert.equal(await readValue(), '5')
  const { object } = await client.getObject({
    objectId: counterOf(net),
    include: { content: true, json: true },
  })
  const counter = bcs.struct('Counter', { id: bcs.Address, value: bcs.u64(), funds: bcs.u64() })
  assert.deepEqual(counter.parse(object.content), { id: counterOf(net), value: '5', funds: '0' })
  assert.deepEqual(object.json, { id: counterOf(net), value: '5', funds: '0' })
})

test('an abort is named while building', async () => {
  const transaction = increment(0)
  transaction.setSender(alice.toSuiAddress())
  const build = transaction.build({ client })
  await assert.rejects(build, SimulationError)
  await assert.rejects(build, {
    message:
      /MoveAbort in 1st command, 'EZero': A counter moves by at least one, in '0x57a1.*::probe::increment' \(line \d+\)/,
  })
})

test('an executed abort is named, changes nothing and costs gas', async () => {
  const before = await readValue()
  const owner = alice.toSuiAddress()
  const { balance: rich } = await client.getBalance({ owner })
  const [coin] = (await client.listCoins({ owner })).objects
  const { object: counter } = await client.getObject({ objectId: counterOf(net) })
  assert.ok(coin && counter.owner.$kind === 'Shared')
  const { initialSharedVersion } = counter.owner.Shared
  // Complete, so that nothing is simulated before.
  const transaction = new Transaction()
  const shared = Inputs.SharedObjectRef({ objectId: counterOf(net), initialSharedVersion, mutable: true })
  transaction.moveCall({
    target: `${PROBE}::probe::increment`,
    arguments: [transaction.object(shared), transaction.pure.u64(0)],
  })
  transaction.setGasBudget(10_000_000)
  transaction.setGasPayment([coin])
  transaction.setGasPrice(1000)
  const result = await client.signAndExecuteTransaction({
    transaction,
    signer: alice,
    include: { effects: true },
  })
  assert.equal(result.$kind, 'FailedTransaction')
  const error = result.FailedTransaction?.status.error
  assert.equal(error?.$kind, 'MoveAbort')
  assert.equal(error.command, 0)
  assert.equal(error.MoveAbort.cleverError?.constantName, 'EZero')
  assert.equal(error.MoveAbort.cleverError.value, 'A counter moves by at least one')
  assert.equal(error.MoveAbort.location?.package, PROBE)
  assert.equal(error.MoveAbort.location.module, 'probe')
  assert.equal(error.MoveAbort.location.functionName, 'increment')
  assert.equal(await readValue(), before)
  const { balance: poorer } = await client.getBalance({ owner })
  const { computationCost, storageCost, storageRebate } = result.FailedTransaction.effects.gasUsed
  const paid = BigInt(computationCost) + BigInt(storageCost) - BigInt(storageRebate)
  assert.ok(paid > 0n)
  assert.equal(BigInt(rich.balance) - BigInt(poorer.balance), paid)
})

test('a numbered abort keeps its number', async () => {
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${PROBE}::probe::fail_plainly`,
    arguments: [transaction.object(counterOf(net))],
  })
  transaction.setSender(alice.toSuiAddress())
  await assert.rejects(transaction.build({ client }), {
    message: /MoveAbort in 1st command, abort code: 7, in '/,
  })
})
