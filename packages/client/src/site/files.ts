/**
 * What a release is on a site: a lockable tarball of its source, and of each store path a signed narinfo and a compressed NAR.
 *
 * | path | what |
 * | --- | --- |
 * | `/hello.tar.gz` | the newest version of flake `hello` that was mirrored, with a link to: |
 * | `/hello/3.tar.gz` | version 3, for lock files |
 * | `/nix-cache-info`, `/HASH.narinfo`, `/nar/….nar.zst` | a binary cache of all versions |
 *
 * Formats: https://nix.dev/manual/nix/latest/protocols/tarball-fetcher and …/binary-cache.
 * @module
 */
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { formatBase32 } from '@squid/formats/base32'
import { concatBytes, encodeUtf8, equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import type { ManifestEntry } from '@squid/formats/manifest'
import { formatNarInfo } from '@squid/formats/nar-info'
import { parseNar } from '@squid/formats/nar'
import { fingerprint, type SecretKey, signText } from '@squid/formats/signature'
import { formatSri } from '@squid/formats/sri'
import { hashPart, STORE_DIR, type StorePath } from '@squid/formats/store-path'
import { sourceTarball } from '@squid/formats/tarball'
import type { Release } from '../resolve/index.ts'
import type { ReleaseContents } from '../storage/index.ts'
import type { Header } from './page.ts'

/** A portal holds a whole file in memory, and gives up after 10 s. */
export const MAX_FILE_BYTES: number = 16 * 1024 * 1024
/** A cache with more paths is for a gateway: each is an object of the ledger twice over. */
const MAX_PATHS = 10_000
/** Eleven octal digits (POSIX ustar). */
const MAX_TARBALL_TIME = 8n ** 11n - 1n

const compress = promisify(zstdCompress)

/** What of a release is read. */
export type MirroredContents = Pick<ReleaseContents, 'list' | 'nar' | 'source'>

/** One release that a site is to have. */
export interface MirroredRelease {
  readonly flakeName: string
  readonly release: Release
  readonly contents: MirroredContents
}

export function versionPath(flakeName: string, version: bigint): string {
  return `/${flakeName}/${version}.tar.gz`
}

export function latestPath(flakeName: string): string {
  return `/${flakeName}.tar.gz`
}

/** The flake and version that a path is the tarball of. */
export function parseVersionPath(path: string): { flakeName: string; version: bigint } | undefined {
  const [, flakeName, version] = /^\/([a-z0-9][a-z0-9_-]{0,63})\/([1-9]\d{0,18})\.tar\.gz$/.exec(path) ?? []
  return flakeName === undefined || version === undefined
    ? undefined
    : { flakeName, version: BigInt(version) }
}

export function narInfoPath(entry: ManifestEntry): string {
  return `/${hashPart(entry.storePath)}.narinfo`
}

/** Named by the NAR's hash: whatever lies there need not be made again. */
export function narPath({ narHash }: ManifestEntry): string {
  return `/nar/${formatBase32(narHash)}.nar.zst`
}

export const CACHE_INFO: { readonly path: string; readonly bytes: Uint8Array } = {
  path: '/nix-cache-info',
  bytes: encodeUtf8(`StoreDir: ${STORE_DIR}\nWantMassQuery: 1\nPriority: 50\n`),
}

/** What Nix locks: the version's own address and the hash of its source. */
export function tarballHeaders(address: string, { flakeName, release }: MirroredRelease): readonly Header[] {
  const narHash = formatSri({ algorithm: 'sha256', digest: release.sourceNarHash })
  const query = new URLSearchParams({ narHash, lastModified: String(tarballTime(release)) })
  const url = `${address}${versionPath(flakeName, release.version)}?${query.toString()}`
  return [
    { key: 'content-type', value: 'application/gzip' },
    { key: 'link', value: `<${url}>; rel="immutable"` },
  ]
}

/** @throws {SquidError} `SITE_LIMIT` when it is too large for a portal */
export async function tarball(
  { release, contents }: MirroredRelease,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const nar = contents.nar(await contents.source(signal), signal)
  const tarball = sourceTarball(parseNar(owned(nar)), { lastModified: tarballTime(release) })
  return concatBytes(await collect(tarball, 'The source'))
}

/** A NAR as it is stored. @throws {SquidError} `SITE_LIMIT` when it is too large for a portal */
export async function compressedNar(
  entry: ManifestEntry,
  contents: MirroredContents,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const pieces = await collect(contents.nar(entry, signal), entry.storePath, 16 * MAX_FILE_BYTES)
  const bytes = await compress(concatBytes(pieces))
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(entry.storePath)
  return new Uint8Array(bytes)
}

/** @param file what is served of the NAR */
export function narInfo(
  entry: ManifestEntry,
  file: { readonly sha256: Uint8Array; readonly size: number },
  key: SecretKey,
): Uint8Array {
  const own = signText(key, fingerprint(entry))
  const foreign = entry.signatures.filter(signature => !signature.startsWith(`${key.name}:`))
  return encodeUtf8(
    formatNarInfo({
      storePath: entry.storePath,
      url: narPath(entry).slice(1),
      compression: 'zstd',
      fileHash: file.sha256,
      fileSize: BigInt(file.size),
      narHash: entry.narHash,
      narSize: entry.narSize,
      references: entry.references,
      signatures: [...new Set([...foreign, own])].toSorted(),
      ...(entry.deriver && { deriver: entry.deriver }),
      ...(entry.ca && { ca: entry.ca }),
    }),
  )
}

/**
 * The paths of a release that a mirror is for: all but derivations, which who evaluates has already, unless something else
 * refers to them.
 * @throws {SquidError} `SITE_LIMIT` when there are too many
 */
async function mirroredPaths(contents: MirroredContents, signal?: AbortSignal): Promise<ManifestEntry[]> {
  const all = new Map<StorePath, ManifestEntry>()
  for await (const entry of contents.list(signal)) all.set(entry.storePath, entry)
  const chosen = new Map<StorePath, ManifestEntry>()
  const waiting = [...all.values()].filter(({ storePath }) => !storePath.endsWith('.drv'))
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    if (chosen.has(entry.storePath)) continue
    chosen.set(entry.storePath, entry)
    for (const path of entry.references) {
      const referred = all.get(path)
      if (referred !== undefined) waiting.push(referred)
    }
  }
  return [...chosen.values()].toSorted((left, right) => (left.storePath < right.storePath ? -1 : 1))
}

