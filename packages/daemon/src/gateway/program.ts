/**
 * What to run for an attribute of a release, from its manifest alone: no evaluation.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { Manifest, ManifestEntry } from '@squid/formats/manifest'
import { formatSri } from '@squid/formats/sri'
import { isStorePath, pathHash, type StorePath } from '@squid/formats/store-path'
import type { ReleaseContents } from './contract.ts'

/** What a manifest says of an attribute. */
export interface ProgramReport {
  /** As the release records it. */
  readonly attribute: string
  readonly system: string
  readonly derivation: string | null
  /** The program that `run` starts, or null when the attribute has none. */
  readonly program: string | null
  /** The outputs that were asked for: those to install unless `^` named others. */
  readonly outputs: readonly { readonly name: string; readonly path: string }[]
  /** Store paths to realise: those outputs and where the program lies; for `run` only the latter. */
  readonly paths: readonly string[]
  /** Every path of their closure with the SRI hash of its NAR, sorted. */
  readonly closure: readonly { readonly path: string; readonly narHash: string }[]
}

type SystemRecord = Manifest['systems'][number]
type AttributeRecord = SystemRecord['attributes'][number]

class AttributeError extends SquidError {
  override name = 'AttributeError'

  constructor(title: string, attribute: string, system: string, { systems }: Manifest) {
    const offered = systems.find(record => record.system === system)?.attributes ?? []
    const others = systems.map(record => record.system).join(', ')
    const offer =
      offered.length > 0
        ? offered
            .slice(0, 12)
            .map(record => record.attribute)
            .join(', ')
        : `nothing for ${system}${others === '' ? '' : `, only for ${others}`}`
    super('ATTRIBUTE_UNKNOWN', `${title} has no '${attribute}' for ${system}; it holds ${offer}`)
  }
}

/** What Nix calls a system: `x86_64-linux`. */
const SYSTEM = /^[a-z0-9_]{1,32}-[a-z0-9_]{1,32}$/

const OUTPUT = /^[A-Za-z0-9_+?=-][A-Za-z0-9_+?=.-]{0,63}$/

/** Where flakes have what can be run. */
const SETS = ['packages', 'apps', 'legacyPackages']

/** What is asked of an attribute. */
export interface Wanted {
  /** As typed after `#`, with `^OUTPUTS` behind it or not; empty for the default. */
  readonly attribute: string
  /** For instance `x86_64-linux`. */
  readonly system: string
  /** Is it to be run, and nothing else? */
  readonly isRun: boolean
}

/** Which outputs: undefined for those to install. */
type OutputChoice = readonly string[] | '*' | undefined

/** Splits `hello^out,dev` and `hello^*`. @throws {SquidError} USAGE */
function parseOutputs(typed: string): readonly [attribute: string, outputs: OutputChoice] {
  const at = typed.lastIndexOf('^')
  if (at < 0) return [typed, undefined]
  const [attribute, list] = [typed.slice(0, at), typed.slice(at + 1)]
  if (list === '*') return [attribute, list]
  const names = list.split(',')
  if (names.every(name => OUTPUT.test(name))) return [attribute, [...new Set(names)]]
  throw new SquidError('USAGE', 'after ^ come names of outputs, a comma between them, or *')
}

/** The attributes that a reader may mean by what they typed, best first. */
function candidates(attribute: string, system: string): readonly string[] {
  if (attribute === '') return ['default', `packages.${system}.default`]
  const prefix = SETS.map(set => `${set}.${system}.`).find(start => attribute.startsWith(start))
  const short = prefix === undefined ? [] : [attribute.slice(prefix.length)]
  return [attribute, `packages.${system}.${attribute}`, ...short]
}

function recordOf(
  attributes: readonly AttributeRecord[],
  attribute: string,
  system: string,
): AttributeRecord | undefined {
  return candidates(attribute, system)
    .map(name => attributes.find(record => record.attribute === name))
    .find(record => record !== undefined)
}

/** `hello.dev`: the output of a record, as Nix finds it in the derivation. */
function recordOfOutput(
  attributes: readonly AttributeRecord[],
  attribute: string,
  system: string,
): readonly [AttributeRecord, readonly string[]] | undefined {
  const dot = attribute.lastIndexOf('.')
  if (dot < 1) return undefined
  const output = attribute.slice(dot + 1)
  const record = recordOf(attributes, attribute.slice(0, dot), system)
  return record?.outputs.some(({ name }) => name === output) === true ? [record, [output]] : undefined
}

interface Found {
  readonly record: AttributeRecord
  readonly choice: OutputChoice
}

