/**
 * What a ledger is made of.
 * @module
 */

/** Where the state lives and what the outside world supplies. */
export interface LedgerOptions {
  /** File of the SQLite database (made when missing), or `:memory:`. One process at a time. */
  readonly path: string
  /** Wall clock in milliseconds. The ledger's own time never goes backwards, whatever this says. */
  readonly now: () => bigint
  /** False: nobody's signature is asked for (simulations and tests of contracts). Default true. */
  readonly verifySignatures?: boolean
  /** How many objects are kept in memory. Default 20,000. */
  readonly cachedObjects?: number
}

/** A compiled package in dependency order: what it depends on stands before it. */
export interface GenesisPackage {
  /** `0x` and 64 hex digits; every module has this address. */
  readonly id: string
  /** Move binaries. */
  readonly modules: readonly Uint8Array[]
  /** Ids of the packages that it links to. */
  readonly dependencies: readonly string[]
}

/** The first checkpoint. */
export interface GenesisOptions {
  /** Framework first: `0x1`, `0x2`, then everything else. */
  readonly packages: readonly GenesisPackage[]
  /** Sender of every `init`. Default `0x0`. */
  readonly sender?: string
}

/** What a simulation checks. */
export interface SimulationOptions {
  /**
   * True: every rule of execution but the signatures. False: any function may be called with any value and
   * results may be left over; inputs may be objects of others.
   */
  readonly checks: boolean
}

/** Which events. Everything given must hold. */
export interface EventFilter {
  /** A package, `package::module`, a type without arguments (any arguments match) or a whole type. */
  readonly type?: string
  /** Package, or `package::module`, whose function was called. */
  readonly emitter?: string
  readonly sender?: string
  readonly transaction?: string
}

/** Which transactions. Everything given must hold. */
export interface TransactionFilter {
  readonly sender?: string
  /** Read, written or deleted; packages too. */
  readonly changedObject?: string
  /** Package, `package::module` or `package::module::function` that a command called. */
  readonly calledFunction?: string
}

/** Ranges of the history. */
export interface HistoryOptions {
  readonly cursor?: string | undefined
  /** 1 to 1000, 50 when left out. */
  readonly limit?: number | undefined
  /** Newest first. */
  readonly descending?: boolean
  /** Only checkpoints from this one on. */
  readonly fromCheckpoint?: bigint
  /** Only checkpoints before this one. */
  readonly beforeCheckpoint?: bigint
}
