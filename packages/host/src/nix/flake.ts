/**
 * Flakes as `nix` sees them: where a reference leads, and what a flake's attributes are.
 * @module
 */
import { readFileSync } from 'node:fs'
import { formatSri } from '@squid/formats/sri'
import { pathInfo } from './closure.ts'
import { NixError } from './errors.ts'
import { type Nix, type NixCallOptions, parseJson } from './nix.ts'
import { isRecord, stringOf, stringsOf } from './shape.ts'

/** The source of a flake, in the store, with its inputs locked. */
export interface FlakeSource {
  /** `path:/nix/store/…-source?narHash=…&lastModified=…`: evaluates to the same wherever the source is. */
  readonly reference: string
  readonly sourcePath: string
  /** SHA-256 of the source's NAR. */
  readonly narHash: Uint8Array
  /** Seconds since 1970. */
  readonly lastModified: number
  /** Commit that the source is, null for anything but a clean checkout. */
  readonly revision: string | null
  readonly description: string | null
  /** Store paths of all locked inputs, sorted. */
  readonly inputs: readonly string[]
}

/** One output of a derivation. */
export interface OutputPath {
  readonly name: string
  readonly path: string
}

/** What an attribute of a flake is: what to build, what to install, what to run. */
export interface FlakeOutput {
  /** As asked, `default` for the empty one. */
  readonly attribute: string
  /** Where Nix found it, for instance `packages.x86_64-linux.hello`. */
  readonly attributePath: string
  readonly system: string
  /** Null only for an app that is a plain file of the source. */
  readonly derivation: string | null
  readonly outputs: readonly OutputPath[]
  readonly outputsToInstall: readonly string[]
  /** What `nix run` starts; it need not exist. */
  readonly program: string
  /** Derivation outputs to realise so that `outputsToInstall` and `program` are there, as `DRV!OUTPUT`. */
  readonly needs: readonly string[]
}

const STORE_PATH = /^\/nix\/store\/[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+._?=-]{1,211}/

/**
 * The store path that a file lies in.
 * @throws {NixError} NIX_UNSUPPORTED when it lies in none, as the outputs of floating content-addressed derivations
 */
export function storePathOf(file: string): string {
  const found = STORE_PATH.exec(file)?.[0]
  if (found === undefined || file.split('/').includes('..')) {
    throw new NixError(
      'NIX_UNSUPPORTED',
      `${file} is not a path in /nix/store (content-addressed derivations are not supported yet)`,
    )
  }
  return found
}

function metadataError(reference: string, stderr: string, message: string): NixError {
  if (/requires lock file changes/.test(stderr)) {
    return new NixError(
      'NIX_UNLOCKED',
      `the lock file of ${reference} is missing or not current; run: nix flake lock ${reference}`,
      { stderr },
    )
  }
  if (REGISTRY_NAME.test(reference)) {
    return new NixError(
      'NIX_NO_FLAKE',
      `Nix's registry leads to no flake by the name ${reference}; a folder is written ./${reference} or with all its folders`,
      { stderr },
    )
  }
  if (
    /does not contain a '?[^ ]*flake\.nix'?|could not find a flake\.nix|cannot find flake|No such file|' does not exist/.test(
      stderr,
    )
  ) {
    return new NixError('NIX_NO_FLAKE', `there is no flake at ${reference}: ${message}`, { stderr })
  }
  return new NixError('NIX_FAILED', `cannot read the flake ${reference}: ${message}`, { stderr })
}

/** What Nix takes for an entry of its registry: `nixpkgs`, `nixpkgs/release-24.05`. */
const REGISTRY_NAME = /^[a-zA-Z][a-zA-Z0-9_-]*(\/[^:]*)?$/

async function metadata(
  nix: Nix,
  reference: string,
  options: NixCallOptions,
): Promise<Record<string, unknown>> {
  try {
    // `--no-write-lock-file` too would make Nix 2.8 accept a lock file that is not current.
    const value = await nix.json(['flake', 'metadata', '--no-update-lock-file', reference], options)
    if (isRecord(value)) return value
  } catch (error) {
    if (error instanceof NixError && error.code === 'NIX_FAILED') {
      throw metadataError(reference, error.stderr, error.message.replace(/^nix flake failed: /, ''))
    }
    throw error
  }
  throw new NixError('NIX_OUTPUT', 'nix flake metadata printed no object')
}

