/**
 * What the devnet says no to, and in which words.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { Inputs, Transaction } from '@mysten/sui/transactions'
import type { Devnet } from '@squid/devnet'
import {
  clientOf,
  counterOf,
  createdId,
  execute,
  fundedKey,
  PROBE,
  splitAndMerge,
  startProbeNet,
} from './fixture.ts'

let net: Devnet
let client: SuiGrpcClient
let alice: Ed25519Keypair

before(async () => {
  net = await startProbeNet()
  client = clientOf(net)
  alice = fundedKey(net, 2)
})
after(() => net.stop())

/** A transaction of alice's that has not been built. */
function draft(make?: (transaction: Transaction) => void): Transaction {
  const transaction = make === undefined ? splitAndMerge() : new Transaction()
  transaction.setSender(alice.toSuiAddress())
  make?.(transaction)
  return transaction
}

async function send(bytes: Uint8Array, ...keys: Ed25519Keypair[]): Promise<unknown> {
  const signatures = await Promise.all(keys.map(async key => (await key.signTransaction(bytes)).signature))
  return await client.executeTransaction({ transaction: bytes, signatures })
}

test('publishing is refused by name, built or not', async () => {
  const publish = (transaction: Transaction): void => {
    const cap = transaction.publish({ modules: [[1, 2, 3]], dependencies: ['0x1', '0x2'] })
    transaction.transferObjects([cap], alice.toSuiAddress())
  }
  const refusal = /publishing packages is not supported yet/
  await assert.rejects(draft(publish).build({ client }), { message: refusal })
  const coin = (await client.listCoins({ owner: alice.toSuiAddress() })).objects[0]
  assert.ok(coin)
  const complete = draft(publish)
  complete.setGasPayment([coin])
  complete.setGasBudget(10_000_000)
  complete.setGasPrice(1000)
  await assert.rejects(send(await complete.build(), alice), { code: 'UNIMPLEMENTED', message: refusal })
})

test('an object that does not exist is named', async () => {
  const id = `0x${'cd'.repeat(32)}`
  const transaction = draft(transaction => transaction.transferObjects([id], alice.toSuiAddress()))
  await assert.rejects(transaction.build({ client }), { message: `Object ${id} not found` })
})

test('a function that does not exist is named', async () => {
  const transaction = draft(transaction =>
    transaction.moveCall({
      target: `${PROBE}::probe::absent`,
      arguments: [transaction.object(counterOf(net))],
    }),
  )
  await assert.rejects(transaction.build({ client }), { message: /Function .*::probe::absent not found/ })
})

