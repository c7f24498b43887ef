/**
 * What the store says about paths: hashes, sizes, references.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'
import { formatBase32 } from '@squid/formats/base32'
import { parseHash } from '@squid/formats/sri'
import { NixError } from './errors.ts'
import type { Nix, NixCallOptions } from './nix.ts'
import { isRecord, stringOf, stringsOf } from './shape.ts'

/** What a store records about a path. */
export interface NixPathInfo {
  readonly path: string
  /** SHA-256 of the NAR. */
  readonly narHash: Uint8Array
  /** Bytes of the NAR. */
  readonly narSize: bigint
  /** Full paths, sorted; may contain the path itself. */
  readonly references: readonly string[]
  readonly deriver: string | null
  /** `text:…` or `fixed:…`, null for what is not content-addressed. */
  readonly contentAddress: string | null
  readonly signatures: readonly string[]
}

const STORE = '/nix/store/'

/** Nix before 2.31 prints whole paths, later ones base names. */
function fullPath(text: string): string {
  return text.startsWith('/') ? text : STORE + text
}

/** `sha256-…`, `sha256:…`, or (Nix ≥ 2.31) an object. */
function narHashOf(value: unknown, path: string): Uint8Array {
  const text = isRecord(value) ? `${String(value['algorithm'])}:${String(value['hash'])}` : value
  try {
    const hash = parseHash(stringOf(text, 'narHash'))
    if (hash.algorithm === 'sha256') return hash.digest
  } catch (cause) {
    throw new NixError('NIX_OUTPUT', `Nix printed no NAR hash for ${path}`, { cause })
  }
  throw new NixError('NIX_OUTPUT', `Nix printed no SHA-256 for the NAR of ${path}`)
}

function infoOf(path: string, value: unknown): NixPathInfo {
  if (!isRecord(value) || value['valid'] === false) {
    throw new NixError('NIX_FAILED', `the Nix store does not have ${path}`)
  }
  const size = value['narSize']
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new NixError('NIX_OUTPUT', `Nix printed no NAR size for ${path}`)
  }
  const deriver = value['deriver']
  const contentAddress = value['ca']
  return {
    path,
    narHash: narHashOf(value['narHash'], path),
    narSize: BigInt(size),
    references: stringsOf(value['references'] ?? [], 'references')
      .map(fullPath)
      .sort(),
    deriver: typeof deriver === 'string' && deriver !== '' ? fullPath(deriver) : null,
    contentAddress: typeof contentAddress === 'string' && contentAddress !== '' ? contentAddress : null,
    signatures: stringsOf(value['signatures'] ?? [], 'signatures'),
  }
}

/**
 * Reads what `nix path-info --json` prints: a list up to Nix 2.18, an object by path later, and one with base names
 * under `info` from 2.31 on.
 * @returns sorted by path
 * @throws {NixError} NIX_OUTPUT; NIX_FAILED for a path that the store does not have
 */
export function parsePathInfos(value: unknown): readonly NixPathInfo[] {
  const table = isRecord(value) && isRecord(value['info']) ? value['info'] : value
  const entries = Array.isArray(table)
    ? table.map(
        (item: unknown) => [stringOf(isRecord(item) ? item['path'] : undefined, 'path'), item] as const,
      )
    : isRecord(table)
      ? Object.entries(table)
      : undefined
  if (entries === undefined)
    throw new NixError('NIX_OUTPUT', 'nix path-info printed neither a list nor an object')
  return entries
    .map(([path, item]) => infoOf(fullPath(path), item === null ? undefined : item))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** One path's record. @throws {NixError} NIX_FAILED when the store does not have it */
export async function pathInfo(nix: Nix, path: string, options: NixCallOptions = {}): Promise<NixPathInfo> {
  const [info] = parsePathInfos(await nix.json(['path-info', path], options))
  if (info === undefined) throw new NixError('NIX_OUTPUT', `nix path-info printed nothing for ${path}`)
  return info
}

/** The paths and all they refer to, sorted. @throws {NixError} NIX_FAILED when the store lacks one */
export async function closure(
  nix: Nix,
  paths: readonly string[],
  options: NixCallOptions = {},
): Promise<readonly NixPathInfo[]> {
  if (paths.length === 0) return []
  return parsePathInfos(await nix.json(['path-info', '--recursive', ...paths], options))
}

/** Paths that one command line names. */
const BATCH = 500

/** Of the paths, what the store says of those that it has, sorted. */
export async function presentPaths(
  nix: Nix,
  paths: readonly string[],
  options: NixCallOptions = {},
): Promise<readonly NixPathInfo[]> {
  const infos: NixPathInfo[] = []
  for (let first = 0; first < paths.length; first += BATCH) {
    const some = paths.slice(first, first + BATCH)
    const missing = await nix.store(['--check-validity', '--print-invalid', ...some], options)
    const invalid = new Set(missing.split('\n'))
    const valid = some.filter(path => !invalid.has(path))
    if (valid.length > 0) infos.push(...parsePathInfos(await nix.json(['path-info', ...valid], options)))
  }
  return infos.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** What keeps a path from being collected: links, and processes of Nix's own words. @throws {NixError} NIX_FAILED */
export async function rootsOf(
  nix: Nix,
  path: string,
  options: NixCallOptions = {},
): Promise<readonly string[]> {
  const lines = (await nix.store(['--query', '--roots', path], options)).split('\n')
  return lines.filter(line => line !== '').map(line => line.split(' -> ')[0] ?? line)
}

/** The `.drv` files that the given ones need, with the sources that they name, sorted. */
export async function derivationClosure(
  nix: Nix,
  derivations: readonly string[],
  options: NixCallOptions = {},
): Promise<readonly NixPathInfo[]> {
  if (derivations.length === 0) return []
  return parsePathInfos(await nix.json(['path-info', '--recursive', '--derivation', ...derivations], options))
}

/**
 * Compares what the store records with what a release says. The store's own hash of a path was made when the path
 * came in, from whatever source: this is where a path that came from elsewhere shows.
 * @param expected SHA-256 of the NAR by store path
 * @throws {NixError} NIX_NAR_MISMATCH naming the path
 */
export function checkClosure(infos: readonly NixPathInfo[], expected: ReadonlyMap<string, Uint8Array>): void {
  for (const { path, narHash } of infos) {
    const wanted = expected.get(path)
    if (wanted === undefined) {
      throw new NixError(
        'NIX_NAR_MISMATCH',
        `${path} is in the closure but not in the release; it was not started`,
      )
    }
    if (!equalBytes(narHash, wanted)) {
      throw new NixError(
        'NIX_NAR_MISMATCH',
        `${path} in this store is not what the release says (its NAR hash is ${formatBase32(narHash)}, the release ` +
          `has ${formatBase32(wanted)}); it was not started. Remove it (nix store delete) or run: nix store verify`,
      )
    }
  }
}
