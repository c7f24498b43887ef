/**
 * Pure inputs: bytes that a transaction brings along. Only plain data may be made of bytes: primitives, strings, ids
 * and options and vectors of these. Anything else would let a transaction forge values of other modules.
 * @module
 */
import { decodeUtf8 } from '@squid/formats/bytes'
import { DecodeError } from '@squid/formats/errors'
import type { Type, Value, Vm } from '@squid/move/vm'
import { SYSTEM_ADDRESS } from '../objects/address.ts'
import { datatypeName } from '../objects/type-tag.ts'
import { argumentFailure } from '../effects/failure.ts'

const UTF8_STRING = `${SYSTEM_ADDRESS.moveStdlib}::string::String`
const ASCII_STRING = `${SYSTEM_ADDRESS.moveStdlib}::ascii::String`
const OPTION = `${SYSTEM_ADDRESS.moveStdlib}::option::Option`
const ID = `${SYSTEM_ADDRESS.framework}::object::ID`

/** True when values of the type may be made of bytes. */
function isPlain(type: Type): boolean {
  switch (type.kind) {
    case 'vector':
      return isPlain(type.element)
    case 'struct': {
      const name = datatypeName(type)
      if (name === OPTION) return type.typeArguments.every(isPlain)
      return name === UTF8_STRING || name === ASCII_STRING || name === ID
    }
    case 'enum':
    case 'reference':
    case 'mutableReference':
    case 'signer':
      return false
    default:
      return true
  }
}

function assertText(bytes: Value, isAscii: boolean): void {
  const units = bytes as number[]
  if (isAscii) {
    if (units.some(unit => unit > 0x7f)) throw new DecodeError('the string is not ASCII', 0)
  } else {
    decodeUtf8(Uint8Array.from(units))
  }
}

/** Checks what the layout alone does not say: strings are text, an option holds at most one value. */
function assertInvariants(type: Type, value: Value): void {
  if (type.kind === 'vector') {
    if (type.element.kind === 'vector' || type.element.kind === 'struct') {
      for (const element of value as Value[]) assertInvariants(type.element, element)
    }
  } else if (type.kind === 'struct') {
    const [field] = value as Value[]
    const name = datatypeName(type)
    if (name === UTF8_STRING || name === ASCII_STRING) assertText(field as Value, name === ASCII_STRING)
    if (name === OPTION) {
      const held = field as Value[]
      if (held.length > 1) throw new DecodeError('an option holds more than one value', 0)
      for (const element of held) assertInvariants(type.typeArguments[0] as Type, element)
    }
  }
}

/**
 * The value that argument `index` has at `type`.
 * @param anyType values of every type may be made of bytes (simulation without checks)
 * @throws {TransactionFailure} `InvalidUsageOfPureArg`, `InvalidBCSBytes`
 */
export function decodePure<C>(
  vm: Vm<C>,
  index: number,
  type: Type,
  bytes: Uint8Array,
  anyType: boolean,
): Value {
  const plain = isPlain(type)
  if (!plain && !anyType) throw argumentFailure(index, 'InvalidUsageOfPureArg')
  try {
    const value = vm.decode(type, bytes)
    if (plain) assertInvariants(type, value)
    return value
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw argumentFailure(index, 'InvalidBCSBytes', `not a value of ${type.key}: ${error.message}`)
  }
}
