/**
 * The instructions of Move bytecode: code, name and what follows in the binary.
 * Names are those of the specification; the op codes of global storage (0x29–0x2d, 0x3b–0x3f) were
 * withdrawn and are not known here.
 * Spec: https://github.com/move-language/move/blob/main/language/move-binary-format/src/file_format_common.rs
 * @module
 */

/**
 * What follows an op code: a table index (its largest encodable value is in the limits), a little-endian
 * literal, or a signature index and a `u64` element count.
 */
export type OperandKind =
  | 'none'
  | 'offset'
  | 'local'
  | 'constant'
  | 'function'
  | 'functionInstantiation'
  | 'struct'
  | 'structInstantiation'
  | 'field'
  | 'fieldInstantiation'
  | 'variant'
  | 'variantInstantiation'
  | 'signature'
  | 'signatureAndCount'
  | 'jumpTable'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'u128'
  | 'u256'

interface OpcodeRow {
  readonly code: number
  readonly operand: OperandKind
  /** First binary version that has it, where that is later than 5. */
  readonly since?: 6 | 7
}

/** Every instruction. */
export const OPCODES = {
  Pop: { code: 0x01, operand: 'none' },
  Ret: { code: 0x02, operand: 'none' },
  BrTrue: { code: 0x03, operand: 'offset' },
  BrFalse: { code: 0x04, operand: 'offset' },
  Branch: { code: 0x05, operand: 'offset' },
  LdU64: { code: 0x06, operand: 'u64' },
  LdConst: { code: 0x07, operand: 'constant' },
  LdTrue: { code: 0x08, operand: 'none' },
  LdFalse: { code: 0x09, operand: 'none' },
  CopyLoc: { code: 0x0a, operand: 'local' },
  MoveLoc: { code: 0x0b, operand: 'local' },
  StLoc: { code: 0x0c, operand: 'local' },
  MutBorrowLoc: { code: 0x0d, operand: 'local' },
  ImmBorrowLoc: { code: 0x0e, operand: 'local' },
  MutBorrowField: { code: 0x0f, operand: 'field' },
  ImmBorrowField: { code: 0x10, operand: 'field' },
  Call: { code: 0x11, operand: 'function' },
  Pack: { code: 0x12, operand: 'struct' },
  Unpack: { code: 0x13, operand: 'struct' },
  ReadRef: { code: 0x14, operand: 'none' },
  WriteRef: { code: 0x15, operand: 'none' },
  Add: { code: 0x16, operand: 'none' },
  Sub: { code: 0x17, operand: 'none' },
  Mul: { code: 0x18, operand: 'none' },
  Mod: { code: 0x19, operand: 'none' },
  Div: { code: 0x1a, operand: 'none' },
  BitOr: { code: 0x1b, operand: 'none' },
  BitAnd: { code: 0x1c, operand: 'none' },
  Xor: { code: 0x1d, operand: 'none' },
  Or: { code: 0x1e, operand: 'none' },
  And: { code: 0x1f, operand: 'none' },
  Not: { code: 0x20, operand: 'none' },
  Eq: { code: 0x21, operand: 'none' },
  Neq: { code: 0x22, operand: 'none' },
  Lt: { code: 0x23, operand: 'none' },
  Gt: { code: 0x24, operand: 'none' },
  Le: { code: 0x25, operand: 'none' },
  Ge: { code: 0x26, operand: 'none' },
  Abort: { code: 0x27, operand: 'none' },
  Nop: { code: 0x28, operand: 'none' },
  FreezeRef: { code: 0x2e, operand: 'none' },
  Shl: { code: 0x2f, operand: 'none' },
  Shr: { code: 0x30, operand: 'none' },
  LdU8: { code: 0x31, operand: 'u8' },
  LdU128: { code: 0x32, operand: 'u128' },
  CastU8: { code: 0x33, operand: 'none' },
  CastU64: { code: 0x34, operand: 'none' },
  CastU128: { code: 0x35, operand: 'none' },
  MutBorrowFieldGeneric: { code: 0x36, operand: 'fieldInstantiation' },
  ImmBorrowFieldGeneric: { code: 0x37, operand: 'fieldInstantiation' },
  CallGeneric: { code: 0x38, operand: 'functionInstantiation' },
  PackGeneric: { code: 0x39, operand: 'structInstantiation' },
  UnpackGeneric: { code: 0x3a, operand: 'structInstantiation' },
  VecPack: { code: 0x40, operand: 'signatureAndCount' },
  VecLen: { code: 0x41, operand: 'signature' },
  VecImmBorrow: { code: 0x42, operand: 'signature' },
  VecMutBorrow: { code: 0x43, operand: 'signature' },
  VecPushBack: { code: 0x44, operand: 'signature' },
  VecPopBack: { code: 0x45, operand: 'signature' },
  VecUnpack: { code: 0x46, operand: 'signatureAndCount' },
  VecSwap: { code: 0x47, operand: 'signature' },
  LdU16: { code: 0x48, operand: 'u16', since: 6 },
  LdU32: { code: 0x49, operand: 'u32', since: 6 },
  LdU256: { code: 0x4a, operand: 'u256', since: 6 },
  CastU16: { code: 0x4b, operand: 'none', since: 6 },
  CastU32: { code: 0x4c, operand: 'none', since: 6 },
  CastU256: { code: 0x4d, operand: 'none', since: 6 },
  PackVariant: { code: 0x4e, operand: 'variant', since: 7 },
  PackVariantGeneric: { code: 0x4f, operand: 'variantInstantiation', since: 7 },
  UnpackVariant: { code: 0x50, operand: 'variant', since: 7 },
  UnpackVariantImmRef: { code: 0x51, operand: 'variant', since: 7 },
  UnpackVariantMutRef: { code: 0x52, operand: 'variant', since: 7 },
  UnpackVariantGeneric: { code: 0x53, operand: 'variantInstantiation', since: 7 },
  UnpackVariantGenericImmRef: { code: 0x54, operand: 'variantInstantiation', since: 7 },
  UnpackVariantGenericMutRef: { code: 0x55, operand: 'variantInstantiation', since: 7 },
  VariantSwitch: { code: 0x56, operand: 'jumpTable', since: 7 },
} as const

/** Name of an instruction. */
export type Opcode = keyof typeof OPCODES

const byCode: ReadonlyMap<number, Opcode> = new Map(
  Object.entries(OPCODES).map(([name, row]) => [row.code, name as Opcode]),
)

/** The instruction with this code, `undefined` when there is none. */
export function opcodeOf(code: number): Opcode | undefined {
  return byCode.get(code)
}

/** The row of an instruction, seen through the general type. */
export function opcodeRow(op: Opcode): OpcodeRow {
  return OPCODES[op]
}
