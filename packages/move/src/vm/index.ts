export {
  type CodeLocation,
  type ExecutionFailure,
  type FailureKind,
  NativeAbort,
  NativeFailure,
  VECTOR_SUB_STATUS,
} from './failure.ts'
export type { FunctionInfo } from './module-registry.ts'
export { type NativeFactory, type NativeFunction, type NativeTable, Tuple, tuple } from './native.ts'
export {
  type DatatypeType,
  type Field,
  type PrimitiveType,
  type ReferenceType,
  type Type,
  TypeResolutionError,
  type TypeTag,
  type Variant,
  type VectorType,
} from './types.ts'
export { Ref, type Value } from './value.ts'
export { type CallResult, type FunctionSignature, Vm, type VmOptions } from './vm.ts'
