/**
 * `@squid/sui/ledger`.
 * @module
 */
export { Ledger } from './ledger.ts'
export type { Layout, ObjectInput } from './ledger.ts'
export type { SystemTransaction } from './system-transactions.ts'
export { SystemTransactionFailed } from './system-transaction-failed.ts'
export type {
  EventFilter,
  GenesisOptions,
  GenesisPackage,
  HistoryOptions,
  LedgerOptions,
  SimulationOptions,
  TransactionFilter,
} from './options.ts'
export type {
  Balance,
  BalanceChange,
  Checkpoint,
  CommandOutput,
  CommandValue,
  DynamicField,
  EpochInfo,
  EventRecord,
  ExecutedTransaction,
  GasSummary,
  LedgerEvent,
  ObjectChange,
  Page,
  PageOptions,
  SimulatedTransaction,
  TransactionArgument,
  TransactionOutcome,
} from './results.ts'
export type {
  DatatypeDescriptor,
  FieldDescriptor,
  FunctionDescriptor,
  OpenSignature,
  OpenType,
} from './descriptors.ts'
export type { LedgerObject, MoveData, Owner, PackageData } from '../objects/object.ts'
export type { AbortDetails, CleverError, ExecutionError, FailureStatus } from '../effects/execution-error.ts'
export type { TransactionEffectsV2 } from '../effects/transaction-effects.ts'
export { TransactionRefused } from '../transactions/refusal.ts'
export type { RefusalKind } from '../transactions/refusal.ts'
