/**
 * The WebAssembly behind the encoder: its memory, divided into areas, and what its functions do with them.
 * @module
 */
import { hashFunction, paddedLength } from './blake2b-code.ts'
import {
  gatherFunction,
  layOutFunction,
  runFunction,
  STEP_BYTES,
  STEP_KINDS,
  TABLE_BYTES,
} from './butterfly-code.ts'
import { multiply } from './field.ts'
import type { SymbolLayout } from './symbol-layout.ts'
import type { Step } from './transform.ts'
import { assemble } from './wasm.ts'

const PAGE_BYTES = 65_536
const ALIGNMENT = 64

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** The part of the global that is used: Node's types do not have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => Memory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>,
  ) => { readonly exports: Readonly<Record<string, (...numbers: readonly number[]) => void>> }
}

/** Regular places: the first address, and the distance between them. */
export interface Places {
  readonly at: number
  readonly distance: number
}

/** Steps in the engine's memory. */
export interface Program {
  readonly at: number
  readonly end: number
}

export class Engine {
  readonly #memory = new WebAssembly.Memory({ initial: 1 })
  readonly #functions: Readonly<Record<string, (...numbers: readonly number[]) => void>>
  readonly #tables = new Map<number, number>()
  #used = 0

  constructor() {
    const module = assemble([runFunction(), gatherFunction(), layOutFunction(), hashFunction()])
    const imports = { '': { memory: this.#memory } }
    this.#functions = new WebAssembly.Instance(new WebAssembly.Module(module), imports).exports
  }

  /** Address of new memory, with whatever is in it. Views of earlier calls are no longer valid. */
  reserve(bytes: number): number {
    const at = this.#used
    this.#used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    const missing = this.#used - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES))
    return at
  }

  /** Memory from this address on is free again. */
  giveBack(at: number): void {
    this.#used = at
    for (const [factor, table] of this.#tables) if (table >= at) this.#tables.delete(factor)
  }

  view(at: number, bytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer, at, bytes)
  }

  /** @param slotBytes distance of the slots */
  load(steps: readonly Step[], slotBytes: number): Program {
    for (const step of steps) if ('factor' in step) this.#table(step.factor)
    const bytes = steps.length * STEP_BYTES
    const at = this.reserve(bytes)
    const words = new Uint32Array(this.#memory.buffer, at, bytes / 4)
    steps.forEach((step, index) => words.set(this.#wordsOf(step, slotBytes), (index * STEP_BYTES) / 4))
    return { at, end: at + bytes }
  }

  #wordsOf(step: Step, slotBytes: number): readonly number[] {
    const table = 'factor' in step ? this.#table(step.factor) : 0
    return [STEP_KINDS[step.kind], step.x * slotBytes, step.y * slotBytes, table]
  }

  /** Address of a factor's tables. */
  #table(factor: number): number {
    const known = this.#tables.get(factor)
    if (known !== undefined) return known
    const at = this.reserve(TABLE_BYTES)
    this.view(at, TABLE_BYTES).set(tablesOf(factor))
    this.#tables.set(factor, at)
    return at
  }

  /** Runs steps over `bytes` of each slot, a multiple of 64. */
  run(program: Program, slots: number, bytes: number): void {
    if (program.at === program.end) return
    this.#call('run', program.at, program.end, slots, bytes)
  }

  /** Copies pieces of `bytes` each, a multiple of 32. */
  gather(to: Places, from: Places, count: number, bytes: number): void {
    this.#call('gather', to.at, to.distance, from.at, from.distance, count, bytes)
  }

  /** Plain symbols, one after another, into whole blocks. */
  toBlocks(to: number, from: number, count: number, layout: SymbolLayout): void {
    const { plainBytes, blockedBytes, headBytes, tailBytes, blockedTail } = layout
    this.#call(
      'layOut',
      to,
      blockedBytes,
      blockedTail,
      from,
      plainBytes,
      headBytes,
      count,
      headBytes,
      tailBytes,
    )
  }

  /** The other way. */
  toPlain(to: number, from: number, count: number, layout: SymbolLayout): void {
    const { plainBytes, blockedBytes, headBytes, tailBytes, blockedTail } = layout
    this.#call(
      'layOut',
      to,
      plainBytes,
      headBytes,
      from,
      blockedBytes,
      blockedTail,
      count,
      headBytes,
      tailBytes,
    )
  }

  /**
   * BLAKE2b-256 of a prefix byte and each of `count` messages, one hash after another.
   * @param to with room for an even number of hashes
   * @param room of `hashRoom(length)` bytes
   */
  hash(to: number, from: Places, count: number, length: number, prefix: number, room: number): void {
    if (count === 0) return
    this.#call('hash', from.at, from.distance, count, length, paddedLength(length), prefix, to, room)
  }

  #call(name: string, ...numbers: readonly number[]): void {
    const called = this.#functions[name]
    if (called === undefined) throw new Error(`the engine has no function ${name}`)
    called(...numbers)
  }
}

function tablesOf(factor: number): Uint8Array {
  const tables = new Uint8Array(TABLE_BYTES)
  const half = TABLE_BYTES / 2
  for (let index = 0; index < half; index++) {
    const nibble = index >>> 4
    const product = multiply(factor, (index & 0xf) << (4 * nibble))
    tables[index] = product
    tables[half + index] = product >>> 8
  }
  return tables
}
