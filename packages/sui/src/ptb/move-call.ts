/**
 * The command `MoveCall`: which functions a transaction may call, and with what.
 * @module
 */
import { hasAbilities } from '@squid/move/binary'
import { type FunctionInfo, Ref, type Type, type Value } from '@squid/move/vm'
import { argumentFailure, failure } from '../effects/failure.ts'
import { vmFailure } from '../effects/vm-failure.ts'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import type { ExecutionContext } from '../runtime/execution-context.ts'
import type { Argument, Command } from '../transactions/transaction-data.ts'
import { type ProgrammableRun, borrowCell, resolveType, takeValue, typedValue } from './run.ts'
import { copyValue, type TypedValue } from './values.ts'

type MoveCall = Extract<Command, { kind: 'moveCall' }>

/** An argument that a call changed through a reference. */
export interface MutatedArgument {
  readonly argument: Argument
  readonly type: Type
  readonly cell: readonly Value[]
}

/** What a call gave back. */
export interface CallOutcome {
  readonly results: TypedValue[]
  readonly mutated: readonly MutatedArgument[]
}

/** Functions of `0x2::transfer` that only the module of the type may call; the others are `public_…`. */
const PRIVATE_TRANSFERS: ReadonlySet<string> = new Set([
  'transfer',
  'share_object',
  'freeze_object',
  'receive',
  'party_transfer',
])

const TX_CONTEXT = `${SYSTEM_ADDRESS.framework}::tx_context::TxContext`

/** What functions know of the transaction; natives tell the rest. */
export function txContextValue(context: ExecutionContext): Value {
  const { sender, digest, epoch, epochStartMs } = context.transaction
  return [sender, Array.from(digest), epoch, epochStartMs, 0n]
}

function isTxContext(type: Type | undefined): boolean {
  return (type?.kind === 'reference' || type?.kind === 'mutableReference') && type.to.key === TX_CONTEXT
}

function findFunction(run: ProgrammableRun, call: MoveCall): FunctionInfo {
  const fn = run.vm.function(call.packageId, call.module, call.function)
  if (fn === undefined) {
    throw failure(
      'FunctionNotFound',
      `there is no function ${call.packageId}::${call.module}::${call.function}`,
    )
  }
  if (fn.visibility !== 'public' && !fn.isEntry && !run.privileges.anyFunction) {
    throw failure('NonEntryFunctionInvoked', `${call.module}::${call.function} is neither public nor entry`)
  }
  if (fn.address === SYSTEM_ADDRESS.framework && !run.privileges.anyFunction) assertNotReserved(fn)
  return fn
}

/** Events and plain transfers belong to the module that declares the type. */
function assertNotReserved(fn: FunctionInfo): void {
  if (fn.module === 'event')
    throw failure('NonEntryFunctionInvoked', `sui::event::${fn.name} cannot be called by a transaction`)
  if (fn.module === 'transfer' && PRIVATE_TRANSFERS.has(fn.name)) {
    throw failure(
      'NonEntryFunctionInvoked',
      `sui::transfer::${fn.name} cannot be called by a transaction: use public_${fn.name}`,
    )
  }
}

function typeArgumentsOf(run: ProgrammableRun, fn: FunctionInfo, call: MoveCall): Type[] {
  if (call.typeArguments.length !== fn.typeParameters.length) {
    throw failure(
      'TypeArityMismatch',
      `${fn.module}::${fn.name} has ${fn.typeParameters.length} type parameters, not ${call.typeArguments.length}`,
    )
  }
  return call.typeArguments.map((tag, i) => {
    const type = resolveType(run, i, tag)
    if (!hasAbilities(run.vm.abilities(type), fn.typeParameters[i] ?? 0)) {
      const kind = { $kind: 'ConstraintNotSatisfied', ConstraintNotSatisfied: true }
      throw failure('TypeArgumentError', `${type.key} lacks abilities that type parameter ${i} asks for`, {
        argumentIdx: i,
        kind,
      })
    }
    return type
  })
}

function assertReturnable(run: ProgrammableRun, returns: readonly Type[]): void {
  if (run.privileges.anyValue) return
  const idx = returns.findIndex(type => type.kind === 'reference' || type.kind === 'mutableReference')
  if (idx >= 0) throw failure('InvalidPublicFunctionReturnType', `result ${idx} is a reference`, { idx })
}

/** One argument for the VM; what is borrowed mutably is noted. */
function buildArgument(
  run: ProgrammableRun,
  index: number,
  argument: Argument,
  parameter: Type,
  mutated: MutatedArgument[],
): Value {
  if (parameter.kind !== 'reference' && parameter.kind !== 'mutableReference') {
    return takeValue(run, index, argument, parameter)
  }
  const mutable = parameter.kind === 'mutableReference'
  const cell = borrowCell(run, index, argument, parameter.to, mutable)
  if (mutable) mutated.push({ argument, type: parameter.to, cell })
  return new Ref(cell, 0)
}

function returnedValue(run: ProgrammableRun, type: Type, value: Value): TypedValue {
  if (type.kind !== 'reference' && type.kind !== 'mutableReference') return typedValue(run, type, value)
  return typedValue(run, type.to, copyValue((value as Ref).value))
}

/**
 * Calls a function.
 * @throws {TransactionFailure}
 */
export function moveCall(run: ProgrammableRun, call: MoveCall): CallOutcome {
  const { vm, space } = run
  const fn = findFunction(run, call)
  const typeArguments = typeArgumentsOf(run, fn, call)
  const { parameters, returns } = vm.signature(fn, typeArguments)
  assertReturnable(run, returns)
  const takesContext = isTxContext(parameters.at(-1))
  const expected = parameters.length - (takesContext ? 1 : 0)
  if (call.arguments.length !== expected) {
    throw failure(
      'ArityMismatch',
      `${fn.module}::${fn.name} takes ${expected} arguments, not ${call.arguments.length}`,
    )
  }
  const mutated: MutatedArgument[] = []
  const args = call.arguments.map((argument, i) =>
    buildArgument(run, i, argument, parameters[i] as Type, mutated),
  )
  if (fn.isEntry && fn.visibility !== 'public' && !run.privileges.anyValue) {
    const hot = space.hotArgument()
    if (hot !== undefined) throw argumentFailure(hot, 'InvalidArgumentToPrivateEntryFunction')
  }
  if (takesContext) args.push(Ref.to(txContextValue(vm.context)))
  const outcome = vm.call(fn, typeArguments, args)
  if (!outcome.ok) throw vmFailure(outcome.failure)
  vm.context.events.attribute(fn.address, fn.module)
  return { results: outcome.values.map((value, i) => returnedValue(run, returns[i] as Type, value)), mutated }
}
