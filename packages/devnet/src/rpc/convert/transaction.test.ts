import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import { GrpcTypes } from '@mysten/sui/grpc'
import { Inputs, Transaction } from '@mysten/sui/transactions'
import * as fc from 'fast-check'
import { GrpcError } from '../web/status.ts'
import { openTransaction, parseTransactionData, readTransaction, writeTransaction } from './transaction.ts'

const A = `0x${'a'.repeat(64)}`
const B = `0x${'b'.repeat(64)}`
const DIGEST = '4btiuiMPvEENsttpZC7CZ53DruC3MAgfznDbASZ7DR6S'
const ref = (objectId: string): { objectId: string; version: string; digest: string } => ({
  objectId,
  version: '7',
  digest: DIGEST,
})

/** Every kind of input, argument and command that the devnet runs, built offline by the SDK. */
async function everything(): Promise<Uint8Array> {
  const transaction = new Transaction()
  transaction.setSender(A)
  transaction.setGasOwner(B)
  transaction.setGasPrice(1000)
  transaction.setGasBudget(5_000_000)
  transaction.setGasPayment([ref(B)])
  const owned = transaction.object(Inputs.ObjectRef(ref(A)))
  const [coin, more] = transaction.splitCoins(transaction.gas, [1, 2])
  transaction.mergeCoins(coin, [more])
  const made = transaction.makeMoveVec({ type: '0x2::sui::SUI', elements: [owned] })
  transaction.moveCall({
    target: '0x2::m::f',
    typeArguments: ['u8', 'vector<0x2::sui::SUI>'],
    arguments: [
      transaction.object(Inputs.SharedObjectRef({ objectId: B, initialSharedVersion: 3, mutable: true })),
      transaction.object(
        Inputs.SharedObjectRef({ objectId: '0x6', initialSharedVersion: 1, mutable: false }),
      ),
      transaction.object(Inputs.ReceivingRef(ref('0x9'))),
      made,
    ],
  })
  transaction.transferObjects([coin], B)
  return await transaction.build()
}

/** What the RPC sends over the wire and back. */
function overTheWire(bytes: Uint8Array): GrpcTypes.Transaction {
  const message = GrpcTypes.Transaction.create(
    writeTransaction(parseTransactionData(bytes)) as Parameters<typeof GrpcTypes.Transaction.create>[0],
  )
  return GrpcTypes.Transaction.fromBinary(GrpcTypes.Transaction.toBinary(message))
}

test('a transaction survives the RPC form', async () => {
  const bytes = await everything()
  assert.deepEqual(readTransaction(overTheWire(bytes)), openTransaction(parseTransactionData(bytes)))
})

test('expirations survive the RPC form', async () => {
  const data = parseTransactionData(await everything())
  for (const expiration of [
    { None: true },
    { Epoch: 9 },
    {
      ValidDuring: {
        minEpoch: '1',
        maxEpoch: '2',
        minTimestamp: null,
        maxTimestamp: '1234',
        chain: DIGEST,
        nonce: 7,
      },
    },
  ] as const) {
    const bytes = bcs.TransactionData.serialize({ V1: { ...data, expiration } }).toBytes()
    assert.deepEqual(readTransaction(overTheWire(bytes)).expiration, parseTransactionData(bytes).expiration)
  }
})

test('bytes are preferred to parts', async () => {
  const value = await everything()
  const read = readTransaction(GrpcTypes.Transaction.create({ bcs: { value }, sender: B }))
  assert.equal(read.sender, A)
})

test('an input of which only the id is known stays open', () => {
  const message = GrpcTypes.Transaction.create({
    sender: '0xa',
    kind: {
      data: {
        oneofKind: 'programmableTransaction',
        programmableTransaction: { inputs: [{ objectId: '0x5' }, { pure: Uint8Array.of(1) }], commands: [] },
      },
    },
  })
  const { inputs, sender, gasOwner, price, budget, payment } = readTransaction(message)
  assert.deepEqual(inputs, [
    {
      $kind: 'OpenObject',
      objectId: `0x${'5'.padStart(64, '0')}`,
      version: undefined,
      digest: undefined,
      mutable: undefined,
    },
    { $kind: 'Pure', Pure: { bytes: 'AQ==' } },
  ])
  assert.equal(sender, `0x${'a'.padStart(64, '0')}`)
  assert.equal(gasOwner, sender)
  assert.deepEqual([price, budget, payment], [undefined, undefined, []])
})

