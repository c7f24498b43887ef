/**
 * What a derivation's outputs are called, worked out without Nix from the closure of `.drv` files.
 *
 * The path of an input-addressed output comes from the derivation's **hash modulo**: the hash of its ATerm with every
 * input replaced by *its* hash modulo, where a fixed output counts as its content alone. (So that a changed mirror
 * of a download does not rename the world.)
 * Spec: https://nix.dev/manual/nix/latest/store/derivation/outputs/input-address
 *
 * Floating content-addressed outputs have no path before they are built; derivations that have them, or need one,
 * are refused by name.
 * @module
 */
import { formatHex } from '../bytes/index.ts'
import { SquidError } from '../errors/index.ts'
import { sha256 } from '../hash/index.ts'
import { isHashAlgorithm, parseBareDigest } from '../sri/index.ts'
import {
  baseName,
  fixedDigest,
  type FixedContent,
  fixedOutputPath,
  makeStorePath,
  pathName,
  type StorePath,
  textPath,
} from '../store-path/index.ts'
import {
  bytesOf,
  type Derivation,
  type DerivationOutput,
  formatAterm,
  formatDerivation,
  parseDerivation,
} from './aterm.ts'

const EXTENSION = '.drv'

/** How the paths of a derivation's outputs come about. */
export type DerivationKind = 'input-addressed' | 'fixed-output' | 'content-addressed'

/**
 * What kind of derivation this is.
 * @throws {SquidError} `DERIVATION_OUTPUTS` when its outputs are of different kinds, or fixed and not just `out`
 */
export function derivationKind(derivation: Derivation): DerivationKind {
  const kinds = new Set(derivation.outputs.map(outputKind))
  const [kind] = kinds
  const [output] = derivation.outputs
  const isOnlyOut = derivation.outputs.length === 1 && output?.name === 'out'
  if (kind === undefined || kinds.size > 1 || (kind === 'fixed-output' && !isOnlyOut)) {
    throw new SquidError(
      'DERIVATION_OUTPUTS',
      'This derivation has outputs of kinds that do not go together.',
    )
  }
  return kind
}

function outputKind(output: DerivationOutput): DerivationKind {
  if (output.hashAlgorithm === '') return 'input-addressed'
  return output.hash === '' || output.hash === 'impure' ? 'content-addressed' : 'fixed-output'
}

/** The content that a fixed output must have. */
function fixedContent(output: DerivationOutput): FixedContent {
  const recursive = output.hashAlgorithm.startsWith('r:')
  const algorithm = recursive ? output.hashAlgorithm.slice(2) : output.hashAlgorithm
  if (!isHashAlgorithm(algorithm)) {
    throw new SquidError(
      'DERIVATION_HASH',
      `This derivation fixes its output by ${JSON.stringify(output.hashAlgorithm)}, which is not supported.`,
    )
  }
  return { recursive, hash: { algorithm, digest: parseBareDigest(algorithm, output.hash) } }
}

/** The name of an output's path: the derivation's own for `out`, else with the output's name behind it. */
function outputPathName(name: string, output: string): string {
  return output === 'out' ? name : `${name}-${output}`
}

/** The name of the thing that a `.drv` file makes. */
function nameOf(path: StorePath): string {
  const name = pathName(path)
  if (!name.endsWith(EXTENSION) || name === EXTENSION) {
    throw new SquidError('NOT_A_DERIVATION', `${path} is not a derivation.`)
  }
  return name.slice(0, -EXTENSION.length)
}

/** The path of the `.drv` file itself. */
export function derivationPath(derivation: Derivation, name: string): StorePath {
  const references = [...derivation.inputSources, ...derivation.inputDerivations.map(({ path }) => path)]
  return textPath(`${name}${EXTENSION}`, formatDerivation(derivation), references)
}

/** The derivation with its own output paths left out, as it is hashed to find them. */
function masked(derivation: Derivation): Derivation {
  const names = new Set(derivation.outputs.map(({ name }) => name))
  return {
    ...derivation,
    outputs: derivation.outputs.map(output => ({ ...output, path: '' })),
    environment: derivation.environment.map(([name, value]) => [name, names.has(name) ? '' : value]),
  }
}

/** Hashes and output paths of derivations, each worked out once. Never recursive: chains may be long. */
export class DerivationGraph {
  readonly #load: (path: StorePath) => Promise<Uint8Array>
  readonly #hashes = new Map<StorePath, string>()

  /** @param load gives the `.drv` file at a path; it is checked to belong there */
  constructor(load: (path: StorePath) => Promise<Uint8Array>) {
    this.#load = load
  }

