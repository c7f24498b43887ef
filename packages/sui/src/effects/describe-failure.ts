/**
 * What people are told about a failed transaction.
 * @module
 */
import type { CompiledModule } from '@squid/move/binary'
import { decodeCleverError } from './clever-error.ts'
import type { AbortDetails, ExecutionError, FailureStatus } from './execution-error.ts'

/** Finds the module that an abort names. */
export type FindModule = (packageId: string, name: string) => CompiledModule | undefined

function abortOf(status: FailureStatus, findModule: FindModule): AbortDetails | undefined {
  if (status.$kind !== 'MoveAbort') return undefined
  const [location, text] = status.MoveAbort
  const code = BigInt(text)
  const module = findModule(location.module.address, location.module.name)
  return {
    code,
    packageId: location.module.address,
    module: location.module.name,
    functionIndex: location.function,
    functionName: location.functionName ?? undefined,
    instruction: location.instruction,
    clever: module === undefined ? undefined : decodeCleverError(code, module),
  }
}

function abortMessage(abort: AbortDetails, message: string): string {
  const { clever } = abort
  if (clever === undefined) return message
  const place = `${abort.packageId}::${abort.module}${abort.functionName === undefined ? '' : `::${abort.functionName}`} (line ${clever.lineNumber})`
  if (clever.constantName === undefined) return `abort in ${place}`
  return `abort with '${clever.constantName}'${clever.rendered === undefined ? '' : `: '${clever.rendered}'`} in ${place}`
}

/** Everything there is to say about a failure. */
export function describeFailure(
  failed: { readonly status: FailureStatus; readonly message: string; readonly command: number | undefined },
  findModule: FindModule,
): ExecutionError {
  const { status, message, command } = failed
  const abort = abortOf(status, findModule)
  return { status, message: abort === undefined ? message : abortMessage(abort, message), command, abort }
}
