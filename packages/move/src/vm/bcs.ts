/**
 * BCS of Move values, directed by their type. Decoding takes only the one canonical encoding.
 * Spec: https://github.com/diem/bcs
 * @module
 */
import { DecodeError } from '@squid/formats/errors'
import type { DatatypeType, Type, Variant } from './types.ts'
import type { Value } from './value.ts'

/** Longest sequence, 2^31 - 1. */
const MAX_SEQUENCE = 0x7fff_ffff
const BYTES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, u128: 16, u256: 32 }

/** Finds the variants of a datatype (a struct has one). */
export type Layouts = (type: DatatypeType) => readonly Variant[]

class Writer {
  #bytes = new Uint8Array(64)
  #length = 0

  /** Makes room; gives where it starts. May replace the buffer. */
  #reserve(count: number): number {
    const start = this.#length
    this.#length += count
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    return start
  }

  byte(value: number): void {
    const start = this.#reserve(1)
    this.#bytes[start] = value
  }

  bytes(values: ArrayLike<number>): void {
    const start = this.#reserve(values.length)
    this.#bytes.set(values, start)
  }

  littleEndian(value: bigint, size: number): void {
    const start = this.#reserve(size)
    let rest = value
    for (let i = 0; i < size; i++) {
      this.#bytes[start + i] = Number(rest & 0xffn)
      rest >>= 8n
    }
  }

  uleb(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}

function write(out: Writer, type: Type, value: Value, layouts: Layouts): void {
  switch (type.kind) {
    case 'bool':
      return out.byte(value === true ? 1 : 0)
    case 'u8':
    case 'u16':
    case 'u32':
    case 'u64':
    case 'u128':
    case 'u256':
      return out.littleEndian(BigInt(value as number | bigint), BYTES[type.kind] as number)
    case 'address':
    case 'signer':
      return out.bytes(Buffer.from((value as string).slice(2), 'hex'))
    case 'vector': {
      const items = value as Value[]
      out.uleb(items.length)
      if (type.element.kind === 'u8') return out.bytes(items as number[])
      for (const item of items) write(out, type.element, item, layouts)
      return
    }
    case 'struct':
    case 'enum': {
      const parts = value as Value[]
      const first = type.kind === 'enum' ? 1 : 0
      const tag = first === 1 ? (parts[0] as number) : 0
      if (first === 1) out.uleb(tag)
      const fields = layouts(type)[tag]?.fields ?? []
      for (const [i, field] of fields.entries()) write(out, field.type, parts[first + i] as Value, layouts)
      return
    }
    default:
      throw new TypeError(`${type.key} has no encoding`)
  }
}

/** Encodes a value. It must be of the type: that is the caller's promise, not checked again. */
export function encodeValue(type: Type, value: Value, layouts: Layouts): Uint8Array {
  const out = new Writer()
  write(out, type, value, layouts)
  return out.finish()
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #layouts: Layouts
  position = 0

  constructor(bytes: Uint8Array, layouts: Layouts) {
    this.#bytes = bytes
    this.#layouts = layouts
  }

  get remaining(): number {
    return this.#bytes.length - this.position
  }

  fail(message: string, offset: number = this.position): never {
    throw new DecodeError(message, offset)
  }

  take(count: number): Uint8Array {
    if (count > this.remaining) this.fail('unexpected end')
    this.position += count
    return this.#bytes.subarray(this.position - count, this.position)
  }

  byte(): number {
    return this.take(1)[0] as number
  }

  uleb(max: number): number {
    const start = this.position
    let value = 0
    for (let group = 0; group < 5; group++) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** (7 * group)
      if (byte >= 0x80) continue
      if (group > 0 && byte === 0) this.fail('over-long ULEB128', start)
      if (value > max) this.fail(`${value} exceeds ${max}`, start)
      return value
    }
    return this.fail('ULEB128 longer than 5 bytes', start)
  }

  littleEndian(size: number): bigint {
    const bytes = this.take(size)
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
    return value
  }

  value(type: Type): Value {
    switch (type.kind) {
      case 'bool': {
        const byte = this.byte()
        if (byte > 1) this.fail(`a bool is 0 or 1, not ${byte}`, this.position - 1)
        return byte === 1
      }
      case 'u8':
        return this.byte()
      case 'u16':
      case 'u32':
        return Number(this.littleEndian(BYTES[type.kind] as number))
      case 'u64':
      case 'u128':
      case 'u256':
        return this.littleEndian(BYTES[type.kind] as number)
      case 'address':
        return `0x${Buffer.from(this.take(32)).toString('hex')}`
      case 'vector':
        return this.#vector(type.element)
      case 'struct':
        return this.#fields(this.#layouts(type)[0], [])
      case 'enum': {
        const start = this.position
        const tag = this.uleb(0xffff_ffff)
        const variant = this.#layouts(type)[tag]
        if (variant === undefined) this.fail(`${type.name} has no variant ${tag}`, start)
        return this.#fields(variant, [tag])
      }
      default:
        return this.fail(`a value of type ${type.key} cannot come from bytes`)
    }
  }

  #vector(element: Type): Value {
    const start = this.position
    const length = this.uleb(MAX_SEQUENCE)
    // Every value takes at least one byte, so this bounds what is allocated.
    if (length > this.remaining) this.fail(`${length} elements in ${this.remaining} bytes`, start)
    if (element.kind === 'u8') return Array.from(this.take(length))
    const items: Value[] = []
    for (let i = 0; i < length; i++) items.push(this.value(element))
    return items
  }

  #fields(variant: Variant | undefined, parts: Value[]): Value {
    for (const field of variant?.fields ?? []) parts.push(this.value(field.type))
    return parts
  }
}

/**
 * Decodes a value that takes up all of `bytes`.
 * @throws {DecodeError} on anything but the canonical encoding of a value of the type
 */
export function decodeValue(type: Type, bytes: Uint8Array, layouts: Layouts): Value {
  const reader = new Reader(bytes, layouts)
  const value = reader.value(type)
  if (reader.remaining > 0) reader.fail('bytes after the value')
  return value
}