type Program = NonNullable<Parameters<typeof GrpcTypes.ProgrammableTransaction.create>[0]>

function program(programmableTransaction: Program): GrpcTypes.Transaction {
  return GrpcTypes.Transaction.create({
    sender: '0xa',
    kind: {
      data: {
        oneofKind: 'programmableTransaction',
        programmableTransaction: GrpcTypes.ProgrammableTransaction.create(programmableTransaction),
      },
    },
  })
}

const { FUNDS_WITHDRAWAL, SHARED, IMMUTABLE_OR_OWNED } = GrpcTypes.Input_InputKind
const refusals: readonly [what: string, message: GrpcTypes.Transaction, code: string, text: RegExp][] = [
  ['nothing', GrpcTypes.Transaction.create({}), 'INVALID_ARGUMENT', /kind is missing/],
  [
    'no sender',
    GrpcTypes.Transaction.create({ ...program({}), sender: undefined } as never),
    'INVALID_ARGUMENT',
    /sender is missing/,
  ],
  ['a withdrawal', program({ inputs: [{ kind: FUNDS_WITHDRAWAL }] }), 'UNIMPLEMENTED', /address balances/],
  [
    'a literal',
    program({ inputs: [{ literal: { kind: { oneofKind: 'boolValue', boolValue: true } } }] }),
    'UNIMPLEMENTED',
    /literal/,
  ],
  [
    'a shared object without version',
    program({ inputs: [{ kind: SHARED, objectId: '0x1' }] }),
    'INVALID_ARGUMENT',
    /version is missing/,
  ],
  [
    'a reference without digest',
    program({ inputs: [{ kind: IMMUTABLE_OR_OWNED, objectId: '0x1', version: 1n }] }),
    'INVALID_ARGUMENT',
    /digest is missing/,
  ],
  [
    'a digest that is none',
    program({ inputs: [{ kind: IMMUTABLE_OR_OWNED, objectId: '0x1', version: 1n, digest: 'x' }] }),
    'INVALID_ARGUMENT',
    /digest/,
  ],
  [
    'an empty command',
    program({ commands: [{ command: { oneofKind: undefined } }] }),
    'INVALID_ARGUMENT',
    /command 0/,
  ],
  [
    'a publish',
    program({
      commands: [{ command: { oneofKind: 'publish', publish: { modules: [], dependencies: [] } } }],
    }),
    'UNIMPLEMENTED',
    /publishing packages is not supported yet/,
  ],
  [
    '2049 inputs',
    program({ inputs: Array.from({ length: 2049 }, () => ({ pure: new Uint8Array() })) }),
    'INVALID_ARGUMENT',
    /inputs/,
  ],
]
for (const [what, message, code, text] of refusals)
  test(`${what} is refused`, () => {
    assert.throws(() => readTransaction(message), { code, message: text })
  })

test('bytes with something after them are no transaction', async () => {
  const bytes = await everything()
  assert.throws(() => parseTransactionData(Buffer.concat([bytes, Uint8Array.of(0)])), {
    code: 'INVALID_ARGUMENT',
  })
  assert.throws(() => parseTransactionData(bytes.subarray(0, -1)), { code: 'INVALID_ARGUMENT' })
})

test('arbitrary bytes are a transaction that encodes back to them, or an error', async () => {
  const valid = await everything()
  const mutated = fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
    const bytes = Uint8Array.from(valid)
    bytes[at] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array()), bytes => {
      try {
        const data = parseTransactionData(bytes)
        assert.deepEqual(bcs.TransactionData.serialize({ V1: data }).toBytes(), Uint8Array.from(bytes))
      } catch (error) {
        assert.ok(error instanceof GrpcError)
      }
    }),
  )
})