function findAttribute(manifest: Manifest, title: string, { attribute: typed, system }: Wanted): Found {
  const [attribute, choice] = parseOutputs(typed)
  const attributes = manifest.systems.find(record => record.system === system)?.attributes ?? []
  const record = recordOf(attributes, attribute, system)
  if (record !== undefined) return { record, choice }
  const below = recordOfOutput(attributes, attribute, system)
  if (below !== undefined) return { record: below[0], choice: choice ?? below[1] }
  throw new AttributeError(title, attribute === '' ? 'default' : attribute, system, manifest)
}

function chosenOutputs({ record, choice }: Found, title: string): AttributeRecord['outputs'] {
  const { attribute, outputs, outputsToInstall } = record
  const names =
    choice === undefined ? outputsToInstall : choice === '*' ? outputs.map(({ name }) => name) : choice
  return names.map(name => {
    const output = outputs.find(candidate => candidate.name === name)
    if (output !== undefined) return output
    const offered = outputs.map(candidate => candidate.name).join(', ')
    throw new SquidError(
      'ATTRIBUTE_UNKNOWN',
      `'${attribute}' of ${title} has no output '${name}'; it has ${offered}`,
    )
  })
}

/** The store path of a file in it. */
function pathOfFile(file: string): StorePath | undefined {
  const path = file.split('/').slice(0, 4).join('/')
  return isStorePath(path) && !file.split('/').includes('..') ? path : undefined
}

/** Paths in a closure; a desktop has some thousand. */
const MAX_CLOSURE = 100_000
/** Paths that are looked up at once. */
const LOOKUPS = 64

/** Walks references from `roots`. @throws {SquidError} `CLOSURE_INCOMPLETE`, `CLOSURE_TOO_LARGE` */
async function closureOf(
  contents: ReleaseContents,
  roots: readonly StorePath[],
  title: string,
  signal: AbortSignal | undefined,
): Promise<readonly ManifestEntry[]> {
  const entry = async (path: StorePath): Promise<ManifestEntry> => {
    const found = await contents.lookupHash(pathHash(path), signal)
    if (found?.storePath === path) return found
    throw new SquidError(
      'CLOSURE_INCOMPLETE',
      `${title} does not hold ${path}; its publisher has to publish that output, too`,
    )
  }
  const known = new Set(roots)
  const queue = [...known]
  const entries: ManifestEntry[] = []
  while (entries.length < queue.length) {
    const batch = queue.slice(entries.length, entries.length + LOOKUPS)
    for (const found of await Promise.all(batch.map(entry))) {
      entries.push(found)
      for (const reference of found.references) {
        if (known.has(reference)) continue
        known.add(reference)
        queue.push(reference)
      }
      if (queue.length > MAX_CLOSURE) {
        throw new SquidError(
          'CLOSURE_TOO_LARGE',
          `${title} needs more than ${MAX_CLOSURE} store paths; it is not run`,
        )
      }
    }
  }
  return entries.sort((a, b) => (a.storePath < b.storePath ? -1 : 1))
}

/** The store path that a program lies in. @throws {SquidError} `CLOSURE_INCOMPLETE` */
function homeOf(program: string | null, title: string): StorePath | undefined {
  if (program === null) return undefined
  const home = pathOfFile(program)
  if (home !== undefined) return home
  throw new SquidError(
    'CLOSURE_INCOMPLETE',
    `${title} names ${program} as its program, which lies in no store path`,
  )
}

/**
 * @param title of the release, for messages
 * @throws {SquidError} `USAGE`, `ATTRIBUTE_UNKNOWN`, `CLOSURE_INCOMPLETE`, `CLOSURE_TOO_LARGE`
 */
export async function describeProgram(
  contents: ReleaseContents,
  title: string,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<ProgramReport> {
  const { system, isRun } = wanted
  if (!SYSTEM.test(system)) throw new SquidError('USAGE', 'a system looks like x86_64-linux')
  const found = findAttribute(contents.manifest, title, wanted)
  const { record } = found
  const outputs = chosenOutputs(found, title)
  const program = record.mainProgram ?? null
  const home = homeOf(program, title)
  const installed = isRun ? [] : outputs.map(output => output.path)
  const isWhole = found.choice === undefined
  const paths = [...new Set([...installed, ...(home === undefined || !(isRun || isWhole) ? [] : [home])])]
  const closure = await closureOf(contents, paths, title, signal)
  return {
    attribute: record.attribute,
    system,
    derivation: record.derivation ?? null,
    program,
    outputs,
    paths,
    closure: closure.map(entry => ({
      path: entry.storePath,
      narHash: formatSri({ algorithm: 'sha256', digest: entry.narHash }),
    })),
  }
}
