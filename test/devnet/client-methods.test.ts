/**
 * Every method of the official client that the devnet answers, against what genesis and the test itself put there.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet'
import { GrpcTypes, type SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { coinWithBalance, Transaction } from '@mysten/sui/transactions'
import { fromBase58, fromHex, normalizeStructTag, toBase58 } from '@mysten/sui/utils'
import { blake2b } from '@noble/hashes/blake2.js'
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

const NOTE = `${PROBE}::probe::Note`
const SUI = normalizeStructTag('0x2::sui::SUI')
const THOUSAND_SUI = 1_000_000_000_000n

let net: Devnet
let client: SuiGrpcClient
let alice: Ed25519Keypair

before(async () => {
  net = await startProbeNet()
  client = clientOf(net)
  alice = fundedKey(net, 3)
})
after(() => net.stop())

/** Makes a note owned by `key` and returns its id. */
async function makeNote(key: Ed25519Keypair, text: string, level: number | null = null): Promise<string> {
  const transaction = new Transaction()
  const note = transaction.moveCall({
    target: `${PROBE}::probe::new_note`,
    arguments: [transaction.pure.string(text), transaction.pure.option('u8', level)],
  })
  transaction.transferObjects([note], key.toSuiAddress())
  return createdId(await execute(client, key, transaction), NOTE)
}

test('getChainIdentifier and getServiceInfo name the chain of the descriptor', async () => {
  const { chainIdentifier } = await client.getChainIdentifier()
  assert.equal(chainIdentifier, net.descriptor.chainId)
  assert.equal(fromBase58(chainIdentifier).length, 32)
  const { response } = await client.ledgerService.getServiceInfo({})
  assert.match(response.server ?? '', /squid-devnet/)
})

test('getReferenceGasPrice, getCurrentSystemState and getProtocolConfig describe the epoch', async () => {
  const { referenceGasPrice } = await client.getReferenceGasPrice()
  assert.ok(BigInt(referenceGasPrice) > 0n)
  const { systemState } = await client.getCurrentSystemState()
  assert.equal(systemState.referenceGasPrice, referenceGasPrice)
  assert.ok(Math.abs(Number(systemState.epochStartTimestampMs) - Date.now()) < 600_000)
  const { protocolConfig } = await client.getProtocolConfig()
  assert.equal(protocolConfig.protocolVersion, systemState.protocolVersion)
})

test('getObjects gives owner, type, content, BCS whose hash is the digest, and errors one by one', async () => {
  const note = await makeNote(alice, 'hello', 3)
  const missing = `0x${'ab'.repeat(32)}`
  const { objects } = await client.getObjects({
    objectIds: [note, missing, counterOf(net), '0x6'],
    include: { content: true, objectBcs: true, previousTransaction: true, json: true },
  })
  const [found, absent, counter, clock] = objects
  assert.ok(found && !(found instanceof Error))
  assert.equal(found.type, NOTE)
  assert.deepEqual(found.owner, { $kind: 'AddressOwner', AddressOwner: alice.toSuiAddress() })
  assert.deepEqual(found.json, {
    id: note,
    text: 'hello',
    mood: { '@variant': 'Happy', level: 3 },
    tags: 'dGFncw==',
    reply_to: null,
  })
  // id, then "hello", variant 1, level 3, "tags", none: by hand.
  assert.equal(Buffer.from(found.content).toString('hex'), `${note.slice(2)}0568656c6c6f0103047461677300`)
  const hash = blake2b(Buffer.concat([Buffer.from('Object::'), found.objectBcs]), { dkLen: 32 })
  assert.equal(toBase58(hash), found.digest)
  assert.ok(absent instanceof Error)
  assert.equal((absent as Error & { code?: string }).code, 'notExists')
  assert.ok(counter && !(counter instanceof Error))
  assert.equal(counter.owner.$kind, 'Shared')
  assert.ok(clock && !(clock instanceof Error))
  // The SDK's tx.object.clock() relies on it.
  assert.deepEqual(clock.owner, { $kind: 'Shared', Shared: { initialSharedVersion: '1' } })
})

test('packages are objects too', async () => {
  const { object } = await client.getObject({ objectId: PROBE, include: { objectBcs: true } })
  assert.equal(object.type, 'package')
  assert.deepEqual(object.owner, { $kind: 'Immutable', Immutable: true })
  const hash = blake2b(Buffer.concat([Buffer.from('Object::'), object.objectBcs]), { dkLen: 32 })
  assert.equal(toBase58(hash), object.digest)
})

