import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulationError, type SuiClientTypes } from '@mysten/sui/client'
import { constants } from '../gen/squid/flake.ts'
import { errorOfExecution, errorOfRequest } from './errors.ts'

const SQUID = `0x${'8'.repeat(64)}`
const OTHER = `0x${'9'.repeat(64)}`

function abort(
  abortCode: string,
  module: string,
  more: Partial<SuiClientTypes.MoveAbort> = {},
): SuiClientTypes.ExecutionError {
  const MoveAbort = { abortCode, location: { package: SQUID, module }, ...more }
  return { $kind: 'MoveAbort', message: 'abort', MoveAbort }
}

/** As the compiler makes it: flag, no code of its own, a line, the places of name and text. */
function abortCode(name: string): string {
  const place = BigInt(constants.indexOf(name))
  return ((0xc0ffn << 48n) | (12n << 32n) | (place << 16n) | (place + 1n)).toString()
}

test('an abort of ours has the code of its constant, and its text', () => {
  const error = errorOfExecution(abort(abortCode('EStaleRelease'), 'flake'), SQUID)
  assert.equal(error.code, 'STALE_RELEASE')
  assert.match(error.message, /another newest release than the publisher expected: .*publish again\.$/)
  assert.equal(error.abort?.module, 'flake')
  assert.equal(error.abort?.constant, 'EStaleRelease')
})

test('what the full node says of an abort is taken first', () => {
  const cleverError = { constantName: 'ENewError', value: 'Something new' }
  const error = errorOfExecution(abort(abortCode('EStaleRelease'), 'flake', { cleverError }), SQUID)
  assert.equal(error.code, 'NEW_ERROR')
  assert.equal(error.message, 'Something new.')
})

test('an abort of somebody else is not mistaken for ours', () => {
  const location = { package: OTHER, module: 'flake' }
  const error = errorOfExecution(abort(abortCode('EStaleRelease'), 'flake', { location }), SQUID)
  assert.equal(error.code, 'ABORTED')
  assert.match(error.message, new RegExp(`${OTHER}::flake`))
  assert.equal(errorOfExecution(abort('3', 'flake'), SQUID).code, 'ABORTED')
  assert.equal(errorOfExecution(abort('3', 'elsewhere'), SQUID).code, 'ABORTED')
})

test('a failed simulation tells why the transaction would fail', () => {
  const executionError = abort(abortCode('EHidden'), 'flake')
  const error = errorOfRequest(new SimulationError('resolution failed', { executionError }), SQUID, '0x1')
  assert.equal(error.code, 'HIDDEN')
})

/** As the gRPC client of the SDK throws it. */
function rpcError(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'RpcError', code })
}

const STALE = 'object 0x1 version 5 is not available for consumption, current version: 6'

const failures: readonly (readonly [error: Error, code: string])[] = [
  [new Error('No valid gas coins found for the transaction.'), 'NO_GAS'],
  [
    new Error(`Insufficient balance of ${OTHER}::wal::WAL for owner 0x1. Required: 5, Available: 0`),
    'NO_WAL',
  ],
  [new Error('fetch failed'), 'LEDGER_UNREACHABLE'],
  [new Error('something else'), 'TRANSACTION_REFUSED'],
  [
    rpcError('INVALID_ARGUMENT', 'Unable to perform gas selection due to insufficient SUI balance for 0x1'),
    'NO_GAS',
  ],
  [rpcError('INVALID_ARGUMENT', 'GasBalanceTooLow: the gas coins hold 1 MIST'), 'NO_GAS'],
  [rpcError('INVALID_ARGUMENT', `Transaction needs to be rebuilt because ${STALE}`), 'OBJECT_CHANGED'],
  [rpcError('INVALID_ARGUMENT', encodeURIComponent(`rebuilt because ${STALE}`)), 'OBJECT_CHANGED'],
  [
    rpcError('FAILED_PRECONDITION', 'one or more of its objects is reserved for another transaction'),
    'OBJECT_CHANGED',
  ],
  [new SimulationError('wrapped', { cause: rpcError('INVALID_ARGUMENT', STALE) }), 'OBJECT_CHANGED'],
  [rpcError('INTERNAL', 'fetch failed'), 'LEDGER_UNREACHABLE'],
  [rpcError('UNAVAILABLE', 'whatever'), 'LEDGER_UNREACHABLE'],
  [rpcError('DATA_LOSS', 'missing trailers'), 'LEDGER_UNREACHABLE'],
]

for (const [thrown, code] of failures) {
  test(`${code} is how ${JSON.stringify(thrown.message.slice(0, 40))} is told`, () => {
    const error = errorOfRequest(thrown, SQUID, '0x1')
    assert.equal(error.code, code)
    assert.match(error.message, /[.?]$/)
  })
}

test('the faucet is named only where there is one', () => {
  for (const thrown of [new Error('No valid gas coins found for the transaction.'), failures[1]?.[0]]) {
    assert.match(errorOfRequest(thrown, SQUID, '0x1').message, /0x1 has too little; send some to it\.$/)
    assert.match(errorOfRequest(thrown, SQUID, '0x1', true).message, /run squid init, which takes/)
  }
})

// OBJECT_CHANGED means that the transaction is out of the world and may be made and paid again.
for (const thrown of [
  rpcError('INVALID_ARGUMENT', 'the clock 0x6 must be taken by reference'),
  rpcError('INVALID_ARGUMENT', 'blocked by stale configuration; version 1 mismatch'),
  rpcError('UNKNOWN', STALE),
  rpcError('INTERNAL', STALE),
  rpcError('UNAVAILABLE', STALE),
  new Error(STALE),
]) {
  test(`${JSON.stringify(thrown.message.slice(0, 40))} by ${thrown.name} is not taken for an object that changed`, () => {
    assert.notEqual(errorOfRequest(thrown, SQUID, '0x1').code, 'OBJECT_CHANGED')
  })
}

test('words of a refusal do not make it one of gas or of the network', () => {
  const error = rpcError('INVALID_ARGUMENT', 'the argument gas payment of the network module is UNAVAILABLE')
  assert.equal(errorOfRequest(error, SQUID, '0x1').code, 'TRANSACTION_REFUSED')
})

test('other failures of execution have a name', () => {
  assert.equal(
    errorOfExecution({ $kind: 'Unknown', message: 'InsufficientGas', Unknown: null }, SQUID).code,
    'NO_GAS',
  )
  assert.equal(
    errorOfExecution({ $kind: 'Unknown', message: 'InsufficientCoinBalance', Unknown: null }, SQUID).code,
    'NO_FUNDS',
  )
  assert.equal(
    errorOfExecution({ $kind: 'Unknown', message: 'whatever', Unknown: null }, SQUID).code,
    'EXECUTION_FAILED',
  )
})
