/**
 * Where hashes were masked, as bytes: for each place, in the order of the NAR,
 *
 *     gap ULEB128     bytes between the end of the place before, or the beginning of the NAR, and this one
 *     hash ULEB128    number of the hash, counted in the order of first places
 *
 * Places out of order, or that overlap, can not be said. A hash that comes for the first time has the lowest number
 * that is free; so the bytes stay the same when every hash becomes another one.
 * @module
 */
import { DecodeError } from '../errors/index.ts'
import { HASH_DIGITS } from './hashes.ts'

/** Digits of a number, seven bits each: 2^49 is more than any NAR has. */
const MAX_DIGITS = 7

/** Places of hashes that are malformed, or do not fit the NAR. */
export class PlacesError extends DecodeError {
  override name = 'PlacesError'
}

/** A hash in a NAR. */
export interface Place {
  /** Where its first digit stands. */
  readonly offset: number
  /** Its number, in the order of first places. */
  readonly hash: number
}

/** Writes places, in order. */
export class PlaceWriter {
  #bytes: Uint8Array = new Uint8Array(256)
  #length = 0
  /** Where the last place ends. */
  #end = 0

  write({ offset, hash }: Place): void {
    if (this.#length + 2 * MAX_DIGITS > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#number(offset - this.#end)
    this.#number(hash)
    this.#end = offset + HASH_DIGITS
  }

  /** What was written since this was called last. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return bytes
  }

  #number(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80
    this.#bytes[this.#length++] = rest
  }
}

/** Reads places from bytes that come in pieces, in constant memory. */
export class PlaceDecoder {
  readonly #hashes: number
  readonly #narSize: number
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  /** Bytes before `#bytes`. */
  #before = 0
  /** The number that is being read: its value until now, and its digits. */
  #value = 0
  #digits = 0
  /** Where the place begins whose hash is to be read. */
  #offset: number | undefined
  /** Where the last place ends. */
  #end = 0
  /** Hashes that had a place. */
  #seen = 0

  /** @param hashes how many there are, each of which has a place */
  constructor(hashes: number, narSize: bigint) {
    this.#hashes = hashes
    // Above 2^53 (8 PiB) it is not exact, which no NAR reaches: the sum of its chunks is what is read.
    this.#narSize = Number(narSize)
  }

  /** Bytes that were read. */
  get size(): number {
    return this.#before + this.#at
  }

  /** The bytes after those that `next` has used up. */
  push(bytes: Uint8Array): void {
    this.#before += this.#bytes.length
    this.#bytes = bytes
    this.#at = 0
  }

  /**
   * @returns the next place, or undefined when more bytes are needed
   * @throws {PlacesError} when it lies beyond the NAR, has no hash, or is not written as shortly as it could be
   */
  next(): Place | undefined {
    this.#offset ??= this.#begin()
    if (this.#offset === undefined) return undefined
    const hash = this.#number()
    if (hash === undefined) return undefined
    if (hash > this.#seen || hash >= this.#hashes)
      throw this.#wrong(`the place of hash ${hash}, of which nothing is known`)
    if (hash === this.#seen) this.#seen++
    const place = { offset: this.#offset, hash }
    this.#end = place.offset + HASH_DIGITS
    this.#offset = undefined
    return place
  }

  /** @throws {PlacesError} when something is missing */
  finish(): void {
    if (this.#offset !== undefined || this.#digits > 0)
      throw this.#wrong('places of hashes that end too early')
    if (this.#seen < this.#hashes) throw this.#wrong(`no place of hash ${this.#seen}`)
  }

  #begin(): number | undefined {
    const gap = this.#number()
    if (gap === undefined) return undefined
    const offset = this.#end + gap
    if (offset + HASH_DIGITS > this.#narSize)
      throw this.#wrong('the place of a hash beyond the end of the NAR')
    return offset
  }

  #number(): number | undefined {
    while (this.#at < this.#bytes.length) {
      const byte = this.#bytes[this.#at++] as number
      this.#value += (byte & 0x7f) * 2 ** (7 * this.#digits++)
      if (byte >= 0x80) {
        if (this.#digits === MAX_DIGITS) throw this.#wrong('the place of a hash in a number that is too long')
        continue
      }
      if (byte === 0 && this.#digits > 1) throw this.#wrong('over-long ULEB128')
      const value = this.#value
      this.#value = this.#digits = 0
      return value
    }
    return undefined
  }

  #wrong(what: string): PlacesError {
    return new PlacesError(what, this.size)
  }
}

/**
 * Reads places that are there as a whole, only to see whether they are right.
 * @param hashes how many there are
 * @throws {PlacesError}
 */
export function assertPlaces(bytes: Uint8Array, hashes: number, narSize: bigint): void {
  const decoder = new PlaceDecoder(hashes, narSize)
  decoder.push(bytes)
  while (decoder.next() !== undefined);
  decoder.finish()
}
