/**
 * Keeping what a Space stores.
 * @module
 */
export { Keeper, type KeeperDeps, type KeptSpace } from './keeper.ts'
