/**
 * What a composer hands to genesis: a package compiled by us and which of the objects that its `init`
 * makes the network descriptor should name.
 * @module
 */
import type { CompiledPackage } from '@squid/contracts/compiled-package'

/** One more package in genesis, installed after the framework, WAL, Walrus and SuiNS, in the given order. */
export interface GenesisPackage {
  /** Key in the descriptor's `packages`. */
  readonly name: string
  readonly compiled: CompiledPackage
  /**
   * Key in the descriptor's `objects` → Move type (`0x…::registry::Registry`) of an object that the package's
   * `init` creates exactly once.
   */
  readonly objects?: Readonly<Record<string, string>>
}
