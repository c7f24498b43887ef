/**
 * The profile that a command works on, and changing it: one command at a time, all or nothing.
 * @module
 */
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { FileLock, type Home, homeFrom } from '@squid/client/home'
import { closure, Nix, realise } from '@squid/host/nix'
import {
  defaultProfile,
  listGenerations,
  type ProfileElement,
  type ProfileManifest,
  readProfile,
  writeProfile,
} from '@squid/host/nix/profile'
import type { Context } from '../cli/command.ts'
import { temporaryRoots } from '../gc-roots.ts'
import { shimFolders } from '../shim/folders.ts'
import { packageChanges, type PackageChange } from './package-changes.ts'

/** Which profile; every profile command has it. */
export const PROFILE_OPTION = {
  type: 'string',
  value: 'PATH',
  summary: 'this profile instead of your own (~/.nix-profile)',
} as const

/** A profile and the Nix that it belongs to. */
export interface OpenProfile {
  readonly home: Home
  readonly nix: Nix
  /** The link. */
  readonly profile: string
}

/** @throws {NixError} NIX_MISSING, NIX_TOO_OLD */
export async function openProfile(
  given: string | undefined,
  { env, cwd, signal }: Context,
): Promise<OpenProfile> {
  const nix = await Nix.locate({ env, skip: await shimFolders(env['PATH']) })
  const profile = given === undefined ? await defaultProfile(nix, { signal }) : resolve(cwd, given)
  return { home: homeFrom(env), nix, profile }
}

/** Nobody else changes the profile through squid meanwhile. */
export async function lockProfile({ home, profile }: OpenProfile): Promise<Disposable> {
  const name = createHash('sha256').update(profile).digest('hex').slice(0, 32)
  return await FileLock.acquire(join(home.state, 'profiles', `${name}.lock`))
}

/** What a change of a profile did. */
export interface ProfileChange {
  /** Number of the current generation. */
  readonly generation: number
  readonly changes: readonly PackageChange[]
}

/** Number of the generation that is current; 0 for none. */
export function currentGeneration(profile: string): number {
  return listGenerations(profile).find(({ isCurrent }) => isCurrent)?.number ?? 0
}

/** Store paths of the closure of what is active. */
async function closureOf(
  nix: Nix,
  elements: readonly ProfileElement[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const paths = elements.filter(({ active }) => active).flatMap(({ storePaths }) => storePaths)
  return (await closure(nix, [...new Set(paths)], { signal })).map(({ path }) => path)
}

/**
 * Makes a generation with other elements. Their store paths must be kept by the caller's roots.
 * @throws {NixError} NIX_CONFLICT
 */
export async function changeProfile(
  { nix, profile }: OpenProfile,
  before: ProfileManifest,
  elements: readonly ProfileElement[],
  roots: string,
  signal: AbortSignal,
): Promise<ProfileChange> {
  await writeProfile(nix, profile, { version: before.version, elements }, { roots, signal })
  const [old, now] = [await closureOf(nix, before.elements, signal), await closureOf(nix, elements, signal)]
  return { generation: currentGeneration(profile), changes: packageChanges(old, now) }
}

/** What a change works with: the profile as it is, and a place for roots. */
interface Changing {
  readonly manifest: ProfileManifest
  readonly roots: string
  /** Keeps paths until the profile does. */
  readonly keep: (paths: readonly string[]) => (nix: Nix) => Promise<boolean>
}

/** Runs a change of the profile with the lock held and roots that are gone afterwards. */
export async function whileLocked<T>(
  open: OpenProfile,
  signal: AbortSignal,
  work: (changing: Changing) => Promise<T>,
): Promise<T> {
  using _ = await lockProfile(open)
  await using roots = await temporaryRoots(open.home)
  const manifest = await readProfile(open.nix, open.profile)
  return await work({
    manifest,
    roots: roots.folder,
    keep: paths => async nix => {
      await realise(nix, paths, { signal, gcRoot: join(roots.folder, 'packages') })
      return true
    },
  })
}
