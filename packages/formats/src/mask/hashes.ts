/**
 * The hash parts of store paths that are masked in a NAR: those that a reader of its manifest entry knows.
 * @module
 */
import { encodeUtf8 } from '../bytes/index.ts'
import { hashPart, type StorePath } from '../store-path/index.ts'

/** Digits, and bytes, of a hash part. */
export const HASH_DIGITS = 32

/** What stands in a masked NAR for each digit of a hash: `e`, which is no digit. */
export const PLACEHOLDER: number = 'e'.charCodeAt(0)

const DIGITS = encodeUtf8('0123456789abcdfghijklmnpqrsvwxyz')
const NO_DIGIT = -1

/** Byte → value of the digit, or −1. */
export const DIGIT_VALUE: Int8Array = new Int8Array(256).fill(NO_DIGIT)
DIGITS.forEach((digit, value) => {
  DIGIT_VALUE[digit] = value
})

/** The hash parts of a path and of its references, sorted, each once. */
export function knownHashes(path: StorePath, references: readonly StorePath[]): string[] {
  return [...new Set([path, ...references].map(hashPart))].sort()
}

/** Hashes that share their first two digits lie in one of so many buckets. */
const BUCKETS = 32 * 32

/** Finds hash parts in bytes. */
export class HashTable {
  /** All hashes, one after another. */
  readonly #digits: Uint8Array
  /** Where the hashes of each bucket begin. */
  readonly #starts = new Uint16Array(BUCKETS + 1)

  /** @param hashes sorted, each once, at most 65,535 */
  constructor(hashes: readonly string[]) {
    this.#digits = encodeUtf8(hashes.join(''))
    for (let i = 0; i < hashes.length; i++) {
      const next = bucketOf(this.#digits, i * HASH_DIGITS) + 1
      this.#starts[next] = (this.#starts[next] ?? 0) + 1
    }
    for (let i = 1; i <= BUCKETS; i++) this.#starts[i] = (this.#starts[i] ?? 0) + (this.#starts[i - 1] ?? 0)
  }

  /** The number of the hash that stands at `at`, where 32 digits are; −1 when it is none of these. */
  find(bytes: Uint8Array, at: number): number {
    const bucket = bucketOf(bytes, at)
    let low = this.#starts[bucket] as number
    let high = this.#starts[bucket + 1] as number
    while (low < high) {
      const middle = (low + high) >> 1
      const order = this.#compare(middle, bytes, at)
      if (order === 0) return middle
      if (order < 0) low = middle + 1
      else high = middle
    }
    return -1
  }

  #compare(hash: number, bytes: Uint8Array, at: number): number {
    const own = hash * HASH_DIGITS
    for (let i = 0; i < HASH_DIGITS; i++) {
      const order = (this.#digits[own + i] as number) - (bytes[at + i] as number)
      if (order !== 0) return order
    }
    return 0
  }
}

/** The order of digits is that of their bytes, so that buckets are in the order of hashes. */
function bucketOf(bytes: Uint8Array, at: number): number {
  return (DIGIT_VALUE[bytes[at] as number] as number) * 32 + (DIGIT_VALUE[bytes[at + 1] as number] as number)
}
