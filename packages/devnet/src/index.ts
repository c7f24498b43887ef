/**
 * `@squid/devnet`: an embedded Sui and Walrus network.
 * @module
 */
export { Devnet } from './devnet.ts'
export type { NetworkDescriptor, SuinsDescriptor, WalrusDescriptor } from './descriptor.ts'
export type { GenesisPackage } from './genesis-package.ts'
export type { DevnetOptions } from './options.ts'
export type { FaultRule, FaultTarget, NodeFault, StorageTerms } from './walrus-module.ts'