test('an object is found at the version that it had', async () => {
  const note = await makeNote(alice, 'first')
  const { object: first } = await client.getObject({ objectId: note })
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${PROBE}::probe::rename`,
    arguments: [transaction.object(note), transaction.pure.string('second')],
  })
  await execute(client, alice, transaction)
  const at = async (version?: bigint): Promise<unknown> => {
    const request = { objectId: note, readMask: { paths: ['json', 'version'] } }
    const { response } = await client.ledgerService.getObject(
      version === undefined ? request : { ...request, version },
    )
    assert.ok(response.object)
    return (GrpcTypes.Object.toJson(response.object) as { json: { text: string } }).json.text
  }
  assert.equal(await at(BigInt(first.version)), 'first')
  assert.equal(await at(), 'second')
  await assert.rejects(at(1_000_000n), { code: 'NOT_FOUND', message: /at version 1000000/ })
})

test('listOwnedObjects pages and filters by type', async () => {
  const key = fundedKey(net, 2)
  const owner = key.toSuiAddress()
  const notes = new Set<string>()
  for (const text of ['a', 'b', 'c']) notes.add(await makeNote(key, text))
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof client.listOwnedObjects>> = await client.listOwnedObjects({
      owner,
      type: NOTE,
      limit: 2,
      cursor,
      include: { content: true },
    })
    assert.ok(page.objects.length <= 2)
    for (const object of page.objects) {
      assert.equal(object.type, NOTE)
      seen.push(object.objectId)
    }
    assert.equal(page.hasNextPage, page.cursor !== null)
    cursor = page.cursor
  } while (cursor !== null)
  assert.deepEqual(new Set(seen), notes)
  assert.equal(seen.length, 3)
  const { objects: all } = await client.listOwnedObjects({ owner })
  assert.equal(all.length, 5)
  assert.deepEqual((await client.listOwnedObjects({ owner, type: '0x2::coin::Coin' })).objects.length, 2)
  assert.deepEqual((await client.listOwnedObjects({ owner: `0x${'0'.repeat(63)}9` })).objects, [])
})

test('a page token of another list is refused', async () => {
  const owner = fundedKey(net, 2).toSuiAddress()
  const { cursor } = await client.listCoins({ owner, limit: 1 })
  assert.ok(cursor)
  await assert.rejects(client.listOwnedObjects({ owner, cursor }), {
    code: 'INVALID_ARGUMENT',
    message: /page_token/,
  })
})

test('listCoins, getBalance and listBalances count SUI and WAL', async () => {
  const key = fundedKey(net, 2)
  const owner = key.toSuiAddress()
  net.fundWal(owner, 7n)
  const { objects } = await client.listCoins({ owner })
  assert.deepEqual(
    objects.map(({ balance, type }) => [BigInt(balance), type]),
    [
      [THOUSAND_SUI, normalizeStructTag('0x2::coin::Coin<0x2::sui::SUI>')],
      [THOUSAND_SUI, normalizeStructTag('0x2::coin::Coin<0x2::sui::SUI>')],
    ],
  )
  const { balance } = await client.getBalance({ owner })
  assert.deepEqual(balance, {
    coinType: SUI,
    balance: String(2n * THOUSAND_SUI),
    coinBalance: String(2n * THOUSAND_SUI),
    addressBalance: '0',
  })
  const wal = `${net.descriptor.walrus.walPackageId}::wal::WAL`
  assert.equal((await client.getBalance({ owner, coinType: wal })).balance.balance, '7')
  const { balances, hasNextPage } = await client.listBalances({ owner })
  assert.equal(hasNextPage, false)
  assert.deepEqual(
    new Map(balances.map(one => [one.coinType, one.balance])),
    new Map([
      [SUI, String(2n * THOUSAND_SUI)],
      [wal, '7'],
    ]),
  )
  const first = await client.listBalances({ owner, limit: 1 })
  assert.equal(first.hasNextPage, true)
  const second = await client.listBalances({ owner, limit: 1, cursor: first.cursor })
  assert.equal(second.hasNextPage, false)
  assert.deepEqual([...first.balances, ...second.balances], balances)
  assert.equal((await client.getBalance({ owner: '0x9' })).balance.balance, '0')
})

test('getCoinMetadata knows SUI and WAL and nothing else', async () => {
  const { coinMetadata: sui } = await client.getCoinMetadata({ coinType: '0x2::sui::SUI' })
  assert.equal(sui?.decimals, 9)
  assert.equal(sui.symbol, 'SUI')
  const { coinMetadata: wal } = await client.getCoinMetadata({
    coinType: `${net.descriptor.walrus.walPackageId}::wal::WAL`,
  })
  assert.equal(wal?.decimals, 9)
  assert.equal(wal.symbol, 'WAL')
  assert.equal((await client.getCoinMetadata({ coinType: NOTE })).coinMetadata, null)
})

test('listDynamicFields, getDynamicField and getDynamicObjectField', async () => {
  const counter = counterOf(net)
  const note = await makeNote(alice, 'attached')
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${PROBE}::probe::set_field`,
    arguments: [transaction.object(counter), transaction.pure.string('size'), transaction.pure.u64(42)],
  })
  transaction.moveCall({
    target: `${PROBE}::probe::attach`,
    arguments: [transaction.object(counter), transaction.pure.string('note'), transaction.object(note)],
  })
  await execute(client, alice, transaction)
  const name = (text: string): { type: string; bcs: Uint8Array } => ({
    type: '0x1::string::String',
    bcs: bcs.string().serialize(text).toBytes(),
  })

  const { dynamicField } = await client.getDynamicField({ parentId: counter, name: name('size') })
  assert.equal(dynamicField.value.type, 'u64')
  assert.equal(bcs.u64().parse(dynamicField.value.bcs), '42')
  const { object } = await client.getDynamicObjectField({ parentId: counter, name: name('note') })
  assert.equal(object.objectId, note)

  const { dynamicFields, hasNextPage } = await client.listDynamicFields({
    parentId: counter,
    include: { value: true },
  })
  assert.equal(hasNextPage, false)
  const plain = dynamicFields.find(field => field.$kind === 'DynamicField')
  assert.equal(plain?.fieldId, dynamicField.fieldId)
  assert.deepEqual(plain.value?.bcs, dynamicField.value.bcs)
  assert.equal(bcs.string().parse(plain.name.bcs), 'size')
  const child = dynamicFields.find(field => field.$kind === 'DynamicObject')
  assert.equal(child?.childId, note)
  assert.equal(child.valueType, NOTE)
  const first = await client.listDynamicFields({ parentId: counter, limit: 1 })
  assert.equal(first.hasNextPage, true)
  const second = await client.listDynamicFields({ parentId: counter, limit: 1, cursor: first.cursor })
  assert.notEqual(first.dynamicFields[0]?.fieldId, second.dynamicFields[0]?.fieldId)
  await assert.rejects(client.getDynamicField({ parentId: counter, name: name('absent') }), {
    code: 'notExists',
  })
})

