/**
 * From flakes in the Nix store to what is published: the source, its locked inputs, the derivations, and the runtime
 * closure of the chosen outputs.
 * @module
 */
import { basename } from 'node:path'
import type { PathToPublish, Publication } from '@squid/client/publish'
import { parseStorePath } from '@squid/formats/store-path'
import {
  build,
  buildLog,
  buildNeeds,
  closure,
  currentSystem,
  derivationClosure,
  describeOutputs,
  dumpPath,
  type FlakeOutput,
  type FlakeSource,
  flakeSource,
  isFileInStore,
  type Nix,
  type NixCallOptions,
  type NixPathInfo,
  realise,
  realiseOutputs,
  storePathOf,
} from '@squid/host/nix'
import { UsageError } from './cli/command.ts'

/** Flake and attributes as typed: `PATH#attr…`, all of one flake. */
export interface Installables {
  /** As Nix's command line takes it, without `#`. */
  readonly flake: string
  readonly attributes: readonly string[]
}

/** @throws {UsageError} when they are not all of one flake */
export function parseInstallables(texts: readonly string[]): Installables {
  const split = texts.map(text => {
    const at = text.indexOf('#')
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
  })
  const flakes = [...new Set(split.map(([flake = '']) => (flake === '' ? '.' : flake)))]
  const [flake] = flakes
  if (flake === undefined || flakes.length > 1) {
    throw new UsageError(`publish takes attributes of one flake, not of ${flakes.join(' and ')}`, 'publish')
  }
  return { flake, attributes: [...new Set(split.map(([, attribute = '']) => attribute))] }
}

/** What a flake can be called, as the contract has it. */
export const FLAKE_NAME: RegExp = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** The name under which a flake is published unless another is given: of its one attribute, else of its folder. */
export function defaultFlakeName({ flake, attributes }: Installables, cwd: string): string {
  const [only = ''] = attributes.length === 1 ? attributes : []
  const fromAttribute = only.split('.').at(-1) ?? ''
  const path = flake.replace(/^[a-z+]+:/, '').replace(/\?.*$/, '')
  const fromFolder = basename(path === '.' || path === './' ? cwd : path)
  const name = [fromAttribute, fromFolder]
    .map(text => text.toLowerCase())
    .find(text => FLAKE_NAME.test(text) && text !== 'default')
  if (name === undefined)
    throw new UsageError('no name for the flake can be guessed; give one with --as', 'publish')
  return name
}

/** What a flake's source and outputs are, built and in the store. */
export interface BuiltFlake {
  readonly source: FlakeSource
  readonly outputs: readonly FlakeOutput[]
  readonly holds: ReleaseHolds
  /** Every path of the release. */
  readonly paths: readonly NixPathInfo[]
}

/** What a release holds beyond the source, the derivations and the runtime closures. */
export type ReleaseHolds = Publication['manifest']['holds']

/** A flake's source, and what its attributes are; nothing of it need be built. */
export type EvaluatedFlake = Pick<BuiltFlake, 'source' | 'outputs'>

/**
 * Evaluates attributes of a flake as those will who take it from the ledger.
 * @throws {NixError}
 */
export async function evaluateFlake(
  nix: Nix,
  { flake, attributes }: Installables,
  call: NixCallOptions,
): Promise<EvaluatedFlake> {
  const source = await flakeSource(nix, flake, call)
  const system = await currentSystem(nix, call)
  return { source, outputs: await describeOutputs(nix, source, attributes, system, call) }
}

/** Options of `buildFlake`. */
export interface BuildFlakeOptions {
  readonly cwd: string
  readonly signal: AbortSignal
  /** Keeps the outputs from being collected while they are published. */
  readonly gcRoot: string
  readonly holds: ReleaseHolds
  readonly onLine: (line: string) => void
}

/**
 * Evaluates the flake as those will who take it from the ledger, builds the attributes, collects the paths.
 * @throws {NixError}
 */
export async function buildFlake(
  nix: Nix,
  installables: Installables,
  options: BuildFlakeOptions,
): Promise<BuiltFlake> {
  const { gcRoot, holds, ...call } = options
  const { source, outputs } = await evaluateFlake(nix, installables, call)
  await build(nix, outputs, call)
  const installed = outputs.flatMap(installedPaths)
  await realise(nix, installed, { ...call, gcRoot })
  const derivations = await derivationClosure(
    nix,
    outputs.flatMap(output => output.derivation ?? []),
    call,
  )
  const needed = await neededPaths(nix, derivations, options)
  const runtime = await closure(nix, [source.sourcePath, ...source.inputs, ...installed, ...needed], call)
  const paths = new Map([...derivations, ...runtime].map(info => [info.path, info]))
  return { source, outputs, holds, paths: [...paths.values()] }
}

