/**
 * Transactions, events and checkpoints in the database. Sequence numbers count transactions from 0.
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import { BcsReader, BcsWriter } from '@squid/formats/bcs'
import { parseCheckpoint } from '../ledger/checkpoints.ts'
import type { EventFilter } from '../ledger/options.ts'
import type { Checkpoint, LedgerEvent } from '../ledger/results.ts'
import { addressBytes, formatAddress } from '../objects/address.ts'
import { formatDigest, parseDigest } from '../objects/digest.ts'
import type { Database } from './database.ts'

type Row = Record<string, unknown>

/** A transaction as it is stored. */
export interface StoredTransaction {
  readonly sequence: number
  readonly digest: string
  readonly checkpoint: bigint
  readonly position: number
  readonly sender: string
  readonly bytes: Uint8Array
  readonly signatures: readonly Uint8Array[]
  readonly effectsBytes: Uint8Array
  readonly effectsDigest: string
  readonly eventsBytes: Uint8Array
  /** JSON of what the effects do not say about a failure. */
  readonly failure: string | undefined
}

/** An event with its place. */
export interface StoredEvent {
  readonly sequence: number
  readonly position: number
  readonly digest: string
  readonly checkpoint: bigint
  readonly event: LedgerEvent
}

/** A stretch of the history; places are `[sequence, position]`. */
export interface HistoryRange {
  /** Strictly after this place (before it when descending). */
  readonly after: readonly [sequence: number, position: number] | undefined
  readonly descending: boolean
  readonly fromCheckpoint: bigint
  readonly beforeCheckpoint: bigint
  readonly limit: number
}

const MAX_SIGNATURES = 16
const MAX_SIGNATURE_BYTES = 16_384

function encodeSignatures(signatures: readonly Uint8Array[]): Uint8Array {
  const writer = new BcsWriter()
  return writer.vector(signatures, signature => writer.bytes(signature)).finish()
}

function decodeSignatures(bytes: Uint8Array): Uint8Array[] {
  const reader = new BcsReader(bytes)
  return reader.vector(MAX_SIGNATURES, () => reader.bytes(MAX_SIGNATURE_BYTES))
}

function transactionOf(row: Row): StoredTransaction {
  return {
    sequence: row['sequence'] as number,
    digest: formatDigest(row['digest'] as Uint8Array),
    checkpoint: BigInt(row['checkpoint'] as number),
    position: row['position'] as number,
    sender: formatAddress(row['sender'] as Uint8Array),
    bytes: row['bytes'] as Uint8Array,
    signatures: decodeSignatures(row['signatures'] as Uint8Array),
    effectsBytes: row['effects'] as Uint8Array,
    effectsDigest: formatDigest(row['effects_digest'] as Uint8Array),
    eventsBytes: row['events'] as Uint8Array,
    failure: (row['failure'] as string | null) ?? undefined,
  }
}

function eventOf(row: Row): LedgerEvent {
  const emitter = row['emitter'] as string
  const split = emitter.indexOf('::')
  return {
    packageId: emitter.slice(0, split),
    module: emitter.slice(split + 2),
    sender: formatAddress(row['sender'] as Uint8Array),
    type: row['type'] as string,
    contents: row['contents'] as Uint8Array,
  }
}

function storedEventOf(row: Row): StoredEvent {
  return {
    sequence: row['sequence'] as number,
    position: row['position'] as number,
    digest: formatDigest(row['digest'] as Uint8Array),
    checkpoint: BigInt(row['checkpoint'] as number),
    event: eventOf(row),
  }
}

/** `column` equals the prefix or continues it at a separator. */
function prefixCondition(
  column: string,
  prefix: string,
  conditions: string[],
  values: (string | Uint8Array | number)[],
): void {
  const parts = prefix.split('::').length
  const [from, before] =
    column === 'type' && parts >= 3 ? [`${prefix}<`, `${prefix}=`] : [`${prefix}::`, `${prefix}:;`]
  conditions.push(`(${column} = ? OR (${column} >= ? AND ${column} < ?))`)
  values.push(prefix, from, before)
}

/** The history of a ledger. */
export class HistoryStore {
  readonly #database: Database
  readonly #insertTransaction: StatementSync
  readonly #insertEvent: StatementSync
  readonly #insertCheckpoint: StatementSync
  readonly #byDigest: StatementSync
  readonly #eventsOf: StatementSync
  readonly #checkpointAt: StatementSync
  readonly #checkpointOf: StatementSync
  readonly #lastCheckpoint: StatementSync
  readonly #count: StatementSync
  readonly #getMeta: StatementSync
  readonly #setMeta: StatementSync

