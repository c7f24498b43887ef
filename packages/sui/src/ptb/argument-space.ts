/**
 * The values that commands may name and the rules of borrowing: nothing is used after it moved, nothing borrowed
 * mutably is used twice in one command, the gas coin and input objects are used as their owner allows.
 * @module
 */
import type { Argument } from '../transactions/transaction-data.ts'
import { argumentFailure, argumentIndexFailure } from '../effects/failure.ts'
import { Clique } from './clique.ts'
import { isCopyable, type Slot, type SlotValue, type Usage } from './values.ts'

/** Inputs, the gas coin and the results of finished commands. */
export class ArgumentSpace {
  readonly inputs: readonly Slot[]
  /** Undefined in transactions that pay no gas. */
  readonly gasCoin: Slot | undefined
  readonly results: Slot[][] = []
  /** Slots that the running command has borrowed; true: mutably. */
  readonly #borrowed = new Map<Slot, boolean>()
  #usedCliques: { readonly argument: number; readonly clique: Clique }[] = []
  #consumedShared = false

  constructor(inputs: readonly Slot[], gasCoin: Slot | undefined) {
    this.inputs = inputs
    this.gasCoin = gasCoin
  }

  /** Finds the slot of argument number `index`. */
  slot(index: number, argument: Argument): Slot {
    switch (argument.kind) {
      case 'gasCoin':
        if (this.gasCoin === undefined)
          throw argumentFailure(index, 'InvalidGasCoinUsage', 'this transaction has no gas coin')
        return this.gasCoin
      case 'input':
        return this.#inBounds(index, argument.index, this.inputs[argument.index])
      case 'result':
        return this.#onlyResult(index, argument.command)
      case 'nestedResult': {
        const { command, index: secondary } = argument
        const results = this.#inBounds(index, command, this.results[command])
        const slot = results[secondary]
        if (slot !== undefined) return slot
        const payload = { resultIdx: command, secondaryIdx: secondary }
        const message = `command ${command} has no result ${secondary}`
        throw argumentIndexFailure(index, 'SecondaryIndexOutOfBounds', payload, message)
      }
    }
  }

  #inBounds<T>(index: number, at: number, found: T | undefined): T {
    if (found !== undefined) return found
    throw argumentIndexFailure(index, 'IndexOutOfBounds', { idx: at }, `there is no input or command ${at}`)
  }

  #onlyResult(index: number, command: number): Slot {
    const results = this.#inBounds(index, command, this.results[command])
    const [slot] = results
    if (slot !== undefined && results.length === 1) return slot
    const message = `command ${command} has ${results.length} results, not one`
    throw argumentIndexFailure(index, 'InvalidResultArity', { resultIdx: command }, message)
  }

  /** Takes (or copies, when the type allows it) the value of a slot. A copy is the caller's to make. */
  byValue(
    index: number,
    slot: Slot,
    allowGasCoin = false,
  ): { readonly value: SlotValue; readonly isCopy: boolean } {
    const value = this.#use(index, slot, 'value')
    const isCopy = isCopyable(value)
    if (!isCopy && this.#borrowed.has(slot)) throw argumentFailure(index, 'InvalidValueUsage')
    if (slot.isGasCoin && !allowGasCoin) throw argumentFailure(index, 'InvalidGasCoinUsage')
    if (slot.input !== undefined && !slot.input.mutable) throw argumentFailure(index, 'InvalidObjectByValue')
    if (!isCopy) {
      slot.value = undefined
      if (slot.heats) slot.clique.cool()
      if (slot.input?.object.owner.kind === 'shared') this.#consumedShared = true
    }
    return { value, isCopy }
  }

  /** Borrows the value of a slot until the command ends. */
  borrow(index: number, slot: Slot, mutable: boolean): SlotValue {
    const value = this.#use(index, slot, mutable ? 'mutableReference' : 'reference')
    const borrowed = this.#borrowed.get(slot)
    if (mutable ? borrowed !== undefined : borrowed === true)
      throw argumentFailure(index, 'InvalidValueUsage')
    if (mutable && slot.input !== undefined && !slot.input.mutable)
      throw argumentFailure(index, 'InvalidObjectByMutRef')
    this.#borrowed.set(slot, mutable)
    return value
  }

  #use(index: number, slot: Slot, usage: Usage): SlotValue {
    slot.lastUsage = usage
    this.#usedCliques.push({ argument: index, clique: slot.clique })
    if (slot.value === undefined) throw argumentFailure(index, 'InvalidValueUsage')
    return slot.value
  }

  /** The first argument of the running command that is entangled with a value that must be used up. */
  hotArgument(): number | undefined {
    return this.#usedCliques.find(({ clique }) => clique.isHot)?.argument
  }

  /** Ends the borrows of a command; what it used is entangled from now on, and so are its results. */
  endCommand(results: (clique: Clique) => Slot[]): void {
    this.#borrowed.clear()
    const clique = Clique.merge(this.#usedCliques.map(used => used.clique))
    if (this.#consumedShared) clique.heatForGood()
    this.#usedCliques = []
    this.#consumedShared = false
    this.results.push(results(clique))
  }
}
