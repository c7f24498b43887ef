/**
 * Why an executed transaction failed: the effects say it in BCS, this says it to people.
 * @module
 */
import type { TransactionEffectsV2 } from './transaction-effects.ts'

/** The `error` of a failed status in the SDK's shape, for instance `{ $kind: 'MoveAbort', MoveAbort: [...] }`. */
export type FailureStatus = NonNullable<TransactionEffectsV2['status']['Failure']>['error']

/** What the compiler packed into the code of an `assert!` without a number or with an `#[error]` constant. */
export interface CleverError {
  readonly lineNumber: number
  /** Only with `#[error(code = N)]`. */
  readonly errorCode: number | undefined
  /** Name of the `#[error]` constant; undefined for `assert!(condition)` and `abort` without a code. */
  readonly constantName: string | undefined
  /** Move type of the constant, for instance `vector<u8>`. */
  readonly constantType: string | undefined
  /** The constant as text: UTF-8 byte strings as themselves, numbers in decimal; undefined when it has no text. */
  readonly rendered: string | undefined
  /** BCS of the constant. */
  readonly raw: Uint8Array | undefined
}

/** Where a Move abort happened, and what it says. */
export interface AbortDetails {
  readonly code: bigint
  readonly packageId: string
  readonly module: string
  readonly functionIndex: number
  readonly functionName: string | undefined
  readonly instruction: number
  readonly clever: CleverError | undefined
}

/** The failure of an executed transaction. */
export interface ExecutionError {
  readonly status: FailureStatus
  /** One sentence. */
  readonly message: string
  /** Index of the command that failed; undefined when no single command did. */
  readonly command: number | undefined
  readonly abort: AbortDetails | undefined
}
