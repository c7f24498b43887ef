/**
 * The inner loops of RedStuff over GF(2^16): runs a transform's steps over slots in memory, and moves symbols.
 *
 * Symbols lie in whole blocks: 32 low bytes of elements, then their 32 high bytes. A product is the sum of the products
 * of the factor's four nibbles, each looked up in two tables of 16 bytes (for the low and the high byte).
 * Spec: Plank, Greenan, Miller, "Screaming Fast Galois Field Arithmetic Using Intel SIMD Instructions", FAST 2013.
 * @module
 */
import type { Step } from './transform.ts'
import {
  add,
  and,
  type Code,
  copyMemory,
  FunctionWriter,
  i32,
  isEqual,
  isLess,
  load32,
  loadVector,
  type Local,
  lookUp,
  shiftBytesRight,
  storeVector,
  subtract,
  vector,
  when,
  repeatWhile,
  xor,
} from './wasm.ts'

export const BLOCK_BYTES = 64
const HALF_BLOCK = BLOCK_BYTES / 2
const VECTOR_BYTES = 16
const NIBBLES = 4
/** Of one factor: tables for the low bytes, nibble by nibble, then for the high bytes. */
export const TABLE_BYTES: number = 2 * NIBBLES * VECTOR_BYTES

/** One step in memory: kind, x, y and the address of the factor's tables, 32 bits each. x and y are relative to the slots. */
export const STEP_BYTES = 16
export const STEP_KINDS: Readonly<Record<Step['kind'], number>> = {
  butterfly: 0,
  inverse: 1,
  multiply: 2,
  add: 3,
  copy: 4,
}

/** `run(steps, end of steps, slots, bytes of each slot to work on)`. At least one step and one block. */
export function runFunction(): FunctionWriter {
  const writer = new FunctionWriter('run', 4)
  const [step, end, slots, bytes] = writer.parameters as [Local, Local, Local, Local]
  const [x, y, stop, table] = writer.locals('i32', 4) as [Local, Local, Local, Local]
  const tables = writer.locals('v128', 2 * NIBBLES)
  const nibbles = writer.locals('v128', NIBBLES)
  const values = writer.locals('v128', 4) as [Local, Local, Local, Local]
  const mask = writer.local('v128')
  const loops = { x, y, stop, tables, nibbles, values, mask }
  const kind = load32(step.get, 0)
  return writer.body(
    mask.set(vector(Array.from({ length: VECTOR_BYTES }, () => 0x0f))),
    repeatWhile(
      isLess(step.get, end.get),
      x.set(add(slots.get, load32(step.get, 4))),
      y.set(add(slots.get, load32(step.get, 8))),
      stop.set(add(y.get, bytes.get)),
      when(
        isLess(kind, i32(STEP_KINDS.add)),
        [
          ...table.set(load32(step.get, 12)),
          ...tables.flatMap((local, index) => local.set(loadVector(table.get, index * VECTOR_BYTES))),
          ...when(
            isEqual(kind, i32(STEP_KINDS.butterfly)),
            everyHalf(loops, butterfly),
            when(
              isEqual(kind, i32(STEP_KINDS.inverse)),
              everyHalf(loops, inverse),
              everyHalf(loops, multiply),
            ),
          ),
        ],
        when(isEqual(kind, i32(STEP_KINDS.add)), everyHalf(loops, sum), everyHalf(loops, copy)),
      ),
      step.set(add(step.get, i32(STEP_BYTES))),
    ),
  )
}

interface Loops {
  readonly x: Local
  readonly y: Local
  readonly stop: Local
  readonly tables: readonly Local[]
  readonly nibbles: readonly Local[]
  /** Low and high bytes of x, of y. */
  readonly values: readonly [Local, Local, Local, Local]
  readonly mask: Local
}

/** Over all blocks; `work` does 16 elements, whose low bytes are at the given offset. */
function everyHalf(loops: Loops, work: (loops: Loops, offset: number) => Code): Code {
  const { x, y, stop } = loops
  return repeatWhile(
    isLess(y.get, stop.get),
    work(loops, 0),
    work(loops, VECTOR_BYTES),
    x.set(add(x.get, i32(BLOCK_BYTES))),
    y.set(add(y.get, i32(BLOCK_BYTES))),
  )
}

function butterfly(loops: Loops, at: number): Code {
  const { x, y, values } = loops
  const [xLow, xHigh, yLow, yHigh] = values
  return [
    ...yLow.set(loadVector(y.get, at)),
    ...yHigh.set(loadVector(y.get, at + HALF_BLOCK)),
    ...split(loops, yLow, yHigh),
    ...xLow.set(xor(loadVector(x.get, at), product(loops, 0))),
    ...xHigh.set(xor(loadVector(x.get, at + HALF_BLOCK), product(loops, NIBBLES))),
    ...storeVector(x.get, at, xLow.get),
    ...storeVector(x.get, at + HALF_BLOCK, xHigh.get),
    ...storeVector(y.get, at, xor(yLow.get, xLow.get)),
    ...storeVector(y.get, at + HALF_BLOCK, xor(yHigh.get, xHigh.get)),
  ]
}

