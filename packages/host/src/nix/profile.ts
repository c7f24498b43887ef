/**
 * Profiles: what is installed, as symlinks that Nix itself makes. A profile is a link to its current generation, a
 * generation a link to a store path, the path a tree of links and a `manifest.json`. The tree is Nix's own
 * `builtin:buildenv`; `nix-env --set` makes the generation and turns the profile to it in one rename, so that
 * whoever is killed before leaves the old one, and whoever is killed after the new one.
 *
 * See docs/decisions/0008-profiles.md.
 * @module
 */
import { lstatSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { compareBytes, concatBytes, decodeUtf8, encodeUtf8 } from '@squid/formats/bytes'
import { encodeNar, type NarEvent, parseNar } from '@squid/formats/nar'
import { addressOf, addTree } from './content-addressed.ts'
import { NixError } from './errors.ts'
import { storePathOf } from './flake.ts'
import type { Nix, NixCallOptions } from './nix.ts'
import {
  EMPTY_PROFILE,
  formatProfileManifest,
  parseProfileManifest,
  type ProfileManifest,
} from './profile-manifest.ts'
import { dumpPath, physicalPath, realise } from './store.ts'

export { createElement, DEFAULT_PRIORITY, freeName } from './profile-manifest.ts'
export type { ProfileElement, ProfileManifest } from './profile-manifest.ts'

/** One state of a profile. */
export interface Generation {
  readonly number: number
  readonly storePath: string
  /** Milliseconds since 1970. */
  readonly createdMs: number
  readonly isCurrent: boolean
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/**
 * The profile that Nix uses when none is named: what `~/.nix-profile` points to. Nix makes it where there is none.
 * @throws {NixError} NIX_FAILED
 */
export async function defaultProfile(nix: Nix, options: NixCallOptions = {}): Promise<string> {
  const { HOME: home = '', XDG_STATE_HOME: state = join(home, '.local/state') } = nix.env
  const links = [join(home, '.nix-profile'), join(state, 'nix/profile')]
  if (!links.some(isThere)) await nix.classic('nix-env', ['--list-generations'], options)
  const link = links.find(isThere)
  if (link === undefined) {
    throw new NixError(
      'NIX_OUTPUT',
      `Nix made no profile for this user; name one with --profile ${join(home, 'PROFILE')}`,
    )
  }
  const target = linkOf(link)
  return target === undefined ? link : resolve(dirname(link), target)
}

/** Every generation of a profile, oldest first; none where there is no profile. */
export function listGenerations(profile: string): readonly Generation[] {
  const current = linkOf(profile)
  const folder = dirname(profile)
  const prefix = `${basename(profile)}-`
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names
    .flatMap(name => {
      const number = name.startsWith(prefix)
        ? /^([1-9]\d{0,9})-link$/.exec(name.slice(prefix.length))?.[1]
        : undefined
      const storePath = number === undefined ? undefined : linkOf(join(folder, name))
      if (number === undefined || storePath === undefined) return []
      const createdMs = lstatSync(join(folder, name)).mtimeMs
      const isCurrent = current !== undefined && resolve(folder, current) === join(folder, name)
      return [{ number: Number(number), storePath, createdMs, isCurrent }]
    })
    .sort((a, b) => a.number - b.number)
}

/**
 * What is installed in a generation.
 * @throws {NixError} NIX_UNSUPPORTED when `nix-env` manages the profile
 */
export async function readGeneration(
  nix: Nix,
  profile: string,
  { storePath }: Pick<Generation, 'storePath'>,
): Promise<ProfileManifest> {
  const tree = physicalPath(nix, storePathOf(storePath))
  if (tree === undefined) {
    throw new NixError('NIX_OUTPUT', `the profile ${profile} leads to ${storePath}, which is not there`)
  }
  if (isThere(join(tree, 'manifest.json'))) {
    return parseProfileManifest(await readFile(join(tree, 'manifest.json'), 'utf8'), profile)
  }
  if (!isThere(join(tree, 'manifest.nix'))) return EMPTY_PROFILE
  throw new NixError(
    'NIX_UNSUPPORTED',
    `nix-env manages the profile ${profile}; choose another with --profile, or let nix profile take it over`,
  )
}

/** What is installed in a profile now. @throws {NixError} NIX_UNSUPPORTED */
export async function readProfile(nix: Nix, profile: string): Promise<ProfileManifest> {
  const current = listGenerations(profile).find(({ isCurrent }) => isCurrent)
  return current === undefined ? EMPTY_PROFILE : await readGeneration(nix, profile, current)
}

/** How to write a profile. */
export interface WriteProfileOptions extends NixCallOptions {
  /** A folder for links that keep the new tree from being collected until the profile does; the caller removes it. */
  readonly roots: string
}

/**
 * Makes a generation with these elements and turns the profile to it. Their store paths must be there.
 * @throws {NixError} NIX_CONFLICT when two packages have a file of the same name and priority
 */
export async function writeProfile(
  nix: Nix,
  profile: string,
  manifest: ProfileManifest,
  { roots, ...call }: WriteProfileOptions,
): Promise<void> {
  const environment = await buildEnvironment(nix, manifest, join(roots, 'environment'), call)
  const text = encodeUtf8(formatProfileManifest(manifest))
  const tree = {
    name: 'profile',
    nar: await withManifest(dumpPath(nix, environment, call), text),
    references: manifest.elements.flatMap(({ storePaths }) => storePaths),
  }
  // Registered with Nix while it leads to something that is there; then it may lead to what comes.
  const root = join(roots, 'profile')
  await realise(nix, [environment], { ...call, gcRoot: root })
  turnLink(root, addressOf(tree))
  const path = await addTree(nix, tree, call)
  await nix.classic('nix-env', ['--profile', profile, '--set', path], call)
}

function turnLink(link: string, target: string): void {
  rmSync(`${link}.new`, { force: true })
  symlinkSync(target, `${link}.new`)
  renameSync(`${link}.new`, link)
}

/** The trees of all active elements as one, by Nix's own builder. */
async function buildEnvironment(
  nix: Nix,
  { elements }: ProfileManifest,
  root: string,
  call: NixCallOptions,
): Promise<string> {
  const packages = elements
    .filter(({ active }) => active)
    .map(({ priority, storePaths }) => {
      const paths = storePaths.map(path => `(builtins.storePath "${storePathOf(path)}")`)
      return `[ "true" ${priority} ${paths.length} ${paths.join(' ')} ]`
    })
  const expression = `derivation {
    name = "squid-environment"; system = "builtin"; builder = "builtin:buildenv"; manifest = "/dev/null";
    derivations = [ ${packages.join(' ')} ]; preferLocalBuild = true; allowSubstitutes = false;
  }`
  const args = ['--max-jobs', '1', '--out-link', root, '--expr', expression]
  try {
    return (await nix.classic('nix-build', args, call)).trim()
  } catch (error) {
    throw conflict(error)
  }
}

const SAME_PRIORITY = /'(\/nix\/store\/[^']+)' and '(\/nix\/store\/[^']+)' have the same priority/

function conflict(error: unknown): unknown {
  if (!(error instanceof NixError)) return error
  const [, first, second] = SAME_PRIORITY.exec(error.stderr) ?? []
  if (first === undefined || second === undefined) return error
  return new NixError(
    'NIX_CONFLICT',
    `${first} and ${second} would be one file of the profile; remove one, or install one with another --priority (a lower number wins)`,
    { cause: error, stderr: error.stderr },
  )
}

const MANIFEST = encodeUtf8('manifest.json')
/** What the builder and packages have at the top that no profile has. */
const DROPPED = new Set(['manifest.nix', 'manifest.json'])

/** The events of a tree of links, with our manifest at its top. */
async function* placeManifest(events: AsyncIterable<NarEvent>, text: Uint8Array): AsyncGenerator<NarEvent> {
  let depth = 0
  let isPlaced = false
  for await (const event of events) {
    const isAtTop = depth === 1 && event.kind !== 'data'
    if (isAtTop && event.kind === 'symlink' && DROPPED.has(decodeUtf8(event.name))) continue
    if (isAtTop && !isPlaced && (event.kind === 'end' || compareBytes(event.name, MANIFEST) > 0)) {
      isPlaced = true
      yield { kind: 'file', name: MANIFEST, executable: false, size: text.length }
      yield { kind: 'data', bytes: text }
    }
    if (event.kind === 'directory') depth++
    if (event.kind === 'end') depth--
    yield event
  }
}

async function withManifest(nar: AsyncIterable<Uint8Array>, text: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of encodeNar(placeManifest(parseNar(nar), text))) parts.push(part.slice())
  return concatBytes(parts)
}

/**
 * Turns the profile to another of its generations.
 * @throws {NixError} NIX_NO_GENERATION
 */
export async function switchGeneration(
  nix: Nix,
  profile: string,
  number: number | undefined,
  options: NixCallOptions = {},
): Promise<Generation> {
  const all = listGenerations(profile)
  const current = all.findIndex(({ isCurrent }) => isCurrent)
  const wanted =
    number === undefined ? all[current - 1] : all.find(generation => generation.number === number)
  if (wanted === undefined) {
    const numbers = all.map(generation => generation.number).join(', ')
    throw new NixError(
      'NIX_NO_GENERATION',
      number === undefined
        ? `the profile ${profile} has no generation before the current one`
        : `the profile ${profile} has no generation ${number}; it has ${numbers === '' ? 'none' : numbers}`,
    )
  }
  const args = ['--profile', profile, '--switch-generation', String(wanted.number)]
  await nix.classic('nix-env', args, options)
  return wanted
}
