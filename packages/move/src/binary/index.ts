export {
  ABILITY,
  type AbilityName,
  type AbilitySet,
  abilityNames,
  ALL_ABILITIES,
  hasAbilities,
  instanceAbilities,
  PRIMITIVE_ABILITIES,
  REFERENCE_ABILITIES,
  requiredOfFields,
} from './abilities.ts'
export type {
  CodeUnit,
  CompiledModule,
  Constant,
  DatatypeHandle,
  DatatypeTypeParameter,
  EnumDefinition,
  FieldDefinition,
  FieldHandle,
  FunctionDefinition,
  FunctionHandle,
  Instantiation,
  Instruction,
  JumpTable,
  Metadata,
  ModuleHandle,
  PrimitiveKind,
  SignatureToken,
  StructDefinition,
  VariantDefinition,
  VariantHandle,
  Visibility,
} from './compiled-module.ts'
export { type Opcode, opcodeRow, type OperandKind } from './opcodes.ts'
export { deserializeModule } from './deserialize.ts'
export { DeserializationError } from './errors.ts'
export type { BinaryLimits } from './limits.ts'
