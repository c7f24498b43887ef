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

const sentences: readonly (readonly [string, string])[] = [
  ['No valid gas coins found for the transaction.', 'NO_GAS'],
  ['unable to select sufficient gas', 'NO_GAS'],
  [`Insufficient balance of ${OTHER}::wal::WAL for owner 0x1. Required: 5, Available: 0`, 'NO_WAL'],
  ['Object 0x1 version 5 is not available for consumption, current version: 6', 'OBJECT_CHANGED'],
  ['fetch failed', 'LEDGER_UNREACHABLE'],
  ['something else', 'TRANSACTION_REFUSED'],
]

for (const [message, code] of sentences) {
  test(`${code} is how ${JSON.stringify(message.slice(0, 40))} is told`, () => {
    const error = errorOfRequest(new Error(message), SQUID, '0x1')
    assert.equal(error.code, code)
    assert.match(error.message, /[.?]$/)
  })
}

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
