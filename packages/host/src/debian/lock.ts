/**
 * `debian.json`: everything that a generated flake takes from Debian archives, by hash. Paths are relative to
 * mirrors, which come from the machine's apt configuration; no path of a result depends on which mirror it is.
 * @module
 */
import { DebianError } from './errors.ts'

/** One file of an archive. */
export interface LockedFile {
  /** The file's name as the Nix store allows it. */
  readonly name: string
  /** Place in `mirrors`. */
  readonly mirror: number
  /** Path below the mirror, as a URL has it. */
  readonly path: string
  /** SHA-256, hexadecimal. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

/** One future store path: a package, or several that need each other. */
export interface LockedUnit {
  /** Name and version as the Nix store allows them. */
  readonly name: string
  /** Binary packages in it, sorted. */
  readonly packages: readonly string[]
  /** Units that it needs directly, sorted. */
  readonly depends: readonly string[]
  /** One for each package, in their order. */
  readonly archives: readonly LockedFile[]
}

/** A source package. */
export interface LockedSource {
  readonly version: string
  readonly files: readonly LockedFile[]
}

/** The lock of one generated flake. */
export interface DebianLock {
  readonly format: 1
  readonly system: string
  /** Base URLs with a slash at their end. */
  readonly mirrors: readonly string[]
  /** The packages that were asked for, sorted. */
  readonly wanted: readonly string[]
  /** Units by key, each after those that it depends on. */
  readonly units: Readonly<Record<string, LockedUnit>>
  /** Every package → the key of its unit. */
  readonly packages: Readonly<Record<string, string>>
  readonly sources: Readonly<Record<string, LockedSource>>
}

/** Debian's architecture → Nix's system. */
const SYSTEMS: Readonly<Record<string, string>> = { x64: 'x86_64-linux' }

/**
 * Nix's name of this machine's system.
 * @throws {DebianError} DEBIAN_UNSUPPORTED except on x86-64
 */
export function lockedSystem(architecture: string = process.arch): string {
  const system = SYSTEMS[architecture]
  if (system === undefined)
    throw new DebianError(
      'DEBIAN_UNSUPPORTED',
      `Debian packages as Nix derivations: x86-64 only, this is ${architecture}`,
    )
  return system
}

/** A name that the Nix store allows; epochs `1:2` become `1_2`, `~` becomes `_`. */
export function storeName(text: string): string {
  const name = text.replaceAll(/[^0-9A-Za-z+._?=-]/g, '_').slice(0, 180)
  return name.startsWith('.') ? `_${name}` : name
}

/** The text of a lock: the same lock gives the same text. */
export function formatLock(lock: DebianLock): string {
  return `${JSON.stringify(lock, null, 1)}\n`
}

/**
 * Reads a lock.
 * @throws {DebianError} DEBIAN_LOCK
 */
export function parseLock(text: string): DebianLock {
  let lock: Partial<DebianLock> | null
  try {
    lock = JSON.parse(text) as Partial<DebianLock> | null
  } catch (cause) {
    throw new DebianError('DEBIAN_LOCK', 'the lock is not JSON; generate it again', { cause })
  }
  if (lock?.format !== 1 || lock.units === undefined || lock.sources === undefined)
    throw new DebianError('DEBIAN_LOCK', 'the lock is not of a format that we know; generate it again')
  return lock as DebianLock
}

/** Every file that a lock names. */
export function lockedFiles(lock: DebianLock): readonly LockedFile[] {
  return [
    ...Object.values(lock.units).flatMap(unit => unit.archives),
    ...Object.values(lock.sources).flatMap(source => source.files),
  ]
}
