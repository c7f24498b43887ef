/**
 * Locals are used only where they hold a value on every path, and a value that may not be dropped is never
 * overwritten or left behind. What references point at is not followed here.
 * Spec: `locals_safety` of move-bytecode-verifier.
 * @module
 */
import {
  type AbilitySet,
  ABILITY,
  type CodeUnit,
  hasAbilities,
  type Instruction,
  type SignatureToken,
} from '../binary/index.ts'
import type { Block } from './control-flow.ts'
import { VerificationError } from './errors.ts'
import type { ModuleView } from './module-view.ts'

/** Whether a local holds a value: on no path, on some, on all. */
type Availability = 'never' | 'maybe' | 'always'

export class LocalsChecker {
  readonly #view: ModuleView
  readonly #functionIndex: number
  readonly #code: CodeUnit
  readonly #canDrop: readonly boolean[]
  readonly #parameterCount: number
  #pc = 0

  constructor(view: ModuleView, functionIndex: number, code: CodeUnit, locals: readonly SignatureToken[]) {
    this.#view = view
    this.#functionIndex = functionIndex
    this.#code = code
    const handle = view.functionHandle(view.at(view.module.functions, functionIndex).handle)
    const typeParameters: readonly AbilitySet[] = handle.typeParameters
    this.#canDrop = locals.map(type => hasAbilities(view.abilities(type, typeParameters), ABILITY.drop))
    this.#parameterCount = view.signature(handle.parameters).length
  }

  check(blocks: readonly Block[]): void {
    const byStart = new Map(blocks.map(block => [block.start, block]))
    const entry = this.#canDrop.map((_, i): Availability => (i < this.#parameterCount ? 'always' : 'never'))
    const before = new Map<number, Availability[]>([[0, entry]])
    const pending = [0]
    for (let start = pending.pop(); start !== undefined; start = pending.pop()) {
      const block = byStart.get(start)
      const state = before.get(start)
      if (block === undefined || state === undefined) continue
      const after = this.#run(block, [...state])
      for (const successor of block.successors) {
        const known = before.get(successor)
        const joined = known === undefined ? after : join(known, after)
        if (known !== undefined && joined.every((availability, i) => availability === known[i])) continue
        before.set(successor, joined)
        pending.push(successor)
      }
    }
  }

  #run(block: Block, state: Availability[]): Availability[] {
    for (this.#pc = block.start; this.#pc < block.end; this.#pc++)
      this.#instruction(this.#view.at(this.#code.instructions, this.#pc), state)
    return state
  }

  #instruction({ op, index }: Instruction, state: Availability[]): void {
    switch (op) {
      case 'CopyLoc':
      case 'MutBorrowLoc':
      case 'ImmBorrowLoc':
        return this.#need(state, index)
      case 'MoveLoc':
        this.#need(state, index)
        state[index] = 'never'
        return
      case 'StLoc':
        this.#mayLose(state, index)
        state[index] = 'always'
        return
      case 'Ret':
        for (const i of state.keys()) this.#mayLose(state, i)
        return
      default:
        return
    }
  }

  #need(state: readonly Availability[], index: number): void {
    if (state[index] !== 'always') this.#fail(`local ${index} may hold no value`)
  }

  #mayLose(state: readonly Availability[], index: number): void {
    if (state[index] !== 'never' && this.#canDrop[index] !== true)
      this.#fail(`the value of local ${index} would be lost, and it lacks drop`)
  }

  #fail(message: string): never {
    const { module } = this.#view.place
    throw new VerificationError('local', message, {
      module,
      functionIndex: this.#functionIndex,
      instruction: this.#pc,
    })
  }
}

function join(a: readonly Availability[], b: readonly Availability[]): Availability[] {
  return a.map((availability, i) => (availability === b[i] ? availability : 'maybe'))
}
