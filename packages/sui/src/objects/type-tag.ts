/**
 * BCS of types: `TypeTag` and `MoveObjectType`, as the official SDK's `bcs` defines them.
 * @module
 */
import { BcsWriter } from '@squid/formats/bcs'
import type { DatatypeType, Type } from '@squid/move/vm'
import { addressBytes, SYSTEM_ADDRESS } from './address.ts'

/** Variant numbers of `TypeTag`, in the order in which they were added. */
const VARIANT = {
  bool: 0,
  u8: 1,
  u64: 2,
  u128: 3,
  address: 4,
  signer: 5,
  vector: 6,
  struct: 7,
  u16: 8,
  u32: 9,
  u256: 10,
} as const

/** Variant numbers of `MoveObjectType`. */
const OBJECT_TYPE = { other: 0, gasCoin: 1, coin: 3 } as const

/** Canonical names of the types that the protocol knows. */
export const KNOWN_TYPE: Readonly<Record<'coin' | 'sui' | 'gasCoin', string>> = {
  coin: `${SYSTEM_ADDRESS.framework}::coin::Coin`,
  sui: `${SYSTEM_ADDRESS.framework}::sui::SUI`,
  gasCoin: `${SYSTEM_ADDRESS.framework}::coin::Coin<${SYSTEM_ADDRESS.framework}::sui::SUI>`,
}

/** `0x…::module::Name` of a datatype, without its arguments. */
export function datatypeName(type: DatatypeType): string {
  return `${type.address}::${type.module}::${type.name}`
}

/** True for every `Coin<T>`. */
export function isCoin(type: Type): type is DatatypeType {
  return type.kind === 'struct' && datatypeName(type) === KNOWN_TYPE.coin
}

function writeStructTag(writer: BcsWriter, type: DatatypeType): void {
  writer.fixed(addressBytes(type.address)).string(type.module).string(type.name)
  writer.vector(type.typeArguments, argument => writeTypeTag(writer, argument))
}

function writeTypeTag(writer: BcsWriter, type: Type): void {
  switch (type.kind) {
    case 'vector':
      writer.u8(VARIANT.vector)
      writeTypeTag(writer, type.element)
      return
    case 'struct':
    case 'enum':
      writer.u8(VARIANT.struct)
      writeStructTag(writer, type)
      return
    case 'reference':
    case 'mutableReference':
      throw new TypeError(`${type.key} is a reference: it has no tag`)
    default:
      writer.u8(VARIANT[type.kind])
  }
}

/** BCS of a `TypeTag`. */
export function encodeTypeTag(type: Type): Uint8Array {
  const writer = new BcsWriter()
  writeTypeTag(writer, type)
  return writer.finish()
}

/** BCS of a `StructTag`. */
export function encodeStructTag(type: DatatypeType): Uint8Array {
  const writer = new BcsWriter()
  writeStructTag(writer, type)
  return writer.finish()
}

/** BCS of a `MoveObjectType`: short for coins, a `StructTag` for everything else. */
export function encodeObjectType(type: DatatypeType): Uint8Array {
  const writer = new BcsWriter()
  const [coined] = isCoin(type) ? type.typeArguments : []
  if (coined === undefined) {
    writer.u8(OBJECT_TYPE.other)
    writeStructTag(writer, type)
  } else if (type.key === KNOWN_TYPE.gasCoin) {
    writer.u8(OBJECT_TYPE.gasCoin)
  } else {
    writer.u8(OBJECT_TYPE.coin)
    writeTypeTag(writer, coined)
  }
  return writer.finish()
}
