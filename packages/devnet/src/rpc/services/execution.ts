/**
 * `sui.rpc.v2.TransactionExecutionService`: running transactions, for good or to see what would happen.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { GrpcTypes } from '@mysten/sui/grpc'
import type { CommandOutput, CommandValue, Ledger, TransactionArgument } from '@squid/sui/ledger'
import { writeBytes, writeExecuted, writeOutcome } from '../convert/executed-transaction.ts'
import {
  readTransaction,
  writeTransaction,
  type CallArg,
  type TransactionData,
} from '../convert/transaction.ts'
import { writeType } from '../convert/type-name.ts'
import { resolveTransaction } from '../resolve/resolve.ts'
import { FieldMask } from '../web/field-mask.ts'
import { unary, type Draft, type Method } from '../web/method.ts'
import { GrpcError } from '../web/status.ts'

const { TransactionExecutionService, Argument_ArgumentKind: ARGUMENT } = GrpcTypes
const CHECKS = GrpcTypes.SimulateTransactionRequest_TransactionChecks
const MAX_SIGNATURES = 16

/** Every method of the service. */
export function executionMethods(ledger: Ledger): Method[] {
  return [
    unary(
      TransactionExecutionService,
      'ExecuteTransaction',
      GrpcTypes.ExecuteTransactionRequest,
      GrpcTypes.ExecuteTransactionResponse,
      request => executeTransaction(ledger, request),
    ),
    unary(
      TransactionExecutionService,
      'SimulateTransaction',
      GrpcTypes.SimulateTransactionRequest,
      GrpcTypes.SimulateTransactionResponse,
      request => simulateTransaction(ledger, request),
    ),
  ]
}

function executeTransaction(
  ledger: Ledger,
  { transaction, signatures, readMask }: GrpcTypes.ExecuteTransactionRequest,
): Draft<GrpcTypes.ExecuteTransactionResponse> {
  const mask = FieldMask.parse(readMask, GrpcTypes.ExecutedTransaction, ['effects'])
  if (transaction === undefined) throw missing('transaction')
  if (signatures.length > MAX_SIGNATURES)
    throw new GrpcError('INVALID_ARGUMENT', `more than ${MAX_SIGNATURES} signatures`)
  const bytes = transaction.bcs?.value ?? serialize(transaction)
  const signed = signatures.map(({ bcs: serialized }) => serialized?.value ?? refuseParts())
  return { transaction: writeExecuted(ledger, ledger.execute(bytes, signed), mask) }
}

function simulateTransaction(
  ledger: Ledger,
  { transaction, readMask, checks, doGasSelection }: GrpcTypes.SimulateTransactionRequest,
): Draft<GrpcTypes.SimulateTransactionResponse> {
  const mask = FieldMask.parse(readMask, GrpcTypes.SimulateTransactionResponse, ['*'])
  if (transaction === undefined) throw missing('transaction')
  const inside = mask.inside('transaction')
  const { data, bytes, outcome } = resolveTransaction(ledger, readTransaction(transaction), {
    selectGas: doGasSelection ?? false,
    checks: checks !== CHECKS.DISABLED,
    exact: mask.has('command_outputs') || !onlyResolution(inside),
  })
  const source = inside.has('transaction')
    ? { ...writeTransaction(data), ...writeBytes(bytes, outcome.digest) }
    : undefined
  return mask.trim<GrpcTypes.SimulateTransactionResponse>(GrpcTypes.SimulateTransactionResponse, {
    transaction: { ...writeOutcome(ledger, outcome, inside), transaction: source },
    commandOutputs: outcome.commands.map(writeCommandOutput),
    suggestedGasPrice: ledger.epoch.referenceGasPrice,
  })
}

/** Whether the client wants the completed transaction and whether it would succeed, and nothing that depends on its digest. */
function onlyResolution(mask: FieldMask): boolean {
  return (
    mask.isWithin(['transaction', 'effects']) &&
    mask.inside('transaction').isWithin(['sender', 'gas_payment', 'expiration', 'kind']) &&
    mask.inside('effects').isWithin(['status', 'epoch'])
  )
}

/** Bytes of a transaction that was sent in parts and is complete. */
function serialize(transaction: GrpcTypes.Transaction): Uint8Array {
  const { sender, inputs, commands, gasOwner, payment, price, budget, expiration } =
    readTransaction(transaction)
  const complete = inputs.filter((input): input is CallArg => input.$kind !== 'OpenObject')
  if (complete.length < inputs.length || price === undefined || budget === undefined)
    throw new GrpcError(
      'INVALID_ARGUMENT',
      'the transaction is not complete: have it resolved by SimulateTransaction first',
    )
  const data: TransactionData = {
    kind: {
      $kind: 'ProgrammableTransaction',
      ProgrammableTransaction: { inputs: complete, commands: [...commands] },
    },
    sender,
    gasData: { payment: [...payment], owner: gasOwner, price: String(price), budget: String(budget) },
    expiration,
  }
  return bcs.TransactionData.serialize({ V1: data }).toBytes()
}

function refuseParts(): never {
  throw new GrpcError('UNIMPLEMENTED', 'signatures in parts are not supported: send UserSignature.bcs')
}

function writeCommandOutput({
  returnValues,
  mutatedByReference,
}: CommandOutput): Draft<GrpcTypes.CommandResult> {
  return {
    returnValues: returnValues.map(writeValue),
    mutatedByRef: mutatedByReference.map(value => ({
      ...writeValue(value),
      argument: writeArgument(value.argument),
    })),
  }
}

function writeValue({ type, bcs: value }: CommandValue): Draft<GrpcTypes.CommandOutput> {
  return { value: { name: writeType(type), value } }
}

function writeArgument(argument: TransactionArgument): Draft<GrpcTypes.Argument> {
  switch (argument.kind) {
    case 'gasCoin':
      return { kind: ARGUMENT.GAS }
    case 'input':
      return { kind: ARGUMENT.INPUT, input: argument.index }
    default:
      return { kind: ARGUMENT.RESULT, result: argument.command, subresult: argument.index }
  }
}

function missing(what: string): GrpcError {
  return new GrpcError('INVALID_ARGUMENT', `${what} is missing`)
}
