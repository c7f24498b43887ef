/**
 * From failures of the VM to statuses of the effects.
 * @module
 */
import type { CodeLocation, ExecutionFailure } from '@squid/move/vm'
import { failure, type TransactionFailure } from './failure.ts'

/** `MoveLocation` of the effects. */
function moveLocation(location: CodeLocation): object {
  return {
    module: { address: location.address, name: location.module },
    function: location.functionIndex,
    instruction: location.instruction,
    functionName: location.functionName,
  }
}

function place(location: CodeLocation | null): string {
  return location === null ? '' : ` in ${location.address}::${location.module}::${location.functionName}`
}

/** The failure of the transaction that a failed call means. */
export function vmFailure(cause: ExecutionFailure): TransactionFailure {
  if (cause.kind === 'abort') {
    const text = `abort with code ${cause.code}${place(cause.location)}`
    return failure('MoveAbort', text, [moveLocation(cause.location), String(cause.code)])
  }
  const message = `${cause.message}${place(cause.location)}`
  if (cause.kind === 'outOfGas')
    return failure('InsufficientGas', 'the gas budget does not pay for the computation')
  if (cause.kind === 'missingNative') return failure('FeatureNotYetSupported', message)
  const location = cause.location === null ? null : moveLocation(cause.location)
  return failure('MovePrimitiveRuntimeError', message, location)
}
