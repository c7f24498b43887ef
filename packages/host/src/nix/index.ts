/**
 * Drives the `nix` of this machine, 2.8 or newer. Nothing here reimplements it.
 * @module
 */
export { NixError, type NixErrorCode } from './errors.ts'
export { findProgram, Nix, type NixCallOptions, type NixSettings, withSettings } from './nix.ts'
export {
  currentSystem,
  describeOutputs,
  type FlakeOutput,
  flakeSource,
  type FlakeSource,
  type OutputPath,
  storePathOf,
} from './flake.ts'
export {
  checkClosure,
  closure,
  derivationClosure,
  type NixPathInfo,
  pathInfo,
  presentPaths,
  rootsOf,
} from './closure.ts'
export { buildLog } from './build-log.ts'
export { buildNeeds } from './build-closure.ts'
export { isTrustedUser } from './trusted.ts'
export {
  build,
  dumpPath,
  isFileInStore,
  programCommand,
  realise,
  realiseOutputs,
  shellCommand,
  pathIdentities,
} from './store.ts'
