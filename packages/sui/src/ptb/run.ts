/**
 * What every command works with.
 * @module
 */
import { type Type, TypeResolutionError, type TypeTag, type Value, type Vm } from '@squid/move/vm'
import { argumentFailure, failure } from '../effects/failure.ts'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import { datatypeName } from '../objects/type-tag.ts'
import type { ExecutionContext } from '../runtime/execution-context.ts'
import type { NewOwner } from '../runtime/object-runtime.ts'
import type { Argument } from '../transactions/transaction-data.ts'
import type { ArgumentSpace } from './argument-space.ts'
import { decodePure } from './pure.ts'
import { copyValue, isObject, type SlotValue, takeFromCell, type TypedValue } from './values.ts'

/** What is let through that users may not do. */
export interface Privileges {
  /** Functions that are neither public nor entry. */
  readonly anyFunction: boolean
  /** Values of every type made of bytes, unused results, references as results. */
  readonly anyValue: boolean
}

/** A transfer by `TransferObjects`: it happens when the transaction ends. */
interface PendingTransfer {
  readonly owner: NewOwner
  readonly object: TypedValue
}

/** One running programmable transaction. */
export interface ProgrammableRun {
  readonly vm: Vm<ExecutionContext>
  readonly space: ArgumentSpace
  readonly privileges: Privileges
  readonly transfers: PendingTransfer[]
}

/** A typed value in a cell of its own. */
export function typedValue(run: ProgrammableRun, type: Type, value: Value): TypedValue {
  return { kind: 'typed', type, abilities: run.vm.abilities(type), cell: [value] }
}

/** The canonical type of a tag; `index` is the position among the command's type arguments. */
export function resolveType(run: ProgrammableRun, index: number, tag: TypeTag): Type {
  try {
    return run.vm.type(tag)
  } catch (error) {
    if (!(error instanceof TypeResolutionError)) throw error
    if (error.kind === 'arity') throw failure('TypeArityMismatch', error.message)
    const kind = error.kind === 'constraint' ? 'ConstraintNotSatisfied' : 'TypeNotFound'
    throw failure('TypeArgumentError', error.message, {
      argumentIdx: index,
      kind: { $kind: kind, [kind]: true },
    })
  }
}

const RECEIVING = `${SYSTEM_ADDRESS.framework}::transfer::Receiving`

/** `0x2::transfer::Receiving<T>`. */
function isReceiving(type: Type): boolean {
  return type.kind === 'struct' && datatypeName(type) === RECEIVING
}

/** Makes a value of `type` out of what a slot holds. `value` is not used by anybody else afterwards. */
function valueAt(run: ProgrammableRun, index: number, type: Type, value: SlotValue): Value {
  if (value.kind === 'pure') return decodePure(run.vm, index, type, value.bytes, run.privileges.anyValue)
  if (value.kind === 'receiving') {
    if (!isReceiving(type)) throw argumentFailure(index, 'TypeMismatch')
    return [[value.id], value.version]
  }
  if (value.type.key !== type.key) {
    throw argumentFailure(index, 'TypeMismatch', `a value of ${value.type.key} where ${type.key} is expected`)
  }
  return value.cell[0] as Value
}

/** Takes argument number `index` as a value of `type`. */
export function takeValue(run: ProgrammableRun, index: number, argument: Argument, type: Type): Value {
  const { value, isCopy } = run.space.byValue(index, run.space.slot(index, argument))
  const taken = valueAt(run, index, type, value)
  if (value.kind !== 'typed') return taken
  return isCopy ? copyValue(taken) : takeFromCell(value)
}

/** Takes argument number `index` as an object, of whatever type. */
export function takeObject(
  run: ProgrammableRun,
  index: number,
  argument: Argument,
  options: { allowGasCoin: boolean; otherwise: 'TypeMismatch' | 'InvalidMakeMoveVecNonObjectArgument' },
): TypedValue {
  const { value } = run.space.byValue(index, run.space.slot(index, argument), options.allowGasCoin)
  if (!isObject(value)) throw argumentFailure(index, options.otherwise, 'the value is not an object')
  return { ...value, cell: [takeFromCell(value)] }
}

/**
 * The cell of argument number `index` for a reference to `type`. A pure input that is borrowed mutably becomes a
 * value of that type for good.
 */
export function borrowCell(
  run: ProgrammableRun,
  index: number,
  argument: Argument,
  type: Type,
  mutable: boolean,
): Value[] {
  const slot = run.space.slot(index, argument)
  const value = run.space.borrow(index, slot, mutable)
  const borrowed = valueAt(run, index, type, value)
  if (value.kind === 'typed') return value.cell
  const typed = typedValue(run, type, borrowed)
  if (mutable && value.kind === 'pure') slot.value = typed
  return typed.cell
}
