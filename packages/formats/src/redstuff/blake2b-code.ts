/**
 * BLAKE2b-256 of many messages, two at a time: one in the low, one in the high half of each vector.
 * Spec: RFC 7693; shuffles by `i8x16.relaxed_swizzle`.
 * @module
 */
import {
  add,
  add64,
  type Code,
  copyMemory,
  fillMemory,
  FunctionWriter,
  i32,
  isEqual,
  isLess,
  isPositive,
  loadHigh,
  loadLow,
  loadVector,
  type Local,
  lookUp,
  repeatWhile,
  select,
  shift64Right,
  splat64,
  store8,
  storeHalf,
  storeVector,
  subtract,
  times,
  vector,
  when,
  xor,
} from './wasm.ts'

export const HASH_BYTES = 32
const BLOCK_BYTES = 128
const WORD_BYTES = 8
const WORDS = 16
const STATE_WORDS = 8
const ROUNDS = 12
const VECTOR_BYTES = 16

/** RFC 7693 §2.6: the first 64 bits of the fractional parts of the square roots of the first eight primes. */
const IV: readonly bigint[] = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]

/** RFC 7693 §2.7. */
const SIGMA: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
]

/** Which words of the state each mix of a round works on: columns, then diagonals. */
const MIXES: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
]

/** RFC 7693 §2.5: 32 bytes of digest, no key, and the two constants of sequential hashing. */
const PARAMETERS = 0x01010020n

/** Room that the function needs beside two messages: the words of both blocks, and the chained states. */
const WORDS_BYTES = WORDS * VECTOR_BYTES
const ROOM_BYTES: number = WORDS_BYTES + STATE_WORDS * VECTOR_BYTES

/** Bytes of the `room` that hashing messages of this length takes. */
export function hashRoom(length: number): number {
  return ROOM_BYTES + 2 * paddedLength(length)
}

/** A message with its prefix, in whole blocks. */
export function paddedLength(length: number): number {
  return Math.ceil((length + 1) / BLOCK_BYTES) * BLOCK_BYTES
}

/**
 * `hash(from, distance, count, length, padded length, prefix, to, room)`: the hashes of a prefix byte and `length` bytes
 * each. `to` has room for an even number of hashes. At least one message.
 */
