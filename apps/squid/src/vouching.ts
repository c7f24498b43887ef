/**
 * What the ledger says today of releases that vouched for store paths.
 * @module
 */
import { readRelease } from '@squid/client/releases'
import type { Release } from '@squid/client/resolve'
import { linkFromLedger, ReleaseContents } from '@squid/client/storage'
import { readLocator } from '@squid/client/resolve'
import type { VouchingRelease } from '@squid/client/trust'
import type { ManifestEntry } from '@squid/formats/manifest'
import { SquidError } from '@squid/formats/errors'
import type { StorePath } from '@squid/formats/store-path'
import type { Session } from './compose.ts'

/** A release as people know it. */
export function vouchingTitle({ name, space, flakeName, version }: VouchingRelease): string {
  return `sui:${name === undefined ? space : `@${name}`}:${flakeName} version ${version}`
}

/** The ledger asked for so many at once. */
const AT_ONCE = 16

/**
 * Every release as the ledger has it now.
 * @throws {ResolveError} VERSION_UNKNOWN, LEDGER_UNREACHABLE
 */
export async function currentReleases(
  { network }: Session,
  releases: readonly VouchingRelease[],
  signal: AbortSignal,
): Promise<ReadonlyMap<VouchingRelease, Release>> {
  const current = new Map<VouchingRelease, Release>()
  for (let first = 0; first < releases.length; first += AT_ONCE) {
    await Promise.all(
      releases.slice(first, first + AT_ONCE).map(async release => {
        current.set(release, await readRelease(network, release.flake, release.version, signal))
      }),
    )
  }
  return current
}

/** What a release says of a path, or why that cannot be read. */
export type Statement =
  | { readonly kind: 'says'; readonly entry: ManifestEntry }
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Looks a path up in the manifest that the ledger commits to. */
export async function statementOf(
  { network, storage }: Session,
  { space, manifest }: Pick<VouchingRelease, 'space' | 'manifest'>,
  path: StorePath,
  signal: AbortSignal,
): Promise<Statement> {
  try {
    const { link } = await readLocator(network, space, signal)
    if (link === undefined) return { kind: 'unreadable', reason: 'its Space stores nothing any more' }
    const contents = await ReleaseContents.open(storage, linkFromLedger(link), manifest, signal)
    const entry = await contents.lookup(path, signal)
    return entry === undefined ? { kind: 'silent' } : { kind: 'says', entry }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SquidError) return { kind: 'unreadable', reason: error.message }
    throw error
  }
}
