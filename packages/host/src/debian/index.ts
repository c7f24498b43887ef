/**
 * Debian packages as Nix derivations: resolves what apt's sources offer, locks it by hash, writes a flake of it.
 * @module
 */
export { Archives, debianCache } from './archives.ts'
export { DebianError, type DebianErrorCode } from './errors.ts'
export { type DebianFlake, type GenerateOptions, writeDebianFlake } from './generate.ts'
export { type DebianLock, formatLock, lockedFiles, parseLock } from './lock.ts'