/** What building again takes, as far as the release is to hold it; it is built or fetched where it is not here. */
async function neededPaths(
  nix: Nix,
  derivations: readonly NixPathInfo[],
  { holds, gcRoot, ...call }: BuildFlakeOptions,
): Promise<readonly string[]> {
  if (!holds.sources && !holds.buildClosure) return []
  const files = derivations.map(({ path }) => path).filter(path => path.endsWith('.drv'))
  const { sources, inputs } = await buildNeeds(nix, files)
  const wanted = new Set([...(holds.sources ? sources : []), ...(holds.buildClosure ? inputs : [])])
  return await realiseOutputs(nix, [...wanted], { ...call, gcRoot: `${gcRoot}-needed` })
}

/** The paths that `nix profile install` and `nix run` would want. */
export function installedPaths({ outputs, outputsToInstall, program }: FlakeOutput): readonly string[] {
  const chosen = outputs.filter(({ name }) => outputsToInstall.includes(name)).map(({ path }) => path)
  return [...new Set([...chosen, storePathOf(program)])]
}

/** A path of the store; a derivation with what its build printed, where that was here. */
export function pathToPublish(nix: Nix, info: NixPathInfo, built: ReadonlySet<string>): PathToPublish {
  const log = built.has(info.path) ? buildLog(nix, info.path) : undefined
  return {
    storePath: parseStorePath(info.path),
    narHash: info.narHash,
    narSize: info.narSize,
    references: info.references.map(parseStorePath),
    ...(info.deriver === null ? {} : { deriver: parseStorePath(info.deriver) }),
    ...(info.contentAddress === null ? {} : { ca: info.contentAddress }),
    nar: () => dumpPath(nix, info.path),
    ...(log === undefined ? {} : { log }),
  }
}

type AttributeRecord = Publication['manifest']['systems'][number]['attributes'][number]

/** A program is recorded only where it is there: `run` of a library is refused and not tried. */
function attributeRecord(output: FlakeOutput, hasProgram: boolean): AttributeRecord {
  return {
    attribute: output.attribute,
    ...(output.derivation === null ? {} : { derivation: parseStorePath(output.derivation) }),
    outputs: output.outputs.map(({ name, path }) => ({ name, path: parseStorePath(path) })),
    outputsToInstall: output.outputsToInstall,
    ...(hasProgram ? { mainProgram: output.program } : {}),
  }
}

/** Where a release goes. */
export interface ReleaseTarget {
  readonly space: string
  readonly flakeName: string
  readonly tags: readonly string[]
}

/** The derivations whose outputs a release holds: the logs of others are of no use to who takes it. */
export function builtDerivations(
  outputs: readonly FlakeOutput[],
  derivers: readonly (string | null)[],
): ReadonlySet<string> {
  return new Set([...outputs.map(({ derivation }) => derivation), ...derivers].filter(path => path !== null))
}

/** What goes onto the ledger and to Walrus. */
export function publicationOf(nix: Nix, built: BuiltFlake, target: ReleaseTarget): Publication {
  const { outputs, paths, holds } = built
  const derivations = builtDerivations(
    outputs,
    paths.map(({ deriver }) => deriver),
  )
  const hasProgram = (output: FlakeOutput): boolean => isFileInStore(nix, output.program) !== false
  return {
    ...target,
    manifest: manifestOf(built, hasProgram, holds),
    paths: paths.map(info => pathToPublish(nix, info, derivations)),
  }
}

/** @param hasProgram says of an output whether the program is there that `nix run` would start */
export function manifestOf(
  { source, outputs }: EvaluatedFlake,
  hasProgram: (output: FlakeOutput) => boolean,
  holds: ReleaseHolds,
): Publication['manifest'] {
  const [first] = outputs
  const attributes = outputs.map(output => attributeRecord(output, hasProgram(output)))
  return {
    sourceNarHash: source.narHash,
    flake: {
      lastModified: BigInt(source.lastModified),
      ...(source.revision === null ? {} : { revision: source.revision }),
      ...(source.description === null ? {} : { description: source.description }),
    },
    systems: first === undefined ? [] : [{ system: first.system, attributes }],
    holds,
  }
}
