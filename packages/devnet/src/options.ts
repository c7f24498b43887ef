/**
 * Options of `Devnet.start` and their defaults.
 * @module
 */
import type { GenesisPackage } from './genesis-package.ts'

/** How to start a devnet. Everything has a default; `{}` is a network in memory on the usual ports. */
export interface DevnetOptions {
  /** Folder of the chain and the blobs; made if missing, continued if it holds a network. Absent = memory only. */
  readonly dir?: string
  /** Packages that genesis installs besides the framework, WAL, Walrus and SuiNS. */
  readonly packages?: readonly GenesisPackage[]
  /** Interface to bind; default `127.0.0.1`. Another one lets others reach faucet and admin: only on trusted networks. */
  readonly host?: string
  /** Default 9000; 0 = any free port. */
  readonly rpcPort?: number
  /** Faucet, descriptor and admin; default 9123; 0 = any free port. */
  readonly adminPort?: number
  /** Walrus shards, default 100. Fixed by genesis. */
  readonly shards?: number
  /** Walrus storage nodes, default 12. Fixed by genesis. */
  readonly nodes?: number
  /**
   * Bytes of encoded blobs that are kept in memory for reading slivers, default 384 MiB; a blob takes about 5 times its
   * size. What is not kept is encoded again when a sliver that is no plain slice of the blob is asked for.
   */
  readonly encodedCacheBytes?: number
}
