/**
 * Reads the primitive parts of the binary format from a window of the module's bytes.
 * @module
 */
import { DeserializationError } from './errors.ts'

export class BinaryCursor {
  readonly bytes: Uint8Array
  /** Next byte to be read, counted from the start of the module. */
  position: number
  readonly end: number

  /** Reads `bytes` from `position` up to, and not including, `end`. */
  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  get atEnd(): boolean {
    return this.position >= this.end
  }

  fail(message: string, offset: number = this.position): never {
    throw new DeserializationError(message, offset)
  }

  byte(what: string): number {
    if (this.position >= this.end) this.fail(`${what}: unexpected end`)
    return this.bytes[this.position++] as number
  }

  /** A copy of the next `length` bytes. */
  take(length: number, what: string): Uint8Array {
    if (length > this.end - this.position) this.fail(`${what}: unexpected end`)
    const start = this.position
    this.position += length
    return this.bytes.slice(start, this.position)
  }

  /** Canonical ULEB128 of at most `max`. */
  uleb(max: number, what: string): number {
    const start = this.position
    let value = 0
    // Six groups hold 42 bits, more than any field has and still exact in a number.
    for (let group = 0; group < 6; group++) {
      const byte = this.byte(what)
      value += (byte & 0x7f) * 2 ** (7 * group)
      if (byte >= 0x80) continue
      if (group > 0 && byte === 0) this.fail(`${what}: over-long ULEB128`, start)
      if (value > max) this.fail(`${what}: ${value} exceeds ${max}`, start)
      return value
    }
    return this.fail(`${what}: ULEB128 too long`, start)
  }

  /** Unsigned little-endian integer of `size` bytes. */
  littleEndian(size: number, what: string): bigint {
    if (size > this.end - this.position) this.fail(`${what}: unexpected end`)
    let value = 0n
    for (let i = size - 1; i >= 0; i--)
      value = (value << 8n) | BigInt(this.bytes[this.position + i] as number)
    this.position += size
    return value
  }

  /** Reads items until the window is used up. */
  all<T>(read: (cursor: BinaryCursor) => T): T[] {
    const items: T[] = []
    while (!this.atEnd) items.push(read(this))
    return items
  }

  /** Reads a ULEB128 count and as many items. */
  counted<T>(max: number, what: string, read: (cursor: BinaryCursor) => T): T[] {
    const count = this.uleb(max, `${what} count`)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read(this))
    return items
  }
}
