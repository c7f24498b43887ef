/**
 * A Move module as its binary has it: tables that refer to each other by index. Nothing here is resolved,
 * and indices are only known to be in range after `checkModule` of `@squid/move/verify`.
 * @module
 */
import type { AbilitySet } from './abilities.ts'
import type { Opcode } from './opcodes.ts'

/** The types that need no further part. */
export type PrimitiveKind = 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256' | 'address' | 'signer'

/** A type as written in a module; `handle` indexes `datatypeHandles`. */
export type SignatureToken =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'vector'; readonly element: SignatureToken }
  | { readonly kind: 'reference' | 'mutableReference'; readonly to: SignatureToken }
  | { readonly kind: 'datatype'; readonly handle: number; readonly typeArguments: readonly SignatureToken[] }
  | { readonly kind: 'typeParameter'; readonly index: number }

export type Visibility = 'private' | 'friend' | 'public'

export interface ModuleHandle {
  readonly address: number
  readonly name: number
}

export interface DatatypeTypeParameter {
  readonly constraints: AbilitySet
  readonly isPhantom: boolean
}

export interface DatatypeHandle {
  readonly module: number
  readonly name: number
  readonly abilities: AbilitySet
  readonly typeParameters: readonly DatatypeTypeParameter[]
}

/** `parameters` and `returns` index `signatures`. */
export interface FunctionHandle {
  readonly module: number
  readonly name: number
  readonly parameters: number
  readonly returns: number
  readonly typeParameters: readonly AbilitySet[]
}

/** A generic thing with the signature that instantiates it. */
export interface Instantiation {
  readonly target: number
  readonly typeArguments: number
}

export interface FieldHandle {
  readonly struct: number
  readonly field: number
}

/** `enum` indexes `enums`, or `enumInstantiations` in the table of generic ones. */
export interface VariantHandle {
  readonly enum: number
  readonly variant: number
}

/** `data` is BCS. */
export interface Constant {
  readonly type: SignatureToken
  readonly data: Uint8Array
}

export interface FieldDefinition {
  readonly name: number
  readonly type: SignatureToken
}

/** `fields` is null for a native struct, which is refused by the checks. */
export interface StructDefinition {
  readonly handle: number
  readonly fields: readonly FieldDefinition[] | null
}

export interface VariantDefinition {
  readonly name: number
  readonly fields: readonly FieldDefinition[]
}

export interface EnumDefinition {
  readonly handle: number
  readonly variants: readonly VariantDefinition[]
}

/** `index` is a table index, local, code offset or jump table, `value` a literal or an element count. */
export interface Instruction {
  readonly op: Opcode
  readonly index: number
  readonly value: bigint
}

/** Code offsets, one for each variant of the enum. */
export interface JumpTable {
  readonly enum: number
  readonly offsets: readonly number[]
}

/** `locals` indexes `signatures`: the types of the locals after the parameters. */
export interface CodeUnit {
  readonly locals: number
  readonly instructions: readonly Instruction[]
  readonly jumpTables: readonly JumpTable[]
}

/** `code` is null exactly for native functions. */
export interface FunctionDefinition {
  readonly handle: number
  readonly visibility: Visibility
  readonly isEntry: boolean
  /** Left over from global storage; carried, never used. */
  readonly acquires: readonly number[]
  readonly code: CodeUnit | null
}

export interface Metadata {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A deserialised module. */
export interface CompiledModule {
  /** Binary format version, 5 to 7, without the flavour bits. */
  readonly version: number
  /** Own address, `0x` and 64 lower-case hex digits. */
  readonly address: string
  /** Own name. */
  readonly name: string
  /** Index of the own module handle. */
  readonly selfModule: number
  readonly moduleHandles: readonly ModuleHandle[]
  readonly datatypeHandles: readonly DatatypeHandle[]
  readonly functionHandles: readonly FunctionHandle[]
  readonly functionInstantiations: readonly Instantiation[]
  readonly signatures: readonly (readonly SignatureToken[])[]
  readonly constants: readonly Constant[]
  readonly identifiers: readonly string[]
  /** `0x` and 64 lower-case hex digits each. */
  readonly addresses: readonly string[]
  readonly structs: readonly StructDefinition[]
  readonly structInstantiations: readonly Instantiation[]
  readonly functions: readonly FunctionDefinition[]
  readonly fieldHandles: readonly FieldHandle[]
  readonly fieldInstantiations: readonly Instantiation[]
  readonly friends: readonly ModuleHandle[]
  readonly metadata: readonly Metadata[]
  readonly enums: readonly EnumDefinition[]
  readonly enumInstantiations: readonly Instantiation[]
  readonly variantHandles: readonly VariantHandle[]
  readonly variantInstantiations: readonly VariantHandle[]
}