test('an account without coins cannot pay', async () => {
  const poor = new Ed25519Keypair()
  const transaction = splitAndMerge()
  transaction.setSender(poor.toSuiAddress())
  await assert.rejects(transaction.build({ client }), { message: /insufficient SUI balance for account 0x/ })
  net.fundSui(poor.toSuiAddress(), 1000n)
  await assert.rejects(transaction.build({ client }), {
    message: /to satisfy required budget \d+ \(has 1000 MIST/,
  })
})

test('a coin that the transaction uses does not pay for it', async () => {
  const key = fundedKey(net)
  const coin = (await client.listCoins({ owner: key.toSuiAddress() })).objects[0]
  assert.ok(coin)
  const transaction = new Transaction()
  transaction.setSender(key.toSuiAddress())
  transaction.transferObjects([coin.objectId], alice.toSuiAddress())
  await assert.rejects(transaction.build({ client }), { message: /has 0 MIST/ })
})

test('what belongs to somebody else cannot be used', async () => {
  const bob = fundedKey(net)
  const coin = (await client.listCoins({ owner: bob.toSuiAddress() })).objects[0]
  assert.ok(coin)
  const transaction = draft(transaction => transaction.transferObjects([coin.objectId], alice.toSuiAddress()))
  await assert.rejects(transaction.build({ client }), { message: /IncorrectUserSignature/ })
})

test('a child object is no input', async () => {
  const counter = counterOf(net)
  const attach = draft(transaction => {
    const note = transaction.moveCall({
      target: `${PROBE}::probe::new_note`,
      arguments: [transaction.pure.string('child'), transaction.pure.option('u8', null)],
    })
    transaction.moveCall({
      target: `${PROBE}::probe::attach`,
      arguments: [transaction.object(counter), transaction.pure.string('child'), note],
    })
  })
  const child = createdId(await execute(client, alice, attach), `${PROBE}::probe::Note`)
  const transaction = draft(transaction =>
    transaction.moveCall({ target: `${PROBE}::probe::burn`, arguments: [transaction.object(child)] }),
  )
  await assert.rejects(transaction.build({ client }), {
    message: /cannot be an input: it belongs to object 0x/,
  })
})

test('a private function is not called', async () => {
  const transaction = draft(transaction => transaction.moveCall({ target: `${PROBE}::probe::init` }))
  await assert.rejects(transaction.build({ client }), { message: /init is neither public nor entry/ })
})

test('signatures are checked', async () => {
  const bytes = await draft().build({ client })
  await assert.rejects(send(bytes), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(send(bytes, new Ed25519Keypair()), { code: 'INVALID_ARGUMENT' })
  const { signature } = await alice.signTransaction(bytes)
  const flipped = Buffer.from(signature, 'base64')
  flipped[10] = (flipped[10] ?? 0) ^ 1
  await assert.rejects(
    client.executeTransaction({ transaction: bytes, signatures: [flipped.toString('base64')] }),
    {
      code: 'INVALID_ARGUMENT',
      message: /InvalidSignature|SignerSignature/,
    },
  )
})

test('an object version is spent once', async () => {
  const coins = (await client.listCoins({ owner: alice.toSuiAddress() })).objects
  const [coin] = coins
  assert.ok(coin)
  const build = async (amount: number): Promise<Uint8Array> => {
    const transaction = draft(transaction => {
      const [part] = transaction.splitCoins(transaction.gas, [amount])
      transaction.transferObjects([part], alice.toSuiAddress())
    })
    transaction.setGasPayment([coin])
    return await transaction.build({ client })
  }
  const [first, second] = [await build(1), await build(2)]
  await send(first, alice)
  await assert.rejects(send(second, alice), { code: 'INVALID_ARGUMENT', message: /ObjectVersionUnavailable/ })
})

test('a stale reference is refused while resolving', async () => {
  const { object: counter } = await client.getObject({ objectId: counterOf(net) })
  assert.equal(counter.owner.$kind, 'Shared')
  const transaction = draft(transaction =>
    transaction.moveCall({
      target: `${PROBE}::probe::value`,
      arguments: [
        transaction.object(
          Inputs.SharedObjectRef({ objectId: counterOf(net), initialSharedVersion: 4711, mutable: false }),
        ),
      ],
    }),
  )
  await assert.rejects(transaction.build({ client }), { message: /SharedObjectStartingVersionMismatch/ })
})

test('a transaction of a past epoch has expired', async () => {
  const transaction = draft()
  transaction.setExpiration({ Epoch: 0 })
  const bytes = await transaction.build({ client })
  net.advanceEpoch()
  await assert.rejects(send(bytes, alice), { message: /TransactionExpired/ })
})

test('withdrawals from address balances are refused by name', async () => {
  const transaction = draft(transaction => {
    transaction.moveCall({
      target: '0x2::balance::redeem_funds',
      typeArguments: ['0x2::sui::SUI'],
      arguments: [transaction.withdrawal({ amount: 1 })],
    })
  })
  await assert.rejects(transaction.build({ client }), {
    message: /withdrawals from address balances are not supported/,
  })
})

test('bytes that are no transaction are refused', async () => {
  for (const bytes of [new Uint8Array(), Uint8Array.of(7, 1, 2), new Uint8Array(1000).fill(255)])
    await assert.rejects(send(bytes, alice), { code: 'INVALID_ARGUMENT' })
  const valid = await draft().build({ client })
  await assert.rejects(send(Buffer.concat([valid, Uint8Array.of(0)]), alice), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(
    client.simulateTransaction({ transaction: Buffer.concat([valid, Uint8Array.of(0)]) }),
    { code: 'INVALID_ARGUMENT', message: /not a BCS TransactionData/ },
  )
})

test('bad masks, ids, digests, types, cursors and filters are named', async () => {
  const { ledgerService: ledger, stateService: state } = client
  const bad = async (call: PromiseLike<unknown>, message: RegExp): Promise<void> => {
    await assert.rejects(Promise.resolve(call), { code: 'INVALID_ARGUMENT', message })
  }
  await bad(ledger.getObject({ objectId: '0x6', readMask: { paths: ['nonsense'] } }), /read_mask.*nonsense/)
  await bad(ledger.getObject({ objectId: 'zebra' }), /object_id is not an address/)
  await bad(ledger.getObject({}), /object_id is missing/)
  await bad(ledger.getTransaction({ digest: '0OIl' }), /digest/)
  await bad(ledger.batchGetObjects({ requests: Array.from({ length: 1001 }, () => ({})) }), /batch/)
  await bad(state.getBalance({ owner: '0x9', coinType: 'not a type' }), /type/i)
  await bad(state.listOwnedObjects({ owner: '0x9', objectType: '0x2::coin::Coin<' }), /type/i)
  await bad(ledger.getEpoch({ readMask: { paths: ['epoch.epoch'] } }), /read_mask/)
  await assert.rejects(client.listEvents({ after: Buffer.from('junk').toString('base64') }), {
    message: /cursor/,
  })
  await assert.rejects(ledger.getEpoch({ epoch: 99n }).response, { code: 'NOT_FOUND' })
  await assert.rejects(
    ledger.getCheckpoint({ checkpointId: { oneofKind: 'sequenceNumber', sequenceNumber: 10n ** 9n } })
      .response,
    {
      code: 'NOT_FOUND',
    },
  )
})

test('queries that are not indexed are refused by name', async () => {
  const call = client.ledgerService.listTransactions({
    filter: {
      terms: [
        { literals: [{ negated: true, predicate: { oneofKind: 'sender', sender: { address: '0x9' } } }] },
      ],
    },
  })
  await assert.rejects(
    async () => {
      for await (const _ of call.responses) assert.fail()
    },
    { code: 'UNIMPLEMENTED', message: /negated filters/ },
  )
})

test('a budget that runs out fails the transaction and takes the budget', async () => {
  const key = fundedKey(net)
  const owner = key.toSuiAddress()
  const transaction = new Transaction()
  transaction.setSender(owner)
  transaction.moveCall({ target: `${PROBE}::probe::spin`, arguments: [transaction.pure.u64(5_000_000)] })
  transaction.setGasBudget(2_000_000)
  const coin = (await client.listCoins({ owner })).objects[0]
  assert.ok(coin)
  transaction.setGasPayment([coin])
  transaction.setGasPrice(1000)
  const bytes = await transaction.build()
  const { signature } = await key.signTransaction(bytes)
  const result = await client.executeTransaction({
    transaction: bytes,
    signatures: [signature],
    include: { effects: true },
  })
  assert.match(result.FailedTransaction?.status.error?.message ?? '', /gas budget/)
  assert.equal(bcs.TransactionData.parse(bytes).V1?.gasData.budget, '2000000')
  const left = BigInt((await client.getBalance({ owner })).balance.balance)
  assert.ok(left >= 1_000_000_000_000n - 2_000_000n && left < 1_000_000_000_000n)
})
