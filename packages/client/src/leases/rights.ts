/**
 * Who may move a Space's locator and give blobs up.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import { readRoles } from '../resolve/index.ts'
import type { Account } from '../transactions/index.ts'

/** `squid::roles`: admin 1, publish 2; an admin may do everything. */
const MAY_STORE = 1 | 2

/**
 * Asked before anything is paid for; the ledger asks again.
 * @throws {SquidError} `NOT_PERMITTED`
 */
export async function assertMayStore(
  { network, address }: Account,
  space: string,
  signal?: AbortSignal,
): Promise<void> {
  const roles = await readRoles(network, space, address, signal)
  if ((roles & MAY_STORE) !== 0) return
  throw new SquidError(
    'NOT_PERMITTED',
    `${address} may not change what Space ${space} stores: ask an admin of the Space for the role publish.`,
  )
}
