/**
 * Runs a programmable transaction: its commands in order, then the accounting of every value that is left.
 * @module
 */
import type { DatatypeType, Value, Vm } from '@squid/move/vm'
import { failure, TransactionFailure } from '../effects/failure.ts'
import type { LedgerObject } from '../objects/object.ts'
import type { ExecutionContext } from '../runtime/execution-context.ts'
import {
  CircularOwnership,
  type NewOwner,
  type ObjectResults,
  type ObjectWrite,
} from '../runtime/object-runtime.ts'
import type { Command, TransactionInput } from '../transactions/transaction-data.ts'
import { ArgumentSpace } from './argument-space.ts'
import { coinBalance, setCoinBalance } from './coin.ts'
import { makeMoveVector, mergeCoins, splitCoins, transferObjects } from './commands.ts'
import { moveCall, type MutatedArgument } from './move-call.ts'
import type { Privileges, ProgrammableRun } from './run.ts'
import { isObject, mayBeLeft, Slot, type TypedValue } from './values.ts'

/** An input with the object that it names. */
export interface ResolvedInput {
  readonly input: TransactionInput
  /** Undefined for pure inputs. */
  readonly object: LedgerObject | undefined
}

/** The coin that pays. While commands run it holds `reserved` less. */
interface GasCoin {
  readonly object: LedgerObject
  /** Contents after the other gas coins were merged into it. */
  readonly contents: Uint8Array
  readonly reserved: bigint
}

/** A programmable transaction that is ready to run. */
export interface ProgrammableOptions {
  readonly vm: Vm<ExecutionContext>
  readonly inputs: readonly ResolvedInput[]
  readonly commands: readonly Command[]
  readonly gasCoin: GasCoin | undefined
  readonly privileges: Privileges
  readonly type: (text: string) => DatatypeType
  /** Called after every command, for simulations. */
  readonly observe?: (results: readonly TypedValue[], mutated: readonly MutatedArgument[]) => void
}

/** Fails a transaction and says in which command. */
export class CommandFailure extends Error {
  override name = 'CommandFailure'
  readonly failure: TransactionFailure
  /** Undefined when it is nobody's fault in particular. */
  readonly command: number | undefined

  constructor(cause: TransactionFailure, command: number | undefined) {
    super(cause.message, { cause })
    this.failure = cause
    this.command = command
  }
}

function objectSlot(
  options: ProgrammableOptions,
  object: LedgerObject,
  contents: Uint8Array,
  mutable: boolean,
  isGasCoin: boolean,
): Slot {
  if (object.data.kind !== 'move') throw new TypeError(`${object.id} is a package`)
  const type = options.type(object.data.type)
  const value: TypedValue = {
    kind: 'typed',
    type,
    abilities: type.abilities,
    cell: [options.vm.decode(type, contents)],
  }
  return new Slot(value, { input: { object, mutable }, isGasCoin })
}

function inputSlot(options: ProgrammableOptions, { input, object }: ResolvedInput): Slot {
  if (input.kind === 'pure') return new Slot({ kind: 'pure', bytes: input.bytes })
  if (input.kind === 'receiving') {
    return new Slot({ kind: 'receiving', id: input.reference.id, version: input.reference.version })
  }
  if (object?.data.kind !== 'move') throw new TypeError('an object input without its object')
  const mutable = input.kind === 'shared' ? input.mutable : object.owner.kind !== 'immutable'
  return objectSlot(options, object, object.data.contents, mutable, false)
}

function gasSlot(options: ProgrammableOptions, gas: GasCoin): Slot {
  const slot = objectSlot(options, gas.object, gas.contents, true, true)
  const coin = (slot.value as TypedValue).cell[0] as Value
  setCoinBalance(coin, coinBalance(coin) - gas.reserved)
  return slot
}

function runCommand(
  run: ProgrammableRun,
  command: Command,
): { results: TypedValue[]; mutated: readonly MutatedArgument[] } {
  switch (command.kind) {
    case 'moveCall':
      return moveCall(run, command)
    case 'transferObjects':
      transferObjects(run, command)
      return { results: [], mutated: [] }
    case 'splitCoins':
      return { results: splitCoins(run, command), mutated: [] }
    case 'mergeCoins':
      mergeCoins(run, command)
      return { results: [], mutated: [] }
    case 'makeMoveVector':
      return { results: [makeMoveVector(run, command)], mutated: [] }
  }
}

