/**
 * Outcomes of transactions, from the ledger's form to the RPC's.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type { AbortDetails, CleverError, ExecutionError, FailureStatus } from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'

type ArgumentFailure = NonNullable<FailureStatus['CommandArgumentError']>
type Details = Draft<GrpcTypes.ExecutionError['errorDetails']>

const {
  ExecutionError_ExecutionErrorKind: KIND,
  CommandArgumentError_CommandArgumentErrorKind: ARGUMENT,
  TypeArgumentError_TypeArgumentErrorKind: TYPE_ARGUMENT,
} = GrpcTypes

/** BCS name of a failure → the RPC's kind, where the names differ by more than their spelling. */
const RENAMED: Readonly<Record<string, GrpcTypes.ExecutionError_ExecutionErrorKind>> = {
  MoveObjectTooBig: KIND.OBJECT_TOO_BIG,
  MovePackageTooBig: KIND.PACKAGE_TOO_BIG,
  VMVerificationOrDeserializationError: KIND.VM_VERIFICATION_OR_DESERIALIZATION_ERROR,
  VMInvariantViolation: KIND.VM_INVARIANT_VIOLATION,
  SharedObjectOperationNotAllowed: KIND.CONSENSUS_OBJECT_OPERATION_NOT_ALLOWED,
  ExecutionCancelledDueToSharedObjectCongestion: KIND.EXECUTION_CANCELED_DUE_TO_CONSENSUS_OBJECT_CONGESTION,
  ExecutionCancelledDueToRandomnessUnavailable: KIND.EXECUTION_CANCELED_DUE_TO_RANDOMNESS_UNAVAILABLE,
  InsufficientBalanceForWithdraw: KIND.INSUFFICIENT_FUNDS_FOR_WITHDRAW,
}

const RENAMED_ARGUMENT: Readonly<Record<string, GrpcTypes.CommandArgumentError_CommandArgumentErrorKind>> = {
  InvalidBCSBytes: ARGUMENT.INVALID_BCS_BYTES,
  InvalidUsageOfPureArg: ARGUMENT.INVALID_USAGE_OF_PURE_ARGUMENT,
  SharedObjectOperationNotAllowed: ARGUMENT.CONSENSUS_OBJECT_OPERATION_NOT_ALLOWED,
}

/** The outcome of a transaction; no error = success. */
export function writeStatus(error: ExecutionError | undefined): Draft<GrpcTypes.ExecutionStatus> {
  if (error === undefined) return { success: true }
  const { status, message, command, abort } = error
  return {
    success: false,
    error: {
      description: message,
      command: command === undefined ? undefined : BigInt(command),
      kind: RENAMED[status.$kind] ?? KIND[screamingCase(status.$kind) as keyof typeof KIND],
      errorDetails:
        abort === undefined ? writeDetails(status) : { oneofKind: 'abort', abort: writeAbort(abort, status) },
    },
  }
}

function writeDetails(error: FailureStatus): Details {
  switch (error.$kind) {
    case 'CommandArgumentError':
      return {
        oneofKind: 'commandArgumentError',
        commandArgumentError: writeArgumentError(error.CommandArgumentError),
      }
    case 'TypeArgumentError':
      return {
        oneofKind: 'typeArgumentError',
        typeArgumentError: {
          typeArgument: error.TypeArgumentError.argumentIdx,
          kind:
            error.TypeArgumentError.kind.$kind === 'TypeNotFound'
              ? TYPE_ARGUMENT.TYPE_NOT_FOUND
              : TYPE_ARGUMENT.CONSTRAINT_NOT_SATISFIED,
        },
      }
    case 'MoveObjectTooBig':
      return sizeError(error.MoveObjectTooBig.objectSize, error.MoveObjectTooBig.maxObjectSize)
    case 'EffectsTooLarge':
      return sizeError(error.EffectsTooLarge.currentSize, error.EffectsTooLarge.maxSize)
    case 'WrittenObjectsTooLarge':
      return sizeError(error.WrittenObjectsTooLarge.currentSize, error.WrittenObjectsTooLarge.maxSize)
    case 'UnusedValueWithoutDrop': {
      const { resultIdx, secondaryIdx } = error.UnusedValueWithoutDrop
      return { oneofKind: 'indexError', indexError: { index: resultIdx, subresult: secondaryIdx } }
    }
    case 'InvalidPublicFunctionReturnType':
      return { oneofKind: 'indexError', indexError: { index: error.InvalidPublicFunctionReturnType.idx } }
    case 'CircularObjectOwnership':
      return { oneofKind: 'objectId', objectId: error.CircularObjectOwnership.object }
    default:
      return { oneofKind: undefined }
  }
}

/** Arithmetic and vector errors have a place but no code. */
function writeAbort(abort: AbortDetails, status: FailureStatus): Draft<GrpcTypes.MoveAbort> {
  return {
    abortCode: status.$kind === 'MoveAbort' ? abort.code : undefined,
    location: {
      package: abort.packageId,
      module: abort.module,
      function: abort.functionIndex,
      instruction: abort.instruction,
      functionName: abort.functionName,
    },
    cleverError: abort.clever && writeCleverError(abort.clever),
  }
}

function writeCleverError(clever: CleverError): Draft<GrpcTypes.CleverError> {
  return {
    errorCode: clever.errorCode === undefined ? undefined : BigInt(clever.errorCode),
    lineNumber: BigInt(clever.lineNumber),
    constantName: clever.constantName,
    constantType: clever.constantType,
    value:
      clever.rendered === undefined
        ? clever.raw && { oneofKind: 'raw', raw: clever.raw }
        : { oneofKind: 'rendered', rendered: clever.rendered },
  }
}

function sizeError(size: string, maxSize: string): Details {
  return { oneofKind: 'sizeError', sizeError: { size: BigInt(size), maxSize: BigInt(maxSize) } }
}

function writeArgumentError({ argIdx, kind }: ArgumentFailure): Draft<GrpcTypes.CommandArgumentError> {
  return {
    argument: argIdx,
    kind: RENAMED_ARGUMENT[kind.$kind] ?? ARGUMENT[screamingCase(kind.$kind) as keyof typeof ARGUMENT],
    indexError: writeIndexError(kind),
  }
}

function writeIndexError(kind: ArgumentFailure['kind']): Draft<GrpcTypes.IndexError> | undefined {
  if (kind.IndexOutOfBounds) return { index: kind.IndexOutOfBounds.idx }
  if (kind.InvalidResultArity) return { index: kind.InvalidResultArity.resultIdx }
  const secondary = kind.SecondaryIndexOutOfBounds
  return secondary && { index: secondary.resultIdx, subresult: secondary.secondaryIdx }
}

function screamingCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()
}
