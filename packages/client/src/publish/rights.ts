/**
 * Whether a publish can succeed at all, asked before anything is built or paid for.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

import { assertFlakeName, assertTag } from '../references/index.ts'
import { readRoles } from '../resolve/index.ts'
import type { Account } from '../transactions/index.ts'

/** Flags of `squid::roles`: an admin may do everything. */
const ADMIN = 1
const PUBLISH = 2

/** Where to, and under which names. */
export interface Destination {
  /** Object id of the Space. */
  readonly space: string
  readonly flakeName: string
  readonly tags: readonly string[]
}

/**
 * @throws {ReferenceError} for a name or tag that no flake or release can have
 * @throws {SquidError} `NOT_PERMITTED` when the account may not publish into the Space
 */
export async function assertMayPublish(
  account: Account,
  { space, flakeName, tags }: Destination,
  signal?: AbortSignal,
): Promise<void> {
  assertFlakeName(flakeName, flakeName)
  for (const tag of tags) assertTag(tag, tag)
  const roles = await readRoles(account.network, space, account.address, signal)
  if ((roles & (ADMIN | PUBLISH)) !== 0) return
  throw new SquidError(
    'NOT_PERMITTED',
    `${account.address} may not publish into Space ${space}: ask one of its admins for the publish role.`,
  )
}
