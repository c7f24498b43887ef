/** The strict decoder against the official SDK's encoder. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { toBase58 } from '@mysten/bcs'
import { bcs } from '@mysten/sui/bcs'
import * as fc from 'fast-check'
import { TransactionRefused } from './refusal.ts'
import { decodeTransactionData } from './transaction-data.ts'

const ID = `0x${'12'.repeat(32)}`
const DIGEST = toBase58(new Uint8Array(32).fill(9))
const REFERENCE = { objectId: ID, version: '5', digest: DIGEST }

type Input = typeof bcs.TransactionData.$inferInput

function transaction(change: { kind?: object; expiration?: object } = {}): Uint8Array {
  const whole = {
    V1: {
      kind: change.kind ?? {
        ProgrammableTransaction: {
          inputs: [
            { Pure: { bytes: [1, 2, 3] } },
            { Object: { ImmOrOwnedObject: REFERENCE } },
            { Object: { SharedObject: { objectId: ID, initialSharedVersion: 3, mutable: true } } },
            { Object: { Receiving: REFERENCE } },
          ],
          commands: [
            {
              MoveCall: {
                package: '0x2',
                module: 'coin',
                function: 'value',
                typeArguments: ['vector<0x2::sui::SUI>', 'u256'],
                arguments: [{ GasCoin: true }, { Input: 1 }, { Result: 0 }, { NestedResult: [1, 2] }],
              },
            },
            { TransferObjects: { objects: [{ Result: 0 }], address: { Input: 0 } } },
            { SplitCoins: { coin: { GasCoin: true }, amounts: [{ Input: 0 }] } },
            { MergeCoins: { destination: { GasCoin: true }, sources: [{ Result: 2 }] } },
            { MakeMoveVec: { type: 'u8', elements: [] } },
            { MakeMoveVec: { type: null, elements: [{ Input: 1 }] } },
          ],
        },
      },
      sender: ID,
      gasData: { payment: [REFERENCE], owner: '0x7', price: '1000', budget: '5000' },
      expiration: change.expiration ?? { Epoch: 4 },
    },
  }
  return bcs.TransactionData.serialize(whole as Input).toBytes()
}

function refusal(kind: string, text?: RegExp): (error: unknown) => boolean {
  return error =>
    error instanceof TransactionRefused && error.kind === kind && (text?.test(error.message) ?? true)
}

test('everything that the SDK writes is read', () => {
  const sui = {
    struct: { address: `0x${'2'.padStart(64, '0')}`, module: 'sui', name: 'SUI', typeParams: [] },
  }
  const reference = { id: ID, version: 5n, digest: DIGEST }
  assert.deepEqual(decodeTransactionData(transaction()), {
    transaction: {
      inputs: [
        { kind: 'pure', bytes: Uint8Array.of(1, 2, 3) },
        { kind: 'owned', reference },
        { kind: 'shared', id: ID, initialSharedVersion: 3n, mutable: true },
        { kind: 'receiving', reference },
      ],
      commands: [
        {
          kind: 'moveCall',
          packageId: `0x${'2'.padStart(64, '0')}`,
          module: 'coin',
          function: 'value',
          typeArguments: [{ vector: sui }, 'u256'],
          arguments: [
            { kind: 'gasCoin' },
            { kind: 'input', index: 1 },
            { kind: 'result', command: 0 },
            { kind: 'nestedResult', command: 1, index: 2 },
          ],
        },
        {
          kind: 'transferObjects',
          objects: [{ kind: 'result', command: 0 }],
          address: { kind: 'input', index: 0 },
        },
        { kind: 'splitCoins', coin: { kind: 'gasCoin' }, amounts: [{ kind: 'input', index: 0 }] },
        { kind: 'mergeCoins', destination: { kind: 'gasCoin' }, sources: [{ kind: 'result', command: 2 }] },
        { kind: 'makeMoveVector', type: 'u8', elements: [] },
        { kind: 'makeMoveVector', type: undefined, elements: [{ kind: 'input', index: 1 }] },
      ],
    },
    sender: ID,
    gas: { payment: [reference], owner: `0x${'7'.padStart(64, '0')}`, price: 1000n, budget: 5000n },
    expiration: { kind: 'epoch', epoch: 4n },
  })
})

suite('what is not supported is refused by name', () => {
  const withdrawal = {
    ProgrammableTransaction: {
      inputs: [
        {
          FundsWithdrawal: {
            reservation: { MaxAmountU64: 1 },
            typeArg: { Balance: '0x2::sui::SUI' },
            withdrawFrom: { Sender: true },
          },
        },
      ],
      commands: [],
    },
  }
  const validity = {
    Validity: {
      minEpoch: null,
      maxEpoch: null,
      minTimestamp: null,
      maxTimestamp: null,
      chain: DIGEST,
      nonce: 0,
      allowedProposers: null,
    },
  }
  const publish = {
    ProgrammableTransaction: { inputs: [], commands: [{ Publish: { modules: [], dependencies: [] } }] },
  }
  const prologue = { ConsensusCommitPrologue: { epoch: 0, round: 0, commitTimestampMs: 0 } }
  const cases: [string, Uint8Array, RegExp][] = [
    ['address balances', transaction({ kind: withdrawal }), /FundsWithdrawal/],
    ['proposers', transaction({ expiration: validity }), /Validity/],
    ['publishing', transaction({ kind: publish }), /publishing packages/],
    ['system transactions', transaction({ kind: prologue }), /ConsensusCommitPrologue/],
  ]
  for (const [name, bytes, text] of cases) {
    test(name, () => assert.throws(() => decodeTransactionData(bytes), refusal('Unsupported', text)))
  }
})

test('any bytes are a transaction or a refusal', () => {
  const valid = transaction()
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 4,
      }),
      edits => {
        const bytes = valid.slice()
        for (const [at, value] of edits) bytes[at] = value
        try {
          decodeTransactionData(bytes)
        } catch (error) {
          assert.ok(error instanceof TransactionRefused, String(error))
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('another length of a ULEB128 is another, refused encoding', () => {
  const bytes = transaction({ kind: { ProgrammableTransaction: { inputs: [], commands: [] } } })
  assert.equal(bytes[2], 0)
  const longer = Uint8Array.of(...bytes.slice(0, 2), 0x80, 0x00, ...bytes.slice(3))
  assert.throws(() => decodeTransactionData(longer), refusal('MalformedTransaction', /over-long/))
})
