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
  readProfile,
  writeProfile,
} from '@squid/host/nix/profile'
import type { Context } from '../cli/command.ts'
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
  readonly elements: readonly ProfileElement[]
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
 * Makes a generation with other elements, while nobody else changes the profile through squid.
 * @param change from the elements as they are to those that are wanted; their store paths are kept by the caller
 * @param roots a folder for links, which the caller removes
 * @throws {NixError} NIX_CONFLICT, NIX_UNSUPPORTED; whatever `change` throws
 */
export async function changeProfile(
  open: OpenProfile,
  change: (elements: readonly ProfileElement[]) => readonly ProfileElement[],
  roots: string,
  signal: AbortSignal,
): Promise<ProfileChange> {
  const { nix, profile } = open
  using _ = await lockProfile(open)
  const before = await readProfile(nix, profile)
  const elements = change(before.elements)
  await writeProfile(nix, profile, { version: before.version, elements }, { roots, signal })
  const [old, now] = [await closureOf(nix, before.elements, signal), await closureOf(nix, elements, signal)]
  return { generation: currentGeneration(profile), elements, changes: packageChanges(old, now) }
}

/** Keeps paths in a folder of roots until the profile does. */
export function keepIn(
  roots: string,
  paths: readonly string[],
  signal: AbortSignal,
): (nix: Nix) => Promise<boolean> {
  return async nix => {
    await realise(nix, paths, { signal, gcRoot: join(roots, 'packages') })
    return true
  }
}
