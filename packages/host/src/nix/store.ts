/**
 * Making paths real and starting what is in them.
 * @module
 */
import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { NixError } from './errors.ts'
import type { FlakeOutput } from './flake.ts'
import type { Nix, NixCallOptions } from './nix.ts'

/** Says where the output of a builder that failed is. */
function withLog(error: unknown): unknown {
  if (!(error instanceof NixError)) return error
  // The first one named is the culprit; what follows could not be built without it.
  const derivation = /(?:builder for|Cannot build) '(\/nix\/store\/[^']+\.drv)'/.exec(error.stderr)?.[1]
  if (derivation === undefined) return error
  const message = `the build of ${derivation} failed; read what it printed with: nix log ${derivation}`
  return new NixError('NIX_FAILED', message, { cause: error, stderr: error.stderr })
}

/**
 * Builds or substitutes all that the outputs need.
 * @throws {NixError} NIX_FAILED naming the derivation that failed
 */
export async function build(
  nix: Nix,
  outputs: readonly FlakeOutput[],
  options: NixCallOptions = {},
): Promise<void> {
  const needs = [...new Set(outputs.flatMap(output => output.needs))]
  if (needs.length === 0) return
  try {
    await nix.store(['--realise', ...needs], options)
  } catch (error) {
    throw withLog(error)
  }
}

/** Derivation outputs that one command line names. */
const BATCH = 500

/**
 * Builds or substitutes derivation outputs.
 * @param outputs as `DRV!OUTPUT`
 * @param options each batch has a root of its own, `gcRoot` and a number
 * @returns their paths
 * @throws {NixError} NIX_FAILED naming the derivation that failed
 */
export async function realiseOutputs(
  nix: Nix,
  outputs: readonly string[],
  { gcRoot, ...call }: NixCallOptions & { readonly gcRoot: string },
): Promise<readonly string[]> {
  const paths: string[] = []
  for (let first = 0; first < outputs.length; first += BATCH) {
    const printed = await nix
      .store(['--realise', ...outputs.slice(first, first + BATCH)], call)
      .catch((error: unknown) => {
        throw withLog(error)
      })
    const some = printed.split('\n').filter(line => line !== '')
    await realise(nix, some, { ...call, gcRoot: `${gcRoot}-${first}` })
    paths.push(...some)
  }
  return [...new Set(paths)]
}

/** Options of `realise`. */
export interface RealiseOptions extends NixCallOptions {
  /** A link to make that keeps the path from being collected as garbage; a second path gets `NAME-2` and so on. */
  readonly gcRoot?: string | undefined
}

/** Makes paths valid, from substituters. @throws {NixError} NIX_FAILED */
export async function realise(
  nix: Nix,
  paths: readonly string[],
  options: RealiseOptions = {},
): Promise<void> {
  const { gcRoot, ...call } = options
  const root = gcRoot === undefined ? [] : ['--add-root', gcRoot, '--indirect']
  await nix.store(['--realise', ...root, ...paths], call)
}

function isReadable(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch {
    return false
  }
}

/**
 * Where the files of the store lie when not at `/nix/store`.
 * @returns the folder that holds `nix/store`, empty for the real one, or undefined when Nix alone knows
 */
export function storeRoot(nix: Nix): string | undefined {
  const remote = nix.env['NIX_REMOTE'] ?? ''
  if (['', 'auto', 'daemon', 'local'].includes(remote) || remote.startsWith('unix://')) return ''
  if (remote.startsWith('/')) return remote
  return /^local\?root=(\/[^&]*)$/.exec(remote)?.[1]
}

/** Where the file system has a store path, or undefined when only Nix can read it. */
export function physicalPath(nix: Nix, path: string): string | undefined {
  const root = storeRoot(nix)
  const physical = root === undefined ? undefined : join(root, path)
  return physical !== undefined && isReadable(physical) ? physical : undefined
}

/**
 * What each path of the store is on the disk: another text when it went and came in again.
 * @returns undefined when one is missing, or only Nix can read the store
 */