test('executeTransaction, waitForTransaction and getTransaction agree', async () => {
  const transaction = new Transaction()
  const [coin] = transaction.splitCoins(transaction.gas, [1000])
  const bob = new Ed25519Keypair().toSuiAddress()
  transaction.transferObjects([coin], bob)
  transaction.setSender(alice.toSuiAddress())
  const bytes = await transaction.build({ client })
  const { signature } = await alice.signTransaction(bytes)
  const include = {
    effects: true,
    balanceChanges: true,
    bcs: true,
    transaction: true,
    objectTypes: true,
  } as const
  const executed = await client.executeTransaction({ transaction: bytes, signatures: [signature], include })
  assert.ok(executed.Transaction)
  const waited = await client.waitForTransaction({ digest: executed.Transaction.digest, include })
  assert.deepEqual(waited.Transaction, executed.Transaction)
  const { digest, effects, balanceChanges, signatures, bcs: sent } = executed.Transaction
  assert.equal(digest, await transaction.getDigest({ client }))
  assert.deepEqual(signatures, [signature])
  assert.deepEqual(sent, bytes)
  const hash = blake2b(Buffer.concat([Buffer.from('TransactionData::'), bytes]), { dkLen: 32 })
  assert.equal(digest, toBase58(hash))
  assert.equal(bcs.TransactionEffects.parse(effects.bcs ?? new Uint8Array()).V2?.transactionDigest, digest)
  assert.equal(effects.gasObject?.idOperation, 'None')
  const gain = balanceChanges.find(({ address }) => address === bob)
  assert.deepEqual(gain, { coinType: SUI, address: bob, amount: '1000' })
  // The same bytes again give the same result instead of running twice.
  const again = await client.executeTransaction({ transaction: bytes, signatures: [signature], include })
  assert.deepEqual(again.Transaction, executed.Transaction)
  await assert.rejects(client.getTransaction({ digest: toBase58(new Uint8Array(32)) }), {
    reason: 'notFound',
  })
})