/** Store paths of every input below, from what `nix flake archive --json` prints. */
function inputPaths(archive: unknown): string[] {
  if (!isRecord(archive) || !isRecord(archive['inputs'])) return []
  return Object.values(archive['inputs']).flatMap(input => [
    ...(isRecord(input) && typeof input['path'] === 'string' ? [input['path']] : []),
    ...inputPaths(input),
  ])
}

/**
 * Copies a flake's source and its locked inputs into the store.
 * @param reference as on Nix's command line, without `#attribute`
 * @throws {NixError} NIX_NO_FLAKE, NIX_UNLOCKED, NIX_UNSUPPORTED (a flake in a subfolder), NIX_FAILED
 */
export async function flakeSource(
  nix: Nix,
  reference: string,
  options: NixCallOptions = {},
): Promise<FlakeSource> {
  const data = await metadata(nix, reference, options)
  const locked = isRecord(data['locked']) ? data['locked'] : {}
  if (typeof locked['dir'] === 'string' && locked['dir'] !== '') {
    throw new NixError(
      'NIX_UNSUPPORTED',
      `${reference} lies in the subfolder ${locked['dir']} of its source; only a flake at the top can be published yet`,
    )
  }
  const sourcePath = storePathOf(stringOf(data['path'], 'nix flake metadata: path'))
  const { narHash } = await pathInfo(nix, sourcePath, options)
  const lastModified = typeof data['lastModified'] === 'number' ? data['lastModified'] : 0
  const query = new URLSearchParams({
    lastModified: String(lastModified),
    narHash: formatSri({ algorithm: 'sha256', digest: narHash }),
  })
  const source = `path:${sourcePath}?${query.toString()}`
  return {
    reference: source,
    sourcePath,
    narHash,
    lastModified,
    revision: typeof data['revision'] === 'string' ? data['revision'] : null,
    description: typeof data['description'] === 'string' ? data['description'] : null,
    inputs: await archivedInputs(nix, data, source, options),
  }
}

async function archivedInputs(
  nix: Nix,
  data: Record<string, unknown>,
  source: string,
  options: NixCallOptions,
): Promise<readonly string[]> {
  const nodes = isRecord(data['locks']) && isRecord(data['locks']['nodes']) ? data['locks']['nodes'] : {}
  if (Object.keys(nodes).length <= 1) return []
  const archive = await nix.json(['flake', 'archive', '--no-write-lock-file', source], options)
  return [...new Set(inputPaths(archive))].sort()
}

/** The system that this Nix builds for, for instance `x86_64-linux`. */
export async function currentSystem(nix: Nix, options: NixCallOptions = {}): Promise<string> {
  const args = ['eval', '--raw', '--impure', '--expr', 'builtins.currentSystem']
  return (await nix.capture(args, options)).trim()
}

/**
 * Splits an attribute path as Nix does: dots separate, double quotes protect.
 * @throws {NixError} NIX_NO_ATTRIBUTE when it is malformed
 */
export function parseAttributePath(text: string): string[] {
  if (text === '') return []
  const names: string[] = []
  const pattern = /(?:"([^"]*)"|([^".]+))(\.|$)/y
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text)
    if (found === null || (found[3] === '.' && pattern.lastIndex === text.length)) {
      throw new NixError('NIX_NO_ATTRIBUTE', `'${text}' is not an attribute path`)
    }
    names.push(found[1] ?? found[2] ?? '')
  }
  return names
}

/** A Nix string literal. */
function literal(text: string): string {
  return `"${text.replace(/["\\]|\$\{/g, found => `\\${found}`)}"`
}

const OUTPUTS_NIX = readFileSync(new URL('outputs.nix', import.meta.url), 'utf8')

function expression(
  source: Pick<FlakeSource, 'reference'>,
  system: string,
  paths: readonly (readonly string[])[],
): string {
  const lists = paths.map(path => `[ ${path.map(literal).join(' ')} ]`)
  const flake = `builtins.getFlake ${literal(source.reference)}`
  return `(${OUTPUTS_NIX}) { flake = ${flake}; system = ${literal(system)}; paths = [ ${lists.join(' ')} ]; }`
}

