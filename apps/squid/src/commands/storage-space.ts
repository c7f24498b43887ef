/** Which Space a storage command is about, and how it shows amounts. */
import { parseReference } from '@squid/client/references'
import type { Account } from '@squid/client/transactions'
import { UsageError } from '../cli/command.ts'
import { openAccount, type Session } from '../compose.ts'

/** The option `--space` of storage commands. */
export const SPACE_OPTION = {
  type: 'string',
  value: '@NAME|0x…',
  summary: 'this Space instead of your own',
} as const

/**
 * The given Space, else the home Space of the key's owner.
 * @throws {UsageError} when there is none
 */
export async function storageSpace(
  session: Session,
  given: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (given !== undefined)
    return await session.resolver.findSpace(parseReference(`sui:${given}:x`).subject, signal)
  const { address } = await openAccount(session)
  try {
    return await session.resolver.findSpace({ kind: 'id', id: address }, signal)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'NO_HOME') throw error
    throw new UsageError('you have no Space yet; run: squid name claim NAME, or say --space @NAME')
  }
}

/** The key's account, undefined in a home without a key: looking needs none. */
export async function accountIfAny(session: Session): Promise<Account | undefined> {
  return await openAccount(session).catch(() => undefined)
}

const BASE_UNITS = 1_000_000_000n

/** Base units of WAL or MIST as whole coins: `0.0007`. */
export function formatCoins(units: bigint): string {
  const sign = units < 0n ? '-' : ''
  const absolute = units < 0n ? -units : units
  const fraction = String(absolute % BASE_UNITS)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${sign}${absolute / BASE_UNITS}${fraction === '' ? '' : `.${fraction}`}`
}

/** @throws {UsageError} */
export function parseEpochs(text: string, command: string): number {
  const epochs = Number(text)
  if (!/^\d{1,4}$/.test(text) || epochs < 1)
    throw new UsageError('--epochs wants a number of epochs', command)
  return epochs
}
