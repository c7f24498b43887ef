/**
 * Realisations: what a derivation's output is, as a binary cache tells it. Those, and only those, that the manifest of
 * a release names: the derivation of an attribute and the path of its output. That the two belong together is worked
 * out again from the derivations in the release, so a realisation is proven before it is told.
 *
 * Layouts: `realisations/sha256:HASH!OUTPUT.doi` up to Nix 2.34, HASH being that of the derivation modulo fixed outputs
 * in hexadecimal; `build-trace-v2/NAME.drv/OUTPUT.doi` from 2.35.
 * Spec: https://nix.dev/manual/nix/latest/protocols/binary-cache,
 * https://nix.dev/manual/nix/latest/protocols/json/build-trace-entry
 * @module
 */
import { concatBytes } from '@squid/formats/bytes'
import { DerivationGraph } from '@squid/formats/derivation'
import { SquidError } from '@squid/formats/errors'
import { parseNar } from '@squid/formats/nar'
import { type SecretKey, signText } from '@squid/formats/signature'
import { baseName, pathHash, type StorePath } from '@squid/formats/store-path'
import type { ReleaseContents } from './contract.ts'

/** Larger `.drv` files are not read. */
const MAX_DERIVATION_BYTES = 16n * 1024n * 1024n

/** One output of one derivation. */
export interface Realisation {
  /** SHA-256 modulo fixed outputs, outputs left out; hexadecimal. */
  readonly hash: string
  readonly derivation: StorePath
  readonly output: string
  readonly path: StorePath
}

/**
 * The realisations that a release's manifest commits to.
 * @throws {SquidError} when a derivation is not in the release, or not what its path says
 */
export async function realisationsOf(
  contents: ReleaseContents,
  signal?: AbortSignal,
): Promise<readonly Realisation[]> {
  const graph = new DerivationGraph(path => readFile(contents, path, signal))
  const found: Realisation[] = []
  for (const { attributes } of contents.manifest.systems) {
    for (const { derivation, outputs } of attributes) {
      if (derivation === undefined) continue
      const paths = await graph.outputPaths(derivation)
      const hash = await graph.outputsHash(derivation)
      for (const { name, path } of outputs) {
        if (paths.get(name) === path) found.push({ hash, derivation, output: name, path })
      }
    }
  }
  return found
}

/** The one file that a path of the release is. */
async function readFile(
  contents: ReleaseContents,
  path: StorePath,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const entry = await contents.lookupHash(pathHash(path), signal)
  if (entry === undefined || entry.storePath !== path || entry.narSize > MAX_DERIVATION_BYTES) {
    throw new SquidError('CLOSURE_INCOMPLETE', `the release does not hold ${path}, which it names`)
  }
  const parts: Uint8Array[] = []
  for await (const event of parseNar(contents.nar(entry, signal))) {
    if (event.kind === 'data') parts.push(event.bytes.slice())
  }
  return concatBytes(parts)
}

/** By which Nix up to 2.34 asks for it. */
function legacyId({ hash, output }: Realisation): string {
  return `sha256:${hash}!${output}`
}

/** As `realisations/…` has it. @param key signs it; undefined where the policy does not accept the output's path */
function formatRealisation(realisation: Realisation, key: SecretKey | undefined): string {
  const facts = {
    dependentRealisations: {},
    id: legacyId(realisation),
    outPath: baseName(realisation.path),
  }
  const signatures = key === undefined ? [] : [signText(key, JSON.stringify(facts))]
  return JSON.stringify({ ...facts, signatures })
}

/** As `build-trace-v2/…` has it: only the value, for the key is the address. */
function formatBuildTrace({ derivation, output, path }: Realisation, key: SecretKey | undefined): string {
  const value = { outPath: baseName(path) }
  if (key === undefined) return JSON.stringify({ ...value, signatures: [] })
  const signed = { key: { drvPath: baseName(derivation), outputName: output }, value }
  const signature = signText(key, JSON.stringify(signed))
  const colon = signature.indexOf(':')
  const object = { keyName: signature.slice(0, colon), sig: signature.slice(colon + 1) }
  return JSON.stringify({ ...value, signatures: [object] })
}

const LEGACY = /^\/realisations\/(sha256:[0-9a-f]{64}![^/]{1,256})\.doi$/
const TRACE = /^\/build-trace-v2\/([^/]{1,256}\.drv)\/([^/]{1,256})\.doi$/

/** What an address asks for: a test for realisations, and how it is to be written. */
export interface RealisationQuery {
  readonly isIt: (realisation: Realisation) => boolean
  readonly format: (realisation: Realisation, key: SecretKey | undefined) => string
}

/** @param path within a cache @returns undefined for the address of something else */
export function parseRealisationPath(path: string): RealisationQuery | undefined {
  const id = LEGACY.exec(path)?.[1]
  if (id !== undefined)
    return { isIt: realisation => legacyId(realisation) === id, format: formatRealisation }
  const [, derivation, output] = TRACE.exec(path) ?? []
  if (derivation === undefined) return undefined
  return {
    isIt: realisation => baseName(realisation.derivation) === derivation && realisation.output === output,
    format: formatBuildTrace,
  }
}
