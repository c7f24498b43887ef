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
  /** Store paths to realise: what is installed, and where the program lies. */
  readonly paths: readonly string[]
  /** Every path of their closure with the SRI hash of its NAR, sorted. */
  readonly closure: readonly { readonly path: string; readonly narHash: string }[]
}

type SystemRecord = Manifest['systems'][number]
type AttributeRecord = SystemRecord['attributes'][number]

class AttributeError extends SquidError {
  override name = 'AttributeError'

  constructor(title: string, attribute: string, system: string, offered: readonly string[]) {
    const offer = offered.length === 0 ? `nothing for ${system}` : offered.slice(0, 12).join(', ')
    super('ATTRIBUTE_UNKNOWN', `${title} has no '${attribute}' for ${system}; it holds ${offer}`)
  }
}

/** What Nix calls a system: `x86_64-linux`. */
const SYSTEM = /^[a-z0-9_]{1,32}-[a-z0-9_]{1,32}$/

/** Where flakes have what can be run. */
const SETS = ['packages', 'apps', 'legacyPackages']

/** The attributes that a reader may mean by what they typed, best first. */
function candidates(attribute: string, system: string): readonly string[] {
  if (attribute === '') return ['default', `packages.${system}.default`]
  const prefix = SETS.map(set => `${set}.${system}.`).find(start => attribute.startsWith(start))
  const short = prefix === undefined ? [] : [attribute.slice(prefix.length)]
  return [attribute, `packages.${system}.${attribute}`, ...short]
}

function findAttribute(
  manifest: Manifest,
  title: string,
  attribute: string,
  system: string,
): AttributeRecord {
  const attributes = manifest.systems.find(record => record.system === system)?.attributes ?? []
  for (const candidate of candidates(attribute, system)) {
    const found = attributes.find(record => record.attribute === candidate)
    if (found !== undefined) return found
  }
  const offered = attributes.map(record => record.attribute)
  throw new AttributeError(title, attribute === '' ? 'default' : attribute, system, offered)
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
      `${title} does not hold ${path}, which it needs; it cannot be run`,
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

/**
 * @param attribute as typed after `#`, empty for the default
 * @throws {SquidError} `USAGE`, `ATTRIBUTE_UNKNOWN`, `CLOSURE_INCOMPLETE`, `CLOSURE_TOO_LARGE`
 */
export async function describeProgram(
  contents: ReleaseContents,
  title: string,
  attribute: string,
  system: string,
  signal?: AbortSignal,
): Promise<ProgramReport> {
  if (!SYSTEM.test(system)) throw new SquidError('USAGE', 'a system looks like x86_64-linux')
  const record = findAttribute(contents.manifest, title, attribute, system)
  const installed = record.outputs.filter(output => record.outputsToInstall.includes(output.name))
  const program = record.mainProgram ?? null
  const home = program === null ? undefined : pathOfFile(program)
  if (program !== null && home === undefined) {
    throw new SquidError(
      'CLOSURE_INCOMPLETE',
      `${title} names ${program} as its program, which lies in no store path`,
    )
  }
  const paths = [...new Set([...installed.map(output => output.path), ...(home === undefined ? [] : [home])])]
  const closure = await closureOf(contents, paths, title, signal)
  return {
    attribute: record.attribute,
    system,
    derivation: record.derivation ?? null,
    program,
    paths,
    closure: closure.map(entry => ({
      path: entry.storePath,
      narHash: formatSri({ algorithm: 'sha256', digest: entry.narHash }),
    })),
  }
}