test('simulateTransaction shows what would happen and changes nothing', async () => {
  const owner = alice.toSuiAddress()
  const { balance: before } = await client.getBalance({ owner })
  const transaction = new Transaction()
  transaction.setSender(owner)
  const [coin] = transaction.splitCoins(transaction.gas, [5])
  transaction.transferObjects([coin], owner)
  const result = await client.simulateTransaction({
    transaction,
    include: { effects: true, balanceChanges: true, commandResults: true, transaction: true },
  })
  assert.equal(result.$kind, 'Transaction')
  assert.equal(result.commandResults?.length, 2)
  assert.ok(BigInt(result.Transaction.effects.gasUsed.computationCost) > 0n)
  assert.equal((await client.getBalance({ owner })).balance.balance, before.balance)
  await assert.rejects(client.getTransaction({ digest: result.Transaction.digest }), { reason: 'notFound' })
})

test('with checks off anybody may look at anything', async () => {
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${PROBE}::probe::value`,
    arguments: [transaction.object(counterOf(net))],
  })
  const result = await client.simulateTransaction({
    transaction,
    checksEnabled: false,
    include: { commandResults: true },
  })
  assert.equal(result.$kind, 'Transaction')
  assert.equal(result.commandResults?.[0]?.returnValues[0]?.bcs.length, 8)
})

test('coinWithBalance is resolved by the client from coins of the account', async () => {
  net.fundWal(alice.toSuiAddress(), 500n)
  const wal = `${net.descriptor.walrus.walPackageId}::wal::WAL`
  const bob = new Ed25519Keypair().toSuiAddress()
  const transaction = new Transaction()
  transaction.transferObjects(
    [coinWithBalance({ type: wal, balance: 200n }), coinWithBalance({ balance: 9n })],
    bob,
  )
  await execute(client, alice, transaction)
  assert.equal((await client.getBalance({ owner: bob, coinType: wal })).balance.balance, '200')
  assert.equal((await client.getBalance({ owner: bob })).balance.balance, '9')
})

test('objects sent to an object are received', async () => {
  const box = await makeNote(alice, 'box')
  const letter = await makeNote(alice, 'letter')
  const send = new Transaction()
  send.transferObjects([send.object(letter)], box)
  await execute(client, alice, send)
  const receive = new Transaction()
  const note = receive.moveCall({
    target: `${PROBE}::probe::receive`,
    arguments: [receive.object(box), receive.object(letter)],
  })
  receive.moveCall({ target: `${PROBE}::probe::burn`, arguments: [note] })
  await execute(client, alice, receive)
  await assert.rejects(client.getObject({ objectId: letter }), { code: 'notExists' })
})

test('the clock is read, and advances on demand', async () => {
  const read = async (): Promise<number> => {
    const transaction = new Transaction()
    transaction.moveCall({ target: `${PROBE}::probe::time`, arguments: [transaction.object.clock()] })
    const { commandResults } = await client.simulateTransaction({
      transaction,
      include: { commandResults: true },
    })
    return Number(bcs.u64().parse(commandResults?.[0]?.returnValues[0]?.bcs ?? new Uint8Array()))
  }
  const before = await read()
  const day = 86_400_000
  net.advanceClock(day)
  const { object } = await client.getObject({ objectId: '0x6', include: { json: true } })
  assert.ok(Number(object.json?.['timestamp_ms']) >= before + day)
  const later = (await read()) - before
  assert.ok(later >= day && later < day + 60_000, `${later} ms later`)
  assert.throws(() => net.advanceClock(-1), { code: 'BAD_CLOCK' })
})

test('getMoveFunction describes parameters as the resolver needs them', async () => {
  const { function: increment } = await client.getMoveFunction({
    packageId: PROBE,
    moduleName: 'probe',
    name: 'increment',
  })
  assert.deepEqual(increment, {
    packageId: PROBE,
    moduleName: 'probe',
    name: 'increment',
    visibility: 'public',
    isEntry: false,
    typeParameters: [],
    parameters: [
      {
        reference: 'mutable',
        body: { $kind: 'datatype', datatype: { typeName: `${PROBE}::probe::Counter`, typeParameters: [] } },
      },
      { reference: null, body: { $kind: 'u64' } },
    ],
    returns: [{ reference: null, body: { $kind: 'u64' } }],
  })
  const { function: split } = await client.getMoveFunction({
    packageId: '0x2',
    moduleName: 'coin',
    name: 'split',
  })
  assert.deepEqual(split.typeParameters, [{ isPhantom: false, constraints: [] }])
  await assert.rejects(client.getMoveFunction({ packageId: PROBE, moduleName: 'probe', name: 'absent' }), {
    code: 'NOT_FOUND',
  })
})

test('packages and datatypes are described', async () => {
  const { response } = await client.movePackageService.getPackage({ packageId: PROBE })
  const [module] = response.package?.modules ?? []
  assert.equal(module?.name, 'probe')
  assert.deepEqual(
    new Set(module.datatypes.map(({ name }) => name)),
    new Set(['Counter', 'Note', 'Moved', 'Mood']),
  )
  assert.ok(module.functions.some(({ name }) => name === 'init'))
  const { response: mood } = await client.movePackageService.getDatatype({
    packageId: PROBE,
    moduleName: 'probe',
    name: 'Mood',
  })
  assert.equal(mood.datatype?.kind, GrpcTypes.DatatypeDescriptor_DatatypeKind.ENUM)
  assert.deepEqual(
    mood.datatype.variants.map(({ name, fields }) => [name, fields.map(field => field.name)]),
    [
      ['Plain', []],
      ['Happy', ['level']],
    ],
  )
  const { response: versions } = await client.movePackageService.listPackageVersions({ packageId: PROBE })
  assert.deepEqual(versions.versions, [{ packageId: PROBE, version: 1n }])
})

test('listEvents walks forwards and backwards, page by page', async () => {
  const key = fundedKey(net)
  const sender = key.toSuiAddress()
  for (let by = 1; by <= 5; by++) {
    const transaction = new Transaction()
    const counter = transaction.object(counterOf(net))
    transaction.moveCall({
      target: `${PROBE}::probe::increment`,
      arguments: [counter, transaction.pure.u64(by)],
    })
    transaction.moveCall({
      target: `${PROBE}::probe::increment`,
      arguments: [counter, transaction.pure.u64(by + 10)],
    })
    await execute(client, key, transaction)
  }
  const by = (event: { json: unknown }): string => (event.json as { by: string }).by
  const walk = async (order: 'ascending' | 'descending'): Promise<string[]> => {
    const found: string[] = []
    let cursor: string | null = null
    for (;;) {
      const bound = cursor === null ? {} : order === 'ascending' ? { after: cursor } : { before: cursor }
      const page = await client.listEvents({ filter: { sender }, limit: 3, order, ...bound })
      found.push(...page.events.map(by))
      if (!page.hasNextPage) return found
      assert.equal(page.events.length, 3)
      cursor = page.endCursor
    }
  }
  const expected = ['1', '11', '2', '12', '3', '13', '4', '14', '5', '15']
  assert.deepEqual(await walk('ascending'), expected)
  assert.deepEqual(await walk('descending'), expected.toReversed())

  const [first] = (await client.listEvents({ filter: { sender }, limit: 1 })).events
  assert.equal(first?.eventIndex, 0)
  const executed = await client.getTransaction({ digest: first.transactionDigest, include: { events: true } })
  assert.deepEqual(executed.Transaction?.events[0]?.bcs, first.bcs)
  for (const filter of [
    { eventType: `${PROBE}::probe::Moved` },
    { eventType: `${PROBE}::probe` },
    { emitModule: `${PROBE}::probe` },
  ])
    assert.ok((await client.listEvents({ filter, limit: 100 })).events.length >= 10)
  assert.deepEqual((await client.listEvents({ filter: { sender: '0x9' } })).events, [])
})

test('listTransactions finds by sender and by function', async () => {
  const key = fundedKey(net)
  const sender = key.toSuiAddress()
  const note = await makeNote(key, 'mine')
  const transaction = new Transaction()
  transaction.moveCall({ target: `${PROBE}::probe::burn`, arguments: [transaction.object(note)] })
  const { digest } = await execute(client, key, transaction)
  const { transactions } = await client.listTransactions({ filter: { sender }, order: 'descending' })
  assert.equal(transactions.length, 2)
  assert.equal(transactions[0]?.Transaction?.digest, digest)
  const called = await client.listTransactions({
    filter: { function: `${PROBE}::probe::burn` },
    order: 'descending',
    limit: 1,
  })
  assert.equal(called.transactions[0]?.Transaction?.digest, digest)
})

test('checkpoints chain, hold their transactions, and can be followed', async () => {
  const { response: info } = await client.ledgerService.getServiceInfo({})
  const follow = new AbortController()
  const call = client.subscriptionService.subscribeCheckpoints(
    { readMask: { paths: ['sequence_number', 'digest', 'transactions.digest', 'summary.previous_digest'] } },
    { abort: follow.signal },
  )
  const seen: GrpcTypes.SubscribeCheckpointsResponse[] = []
  const following = (async () => {
    for await (const one of call.responses) seen.push(one)
  })()
  await call.headers
  const { digest } = await execute(client, alice, splitAndMerge())
  const executed = await client.getTransaction({ digest })
  const wanted = BigInt(executed.Transaction?.checkpoint ?? -1)
  assert.ok(wanted > (info.checkpointHeight ?? 0n))
  while (!seen.some(({ cursor }) => cursor === wanted)) await new Promise(resolve => setTimeout(resolve, 5))
  follow.abort()
  await assert.rejects(following, { code: 'CANCELLED' })
  const mine = seen.find(({ cursor }) => cursor === wanted)?.checkpoint
  assert.ok(mine?.transactions.some(transaction => transaction.digest === digest))
  const { response: previous } = await client.ledgerService.getCheckpoint({
    checkpointId: { oneofKind: 'sequenceNumber', sequenceNumber: wanted - 1n },
  })
  assert.equal(mine?.summary?.previousDigest, previous.checkpoint?.digest)
  const { response: genesis } = await client.ledgerService.getCheckpoint({
    checkpointId: { oneofKind: 'digest', digest: net.descriptor.chainId },
  })
  assert.equal(genesis.checkpoint?.sequenceNumber, 0n)
})

test('the official faucet function gets SUI, and the same for WAL', async () => {
  const recipient = new Ed25519Keypair().toSuiAddress()
  const response = await requestSuiFromFaucetV2({ host: net.faucetUrl, recipient })
  const [sent] = response.coins_sent ?? []
  assert.equal(BigInt(sent?.amount ?? 0), THOUSAND_SUI)
  assert.equal((await client.getBalance({ owner: recipient })).balance.balance, String(THOUSAND_SUI))
  const { object } = await client.getObject({
    objectId: sent?.id ?? '',
    include: { previousTransaction: true },
  })
  assert.equal(object.previousTransaction, sent?.transferTxDigest)
  const wal = await fetch(`${net.faucetUrl}/v2/wal`, {
    method: 'POST',
    body: JSON.stringify({ FixedAmountRequest: { recipient } }),
  })
  assert.equal(((await wal.json()) as { status: string }).status, 'Success')
  const coinType = `${net.descriptor.walrus.walPackageId}::wal::WAL`
  assert.equal(
    (await client.getBalance({ owner: recipient, coinType })).balance.balance,
    String(THOUSAND_SUI),
  )
  await assert.rejects(
    requestSuiFromFaucetV2({ host: net.faucetUrl, recipient: 'nobody' }),
    /not a Sui address/,
  )
})

test('zkLogin verification is refused by name', async () => {
  await assert.rejects(
    client.verifyZkLoginSignature({
      bytes: 'AA==',
      signature: 'AA==',
      intentScope: 'PersonalMessage',
      address: alice.toSuiAddress(),
    }),
    { code: 'UNIMPLEMENTED', message: /SignatureVerificationService\/VerifySignature is not supported/ },
  )
})

test('ids are accepted in any usual form', async () => {
  const short = await client.getObject({ objectId: '0x2' })
  const upper = await client.getObject({
    objectId: `0x${'2'.padStart(64, '0')}`.toUpperCase().replace('X', 'x'),
  })
  assert.equal(short.object.digest, upper.object.digest)
  assert.equal(fromHex(short.object.objectId).length, 32)
})
