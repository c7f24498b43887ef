/**
 * The ledger: Sui's rules over a SQLite file. Synchronous and deterministic: the same calls at the same times
 * give the same bytes.
 * @module
 */
import type { bcs } from '@mysten/sui/bcs'
import type { CompiledModule } from '@squid/move/binary'
import type { Type, Value } from '@squid/move/vm'
import type { LedgerObject } from '../objects/object.ts'
import type { DatatypeDescriptor, FunctionDescriptor } from './descriptors.ts'
import type {
  EventFilter,
  GenesisOptions,
  HistoryOptions,
  LedgerOptions,
  SimulationOptions,
  TransactionFilter,
} from './options.ts'
import type {
  Balance,
  Checkpoint,
  DynamicField,
  EpochInfo,
  EventRecord,
  ExecutedTransaction,
  Page,
  PageOptions,
  SimulatedTransaction,
} from './results.ts'

/** Commands and inputs as the official SDK writes them (`transaction.getData()` has the same inputs and commands). */
export type SystemTransaction = typeof bcs.ProgrammableTransaction.$inferInput

/** An object input as the official SDK writes it. */
export type ObjectInput = typeof bcs.CallArg.$inferInput

/** A Sui ledger in this process. */
export class Ledger {
  /**
   * Opens or makes a ledger.
   * @throws {SquidError} `LEDGER_IN_USE`, `LEDGER_FORMAT`, `LEDGER_IO`
   */
  static open(options: LedgerOptions): Ledger {
    void options
    throw new Error('being written')
  }

  /** Writes everything out and lets go of the file. Safe to call twice. */
  close(): void {}

  [Symbol.dispose](): void {
    this.close()
  }

  // ---- genesis, time, epochs

  /** True until `installGenesis`. */
  declare readonly isEmpty: boolean

  /** Base58 digest of the genesis checkpoint. */
  declare readonly chainId: string

  declare readonly epoch: EpochInfo

  /**
   * Installs packages, runs their `init` functions with one-time witnesses, makes the system objects and the SUI supply.
   * @throws {SquidError} `GENESIS` when the ledger is not empty or a package is refused; nothing is changed then
   */
  declare installGenesis: (options: GenesisOptions) => ExecutedTransaction

  /** Time of the next transaction in milliseconds: the wall clock, but never before the last checkpoint. */
  declare now: () => bigint

  /** Starts the next epoch. */
  declare advanceEpoch: () => EpochInfo

  // ---- writing

  /**
   * Runs a signed transaction and makes it final. The same transaction again gives its stored result.
   * @param bytes BCS of `TransactionData`
   * @param signatures serialised Sui signatures: sender's, then the sponsor's when there is one
   * @throws {TransactionRefused} when it was not executed; a Move abort is not that: see `error` of the result
   */
  declare execute: (bytes: Uint8Array, signatures: readonly Uint8Array[]) => ExecutedTransaction

  /**
   * Runs commands as `sender` without signature and gas; private functions may be called.
   * @throws {SystemTransactionFailed} when a command failed; nothing is changed then
   */
  declare executeSystem: (transaction: SystemTransaction, sender: string) => ExecutedTransaction

  /** Gives `amount` MIST out of the genesis supply to `recipient`; returns the id of the new coin. */
  declare mint: (recipient: string, amount: bigint) => string

  /**
   * Runs a transaction and forgets it. With an empty gas payment a coin is made up that pays for any budget.
   * @param bytes BCS of `TransactionData`
   */
  declare simulate: (bytes: Uint8Array, options: SimulationOptions) => SimulatedTransaction

  /**
   * Calls `listener` after every transaction became final, in order. It must not throw. Returns what ends it.
   */
  declare subscribe: (listener: (transaction: ExecutedTransaction) => void) => () => void

  // ---- objects

  /** The object now, or as it was at `version`; undefined when it does not exist (any more). */
  declare object: (id: string, version?: bigint) => LedgerObject | undefined

  /** The object as an input of a transaction at its present version. `mutable` (default true) matters for shared ones. */
  declare objectInput: (id: string, options?: { mutable?: boolean; receiving?: boolean }) => ObjectInput

  /**
   * Objects of an address, ordered by type, then id.
   * @param options `type`: a package, `package::module`, a type without arguments (any match) or a whole type
   */
  declare ownedObjects: (owner: string, options?: PageOptions & { type?: string | undefined }) => Page<LedgerObject>

  /** Live objects of a type (as in `ownedObjects`), whoever owns them, ordered by type, then id. */
  declare objectsOfType: (type: string, options?: PageOptions) => Page<LedgerObject>

  /** Dynamic fields of an object, ordered by field id. */
  declare dynamicFields: (parent: string, options?: PageOptions) => Page<DynamicField>

  /** Coins of an address by type, ordered by type. */
  declare balances: (owner: string) => readonly Balance[]

  /** Coins of one type, `0x…::module::Name` of what is in the coin. */
  declare balance: (owner: string, coinType: string) => Balance

  // ---- history

  declare transaction: (digest: string) => ExecutedTransaction | undefined
  declare transactions: (filter: TransactionFilter, options?: HistoryOptions) => Page<ExecutedTransaction>
  declare events: (filter: EventFilter, options?: HistoryOptions) => Page<EventRecord>

  /** By sequence number or base58 digest. */
  declare checkpoint: (which: bigint | string) => Checkpoint | undefined
  declare latestCheckpoint: () => Checkpoint

  // ---- code

  declare module: (packageId: string, name: string) => CompiledModule | undefined
  /** Names of the modules of a package, sorted; undefined when it is no package. */
  declare moduleNames: (packageId: string) => readonly string[] | undefined
  declare functionDescriptor: (packageId: string, module: string, name: string) => FunctionDescriptor | undefined
  declare datatypeDescriptor: (packageId: string, module: string, name: string) => DatatypeDescriptor | undefined

  /**
   * The canonical form of a type written as text, for instance `0x2::coin::Coin<0x2::sui::SUI>`, with its layout.
   * @throws {SquidError} `MOVE_TYPE` when there is no such type
   */
  declare type: (text: string) => Type

  /** Fields of a struct type; variants (with their fields) of an enum type. */
  declare layout: (
    type: Type,
  ) =>
    | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: Type }[] }
    | {
        readonly kind: 'enum'
        readonly variants: readonly {
          readonly name: string
          readonly fields: readonly { readonly name: string; readonly type: Type }[]
        }[]
      }
    | undefined

  /** @throws {DecodeError} */
  declare decode: (type: Type, bytes: Uint8Array) => Value
}
