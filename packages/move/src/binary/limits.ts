/**
 * Numbers of the Move binary format: table kinds, flags, and how large things may be.
 * Spec: `file_format_common.rs` of move-binary-format.
 * @module
 */

/** The first four bytes, `a1 1c eb 0b`. */
export const MAGIC: readonly number[] = [0xa1, 0x1c, 0xeb, 0x0b]

/** Stands in the top byte of the version field from version 7 on. */
export const SUI_FLAVOUR = 5

/** Table kinds; 9 is unused. */
export const TABLE = {
  moduleHandles: 1,
  datatypeHandles: 2,
  functionHandles: 3,
  functionInstantiations: 4,
  signatures: 5,
  constants: 6,
  identifiers: 7,
  addresses: 8,
  structs: 10,
  structInstantiations: 11,
  functions: 12,
  fieldHandles: 13,
  fieldInstantiations: 14,
  friends: 15,
  metadata: 16,
  enums: 17,
  enumInstantiations: 18,
  variantHandles: 19,
  variantInstantiations: 20,
} as const

/** Largest values that a field of the format may hold. */
export const MAX = {
  index: 65535,
  variantHandleIndex: 1024,
  local: 255,
  codeOffset: 65535,
  instructions: 65535,
  identifierBytes: 65535,
  constantBytes: 65535,
  metadataKeyBytes: 1023,
  metadataValueBytes: 65535,
  signatureLength: 255,
  acquires: 255,
  fields: 255,
  fieldOffset: 255,
  variants: 127,
  jumpTables: 127,
  typeParameters: 255,
  typeParameterIndex: 65536,
  tables: 255,
  tableBytes: 0xffff_ffff,
} as const

/** What an embedder may set. */
export interface BinaryLimits {
  /** Oldest and newest binary version taken. */
  readonly minVersion: number
  readonly maxVersion: number
  /** Bytes of the whole module. */
  readonly moduleBytes: number
  /** Bytes of one identifier; Sui's protocol allows 128. */
  readonly identifierBytes: number
  /** How deep a type may nest. */
  readonly typeDepth: number
  /** Whether a metadata table may be there; a real network refuses it when publishing. */
  readonly allowMetadata: boolean
}

export const DEFAULT_LIMITS: BinaryLimits = {
  minVersion: 5,
  maxVersion: 7,
  moduleBytes: 1 << 20,
  identifierBytes: 128,
  typeDepth: 256,
  allowMetadata: true,
}
