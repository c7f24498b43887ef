/**
 * WebAssembly modules put together from instructions, for inner loops that need SIMD: expressions are byte sequences,
 * functions take i32 parameters and return nothing, memory is imported.
 * Spec: WebAssembly 3.0, binary format; relaxed SIMD.
 * @module
 */

/** Instructions that leave one value, or none. */
export type Code = readonly number[]

export type ValueType = 'i32' | 'v128'

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, v128: 0x7b }
/** "\0asm", version 1. */
const HEADER: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const SIMD = 0xfd
const VOID = 0x40
const END = 0x0b

/** A local of the function that is being written. */
export interface Local {
  readonly index: number
  readonly get: Code
  set(value: Code): Code
  /** Sets, and leaves the value. */
  tee(value: Code): Code
}

/** One function: declares its locals, then gets its body. */
export class FunctionWriter {
  readonly name: string
  readonly #parameters: number
  readonly #types: ValueType[] = []
  #body: Code = []

  /** @param parameters how many, all i32 */
  constructor(name: string, parameters: number) {
    this.name = name
    this.#parameters = parameters
  }

  get parameters(): readonly Local[] {
    return Array.from({ length: this.#parameters }, (_, index) => localAt(index))
  }

  local(type: ValueType): Local {
    this.#types.push(type)
    return localAt(this.#parameters + this.#types.length - 1)
  }

  locals(type: ValueType, count: number): readonly Local[] {
    return Array.from({ length: count }, () => this.local(type))
  }

  body(...parts: readonly Code[]): this {
    this.#body = parts.flat()
    return this
  }

  /** Type of the function, as the binary format has it. */
  get type(): Code {
    const parameters = Array.from({ length: this.#parameters }, () => TYPE_CODES.i32)
    return [0x60, ...leb(this.#parameters), ...parameters, 0]
  }

  /** Entry of the code section. */
  get entry(): Code {
    const locals = this.#types.flatMap(type => [1, TYPE_CODES[type]])
    const code = [...leb(this.#types.length), ...locals, ...this.#body, END]
    return [...leb(code.length), ...code]
  }
}

function localAt(index: number): Local {
  return {
    index,
    get: [0x20, ...leb(index)],
    set: value => [...value, 0x21, ...leb(index)],
    tee: value => [...value, 0x22, ...leb(index)],
  }
}

// ---- i32

export const i32 = (value: number): Code => [0x41, ...signedLeb(value)]
export const add = (left: Code, right: Code): Code => [...left, ...right, 0x6a]
export const subtract = (left: Code, right: Code): Code => [...left, ...right, 0x6b]
export const times = (left: Code, right: Code): Code => [...left, ...right, 0x6c]
export const isLess = (left: Code, right: Code): Code => [...left, ...right, 0x49]
/** As a signed number. */
export const isPositive = (value: Code): Code => [...value, 0x41, 0, 0x4a]
export const isEqual = (left: Code, right: Code): Code => [...left, ...right, 0x46]
export const load32 = (address: Code, offset: number): Code => [...address, 0x28, 0, ...leb(offset)]
export const store8 = (address: Code, value: Code): Code => [...address, ...value, 0x3a, 0, 0]

/** Both must not overlap. */
export const copyMemory = (to: Code, from: Code, bytes: Code): Code => [
  ...to,
  ...from,
  ...bytes,
  0xfc,
  ...leb(10),
  0,
  0,
]
export const fillMemory = (to: Code, value: Code, bytes: Code): Code => [
  ...to,
  ...value,
  ...bytes,
  0xfc,
  ...leb(11),
  0,
]

/** One of two numbers; both are computed. */
export const select = (condition: Code, then: Code, otherwise: Code): Code => [
  ...then,
  ...otherwise,
  ...condition,
  0x1b,
]

// ---- v128

const simd = (opcode: number): Code => [SIMD, ...leb(opcode)]

export const vector = (bytes: readonly number[]): Code => [...simd(0x0c), ...bytes]
export const loadVector = (address: Code, offset: number): Code => [
  ...address,
  ...simd(0x00),
  0,
  ...leb(offset),
]
export const storeVector = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  0,
  ...leb(offset),
]
/** Eight bytes into the low half, zeros into the other. */
export const loadLow = (address: Code, offset: number): Code => [...address, ...simd(0x5d), 0, ...leb(offset)]
/** `value` with its high half from memory. */
export const loadHigh = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  ...simd(0x57),
  0,
  ...leb(offset),
  1,
]
export const storeHalf = (address: Code, offset: number, value: Code, half: 0 | 1): Code => [
  ...address,
  ...value,
  ...simd(0x5b),
  0,
  ...leb(offset),
  half,
]
export const xor = (left: Code, right: Code): Code => [...left, ...right, ...simd(0x51)]
export const and = (left: Code, right: Code): Code => [...left, ...right, ...simd(0x4e)]
/** Each byte. */
export const shiftBytesRight = (value: Code, bits: number): Code => [...value, ...i32(bits), ...simd(0x6d)]
/** Both halves. */
export const add64 = (left: Code, right: Code): Code => [...left, ...right, ...simd(0xce)]
export const shift64Right = (value: Code, bits: number): Code => [...value, ...i32(bits), ...simd(0xcd)]
/** A signed 32-bit number in both halves. */
export const splat64 = (value: Code): Code => [...value, 0xac, ...simd(0x12)]
/** Bytes of `table` by index. Indices must be below 16, where the relaxed instruction is exact. */
export const lookUp = (table: Code, indices: Code): Code => [...table, ...indices, ...simd(0x100)]

// ---- control

/** Repeats the body while the condition holds after it; the body runs at least once. */
export const repeatWhile = (condition: Code, ...body: readonly Code[]): Code => [
  0x03,
  VOID,
  ...body.flat(),
  ...condition,
  0x0d,
  0,
  END,
]
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  VOID,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  END,
]

/** A module that imports memory `"" "memory"` and exports the functions by their names. */
export function assemble(functions: readonly FunctionWriter[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...HEADER,
    ...section(
      1,
      functions.map(each => each.type),
    ),
    ...section(2, [[...name(''), ...name('memory'), 0x02, 0x00, 1]]),
    ...section(
      3,
      functions.map((_, index) => leb(index)),
    ),
    ...section(
      7,
      functions.map((each, index) => [...name(each.name), 0x00, ...leb(index)]),
    ),
    ...section(
      10,
      functions.map(each => each.entry),
    ),
  ])
}

function section(id: number, entries: readonly Code[]): Code {
  const content = [...leb(entries.length), ...entries.flat()]
  return [id, ...leb(content.length), ...content]
}

function name(text: string): Code {
  const bytes = new TextEncoder().encode(text)
  return [...leb(bytes.length), ...bytes]
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

/** @param value not negative */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)]
}
