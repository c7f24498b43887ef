/**
 * The data of a constant is the canonical BCS of one value of its type. The types that a constant may have
 * are few, so this reads them without the VM.
 * @module
 */
import { DecodeError } from '@squid/formats/errors'
import type { SignatureToken } from '../binary/index.ts'

const SIZES: Readonly<Record<string, number>> = {
  bool: 1,
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  u128: 16,
  u256: 32,
  address: 32,
}

/** The length of a vector at `offset`, and where its elements start. */
function readLength(data: Uint8Array, offset: number): [length: number, end: number] {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = data[offset + i]
    if (byte === undefined) throw new DecodeError('unexpected end', offset + i)
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte >= 0x80) continue
    if (i > 0 && byte === 0) throw new DecodeError('over-long ULEB128', offset)
    return [length, offset + i + 1]
  }
  throw new DecodeError('vector too long', offset)
}

/** Skips one value; gives the offset after it. */
function skip(type: SignatureToken, data: Uint8Array, offset: number): number {
  if (type.kind === 'vector') {
    const [length, start] = readLength(data, offset)
    if (length > data.length - start) throw new DecodeError('vector longer than its data', offset)
    let end = start
    for (let i = 0; i < length; i++) end = skip(type.element, data, end)
    return end
  }
  const size = SIZES[type.kind]
  if (size === undefined) throw new DecodeError(`a constant cannot be of type ${type.kind}`, offset)
  if (size > data.length - offset) throw new DecodeError('unexpected end', offset)
  if (type.kind === 'bool' && (data[offset] as number) > 1) throw new DecodeError('a bool is 0 or 1', offset)
  return offset + size
}

/** True for types without datatypes, references, type parameters and signers. */
function isConstantType(type: SignatureToken): boolean {
  return type.kind === 'vector' ? isConstantType(type.element) : SIZES[type.kind] !== undefined
}

/** @throws {DecodeError} when the data is anything else than one value of a type that constants may have */
export function checkConstantData(type: SignatureToken, data: Uint8Array): void {
  if (!isConstantType(type)) throw new DecodeError('a constant cannot be of this type', 0)
  const end = skip(type, data, 0)
  if (end !== data.length) throw new DecodeError('bytes after the value', end)
}