/**
 * Evaluates attributes of a flake by the rules of `nix build` and `nix run`; their derivations are in the store
 * afterwards, nothing is built.
 * @param attributes as after `#` on Nix's command line; empty is the default
 * @throws {NixError} NIX_NO_ATTRIBUTE, NIX_NOT_BUILDABLE, NIX_UNSUPPORTED, NIX_FAILED (evaluation)
 */
export async function describeOutputs(
  nix: Nix,
  source: Pick<FlakeSource, 'reference'>,
  attributes: readonly string[],
  system: string,
  options: NixCallOptions = {},
): Promise<readonly FlakeOutput[]> {
  const text = expression(source, system, attributes.map(parseAttributePath))
  const value = parseJson(await nix.capture(['eval', '--json', '--expr', text], options), 'nix eval')
  if (!isRecord(value) || !Array.isArray(value['found'])) {
    throw new NixError('NIX_OUTPUT', 'nix eval printed no description of the outputs')
  }
  const available = stringsOf(value['available'], 'nix eval: available')
  const found: readonly unknown[] = value['found']
  return attributes.map((attribute, index) => outputOf(found[index], attribute, system, available))
}

function outputOf(
  value: unknown,
  attribute: string,
  system: string,
  available: readonly string[],
): FlakeOutput {
  const name = attribute === '' ? 'default' : attribute
  if (!isRecord(value) || value['exists'] !== true) {
    const others = available.length === 0 ? 'nothing' : available.slice(0, 12).join(', ')
    throw new NixError('NIX_NO_ATTRIBUTE', `the flake has no '${name}' for ${system}; it offers ${others}`)
  }
  if (!Array.isArray(value['path'])) {
    throw new NixError('NIX_NOT_BUILDABLE', `'${name}' of the flake is neither a package nor an app`)
  }
  const common = { attribute: name, attributePath: stringsOf(value['path'], 'path').join('.'), system }
  const app = isRecord(value['app']) ? appOf(value['app']) : undefined
  if (!isRecord(value['package']))
    return { ...common, ...(app ?? fail(name)), needs: (app ?? fail(name)).needs }
  const plain = packageOf(value['package'])
  if (app === undefined) return { ...common, ...plain }
  return { ...common, ...plain, program: app.program, needs: [...new Set([...plain.needs, ...app.needs])] }
}

function fail(name: string): never {
  throw new NixError('NIX_NOT_BUILDABLE', `'${name}' of the flake is neither a package nor an app`)
}

type Described = Pick<FlakeOutput, 'derivation' | 'outputs' | 'outputsToInstall' | 'program' | 'needs'>

function packageOf(value: Record<string, unknown>): Described {
  const derivation = storePathOf(stringOf(value['derivation'], 'derivation'))
  const outputs = (Array.isArray(value['outputs']) ? value['outputs'] : []).map((output: unknown) => ({
    name: stringOf(isRecord(output) ? output['name'] : undefined, 'output'),
    path: storePathOf(stringOf(isRecord(output) ? output['path'] : undefined, 'output path')),
  }))
  const outputsToInstall = stringsOf(value['outputsToInstall'], 'outputsToInstall')
  const program = stringOf(value['program'], 'program')
  storePathOf(program)
  const needed = new Set([...outputsToInstall, ...stringsOf(value['programNeeds'], 'programNeeds')])
  return {
    derivation,
    outputs,
    outputsToInstall,
    program,
    needs: [...needed].map(name => `${derivation}!${name}`),
  }
}

function appOf(value: Record<string, unknown>): Described {
  const program = stringOf(value['program'], 'program')
  const path = storePathOf(program)
  const needs = (Array.isArray(value['needs']) ? value['needs'] : []).map((need: unknown) => ({
    derivation: storePathOf(stringOf(isRecord(need) ? need['derivation'] : undefined, 'derivation')),
    output: stringOf(isRecord(need) ? need['output'] : undefined, 'output'),
  }))
  const [main] = needs
  return {
    derivation: main?.derivation ?? null,
    outputs: [{ name: main?.output ?? 'out', path }],
    outputsToInstall: [main?.output ?? 'out'],
    program,
    needs: needs.map(need => `${need.derivation}!${need.output}`),
  }
}
