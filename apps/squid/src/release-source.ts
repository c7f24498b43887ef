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
  type NixPathInfo,
  realise,
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
  /** Every path of the release. */
  readonly paths: readonly NixPathInfo[]
}

/** Options of `buildFlake`. */
export interface BuildFlakeOptions {
  readonly cwd: string
  readonly signal: AbortSignal
  /** Keeps the outputs from being collected while they are published. */
  readonly gcRoot: string
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
  const { cwd, signal, onLine, gcRoot } = options
  const call = { cwd, signal, onLine }
  const source = await flakeSource(nix, installables.flake, call)
  const outputs = await describeOutputs(
    nix,
    source,
    installables.attributes,
    await currentSystem(nix, call),
    call,
  )
  await build(nix, outputs, call)
  const installed = outputs.flatMap(installedPaths)
  await realise(nix, installed, { ...call, gcRoot })
  const [runtime, derivations] = [
    await closure(nix, [source.sourcePath, ...source.inputs, ...installed], call),
    await derivationClosure(
      nix,
      outputs.flatMap(output => output.derivation ?? []),
      call,
    ),
  ]
  const paths = new Map([...derivations, ...runtime].map(info => [info.path, info]))
  return { source, outputs, paths: [...paths.values()] }
}

/** The paths that `nix profile install` and `nix run` would want. */
function installedPaths({ outputs, outputsToInstall, program }: FlakeOutput): readonly string[] {
  const chosen = outputs.filter(({ name }) => outputsToInstall.includes(name)).map(({ path }) => path)
  return [...new Set([...chosen, storePathOf(program)])]
}

function pathToPublish(nix: Nix, info: NixPathInfo): PathToPublish {
  return {
    storePath: parseStorePath(info.path),
    narHash: info.narHash,
    narSize: info.narSize,
    references: info.references.map(parseStorePath),
    ...(info.deriver === null ? {} : { deriver: parseStorePath(info.deriver) }),
    ...(info.contentAddress === null ? {} : { ca: info.contentAddress }),
    nar: () => dumpPath(nix, info.path),
  }
}

type AttributeRecord = Publication['manifest']['systems'][number]['attributes'][number]

/** A program is recorded only where it is there: `run` of a library is refused and not tried. */
function attributeRecord(nix: Nix, output: FlakeOutput): AttributeRecord {
  return {
    attribute: output.attribute,
    ...(output.derivation === null ? {} : { derivation: parseStorePath(output.derivation) }),
    outputs: output.outputs.map(({ name, path }) => ({ name, path: parseStorePath(path) })),
    outputsToInstall: output.outputsToInstall,
    ...(isFileInStore(nix, output.program) === false ? {} : { mainProgram: output.program }),
  }
}

/** What goes onto the ledger and to Walrus. */
export function publicationOf(
  nix: Nix,
  { source, outputs, paths }: BuiltFlake,
  target: { readonly space: string; readonly flakeName: string; readonly tags: readonly string[] },
): Publication {
  const [first] = outputs
  return {
    ...target,
    manifest: {
      sourceNarHash: source.narHash,
      flake: {
        lastModified: BigInt(source.lastModified),
        ...(source.revision === null ? {} : { revision: source.revision }),
        ...(source.description === null ? {} : { description: source.description }),
      },
      systems:
        first === undefined
          ? []
          : [{ system: first.system, attributes: outputs.map(output => attributeRecord(nix, output)) }],
      holds: { sources: false, buildClosure: false },
    },
    paths: paths.map(info => pathToPublish(nix, info)),
  }
}