/**
 * The paths of all releases, each with who has it.
 * @throws {SquidError} `SITE_CONFLICT` when two releases say different things of one path, `SITE_LIMIT`
 */
export async function allPaths(
  releases: readonly MirroredRelease[],
  signal?: AbortSignal,
): Promise<readonly { readonly entry: ManifestEntry; readonly contents: MirroredContents }[]> {
  const paths = new Map<
    StorePath,
    { entry: ManifestEntry; from: MirroredRelease; contents: MirroredContents }
  >()
  for (const from of releases) {
    for (const entry of await mirroredPaths(from.contents, signal)) {
      const known = paths.get(entry.storePath)
      if (known !== undefined && !equalBytes(known.entry.narHash, entry.narHash))
        throw new SquidError(
          'SITE_CONFLICT',
          `${titleOf(known.from)} and ${titleOf(from)} hold different contents of ${entry.storePath}, and a cache can have one: mirror one of them, with --only.`,
        )
      paths.set(entry.storePath, { entry, from, contents: from.contents })
    }
  }
  if (paths.size > MAX_PATHS)
    throw new SquidError(
      'SITE_LIMIT',
      `The mirror would have ${paths.size} store paths, and at most ${MAX_PATHS} make sense on a Walrus Site: mirror fewer versions with --only, or let people use a gateway.`,
    )
  return [...paths.values()]
}

function titleOf({ flakeName, release }: MirroredRelease): string {
  return `${flakeName} version ${release.version}`
}

function tarballTime({ lastModified }: Release): number {
  return Number(lastModified < MAX_TARBALL_TIME ? lastModified : MAX_TARBALL_TIME)
}

function tooLarge(what: string): SquidError {
  return new SquidError(
    'SITE_LIMIT',
    `${what} is larger than the ${MAX_FILE_BYTES / 1024 / 1024} MiB that portals of Walrus Sites serve: let people use a gateway for this release.`,
  )
}

async function collect(
  pieces: AsyncIterable<Uint8Array>,
  what: string,
  limit: number = MAX_FILE_BYTES,
): Promise<Uint8Array[]> {
  const collected: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > limit) throw tooLarge(what)
    collected.push(piece.slice())
  }
  return collected
}

async function* owned(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.slice()
}
