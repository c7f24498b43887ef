/**
 * Clever errors: abort codes that the compiler made of a source line and, for `#[error]` constants, of the places of
 * the constant's name and value in the module's table of constants.
 *
 * Bits, from the highest: 1 tag, 7 reserved, 8 error code (0: none), 16 line, 16 constant with the name,
 * 16 constant with the value; 0xffff in the last two: none.
 * Spec: https://move-book.com/reference/abort-and-assert/clever-errors
 * @module
 */
import { BcsReader } from '@squid/formats/bcs'
import { decodeUtf8 } from '@squid/formats/bytes'
import { DecodeError } from '@squid/formats/errors'
import type { CompiledModule, SignatureToken } from '@squid/move/binary'
import { formatAddress } from '../objects/address.ts'
import type { CleverError } from './execution-error.ts'

const TAG = 1n << 63n
const NONE = 0xffff

/** Printable text; control characters but line breaks mean that bytes are no text. */
const UNPRINTABLE = /(?![\t\n\u0080-\u009f])\p{Cc}/u

function bits(code: bigint, from: bigint, count: bigint): number {
  return Number((code >> from) & ((1n << count) - 1n))
}

function typeText(token: SignatureToken): string | undefined {
  if (token.kind === 'vector') {
    const element = typeText(token.element)
    return element === undefined ? undefined : `vector<${element}>`
  }
  return token.kind === 'datatype' ||
    token.kind === 'typeParameter' ||
    token.kind === 'reference' ||
    token.kind === 'mutableReference'
    ? undefined
    : token.kind
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

/** The constant as text; undefined when it has none. */
function render(token: SignatureToken, data: Uint8Array): string | undefined {
  if (token.kind === 'bool') return data[0] === 1 ? 'true' : 'false'
  if (token.kind === 'address') return formatAddress(data)
  if (token.kind === 'vector') return token.element.kind === 'u8' ? textOf(data) : undefined
  return token.kind.startsWith('u') ? String(littleEndian(data)) : undefined
}

/** The text in a BCS `vector<u8>`. */
function textOf(data: Uint8Array): string | undefined {
  try {
    const reader = new BcsReader(data)
    const text = decodeUtf8(reader.bytes(data.length))
    return UNPRINTABLE.test(text) ? undefined : text
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

/** What an abort code says, when the compiler made it; `module` is where the abort happened. */
export function decodeCleverError(code: bigint, module: CompiledModule): CleverError | undefined {
  if ((code & TAG) === 0n) return undefined
  const errorCode = bits(code, 48n, 8n)
  const name = module.constants[bits(code, 16n, 16n)]
  const constant = bits(code, 0n, 16n) === NONE ? undefined : module.constants[bits(code, 0n, 16n)]
  const isNamed = bits(code, 16n, 16n) !== NONE && name !== undefined
  return {
    lineNumber: bits(code, 32n, 16n),
    errorCode: errorCode === 0 ? undefined : errorCode,
    constantName: isNamed ? textOf(name.data) : undefined,
    constantType: constant === undefined ? undefined : typeText(constant.type),
    rendered: constant === undefined ? undefined : render(constant.type, constant.data),
    raw: constant?.data,
  }
}
