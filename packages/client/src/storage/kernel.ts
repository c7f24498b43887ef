/**
 * The inner loop of RedStuff, `target += factor * source` over GF(2^16), for 16 elements at a time: a WebAssembly
 * function with SIMD, put together here from its instructions. Making 3 of 34 rows of 1 MiB took 430 ms with tables
 * in JavaScript and 70 ms so, copies included (measured on one busy core).
 *
 * A product is the sum of the products of the source's four nibbles, each looked up in two tables of 16 bytes (for the low
 * and the high byte of the product).
 * Spec: WebAssembly 3.0 with its vector instructions; Plank, Greenan, Miller, "Screaming Fast Galois Field Arithmetic Using
 * Intel SIMD Instructions", FAST 2013.
 * @module
 */
import { multiply } from './field.ts'

/** What is worked on: 32 low bytes of elements, then their 32 high bytes. */
export const BLOCK_BYTES = 64
const VECTOR_BYTES = 16
const NIBBLES = 4
const TABLE_BYTES = 2 * NIBBLES * VECTOR_BYTES
const PAGE_BYTES = 65_536

/** `add(target, source, end of source)` with the tables at address 0. */
type Add = (target: number, source: number, sourceEnd: number) => void

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
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}

/** Memory of the function, with its tables in front and room for whatever the caller lays out behind. */
export class Kernel {
  readonly #memory: Memory
  readonly #add: Add

  constructor() {
    this.#memory = new WebAssembly.Memory({ initial: 1 })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(assemble()), {
      '': { m: this.#memory },
    })
    this.#add = instance.exports['add'] as Add
  }

  /** Zeroed memory of at least `size` bytes; views of earlier calls are no longer valid. */
  reserve(size: number): Uint8Array {
    const missing = TABLE_BYTES + size - this.#memory.buffer.byteLength
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES))
    const room = new Uint8Array(this.#memory.buffer, TABLE_BYTES, size)
    room.fill(0)
    return room
  }

  /** The factor of the following `add`s. */
  setFactor(factor: number): void {
    const tables = new Uint8Array(this.#memory.buffer, 0, TABLE_BYTES)
    for (let nibble = 0; nibble < NIBBLES; nibble++) {
      const low = nibble * VECTOR_BYTES
      const high = low + NIBBLES * VECTOR_BYTES
      for (let bit = 0; bit < 4; bit++) {
        const product = multiply(factor, 1 << (4 * nibble + bit))
        const width = 1 << bit
        for (let i = 0; i < width; i++) {
          tables[low + width + i] = (tables[low + i] as number) ^ product
          tables[high + width + i] = (tables[high + i] as number) ^ (product >>> 8)
        }
      }
    }
  }

  /** Offsets in what `reserve` gave; `size` is a multiple of `BLOCK_BYTES`. */
  add(target: number, source: number, size: number): void {
    this.#add(TABLE_BYTES + target, TABLE_BYTES + source, TABLE_BYTES + source + size)
  }
}

// ---- the module

const I32 = 0x7f
const V128 = 0x7b
const TARGET = 0
const SOURCE = 1
const END = 2
/** Locals: the tables, then the nibbles. */
const FIRST_TABLE = 3
const FIRST_NIBBLE = FIRST_TABLE + 2 * NIBBLES
const LOW_NIBBLES = Array.from({ length: VECTOR_BYTES }, () => 0x0f)

/** "\0asm", version 1. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const DECLARED_LOCALS = [1, 3 * NIBBLES, V128]
const LOOP = [0x03, 0x40]
const IF_LESS_REPEAT = [0x49, 0x0d, 0x00]
const FINISH = [0x0b]

const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const i32 = (value: number): number[] => [0x41, ...signedLeb(value)]
const load = (offset: number): number[] => [0xfd, 0x00, 0x00, ...leb(offset)]
const store = (offset: number): number[] => [0xfd, 0x0b, 0x00, ...leb(offset)]
const AND_LOW_NIBBLES = [0xfd, 0x0c, ...LOW_NIBBLES, 0xfd, 0x4e]
const SHIFT_NIBBLE = [...i32(4), 0xfd, 0x6d]
const XOR = [0xfd, 0x51]
/** Indices are below 16, where the relaxed instruction is exact. */
const LOOK_UP = [0xfd, 0x80, 0x02]

/** Low nibbles and high nibbles of the vector at `offset` of the source, into two locals. */
function split(offset: number, local: number): number[] {
  const value = [...get(SOURCE), ...load(offset)]
  return [...value, ...AND_LOW_NIBBLES, ...set(local), ...value, ...SHIFT_NIBBLE, ...set(local + 1)]
}

/** Adds to the vector at `offset` of the target what the tables from `table` on say of the nibbles. */
function accumulate(offset: number, table: number): number[] {
  const lookups = Array.from({ length: NIBBLES }, (_, nibble) => [
    ...get(table + nibble),
    ...get(FIRST_NIBBLE + nibble),
    ...LOOK_UP,
    ...XOR,
  ])
  return [...get(TARGET), ...get(TARGET), ...load(offset), ...lookups.flat(), ...store(offset)]
}

function body(): number[] {
  const half = BLOCK_BYTES / 2
  const vectors = Array.from({ length: half / VECTOR_BYTES }, (_, i) => i * VECTOR_BYTES)
  const tables = Array.from({ length: 2 * NIBBLES }, (_, i) => [
    ...i32(0),
    ...load(i * VECTOR_BYTES),
    ...set(FIRST_TABLE + i),
  ])
  const block = vectors.map(at => [
    ...split(at, FIRST_NIBBLE),
    ...split(half + at, FIRST_NIBBLE + 2),
    ...accumulate(at, FIRST_TABLE),
    ...accumulate(half + at, FIRST_TABLE + NIBBLES),
  ])
  const advance = (local: number): number[] => [...get(local), ...i32(BLOCK_BYTES), 0x6a, ...set(local)]
  return [
    ...DECLARED_LOCALS,
    ...tables.flat(),
    ...LOOP,
    ...block.flat(),
    ...advance(TARGET),
    ...advance(SOURCE),
    ...get(SOURCE),
    ...get(END),
    ...IF_LESS_REPEAT,
    // The loop, and the function.
    ...FINISH,
    ...FINISH,
  ]
}

function assemble(): Uint8Array<ArrayBuffer> {
  const code = body()
  return Uint8Array.from([
    ...HEADER,
    ...section(1, [1, 0x60, 3, I32, I32, I32, 0]),
    // Import of memory "" "m".
    ...section(2, [1, 0, 1, 0x6d, 0x02, 0x00, 1]),
    ...section(3, [1, 0]),
    // Export of the function as "add".
    ...section(7, [1, 3, 0x61, 0x64, 0x64, 0x00, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ])
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length), ...content]
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

/** @param value not negative */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)]
}
