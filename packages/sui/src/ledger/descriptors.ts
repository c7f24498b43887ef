/**
 * Functions and datatypes of published packages, as clients ask for them.
 * @module
 */
import type { AbilitySet } from '@squid/move/binary'

/** A type that may mention type parameters. */
export type OpenType =
  | {
      readonly kind: 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256' | 'address' | 'signer'
    }
  | { readonly kind: 'vector'; readonly element: OpenType }
  | {
      readonly kind: 'datatype'
      /** `0x<64 hex>::module::Name`. */
      readonly typeName: string
      readonly typeArguments: readonly OpenType[]
    }
  | { readonly kind: 'typeParameter'; readonly index: number }

/** Type of a parameter or result. */
export interface OpenSignature {
  readonly reference: 'none' | 'immutable' | 'mutable'
  readonly body: OpenType
}

/** A function as the outside sees it. */
export interface FunctionDescriptor {
  readonly packageId: string
  readonly module: string
  readonly name: string
  readonly visibility: 'private' | 'friend' | 'public'
  readonly isEntry: boolean
  /** Constraints of each type parameter. */
  readonly typeParameters: readonly AbilitySet[]
  readonly parameters: readonly OpenSignature[]
  readonly returns: readonly OpenSignature[]
}

/** Field of a struct or a variant. */
export interface FieldDescriptor {
  readonly name: string
  readonly type: OpenType
}

/** A struct or an enum as the outside sees it. */
export interface DatatypeDescriptor {
  readonly packageId: string
  readonly module: string
  readonly name: string
  readonly kind: 'struct' | 'enum'
  readonly abilities: AbilitySet
  readonly typeParameters: readonly { readonly constraints: AbilitySet; readonly isPhantom: boolean }[]
  /** Of a struct; empty for an enum. */
  readonly fields: readonly FieldDescriptor[]
  /** Of an enum; empty for a struct. */
  readonly variants: readonly { readonly name: string; readonly fields: readonly FieldDescriptor[] }[]
}
