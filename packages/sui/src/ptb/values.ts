/**
 * Values between commands.
 * @module
 */
import { ABILITY, type AbilitySet, hasAbilities } from '@squid/move/binary'
import type { DatatypeType, Type, Value } from '@squid/move/vm'
import type { LedgerObject } from '../objects/object.ts'
import { Clique } from './clique.ts'

/** A value with a Move type. It lives in `cell[0]`, so that references to it stay good. */
export interface TypedValue {
  readonly kind: 'typed'
  readonly type: Type
  readonly abilities: AbilitySet
  readonly cell: Value[]
}

/** What a slot may hold. */
export type SlotValue =
  | TypedValue
  /** Bytes that become a value of the type that they are used at. */
  | { readonly kind: 'pure'; readonly bytes: Uint8Array }
  /** A ticket for `transfer::receive`. */
  | { readonly kind: 'receiving'; readonly id: string; readonly version: bigint }

/** How a value was last used. */
export type Usage = 'reference' | 'mutableReference' | 'value'

/** A place that arguments name: an input, the gas coin or a result. */
export class Slot {
  value: SlotValue | undefined
  lastUsage: Usage | undefined
  clique: Clique
  /** A hot potato: neither `drop` nor `store`. */
  readonly heats: boolean
  /** Of object inputs: the object before the transaction and whether it may change. */
  readonly input: { readonly object: LedgerObject; readonly mutable: boolean } | undefined
  readonly isGasCoin: boolean

  constructor(
    value: SlotValue,
    options: { clique?: Clique; input?: Slot['input']; isGasCoin?: boolean } = {},
  ) {
    this.value = value
    this.clique = options.clique ?? new Clique()
    this.input = options.input
    this.isGasCoin = options.isGasCoin ?? false
    this.heats = value.kind === 'typed' && (value.abilities & (ABILITY.drop | ABILITY.store)) === 0
    if (this.heats) this.clique.heat()
  }
}

/** True for pure bytes and types with `copy`. */
export function isCopyable(value: SlotValue): boolean {
  return value.kind === 'pure' || (value.kind === 'typed' && hasAbilities(value.abilities, ABILITY.copy))
}

/** True when the value is an object. */
export function isObject(value: SlotValue): value is TypedValue & { readonly type: DatatypeType } {
  return value.kind === 'typed' && hasAbilities(value.abilities, ABILITY.key)
}

/** A copy that shares nothing. */
export function copyValue(value: Value): Value {
  return Array.isArray(value) ? value.map(copyValue) : value
}

/** The value inside; the cell keeps nothing. */
export function takeFromCell(value: TypedValue): Value {
  return value.cell.pop() as Value
}

/** True when a result may be left over at the end. One with `copy` counts as used when its last use was a copy. */
export function mayBeLeft(value: TypedValue, lastUsage: Usage | undefined): boolean {
  if (isObject(value)) return false
  if (hasAbilities(value.abilities, ABILITY.drop)) return true
  return hasAbilities(value.abilities, ABILITY.copy) && lastUsage === 'value'
}
