/**
 * A transaction that fails while it runs: the status that the effects will carry and what to tell people.
 * @module
 */
import type { FailureStatus } from './execution-error.ts'

/** Kinds of a wrong argument, in the SDK's names. */
export type ArgumentErrorKind =
  | 'TypeMismatch'
  | 'InvalidBCSBytes'
  | 'InvalidUsageOfPureArg'
  | 'InvalidArgumentToPrivateEntryFunction'
  | 'InvalidGasCoinUsage'
  | 'InvalidValueUsage'
  | 'InvalidObjectByValue'
  | 'InvalidObjectByMutRef'
  | 'InvalidMakeMoveVecNonObjectArgument'
  | 'InvalidTransferObject'

const ARGUMENT_TEXT: Readonly<Record<ArgumentErrorKind, string>> = {
  TypeMismatch: 'the value has another type than the parameter',
  InvalidBCSBytes: 'the bytes are not a value of the parameter’s type',
  InvalidUsageOfPureArg: 'a pure input cannot be a value of this type; objects are named by id',
  InvalidArgumentToPrivateEntryFunction:
    'the value is entangled with a value that must still be used up, which a non-public entry function may not see',
  InvalidGasCoinUsage: 'the gas coin may be taken by value only by TransferObjects',
  InvalidValueUsage: 'the value was already moved, or is borrowed by another argument',
  InvalidObjectByValue: 'the object may not be taken by value: it is immutable or a read-only input',
  InvalidObjectByMutRef: 'the object may not be changed: it is immutable or a read-only input',
  InvalidMakeMoveVecNonObjectArgument: 'a vector without a type is made of objects only',
  InvalidTransferObject: 'the value cannot be transferred',
}

/** Builds a status of the effects; units carry `true`, like the SDK's parsed enums. */
function failureStatus(kind: FailureStatus['$kind'], payload: unknown = true): FailureStatus {
  return { $kind: kind, [kind]: payload } as unknown as FailureStatus
}

/** Stops a running transaction; everything but the gas is undone. */
export class TransactionFailure extends Error {
  override name = 'TransactionFailure'
  readonly status: FailureStatus

  constructor(status: FailureStatus, message: string) {
    super(message)
    this.status = status
  }
}

/** A failure without further data. */
export function failure(
  kind: FailureStatus['$kind'],
  message: string,
  payload: unknown = true,
): TransactionFailure {
  return new TransactionFailure(failureStatus(kind, payload), message)
}

/** Argument number `index` of the command is wrong. */
export function argumentFailure(index: number, kind: ArgumentErrorKind, detail?: string): TransactionFailure {
  const message = `argument ${index}: ${detail ?? ARGUMENT_TEXT[kind]}`
  return failure('CommandArgumentError', message, { argIdx: index, kind: { $kind: kind, [kind]: true } })
}

/** Argument number `index` names something that is not there. */
export function argumentIndexFailure(
  index: number,
  kind: 'IndexOutOfBounds' | 'SecondaryIndexOutOfBounds' | 'InvalidResultArity',
  payload: object,
  message: string,
): TransactionFailure {
  const error = { argIdx: index, kind: { $kind: kind, [kind]: payload } }
  return failure('CommandArgumentError', `argument ${index}: ${message}`, error)
}
