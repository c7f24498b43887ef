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

/** NAR hashes of a release's closure, by path. */
function expectedHashes(report: RunReport): ReadonlyMap<string, Uint8Array> {
  return new Map(report.closure.map(({ path, narHash }) => [path, parseHash(narHash).digest]))
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

/**
 * Fetches what is missing through squidd alone, then compares every NAR hash that the store recorded with the
 * release's manifest.
 * @throws {NixError} NIX_NAR_MISMATCH, NIX_FAILED; {SquidError} what kept squidd from giving the bytes
 */
export async function realiseRelease(
  { nix, squidd, report }: { readonly nix: Nix; readonly squidd: SquiddClient; readonly report: RunReport },
  { signal, stderr }: Pick<Context, 'signal' | 'stderr'>,
): Promise<void> {
  let infos = await present(nix, report.paths, signal)
  if (infos === undefined) {
    const sinceMs = Date.now()
    await nix.version() // too old a Nix cannot even say what is there
    try {
      await realise(nix.with(only(report)), report.paths, { signal })
    } catch (error) {
      throw await explained(error, squidd, sinceMs)
    }
    for (const { node, reason } of (await squidd.status(signal)).storage.setAside) {
      notice(stderr, 'note', `storage node ${node} was set aside: ${reason}`)
    }
    infos = await closure(nix, report.paths, { signal })
  }
  checkClosure(infos, expectedHashes(report))
}
