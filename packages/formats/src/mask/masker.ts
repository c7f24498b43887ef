/**
 * Replaces hash parts of store paths in a NAR by placeholders, so that what was only built anew is cut into the same
 * chunks as before.
 *
 * From the beginning of the NAR, the first 32 bytes that are a known hash are masked, and the search goes on behind
 * them. It looks at the end of every window of 32 bytes first and goes on behind whatever is no digit there, as Nix's
 * own scanner does (`RefScanSink` in libstore/references.cc): of most files it sees one byte in thirty.
 * @module
 */
import { concatBytes } from '../bytes/index.ts'
import { DIGIT_VALUE, HASH_DIGITS, HashTable, PLACEHOLDER } from './hashes.ts'
import { PlaceWriter } from './places.ts'

const NO_BYTES = new Uint8Array(0)
const UNSEEN = -1

/** Masks one NAR, in pieces of any size; where they end makes no difference. */
export class Masker {
  readonly #table: HashTable
  readonly #writer = new PlaceWriter()
  /** Numbers of the known hashes, in the order of first places. */
  readonly #numbers: Int32Array
  readonly #hashes: number[] = []
  /** Digits at the end that a hash may begin with: at most 31. */
  #rest: Uint8Array = NO_BYTES
  /** Where `#rest` begins in the NAR. */
  #offset = 0

  /** @param known as `knownHashes` gives them */
  constructor(known: readonly string[]) {
    this.#table = new HashTable(known)
    this.#numbers = new Int32Array(known.length).fill(UNSEEN)
  }

  /** Which of the known hashes were found, in the order of their first places: the numbers in places count these. */
  get hashes(): readonly number[] {
    return this.#hashes
  }

  /**
   * @param bytes taken: changed, and not to be used until the result is
   * @returns the masked bytes that are certain now, possibly a view of `bytes`
   */
  push(bytes: Uint8Array): Uint8Array {
    const all = this.#rest.length === 0 ? bytes : concatBytes([this.#rest, bytes])
    const end = this.#mask(all)
    this.#rest = end === all.length ? NO_BYTES : all.slice(end)
    this.#offset += end
    return all.subarray(0, end)
  }

  /** The rest of the NAR. */
  finish(): Uint8Array {
    return this.#rest
  }

  /** The places since this was called last, as `PlaceDecoder` reads them. */
  takePlaces(): Uint8Array {
    return this.#writer.take()
  }

  /** Masks what is whole. @returns where a hash may begin that is not */
  #mask(bytes: Uint8Array): number {
    let at = 0
    while (at + HASH_DIGITS <= bytes.length) {
      const last = lastNoDigit(bytes, at, at + HASH_DIGITS)
      if (last >= 0) at = last + 1
      else {
        const end = endOfDigits(bytes, at + HASH_DIGITS)
        at = this.#maskDigits(bytes, at, end)
        if (end < bytes.length) at = end + 1
      }
    }
    const last = lastNoDigit(bytes, at, bytes.length)
    return last < 0 ? at : last + 1
  }

  /** Masks what is whole in a run of digits. @returns where a hash may begin that is not */
  #maskDigits(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at + HASH_DIGITS <= end) {
      const hash = this.#table.find(bytes, at)
      if (hash < 0) at++
      else {
        this.#found(hash, this.#offset + at)
        bytes.fill(PLACEHOLDER, at, at + HASH_DIGITS)
        at += HASH_DIGITS
      }
    }
    return at
  }

  #found(known: number, offset: number): void {
    let hash = this.#numbers[known] as number
    if (hash === UNSEEN) {
      hash = this.#hashes.length
      this.#numbers[known] = hash
      this.#hashes.push(known)
    }
    this.#writer.write({ offset, hash })
  }
}

/** The last byte of the range that is no digit, or −1. */
function lastNoDigit(bytes: Uint8Array, start: number, end: number): number {
  for (let i = end - 1; i >= start; i--) if ((DIGIT_VALUE[bytes[i] as number] as number) < 0) return i
  return -1
}

/** Where the digits from `start` on end. */
function endOfDigits(bytes: Uint8Array, start: number): number {
  let end = start
  while (end < bytes.length && (DIGIT_VALUE[bytes[end] as number] as number) >= 0) end++
  return end
}
