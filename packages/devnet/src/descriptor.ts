/**
 * The network descriptor: what a client must know of a network before it can join it. `GET
 * <admin>/network.json` serves it; the same shape describes public networks.
 * @module
 */

/** Ids and addresses of one network. Object ids are `0x` and 64 hex digits. */
export interface NetworkDescriptor {
  readonly version: 1
  readonly network: string
  /** Base58 digest of the genesis checkpoint, as `GetServiceInfo` answers it. */
  readonly chainId: string
  readonly rpc: string
  readonly faucet?: string
  readonly walrus: WalrusDescriptor
  readonly suins: SuinsDescriptor
  /** Package name → package id, for what the composer put into genesis. */
  readonly packages: Readonly<Record<string, string>>
  /** Composer's key (`squid.registry`) → id of the object that genesis made. */
  readonly objects: Readonly<Record<string, string>>
}

/** Where the Walrus contracts of this network keep their shared objects. */
export interface WalrusDescriptor {
  readonly systemObjectId: string
  readonly stakingPoolId: string
  readonly packageId: string
  readonly walPackageId: string
  /** Base URL of an upload relay, without trailing slash, where the network runs one. */
  readonly uploadRelay?: string
  /** Base URLs of an aggregator and a publisher, likewise. */
  readonly aggregator?: string
  readonly publisher?: string
}

/** Where the name registry of this network lies. */
export interface SuinsDescriptor {
  readonly packageId: string
  readonly suinsObjectId: string
  /** Table from `Domain` to `NameRecord`. */
  readonly registryTableId: string
}
