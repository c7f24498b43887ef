/**
 * Types in the binary: a byte for the kind, then its parts.
 * @module
 */
import type { PrimitiveKind, SignatureToken } from './compiled-module.ts'
import type { BinaryCursor } from './cursor.ts'
import { MAX } from './limits.ts'

export const TOKEN = {
  bool: 1,
  u8: 2,
  u64: 3,
  u128: 4,
  address: 5,
  reference: 6,
  mutableReference: 7,
  datatype: 8,
  typeParameter: 9,
  vector: 10,
  datatypeInstantiation: 11,
  signer: 12,
  u16: 13,
  u32: 14,
  u256: 15,
} as const

const primitives: ReadonlyMap<number, PrimitiveKind> = new Map(
  (['bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'address', 'signer'] as const).map(kind => [
    TOKEN[kind],
    kind,
  ]),
)

/** What reading a type depends on. */
export interface TokenRules {
  readonly version: number
  readonly typeDepth: number
}

/** Reads one type. `depth` is how many constructors stand around it. */
export function readToken(cursor: BinaryCursor, rules: TokenRules, depth = 0): SignatureToken {
  const start = cursor.position
  if (depth > rules.typeDepth) cursor.fail(`type nests deeper than ${rules.typeDepth}`, start)
  const code = cursor.byte('type')
  const primitive = primitives.get(code)
  if (primitive !== undefined) {
    if (rules.version < 6 && (primitive === 'u16' || primitive === 'u32' || primitive === 'u256'))
      cursor.fail(`${primitive} is not known to version ${rules.version}`, start)
    return { kind: primitive }
  }
  switch (code) {
    case TOKEN.reference:
      return { kind: 'reference', to: readToken(cursor, rules, depth + 1) }
    case TOKEN.mutableReference:
      return { kind: 'mutableReference', to: readToken(cursor, rules, depth + 1) }
    case TOKEN.vector:
      return { kind: 'vector', element: readToken(cursor, rules, depth + 1) }
    case TOKEN.typeParameter:
      return { kind: 'typeParameter', index: cursor.uleb(MAX.typeParameterIndex, 'type parameter') }
    case TOKEN.datatype:
      return { kind: 'datatype', handle: cursor.uleb(MAX.index, 'datatype handle'), typeArguments: [] }
    case TOKEN.datatypeInstantiation: {
      const handle = cursor.uleb(MAX.index, 'datatype handle')
      const typeArguments = cursor.counted(MAX.typeParameters, 'type argument', at =>
        readToken(at, rules, depth + 1),
      )
      if (typeArguments.length === 0) cursor.fail('datatype instance without arguments', start)
      return { kind: 'datatype', handle, typeArguments }
    }
    default:
      return cursor.fail(`unknown type ${code}`, start)
  }
}
