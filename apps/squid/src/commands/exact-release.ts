/**
 * References that must name one version of a flake, which the caller may change: looked at before anything is sent.
 * @module
 */
import { parseReference } from '@squid/client/references'
import { readRelease } from '@squid/client/releases'
import { readRoles, type Release, ResolveError } from '@squid/client/resolve'
import { SquidError } from '@squid/formats/errors'
import { UsageError } from '../cli/command.ts'
import { openAccount, type Session } from '../compose.ts'
import type { Account } from '@squid/client/transactions'

/** Flags of `squid::roles`: an admin may do everything. */
const ROLES = { admin: 1, publish: 2 } as const

/** What is to be done, as the refusals tell it. */
interface Change {
  /** Name of the command. */
  readonly command: string
  /** Which role of the Space it takes. */
  readonly role: keyof typeof ROLES
}

/** A release that is there, not revoked, and may be changed by the account. */
interface ChangeableRelease {
  readonly account: Account
  readonly flake: string
  readonly release: Release
}

/**
 * @throws {UsageError} when the reference does not say which version
 * @throws {SquidError} VERSION_UNKNOWN, RELEASE_REVOKED, NOT_PERMITTED
 */
export async function findChangeable(
  session: Session,
  text: string,
  { command, role }: Change,
  signal: AbortSignal,
): Promise<ChangeableRelease> {
  const reference = parseReference(text)
  const [plain = ''] = text.split(/[?#]/)
  if (reference.select.kind !== 'version') {
    throw new UsageError(`say which version: ${plain}?version=N`, command)
  }
  const { version } = reference.select
  const account = await openAccount(session)
  const { flake, space } = await session.resolver.findFlake(reference, signal)
  const release = await readRelease(session.network, flake, version, signal).catch((error: unknown) => {
    if (!(error instanceof ResolveError) || error.code !== 'VERSION_UNKNOWN') throw error
    throw new SquidError(error.code, `${plain} has no version ${version}; see squid releases ${plain}`)
  })
  const roles = await readRoles(session.network, space, account.address, signal)
  if ((roles & (ROLES.admin | ROLES[role])) === 0) {
    throw new SquidError(
      'NOT_PERMITTED',
      `${account.address} may not ${command} in the Space ${space}: ask one of its admins for the ${role} role`,
    )
  }
  if (release.revoked !== undefined) {
    throw new SquidError(
      'RELEASE_REVOKED',
      `${plain} version ${version} was revoked, which nothing undoes: ${release.revoked}`,
    )
  }
  return { account, flake, release }
}