  /**
   * The hash modulo fixed outputs, in hexadecimal.
   * @throws {SquidError} `CONTENT_ADDRESSED_DERIVATION` when it or one of its inputs has floating outputs,
   *   `DERIVATION_MISMATCH` when a loaded file does not belong at its path
   * @throws {DecodeError} when a file is malformed
   */
  async hashModulo(path: StorePath): Promise<string> {
    const open = new Map<StorePath, Derivation>()
    const stack = [path]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (this.#hashes.has(top)) {
        stack.pop()
        continue
      }
      // A file's path is a hash over its inputs' paths, so there is no cycle that could keep this from ending.
      const derivation = open.get(top) ?? (await this.#read(top))
      const missing = this.#missingInputs(top, derivation)
      if (missing.length === 0) {
        this.#hashes.set(top, this.#hashOf(top, derivation))
        open.delete(top)
      } else {
        open.set(top, derivation)
        stack.push(...missing)
      }
    }
    return this.#known(path)
  }

  /**
   * The paths of all outputs, by name: recomputed, whatever the file says.
   * @throws as `hashModulo`
   */
  async outputPaths(path: StorePath): Promise<ReadonlyMap<string, StorePath>> {
    const derivation = await this.#read(path)
    const name = nameOf(path)
    if (this.#kindOf(path, derivation) === 'fixed-output') {
      return new Map(
        derivation.outputs.map(output => [output.name, fixedOutputPath(fixedContent(output), name)]),
      )
    }
    const digest = await this.#outputsDigest(derivation)
    return new Map(
      derivation.outputs.map(output => [
        output.name,
        makeStorePath(`output:${output.name}`, digest, outputPathName(name, output.name)),
      ]),
    )
  }

  /**
   * The hash by which realisations of its outputs are known: modulo fixed outputs, its own output paths left out, in
   * hexadecimal.
   * @throws as `hashModulo`
   */
  async outputsHash(path: StorePath): Promise<string> {
    const derivation = await this.#read(path)
    if (this.#kindOf(path, derivation) === 'fixed-output') return await this.hashModulo(path)
    return formatHex(await this.#outputsDigest(derivation))
  }

  async #outputsDigest(derivation: Derivation): Promise<Uint8Array> {
    for (const input of derivation.inputDerivations) await this.hashModulo(input.path)
    return sha256(bytesOf(this.#resolvedAterm(masked(derivation))))
  }

  async #read(path: StorePath): Promise<Derivation> {
    const name = nameOf(path)
    const derivation = parseDerivation(await this.#load(path))
    if (derivationPath(derivation, name) !== path) {
      throw new SquidError('DERIVATION_MISMATCH', `The file at ${path} is another derivation.`)
    }
    return derivation
  }

  #missingInputs(path: StorePath, derivation: Derivation): StorePath[] {
    if (this.#kindOf(path, derivation) === 'fixed-output') return []
    return derivation.inputDerivations.map(({ path }) => path).filter(path => !this.#hashes.has(path))
  }

  #kindOf(path: StorePath, derivation: Derivation): 'input-addressed' | 'fixed-output' {
    const kind = derivationKind(derivation)
    if (kind !== 'content-addressed') return kind
    throw new SquidError(
      'CONTENT_ADDRESSED_DERIVATION',
      `The outputs of ${baseName(path)} are named after their content, so they have no path before they are built; ` +
        'such derivations are not supported yet.',
    )
  }

  #hashOf(path: StorePath, derivation: Derivation): string {
    if (this.#kindOf(path, derivation) === 'input-addressed') {
      return formatHex(sha256(bytesOf(this.#resolvedAterm(derivation))))
    }
    const [output] = derivation.outputs
    if (output === undefined) throw new Error('a fixed-output derivation without output')
    return formatHex(fixedDigest(fixedContent(output), output.path))
  }

  /** The ATerm with inputs named by hash; inputs of equal hash become one. */
  #resolvedAterm(derivation: Derivation): string {
    const inputs = new Map<string, Set<string>>()
    for (const { path, outputs } of derivation.inputDerivations) {
      const hash = this.#known(path)
      const wanted = inputs.get(hash) ?? new Set()
      for (const output of outputs) wanted.add(output)
      inputs.set(hash, wanted)
    }
    const sorted = [...inputs].map(([hash, outputs]) => [hash, [...outputs].sort()] as const)
    return formatAterm(
      derivation,
      sorted.sort(([left], [right]) => (left < right ? -1 : 1)),
    )
  }

  #known(path: StorePath): string {
    const hash = this.#hashes.get(path)
    if (hash === undefined) throw new Error(`no hash of ${path} was worked out`)
    return hash
  }
}
