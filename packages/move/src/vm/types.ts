/**
 * Fully instantiated Move types. Two types are equal exactly when their `key` is.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { AbilitySet, PrimitiveKind } from '../binary/index.ts'

/** A type that has only a name. */
export interface PrimitiveType {
  readonly kind: PrimitiveKind
  readonly key: string
}

export interface VectorType {
  readonly kind: 'vector'
  readonly element: Type
  readonly key: string
}

export interface ReferenceType {
  readonly kind: 'reference' | 'mutableReference'
  readonly to: Type
  readonly key: string
}

/** An instance of a struct or an enum. Its key is `0x<64 hex>::module::Name<argument,argument>`. */
export interface DatatypeType {
  readonly kind: 'struct' | 'enum'
  readonly address: string
  readonly module: string
  readonly name: string
  readonly typeArguments: readonly Type[]
  /** Of this instance: arguments that cannot be copied, dropped or stored are taken into account. */
  readonly abilities: AbilitySet
  readonly key: string
}

/** A type with nothing left to be filled in. */
export type Type = PrimitiveType | VectorType | ReferenceType | DatatypeType

/** A type as transactions name it: the shape of the official SDK, addresses in any length. */
export type TypeTag =
  | PrimitiveKind
  | { readonly vector: TypeTag }
  | {
      readonly struct: {
        readonly address: string
        readonly module: string
        readonly name: string
        readonly typeParams: readonly TypeTag[]
      }
    }

/** A field of a struct or of a variant, with its instantiated type. */
export interface Field {
  readonly name: string
  readonly type: Type
}

/** A variant of an enum; its position is its tag. */
export interface Variant {
  readonly name: string
  readonly fields: readonly Field[]
}

/** A type that does not exist, has the wrong number of arguments, or arguments without the needed abilities. */
export class TypeResolutionError extends SquidError {
  override name = 'TypeResolutionError'
  readonly kind: 'unknownModule' | 'unknownType' | 'arity' | 'constraint' | 'tooComplex'

  constructor(kind: TypeResolutionError['kind'], message: string) {
    super('MOVE_TYPE', message)
    this.kind = kind
  }
}