export function hashFunction(): FunctionWriter {
  const writer = new FunctionWriter('hash', 8)
  const [from, distance, count, length, padded, prefix, to, room] = writer.parameters as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ]
  const [first, block, stop] = writer.locals('i32', 3) as [Local, Local, Local]
  const state = writer.locals('v128', WORDS)
  const [turn24, turn16, turn32] = writer.locals('v128', 3) as [Local, Local, Local]
  const turns = { turn16, turn24, turn32 }
  const chain = (word: number): number => WORDS_BYTES + word * VECTOR_BYTES
  const message = (at: Local, source: Code): Code => [
    ...store8(at.get, prefix.get),
    ...copyMemory(add(at.get, i32(1)), source, length.get),
    ...fillMemory(
      add(add(at.get, i32(1)), length.get),
      i32(0),
      subtract(subtract(padded.get, i32(1)), length.get),
    ),
  ]
  return writer.body(
    turn16.set(vector(rotation(2))),
    turn24.set(vector(rotation(3))),
    turn32.set(vector(rotation(4))),
    repeatWhile(
      isPositive(count.get),
      first.set(add(room.get, i32(ROOM_BYTES))),
      message(first, from.get),
      // The last one of an odd number goes alone, with itself.
      when(isEqual(count.get, i32(1)), distance.set(i32(0))),
      block.set(add(first.get, padded.get)),
      message(block, add(from.get, distance.get)),
      ...IV.map((word, index) =>
        storeVector(room.get, chain(index), constant(index === 0 ? word ^ PARAMETERS : word)),
      ),
      block.set(first.get),
      stop.set(add(first.get, padded.get)),
      repeatWhile(
        isLess(block.get, stop.get),
        ...Array.from({ length: WORDS }, (_, word) =>
          storeVector(
            room.get,
            word * VECTOR_BYTES,
            loadHigh(add(block.get, padded.get), word * WORD_BYTES, loadLow(block.get, word * WORD_BYTES)),
          ),
        ),
        ...state.map((local, word) =>
          local.set(
            word < STATE_WORDS
              ? loadVector(room.get, chain(word))
              : constant(IV[word - STATE_WORDS] as bigint),
          ),
        ),
        block.set(add(block.get, i32(BLOCK_BYTES))),
        // Bytes so far, and whether they are all.
        mixInto(
          state[12] as Local,
          select(isLess(block.get, stop.get), subtract(block.get, first.get), add(length.get, i32(1))),
        ),
        mixInto(state[14] as Local, subtract(i32(0), isEqual(block.get, stop.get))),
        ...Array.from({ length: ROUNDS }, (_, round) => roundCode(state, room, round, turns)),
        ...Array.from({ length: STATE_WORDS }, (_, word) =>
          storeVector(
            room.get,
            chain(word),
            xor(
              loadVector(room.get, chain(word)),
              xor((state[word] as Local).get, (state[word + STATE_WORDS] as Local).get),
            ),
          ),
        ),
      ),
      ...([0, 1] as const).flatMap(half =>
        Array.from({ length: HASH_BYTES / WORD_BYTES }, (_, word) =>
          storeHalf(to.get, half * HASH_BYTES + word * WORD_BYTES, loadVector(room.get, chain(word)), half),
        ),
      ),
      to.set(add(to.get, i32(2 * HASH_BYTES))),
      from.set(add(from.get, times(i32(2), distance.get))),
      count.set(subtract(count.get, i32(2))),
    ),
  )
}

interface Turns {
  readonly turn16: Local
  readonly turn24: Local
  readonly turn32: Local
}

/** RFC 7693 §3.2, one round of F. */
function roundCode(state: readonly Local[], room: Local, round: number, turns: Turns): Code {
  const order = SIGMA[round % SIGMA.length] as readonly number[]
  const word = (index: number): Code => loadVector(room.get, (order[index] as number) * VECTOR_BYTES)
  return MIXES.flatMap((words, index) => {
    const [a, b, c, d] = words.map(each => state[each]) as [Local, Local, Local, Local]
    return mix(a, b, c, d, word(2 * index), word(2 * index + 1), turns)
  })
}

/** RFC 7693 §3.1, G. */
function mix(a: Local, b: Local, c: Local, d: Local, first: Code, second: Code, turns: Turns): Code {
  return [
    ...a.set(add64(add64(a.get, first), b.get)),
    ...d.set(lookUp(xor(d.get, a.get), turns.turn32.get)),
    ...c.set(add64(c.get, d.get)),
    ...b.set(lookUp(xor(b.get, c.get), turns.turn24.get)),
    ...a.set(add64(add64(a.get, second), b.get)),
    ...d.set(lookUp(xor(d.get, a.get), turns.turn16.get)),
    ...c.set(add64(c.get, d.get)),
    ...b.set(xor(b.get, c.get)),
    ...b.set(xor(add64(b.get, b.get), shift64Right(b.get, 63))),
  ]
}

function mixInto(word: Local, value: Code): Code {
  return word.set(xor(word.get, splat64(value)))
}

/** A 64-bit word in both halves. */
function constant(word: bigint): Code {
  const bytes = new Uint8Array(VECTOR_BYTES)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, word, true)
  view.setBigUint64(WORD_BYTES, word, true)
  return vector([...bytes])
}

/** Indices that turn both words right by so many bytes. */
function rotation(bytes: number): readonly number[] {
  return Array.from({ length: VECTOR_BYTES }, (_, index) => {
    const start = index - (index % WORD_BYTES)
    return start + ((index - start + bytes) % WORD_BYTES)
  })
}
