/**
 * Pages of the history: limits, cursors, what a transaction calls.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { HistoryRange } from '../store/history-store.ts'
import type { TransactionData } from '../transactions/transaction-data.ts'
import type { HistoryOptions } from './options.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

/** @throws {SquidError} `PAGE_LIMIT` */
export function pageLimit(limit: number | undefined): number {
  if (limit === undefined) return DEFAULT_LIMIT
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new SquidError('PAGE_LIMIT', `a page has 1 to ${MAX_LIMIT} items, not ${limit}`)
  }
  return limit
}

/** The cursor of an event, or of a transaction (position 0). */
export function eventCursor(sequence: number, position: number): string {
  return `${sequence}.${position}`
}

/** @throws {SquidError} `CURSOR` */
function parseEventCursor(cursor: string): [number, number] {
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(cursor)
  if (match === null) throw new SquidError('CURSOR', `"${cursor}" is not a cursor of this list`)
  return [Number(match[1]), Number(match[2])]
}

/** The stretch of the history that options ask for. */
export function historyRange(options: HistoryOptions): HistoryRange {
  return {
    after: options.cursor === undefined ? undefined : parseEventCursor(options.cursor),
    descending: options.descending ?? false,
    fromCheckpoint: options.fromCheckpoint ?? 0n,
    beforeCheckpoint: options.beforeCheckpoint ?? 2n ** 64n,
    limit: pageLimit(options.limit),
  }
}

/** True when a command calls the function, or something in the module or package. */
export function callsFunction({ transaction }: TransactionData, name: string): boolean {
  return transaction.commands.some(command => {
    if (command.kind !== 'moveCall') return false
    const called = `${command.packageId}::${command.module}::${command.function}`
    return called === name || called.startsWith(`${name}::`)
  })
}