export function pathIdentities(nix: Nix, paths: readonly string[]): readonly string[] | undefined {
  const root = storeRoot(nix)
  if (root === undefined) return undefined
  const identities: string[] = []
  for (const path of paths) {
    const stat = lstatSync(join(root, path), { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return undefined
    identities.push(`${stat.dev} ${stat.ino} ${stat.ctimeNs}`)
  }
  return identities
}

/** Links that are followed before a path counts as a loop, as Linux does. */
const MAX_LINKS = 40

/**
 * Follows a path of the store link by link, each absolute one within the store's own root.
 * @returns whether it leads to a file; undefined when only Nix can read the store
 */
export function isFileInStore(nix: Nix, file: string): boolean | undefined {
  const root = storeRoot(nix)
  if (root === undefined) return undefined
  let [done, todo] = ['', file.split('/').filter(part => part !== '')]
  for (let links = 0; links < MAX_LINKS;) {
    const part = todo.shift()
    if (part === undefined) return done !== '' && isFile(root + done)
    const next = join(done, '/', part)
    const target = linkTarget(root + next)
    if (target === undefined) done = next
    else {
      links++
      const inside = resolve(dirname(next), target)
      todo = [...inside.split('/').filter(name => name !== ''), ...todo]
      done = ''
    }
  }
  return false
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * A store path's NAR, piece by piece: read from the file system where that is possible, else asked of Nix.
 * Hash what you get: files of a store can be damaged.
 */
export async function* dumpPath(
  nix: Nix,
  path: string,
  options: NixCallOptions = {},
): AsyncGenerator<Uint8Array> {
  const physical = physicalPath(nix, path)
  if (physical === undefined) return yield* nix.stream(['store', 'dump-path', path], options)
  // Loaded here, for a program that is only started needs none of it.
  const { narFromPath } = await import('@squid/formats/nar/fs')
  yield* narFromPath(physical)
}

/**
 * The command line that starts a program of the store. With a store that is not at `/nix/store` it goes through
 * `nix shell`, which mounts it there.
 * @param path the store path that holds the program
 */
export function programCommand(
  nix: Nix,
  path: string,
  program: string,
  args: readonly string[],
): readonly [program: string, ...args: string[]] {
  if (storeRoot(nix) === '' && isReadable(program)) return [program, ...args]
  return nix.command(['shell', '--offline', path, '-c', program, ...args])
}

/** The paths, and those that a package wants to be used together with. */
function withPropagated(paths: readonly string[]): readonly string[] {
  const all = new Set<string>()
  const add = (path: string): void => {
    if (all.has(path)) return
    all.add(path)
    for (const other of propagated(path)) add(other)
  }
  paths.forEach(add)
  return [...all]
}

function propagated(path: string): readonly string[] {
  try {
    const text = readFileSync(join(path, 'nix-support/propagated-user-env-packages'), 'utf8')
    return text.split(/\s+/).filter(word => STORE_PATH.test(word))
  } catch {
    return []
  }
}

const STORE_PATH = /^\/nix\/store\/[0-9a-z]{32}-[0-9A-Za-z+._?=-]+$/

/** A program to start and what surrounds it. */
export interface ProgramStart {
  readonly command: readonly [program: string, ...args: string[]]
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * How to start a program with the `bin` folders of packages first in PATH, as `nix shell` does. With a store that is
 * not at `/nix/store` it goes through `nix shell`, which mounts it there.
 */
export function shellCommand(
  nix: Nix,
  paths: readonly string[],
  command: readonly [program: string, ...args: string[]],
): ProgramStart {
  if (storeRoot(nix) !== '' || !paths.every(isReadable)) {
    return { command: nix.command(['shell', '--offline', ...paths, '-c', ...command]), env: nix.env }
  }
  const folders = withPropagated(paths).map(path => join(path, 'bin'))
  const PATH = [...folders, ...(nix.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '')]
  return { command, env: { ...nix.env, PATH: PATH.join(delimiter) } }
}
