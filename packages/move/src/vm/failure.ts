/**
 * How a call can fail. A failure of the program is a returned value; exceptions never leave the VM for it.
 * @module
 */

/** Where in the bytecode. */
export interface CodeLocation {
  /** `0x` and 64 hex digits. */
  readonly address: string
  readonly module: string
  /** Index into the module's function definitions. */
  readonly functionIndex: number
  readonly functionName: string
  /** Offset of the instruction; 0 for native functions. */
  readonly instruction: number
}

/**
 * The kinds other than an abort:
 * - `arithmetic` overflow, underflow, division by zero, a cast or shift out of range;
 * - `vector` index out of range, pop from an empty one, unpack of another length;
 * - `variantMismatch` an enum is not the variant that the code unpacks;
 * - `outOfGas`;
 * - `stackOverflow` calls nested too deeply;
 * - `valueDepth` a value would nest too deeply;
 * - `typeDepth` a type instance has too many parts;
 * - `missingNative` no native implementation was given;
 * - `native` a native function refused, for a reason of its own.
 */
export type FailureKind =
  | 'arithmetic'
  | 'vector'
  | 'variantMismatch'
  | 'outOfGas'
  | 'stackOverflow'
  | 'valueDepth'
  | 'typeDepth'
  | 'missingNative'
  | 'native'

/** Why a call failed. `message` is for people. */
export type ExecutionFailure =
  | {
      readonly kind: 'abort'
      readonly code: bigint
      readonly location: CodeLocation
      readonly message: string
    }
  | {
      readonly kind: FailureKind
      readonly location: CodeLocation | null
      readonly message: string
      /** The reference's number for a failure of kind `vector`: {@link VECTOR_SUB_STATUS}. */
      readonly subStatus?: number
    }

/** What was wrong with a vector, by the reference's numbers. */
export const VECTOR_SUB_STATUS = { index: 1, popEmpty: 2, unpackLength: 3 } as const

/** Thrown by a native function to abort, as `abort code` in Move would. */
export class NativeAbort extends Error {
  override name = 'NativeAbort'
  readonly code: bigint

  constructor(code: bigint) {
    super(`abort ${code}`)
    this.code = code
  }
}

/** Thrown by a native function that cannot go on for a reason that is not an abort. */
export class NativeFailure extends Error {
  override name = 'NativeFailure'
  readonly kind: FailureKind
  readonly subStatus: number | undefined

  constructor(kind: FailureKind, message: string, subStatus?: number) {
    super(message)
    this.kind = kind
    this.subStatus = subStatus
  }
}
