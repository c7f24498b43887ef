/**
 * What the ledger hands out.
 * @module
 */
import type { ExecutionError } from '../effects/execution-error.ts'
import type { TransactionEffectsV2 } from '../effects/transaction-effects.ts'
import type { LedgerObject } from '../objects/object.ts'

/** Gas in MIST. What the payer lost: computation + storage − rebate. */
export interface GasSummary {
  readonly computationCost: bigint
  readonly storageCost: bigint
  readonly storageRebate: bigint
  readonly nonRefundableStorageFee: bigint
}

/** An event that a transaction emitted. */
export interface LedgerEvent {
  /** Package and module of the function that the transaction called. */
  readonly packageId: string
  readonly module: string
  readonly sender: string
  /** Canonical Move type of the event. */
  readonly type: string
  /** BCS of the event. */
  readonly contents: Uint8Array
}

/** What a transaction did to one id. Neither `before` nor `after`: made and wrapped, or unwrapped and deleted. */
export interface ObjectChange {
  readonly id: string
  /** The version that the transaction consumed. */
  readonly before: LedgerObject | undefined
  /** The version that it wrote. */
  readonly after: LedgerObject | undefined
  readonly idOperation: 'none' | 'created' | 'deleted'
}

/** How much of one coin type an address gained (or lost). */
export interface BalanceChange {
  readonly address: string
  /** Canonical type of the coin, for instance `0x000…002::sui::SUI`. */
  readonly coinType: string
  readonly amount: bigint
}

/** The result of running a transaction. A failed one (`error` set) still paid its gas. */
export interface TransactionOutcome {
  /** Base58. */
  readonly digest: string
  /** BCS of `TransactionData`. */
  readonly bytes: Uint8Array
  readonly effects: TransactionEffectsV2
  /** BCS of `TransactionEffects`. */
  readonly effectsBytes: Uint8Array
  readonly effectsDigest: string
  readonly gasUsed: GasSummary
  readonly error: ExecutionError | undefined
  readonly events: readonly LedgerEvent[]
  /** BCS of `TransactionEvents`; its digest is in the effects. */
  readonly eventsBytes: Uint8Array
  /** In the order of the effects: by id. */
  readonly changes: readonly ObjectChange[]
  readonly balanceChanges: readonly BalanceChange[]
  /** Objects that were loaded while running (dynamic fields) and not changed. Only of runs, empty when looked up. */
  readonly unchangedLoadedObjects: readonly LedgerObject[]
  readonly timestampMs: bigint
}

/** A transaction that the ledger holds. */
export interface ExecutedTransaction extends TransactionOutcome {
  /** Serialised signatures, as they came; none for system transactions. */
  readonly signatures: readonly Uint8Array[]
  /** Sequence number of its checkpoint. */
  readonly checkpoint: bigint
  /** Position in its checkpoint. */
  readonly indexInCheckpoint: number
}

/** One value that a command returned or changed. */
export interface CommandValue {
  /** Canonical Move type. */
  readonly type: string
  readonly bcs: Uint8Array
}

/** Argument of a command, as in BCS. */
export type TransactionArgument =
  | { readonly kind: 'gasCoin' }
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'result'; readonly command: number; readonly index: number }

/** What one command gave back. */
export interface CommandOutput {
  readonly returnValues: readonly CommandValue[]
  readonly mutatedByReference: readonly (CommandValue & { readonly argument: TransactionArgument })[]
}

/** The result of a run that changed nothing. */
export interface SimulatedTransaction extends TransactionOutcome {
  /** One for each command that finished. */
  readonly commands: readonly CommandOutput[]
  /** Enough for executing the same transaction now: what it cost and Sui's overhead of 1,000 gas units. */
  readonly suggestedGasBudget: bigint
}

/** A checkpoint: one or more transactions that became final together. */
export interface Checkpoint {
  readonly sequenceNumber: bigint
  readonly epoch: bigint
  readonly digest: string
  readonly contentDigest: string
  readonly previousDigest: string | undefined
  readonly timestampMs: bigint
  /** Transactions up to and with this checkpoint. */
  readonly totalTransactions: bigint
  readonly rollingGas: GasSummary
  /** BCS of `CheckpointSummary` and of `CheckpointContents`. */
  readonly summaryBytes: Uint8Array
  readonly contentsBytes: Uint8Array
  readonly transactions: readonly { readonly digest: string; readonly effectsDigest: string }[]
}

/** A stored event with its place. */
export interface EventRecord extends LedgerEvent {
  readonly transactionDigest: string
  readonly index: number
  readonly checkpoint: bigint
  readonly timestampMs: bigint
}

/** One dynamic field of an object. */
export interface DynamicField {
  /** `object`: the value is an object of its own, `childId`. */
  readonly kind: 'field' | 'object'
  readonly parent: string
  readonly fieldId: string
  readonly field: LedgerObject
  readonly nameType: string
  /** BCS of the name. */
  readonly name: Uint8Array
  /** Type of the value; of the child when `kind` is `object`. */
  readonly valueType: string
  /** BCS of the value; of the child's id when `kind` is `object`. */
  readonly value: Uint8Array
  readonly childId: string | undefined
  readonly child: LedgerObject | undefined
}

/** The coins of one type that an address owns. */
export interface Balance {
  readonly coinType: string
  readonly total: bigint
  readonly coins: number
}

/** Part of a list. `cursor` continues it; undefined at its end. Cursors are opaque and stay valid. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly cursor: string | undefined
}

/** Where to continue and how much to give (1 to 1000, 50 when left out). */
export interface PageOptions {
  readonly cursor?: string | undefined
  readonly limit?: number | undefined
}

/** The epoch that runs now. */
export interface EpochInfo {
  readonly number: bigint
  readonly startMs: bigint
  readonly firstCheckpoint: bigint
  /** MIST for a gas unit. */
  readonly referenceGasPrice: bigint
  readonly protocolVersion: bigint
}