  constructor(database: Database) {
    this.#database = database
    this.#insertTransaction = database.prepare(
      'INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)')
    this.#insertCheckpoint = database.prepare('INSERT INTO checkpoints VALUES (?, ?, ?, ?)')
    this.#byDigest = database.prepare('SELECT * FROM transactions WHERE digest = ?')
    this.#eventsOf = database.prepare('SELECT * FROM events WHERE sequence = ? ORDER BY position')
    this.#checkpointAt = database.prepare('SELECT * FROM checkpoints WHERE sequence = ?')
    this.#checkpointOf = database.prepare('SELECT * FROM checkpoints WHERE digest = ?')
    this.#lastCheckpoint = database.prepare('SELECT * FROM checkpoints ORDER BY sequence DESC LIMIT 1')
    this.#count = database.prepare('SELECT coalesce(max(sequence) + 1, 0) AS count FROM transactions')
    this.#getMeta = database.prepare('SELECT value FROM meta WHERE key = ?')
    this.#setMeta = database.prepare(
      'INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
    )
  }

  /** Adds a transaction and its events. */
  addTransaction(transaction: StoredTransaction, events: readonly LedgerEvent[]): void {
    const { sequence, checkpoint, position, bytes, effectsBytes, eventsBytes, failure } = transaction
    const [digest, effectsDigest] = [parseDigest(transaction.digest), parseDigest(transaction.effectsDigest)]
    const sender = addressBytes(transaction.sender)
    const signatures = encodeSignatures(transaction.signatures)
    const row = [
      sequence,
      digest,
      Number(checkpoint),
      position,
      sender,
      bytes,
      signatures,
      effectsBytes,
      effectsDigest,
      eventsBytes,
      failure ?? null,
    ]
    this.#insertTransaction.run(...row)
    for (const [i, event] of events.entries()) {
      const emitter = `${event.packageId}::${event.module}`
      this.#insertEvent.run(sequence, i, event.type, emitter, addressBytes(event.sender), event.contents)
    }
  }

  addCheckpoint({ sequenceNumber, digest, summaryBytes, contentsBytes }: Checkpoint): void {
    this.#insertCheckpoint.run(Number(sequenceNumber), parseDigest(digest), summaryBytes, contentsBytes)
  }

  transaction(digest: string): StoredTransaction | undefined {
    const row = this.#byDigest.get(parseDigest(digest))
    return row === undefined ? undefined : transactionOf(row)
  }

  /** Events of one transaction, in order. */
  eventsOf(sequence: number): LedgerEvent[] {
    return this.#eventsOf.all(sequence).map(eventOf)
  }

  /** How many transactions there are. */
  get transactionCount(): number {
    return Number(this.#count.get()?.['count'])
  }

  checkpoint(which: bigint | string): Checkpoint | undefined {
    if (typeof which === 'bigint' && which > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
    const row =
      typeof which === 'bigint'
        ? this.#checkpointAt.get(Number(which))
        : this.#checkpointOf.get(parseDigest(which))
    return row === undefined ? undefined : checkpointOf(row)
  }

  lastCheckpoint(): Checkpoint | undefined {
    const row = this.#lastCheckpoint.get()
    return row === undefined ? undefined : checkpointOf(row)
  }

  getMeta(key: string): string | undefined {
    const value = this.#getMeta.get(key)?.['value']
    return typeof value === 'string' ? value : undefined
  }

  setMeta(key: string, value: string): void {
    this.#setMeta.run(key, value)
  }

  /** Events that match, in order. */
  events(filter: EventFilter, range: HistoryRange): StoredEvent[] {
    const conditions: string[] = []
    const values: (string | Uint8Array | number)[] = []
    if (filter.type !== undefined) prefixCondition('type', filter.type, conditions, values)
    if (filter.emitter !== undefined) prefixCondition('emitter', filter.emitter, conditions, values)
    if (filter.sender !== undefined) {
      conditions.push('events.sender = ?')
      values.push(addressBytes(filter.sender))
    }
    if (filter.transaction !== undefined) {
      conditions.push('transactions.digest = ?')
      values.push(parseDigest(filter.transaction))
    }
    const sign = range.descending ? '<' : '>'
    const order = range.descending ? 'DESC' : 'ASC'
    if (range.after !== undefined) {
      conditions.push(`(events.sequence, events.position) ${sign} (?, ?)`)
      values.push(...range.after)
    }
    this.#inCheckpoints(range, conditions, values)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const sql = `SELECT events.*, transactions.digest, transactions.checkpoint FROM events
      JOIN transactions ON transactions.sequence = events.sequence ${where}
      ORDER BY events.sequence ${order}, events.position ${order} LIMIT ?`
    return this.#database
      .prepare(sql)
      .all(...values, range.limit)
      .map(storedEventOf)
  }

  /** Transactions that match, in order. `changedObject`: its versions say who wrote it. */
  transactions(
    filter: { sender?: string | undefined; changedObject?: string | undefined },
    range: HistoryRange,
  ): StoredTransaction[] {
    const conditions: string[] = []
    const values: (string | Uint8Array | number)[] = []
    if (filter.sender !== undefined) {
      conditions.push('sender = ?')
      values.push(addressBytes(filter.sender))
    }
    if (filter.changedObject !== undefined) {
      conditions.push('digest IN (SELECT previous FROM objects WHERE id = ?)')
      values.push(addressBytes(filter.changedObject))
    }
    const order = range.descending ? 'DESC' : 'ASC'
    if (range.after !== undefined) {
      conditions.push(`sequence ${range.descending ? '<' : '>'} ?`)
      values.push(range.after[0])
    }
    this.#inCheckpoints(range, conditions, values)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const sql = `SELECT * FROM transactions ${where} ORDER BY sequence ${order} LIMIT ?`
    return this.#database
      .prepare(sql)
      .all(...values, range.limit)
      .map(transactionOf)
  }

  #inCheckpoints(range: HistoryRange, conditions: string[], values: (string | Uint8Array | number)[]): void {
    const last = BigInt(Number.MAX_SAFE_INTEGER)
    if (range.fromCheckpoint > 0n) {
      conditions.push(
        'transactions.sequence >= coalesce((SELECT min(sequence) FROM transactions WHERE checkpoint >= ?), 9e15)',
      )
      values.push(Number(range.fromCheckpoint > last ? last : range.fromCheckpoint))
    }
    if (range.beforeCheckpoint <= last) {
      conditions.push(
        'transactions.sequence < coalesce((SELECT min(sequence) FROM transactions WHERE checkpoint >= ?), 9e15)',
      )
      values.push(Number(range.beforeCheckpoint))
    }
  }
}

function checkpointOf(row: Row): Checkpoint {
  return parseCheckpoint(
    formatDigest(row['digest'] as Uint8Array),
    row['summary'] as Uint8Array,
    row['contents'] as Uint8Array,
  )
}
