/**
 * Binary Canonical Serialization, the part that our own records use. Decoding accepts only what encoding
 * produces: shortest ULEB128, booleans 0 and 1, UTF-8, no trailing bytes.
 * Spec: https://github.com/diem/bcs
 * @module
 */
import { decodeUtf8, encodeUtf8 } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'

const MAX_ULEB128 = 0xffff_ffff
const MAX_U64 = 0xffff_ffff_ffff_ffffn

function assertRange(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${value} is not in 0..${max}`)
}

/** Appends values to a growing buffer. Values out of range are our bug: RangeError. */
export class BcsWriter {
  #bytes: Uint8Array = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** Bytes written until now. */
  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    assertRange(value, 0xff)
    const at = this.#take(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    assertRange(value, 0xffff)
    const at = this.#take(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(value: number): this {
    assertRange(value, 0xffff_ffff)
    const at = this.#take(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  u64(value: bigint): this {
    if (value < 0n || value > MAX_U64) throw new RangeError(`${value} is not a u64`)
    const at = this.#take(8)
    this.#view.setBigUint64(at, value, true)
    return this
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0)
  }

  /** A length or variant number. */
  uleb(value: number): this {
    assertRange(value, MAX_ULEB128)
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    return this.u8(rest)
  }

  /** Bytes without a length: the reader knows it. */
  fixed(bytes: Uint8Array): this {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** `vector<u8>`. */
  bytes(bytes: Uint8Array): this {
    return this.uleb(bytes.length).fixed(bytes)
  }

  string(text: string): this {
    return this.bytes(encodeUtf8(text))
  }

  option<T>(value: T | undefined, write: (value: T) => void): this {
    this.bool(value !== undefined)
    if (value !== undefined) write(value)
    return this
  }

  vector<T>(items: readonly T[], write: (item: T) => void): this {
    this.uleb(items.length)
    for (const item of items) write(item)
    return this
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Reserves room and returns where it starts. The buffer may be another one afterwards. */
  #take(count: number): number {
    const start = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return start
  }
}

/** Reads values at a cursor. Every method throws DecodeError when the bytes end too early. */
export class BcsReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset: number

  /** @param offset where the value starts, for instance after a domain tag */
  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = offset
  }

  /** Where the next value starts. */
  get offset(): number {
    return this.#offset
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  bool(): boolean {
    const value = this.u8()
    if (value > 1) throw new DecodeError(`boolean with the value ${value}`, this.#offset - 1)
    return value === 1
  }

  uleb(): number {
    const start = this.#offset
    let value = 0
    for (let i = 0; i < 5; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte >= 0x80) continue
      if (i > 0 && byte === 0) throw new DecodeError('over-long ULEB128', start)
      if (value > MAX_ULEB128) throw new DecodeError('ULEB128 exceeds 32 bits', start)
      return value
    }
    throw new DecodeError('ULEB128 longer than 5 bytes', start)
  }

  /** A copy of the next `count` bytes. */
  fixed(count: number): Uint8Array {
    const start = this.#take(count)
    return this.#bytes.slice(start, start + count)
  }

  /** `vector<u8>` of at most `max` bytes. */
  bytes(max: number): Uint8Array {
    return this.fixed(this.#length(max))
  }

  /** UTF-8 of at most `max` bytes. */
  string(max: number): string {
    const start = this.#offset
    const bytes = this.bytes(max)
    try {
      return decodeUtf8(bytes)
    } catch (cause) {
      throw new DecodeError('string is not UTF-8', start, { cause })
    }
  }

  option<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined
  }

  /** At most `max` items. Memory grows with what is really there, not with the claimed count. */
  vector<T>(max: number, read: () => T): T[] {
    const items: T[] = []
    for (let left = this.#length(max); left > 0; left--) items.push(read())
    return items
  }

  /** @throws {DecodeError} when bytes are left */
  end(): void {
    if (this.#offset !== this.#bytes.length) throw new DecodeError('trailing bytes', this.#offset)
  }

  #length(max: number): number {
    const start = this.#offset
    const length = this.uleb()
    if (length > max) throw new DecodeError(`length ${length} exceeds the limit ${max}`, start)
    return length
  }

  #take(count: number): number {
    const start = this.#offset
    if (count > this.#bytes.length - start) throw new DecodeError('input ends too early', this.#bytes.length)
    this.#offset = start + count
    return start
  }
}