function inverse(loops: Loops, at: number): Code {
  const { x, y, values } = loops
  const [xLow, xHigh, yLow, yHigh] = values
  return [
    ...xLow.set(loadVector(x.get, at)),
    ...xHigh.set(loadVector(x.get, at + HALF_BLOCK)),
    ...yLow.set(xor(loadVector(y.get, at), xLow.get)),
    ...yHigh.set(xor(loadVector(y.get, at + HALF_BLOCK), xHigh.get)),
    ...storeVector(y.get, at, yLow.get),
    ...storeVector(y.get, at + HALF_BLOCK, yHigh.get),
    ...split(loops, yLow, yHigh),
    ...storeVector(x.get, at, xor(xLow.get, product(loops, 0))),
    ...storeVector(x.get, at + HALF_BLOCK, xor(xHigh.get, product(loops, NIBBLES))),
  ]
}

function multiply(loops: Loops, at: number): Code {
  const { x, y, values } = loops
  const [, , yLow, yHigh] = values
  return [
    ...yLow.set(loadVector(y.get, at)),
    ...yHigh.set(loadVector(y.get, at + HALF_BLOCK)),
    ...split(loops, yLow, yHigh),
    ...storeVector(x.get, at, xor(loadVector(x.get, at), product(loops, 0))),
    ...storeVector(x.get, at + HALF_BLOCK, xor(loadVector(x.get, at + HALF_BLOCK), product(loops, NIBBLES))),
  ]
}

function sum({ x, y }: Loops, at: number): Code {
  return [at, at + HALF_BLOCK].flatMap(offset =>
    storeVector(x.get, offset, xor(loadVector(x.get, offset), loadVector(y.get, offset))),
  )
}

function copy({ x, y }: Loops, at: number): Code {
  return [at, at + HALF_BLOCK].flatMap(offset => storeVector(x.get, offset, loadVector(y.get, offset)))
}

/** The nibbles of 16 elements into their locals. */
function split({ nibbles, mask }: Loops, low: Local, high: Local): Code {
  return [low, high].flatMap((bytes, index) => [
    ...(nibbles[2 * index] as Local).set(and(bytes.get, mask.get)),
    ...(nibbles[2 * index + 1] as Local).set(shiftBytesRight(bytes.get, 4)),
  ])
}

/** Low bytes (tables from 0 on) or high bytes of the products of what was split. */
function product({ tables, nibbles }: Loops, firstTable: number): Code {
  const parts = nibbles.map((nibble, index) => lookUp((tables[firstTable + index] as Local).get, nibble.get))
  return parts.reduce((total, part) => xor(total, part))
}

/**
 * `gather(to, distance there, from, distance there, count, bytes of each)`: pieces from regular places to regular places.
 * At least one piece; bytes are a multiple of 32.
 */
export function gatherFunction(): FunctionWriter {
  const writer = new FunctionWriter('gather', 6)
  const [to, toStep, from, fromStep, count, bytes] = writer.parameters as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ]
  const [target, source, stop] = writer.locals('i32', 3) as [Local, Local, Local]
  return writer.body(
    repeatWhile(
      count.get,
      target.set(to.get),
      source.set(from.get),
      stop.set(add(from.get, bytes.get)),
      repeatWhile(
        isLess(source.get, stop.get),
        storeVector(target.get, 0, loadVector(source.get, 0)),
        storeVector(target.get, VECTOR_BYTES, loadVector(source.get, VECTOR_BYTES)),
        target.set(add(target.get, i32(HALF_BLOCK))),
        source.set(add(source.get, i32(HALF_BLOCK))),
      ),
      to.set(add(to.get, toStep.get)),
      from.set(add(from.get, fromStep.get)),
      count.set(subtract(count.get, i32(1))),
    ),
  )
}

/**
 * `layOut(to, distance, place of the tail, from, distance, place of the tail, count, bytes before the tail, bytes of the
 * tail)`: symbols between their plain form and whole blocks, where the high bytes of the last, shorter block have
 * another place. Bytes of padding stay what they are.
 */
export function layOutFunction(): FunctionWriter {
  const writer = new FunctionWriter('layOut', 9)
  const [to, toStep, toTail, from, fromStep, fromTail, count, head, tail] = writer.parameters as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ]
  return writer.body(
    repeatWhile(
      count.get,
      copyMemory(to.get, from.get, head.get),
      copyMemory(add(to.get, toTail.get), add(from.get, fromTail.get), tail.get),
      to.set(add(to.get, toStep.get)),
      from.set(add(from.get, fromStep.get)),
      count.set(subtract(count.get, i32(1))),
    ),
  )
}
