/**
 * Bringing a release's paths into the Nix store, and refusing to go on when they are not what the release says.
 * @module
 */
import { userInfo } from 'node:os'
import { SquidError } from '@squid/formats/errors'
import { parseHash } from '@squid/formats/sri'
import { checkClosure, closure, type Nix, NixError, type NixPathInfo, realise } from '@squid/host/nix'
import type { RunReport } from '@squid/daemon/gateway'
import type { Context } from './cli/command.ts'
import { notice } from './cli/terminal.ts'
import { only } from './nix-settings.ts'
import type { SquiddClient } from './squidd-client.ts'

/** The closure as the store has it, undefined when something is missing. */
async function present(
  nix: Nix,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly NixPathInfo[] | undefined> {
  try {
    return await closure(nix, paths, { signal })
  } catch (error) {
    if (error instanceof NixError && error.code === 'NIX_FAILED') return undefined
    throw error
  }
}

/** A release as people know it. */
export function titleOf({ name, space, scope, version }: RunReport): string {
  return `sui:${name === null ? space : `@${name}`}:${scope.split('.')[1] ?? ''} version ${version}`
}

/**
 * NAR hashes of the closures of releases, by path.
 * @throws {SquidError} PATH_CONFLICT where two of them disagree
 */
function expectedHashes(reports: readonly RunReport[]): ReadonlyMap<string, Uint8Array> {
  const hashes = new Map<string, readonly [string, RunReport]>()
  for (const report of reports) {
    for (const { path, narHash } of report.closure) {
      const [known, other] = hashes.get(path) ?? [narHash, report]
      if (known !== narHash) {
        throw new SquidError(
          'PATH_CONFLICT',
          `${titleOf(other)} and ${titleOf(report)} disagree about ${path}; neither is used`,
        )
      }
      hashes.set(path, [known, other])
    }
  }
  return new Map([...hashes].map(([path, [narHash]]) => [path, parseHash(narHash).digest]))
}

/** The daemon of a Nix of several users ignores what they say of caches and keys. */
export function untrustedUser(): SquidError {
  const { username } = userInfo()
  return new SquidError(
    'NOT_TRUSTED_USER',
    `Nix takes nothing from squidd for ${username}, whom its configuration does not trust; add to /etc/nix/nix.conf ` +
      `"extra-trusted-users = ${username}" and restart nix-daemon`,
  )
}

/** What Nix writes then: 2.8 about substituters, later ones about any setting. */
const UNTRUSTED = /ignoring untrusted substituter|you are not a trusted user/

/** Says what Nix cannot know: why squidd could not give the bytes. */
async function explained(error: unknown, squidd: SquiddClient, sinceMs: number): Promise<unknown> {
  if (!(error instanceof NixError) || error.code !== 'NIX_FAILED') return error
  if (UNTRUSTED.test(error.stderr)) return untrustedUser()
  const failure = (await squidd.status().catch(() => undefined))?.lastFailure
  return failure === undefined || failure === null || failure.atMs < sinceMs
    ? error
    : new SquidError(failure.code, `the release could not be fetched: ${failure.message}`, { cause: error })
}

/** Releases that one cache of squidd serves at once. */
const MAX_RELEASES = 32

/** What a command wants to have in the store. */
interface Wanted {
  readonly nix: Nix
  readonly squidd: SquiddClient
  readonly reports: readonly RunReport[]
  /**
   * Makes links that keep the paths; what was collected a moment ago comes again.
   * @param nix takes the paths from squidd
   * @returns false when they were kept already
   */
  readonly keep?: ((nix: Nix) => Promise<boolean>) | undefined
}

/** Paths that the releases name, each once. */
function pathsOf(reports: readonly RunReport[]): readonly string[] {
  return [...new Set(reports.flatMap(report => report.paths))]
}

async function fetchThroughSquidd(
  { nix, squidd, reports }: Wanted,
  { signal, stderr }: Pick<Context, 'signal' | 'stderr'>,
): Promise<void> {
  const sinceMs = Date.now()
  await nix.version() // too old a Nix cannot even say what is there
  try {
    for (let first = 0; first < reports.length; first += MAX_RELEASES) {
      const some = reports.slice(first, first + MAX_RELEASES)
      await realise(nix.with(only(some)), pathsOf(some), { signal })
    }
  } catch (error) {
    throw await explained(error, squidd, sinceMs)
  }
  for (const { node, reason } of (await squidd.status(signal)).storage.setAside) {
    notice(stderr, 'note', `storage node ${node} was set aside: ${reason}`)
  }
}

/**
 * Fetches what is missing of several releases through squidd alone, then compares every NAR hash that the store
 * recorded with the releases' manifests.
 * @throws {NixError} NIX_NAR_MISMATCH, NIX_FAILED; {SquidError} PATH_CONFLICT, what kept squidd from giving the bytes
 */
export async function realiseReleases(
  wanted: Wanted,
  context: Pick<Context, 'signal' | 'stderr'>,
): Promise<void> {
  const { nix, reports, keep } = wanted
  const { signal } = context
  const expected = expectedHashes(reports)
  const paths = pathsOf(reports)
  if (paths.length === 0) return
  let infos = await present(nix, paths, signal)
  if (infos === undefined) await fetchThroughSquidd(wanted, context)
  const isKept = (await keep?.(nix.with(only(reports.slice(0, MAX_RELEASES))))) ?? false
  if (infos === undefined || isKept) infos = await closure(nix, paths, { signal })
  checkClosure(infos, expected)
}

/** The same for one release. @throws as `realiseReleases` */
export async function realiseRelease(
  { report, ...wanted }: Omit<Wanted, 'reports'> & { readonly report: RunReport },
  context: Pick<Context, 'signal' | 'stderr'>,
): Promise<void> {
  await realiseReleases({ ...wanted, reports: [report] }, context)
}