function ownerOfInput(object: LedgerObject): NewOwner {
  const { owner } = object
  return owner.kind === 'shared' ? { kind: 'shared' } : owner
}

/** Objects that stayed in their slots go back to whom they belong. */
function remainingInputs(space: ArgumentSpace): ObjectWrite[] {
  const writes: ObjectWrite[] = []
  for (const slot of [...space.inputs, ...(space.gasCoin === undefined ? [] : [space.gasCoin])]) {
    if (slot.input === undefined || !slot.input.mutable || slot.value === undefined || !isObject(slot.value))
      continue
    const owner = ownerOfInput(slot.input.object)
    writes.push({ owner, type: slot.value.type, value: slot.value.cell[0] as Value })
  }
  return writes
}

function assertNothingLeft(space: ArgumentSpace): void {
  for (const [resultIdx, results] of space.results.entries()) {
    for (const [secondaryIdx, { value, lastUsage }] of results.entries()) {
      if (value?.kind !== 'typed' || mayBeLeft(value, lastUsage)) continue
      const message = `result ${secondaryIdx} of command ${resultIdx}, a ${value.type.key}, must be used: it has no drop`
      throw failure('UnusedValueWithoutDrop', message, { resultIdx, secondaryIdx })
    }
  }
}

/** Shared objects taken by value must be shared again or deleted. */
function assertSharedStayShared(space: ArgumentSpace, results: ObjectResults): void {
  for (const slot of space.inputs) {
    if (slot.input?.object.owner.kind !== 'shared' || slot.value !== undefined) continue
    const { id } = slot.input.object
    const write = results.writes.get(id)
    if (write === undefined ? results.deleted.has(id) : write.owner.kind === 'shared') continue
    throw failure(
      'SharedObjectOperationNotAllowed',
      `shared object ${id} cannot be wrapped, transferred or frozen`,
    )
  }
}

function returnReserve(gas: GasCoin, writes: readonly ObjectWrite[]): void {
  for (const { value } of writes) {
    const [uid] = value as Value[]
    if (((uid as Value[])[0] as Value[])[0] === gas.object.id)
      setCoinBalance(value, coinBalance(value) + gas.reserved)
  }
}

function finish(run: ProgrammableRun, gasCoin: GasCoin | undefined): ObjectResults {
  const { space } = run
  if (!run.privileges.anyValue) assertNothingLeft(space)
  const remaining = remainingInputs(space)
  for (const { owner, object } of run.transfers) {
    remaining.push({ owner, type: object.type as DatatypeType, value: object.cell[0] as Value })
  }
  if (gasCoin !== undefined) returnReserve(gasCoin, remaining)
  const results = run.vm.context.objects.finish(remaining)
  assertSharedStayShared(space, results)
  return results
}

function asFailure(error: unknown, command: number | undefined): unknown {
  if (error instanceof TransactionFailure) return new CommandFailure(error, command)
  if (error instanceof CircularOwnership) {
    return new CommandFailure(
      failure('CircularObjectOwnership', error.message, { object: error.object }),
      command,
    )
  }
  return error
}

/**
 * Runs the commands. The VM's context must be that of this transaction.
 * @throws {CommandFailure} the transaction fails; whatever it did is to be forgotten
 */
export function executeProgrammable(options: ProgrammableOptions): ObjectResults {
  const inputs = options.inputs.map(input => inputSlot(options, input))
  const gasCoin = options.gasCoin === undefined ? undefined : gasSlot(options, options.gasCoin)
  const space = new ArgumentSpace(inputs, gasCoin)
  const run: ProgrammableRun = { vm: options.vm, space, privileges: options.privileges, transfers: [] }
  for (const [index, command] of options.commands.entries()) {
    try {
      const { results, mutated } = runCommand(run, command)
      options.observe?.(results, mutated)
      space.endCommand(clique => results.map(value => new Slot(value, { clique })))
    } catch (error) {
      throw asFailure(error, index)
    }
  }
  try {
    return finish(run, options.gasCoin)
  } catch (error) {
    throw asFailure(error, undefined)
  }
}
