/**
 * The seam between the devnet and its storage network: `src/walrus` exports
 * `startWalrus(deps: WalrusDeps, options: WalrusOptions): Promise<WalrusNetwork>`, which the devnet calls once per start, after the packages are installed and before the RPC server answers.
 * @module
 */
import type { Ledger } from '@squid/sui/ledger'
import type { WalrusDescriptor } from './descriptor.ts'

/**
 * One way to misbehave.
 *
 * - `tamper`: what is served has flipped bits, each server's its own, or `colluding` the same ones. `drop`: the connection ends without an answer. `delay`: the answer comes
 *   `delayMs` later. `status`: an error instead of the answer. `down`: there is no server.
 * - What `blob`, `sliver`, `pairs` or `access` name narrows it to such requests; `down` cannot be narrowed.
 */
export type FaultRule = FaultEffect & FaultScope

type FaultEffect =
  | { readonly kind: 'tamper'; readonly colluding?: boolean }
  | { readonly kind: 'drop' | 'down' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'status'; readonly status: FaultStatus }

export type FaultStatus = 404 | 429 | 451 | 503

/** The requests that a fault is for; all when empty. */
export interface FaultScope {
  /** Id of a blob, as in URLs. */
  readonly blob?: string
  /** Slivers of one kind only. */
  readonly sliver?: 'primary' | 'secondary'
  /** Slivers of these pairs only. */
  readonly pairs?: readonly number[]
  /** Only what reads, or only what writes. */
  readonly access?: 'read' | 'write'
}

/** How a server misbehaves on request: a word for the usual, rules for the rest; `null` = not at all. */
export type NodeFault = 'tamper' | 'down' | 'slow' | FaultRule | readonly FaultRule[] | null

/** A storage node by index, all of them, or the aggregator. */
export type FaultTarget = number | 'all' | 'aggregator'

/** What storage costs and how much there is of it. What is left out stays as it is. */
export interface StorageTerms {
  /** Base units of WAL for 1 MiB encoded and an epoch. */
  readonly storagePrice?: bigint
  /** Base units of WAL for writing 1 MiB encoded. */
  readonly writePrice?: bigint
  /** Encoded bytes of each node. */
  readonly nodeCapacity?: bigint
}

/** What the devnet lends to the storage network. */
export interface WalrusDeps {
  /** The chain itself, in this process: reads are synchronous; system transactions change it without gas. */
  readonly ledger: Ledger
  /** Address that genesis ran as: owner of what `wal::init` and `walrus::init` gave to their sender. */
  readonly genesisAddress: string
  /** Package ids: walrus = 0x57a1…02, wal = 0x57a1…01. */
  readonly walrusPackageId: string
  readonly walPackageId: string
}

/** Data that shapes the storage network. */
export interface WalrusOptions {
  /** Interface that the nodes bind, for instance `127.0.0.1`. */
  readonly host: string
  /** Folder for blobs and node keys, owned by the storage network and already made; `undefined` = memory only. */
  readonly dir: string | undefined
  readonly nodes: number
  readonly shards: number
  /** Bytes of encoded blobs that are kept for reading; undefined is as usual. */
  readonly encodedCacheBytes: number | undefined
  /**
   * True when the chain has just been made: create System, Staking and pools now. False on a restart: the objects
   * exist; ports may have changed, then write the new addresses into the pools.
   */
  readonly genesis: boolean
}

/** A running storage network. */
export interface WalrusNetwork {
  readonly descriptor: WalrusDescriptor
  /** @throws {SquidError} `BAD_NODE` when there is no such node (0-based), `BAD_FAULT` when a fault makes no sense */
  setFault(target: FaultTarget, fault: NodeFault): void
  /** Changes terms from the next epoch on. @throws {SquidError} `BAD_TERMS` */
  setTerms(terms: StorageTerms): void
  /** Moves System and Staking to the next Walrus epoch, in a system transaction. */
  advanceEpoch(): void
  /** Closes every socket, worker and file; resolves when nothing keeps the process alive. */
  stop(): Promise<void>
}
