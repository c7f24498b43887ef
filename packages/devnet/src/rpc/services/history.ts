/**
 * The lists of `LedgerService`: transactions, events and checkpoints, forwards or backwards between two places of
 * the history, as streams that end by saying why.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type { EventFilter, HistoryOptions, Ledger, Page, TransactionFilter } from '@squid/sui/ledger'
import { writeCheckpoint } from '../convert/checkpoint.ts'
import { writeEventRecord, writeExecuted } from '../convert/executed-transaction.ts'
import { FieldMask } from '../web/field-mask.ts'
import { serverStream, type Draft, type Method } from '../web/method.ts'
import { GrpcError } from '../web/status.ts'
import { pageSizeOf } from '../web/page-token.ts'
import { checkpointOf, END, endOf, positionOf, readCursor, START, writeCursor } from './position.ts'

const { LedgerService, Ordering, QueryEndReason: REASON } = GrpcTypes
/** Items fetched from the ledger at a time. */
const PAGE = 100
/** The SDK asks for one more than its user, who may ask for 1000. */
const MAX_ITEMS = 1001

/** Both bounds exclusive. */
interface Range {
  readonly after: bigint
  readonly before: bigint
  readonly descending: boolean
  readonly limit: number
  /** What ends the stream when nothing is left. */
  readonly reason: GrpcTypes.QueryEndReason
}

interface RangeRequest {
  readonly startCheckpoint?: bigint
  readonly endCheckpoint?: bigint
  readonly options?: GrpcTypes.QueryOptions
}

interface Step<T> {
  readonly item: T | undefined
  readonly watermark: Draft<GrpcTypes.Watermark>
  readonly end: Draft<GrpcTypes.QueryEnd> | undefined
}

/** ListTransactions, ListEvents and ListCheckpoints. */
export function historyMethods(ledger: Ledger): Method[] {
  return [
    serverStream(
      LedgerService,
      'ListTransactions',
      GrpcTypes.ListTransactionsRequest,
      GrpcTypes.ListTransactionsResponse,
      request => listTransactions(ledger, request),
    ),
    serverStream(
      LedgerService,
      'ListEvents',
      GrpcTypes.ListEventsRequest,
      GrpcTypes.ListEventsResponse,
      request => listEvents(ledger, request),
    ),
    serverStream(
      LedgerService,
      'ListCheckpoints',
      GrpcTypes.ListCheckpointsRequest,
      GrpcTypes.ListCheckpointsResponse,
      request => listCheckpoints(ledger, request),
    ),
  ]
}

function* listTransactions(
  ledger: Ledger,
  request: GrpcTypes.ListTransactionsRequest,
): Generator<Draft<GrpcTypes.ListTransactionsResponse>> {
  const mask = FieldMask.parse(request.readMask, GrpcTypes.ExecutedTransaction, ['digest'])
  const filter = readTransactionFilter(request.filter)
  const range = readRange(ledger, request)
  const pages = (options: HistoryOptions) => ledger.transactions(filter, options)
  const steps = walk(pages, item => positionOf(item.checkpoint, item.indexInCheckpoint), range)
  for (const { item, watermark, end } of steps)
    yield { transaction: item && writeExecuted(ledger, item, mask), watermark, end }
}

function* listEvents(
  ledger: Ledger,
  request: GrpcTypes.ListEventsRequest,
): Generator<Draft<GrpcTypes.ListEventsResponse>> {
  const mask = FieldMask.parse(request.readMask, GrpcTypes.Event, [
    'event_type',
    'transaction_digest',
    'event_index',
  ])
  const filter = readEventFilter(request.filter)
  const range = readRange(ledger, request)
  const pages = (options: HistoryOptions) => ledger.events(filter, options)
  const place = transactionIndex(ledger)
  const steps = walk(
    pages,
    item => positionOf(item.checkpoint, place(item.transactionDigest), item.index),
    range,
  )
  for (const { item, watermark, end } of steps)
    yield { event: item && writeEventRecord(ledger, item, mask), watermark, end }
}

function* listCheckpoints(
  ledger: Ledger,
  request: GrpcTypes.ListCheckpointsRequest,
): Generator<Draft<GrpcTypes.ListCheckpointsResponse>> {
  if (request.filter !== undefined && request.filter.terms.length > 0)
    throw unsupported('filters on checkpoints are')
  const mask = FieldMask.parse(request.readMask, GrpcTypes.Checkpoint, ['sequence_number', 'digest'])
  const range = readRange(ledger, request)
  const tip = ledger.latestCheckpoint().sequenceNumber
  const pages = ({ cursor, descending = false, fromCheckpoint = 0n, beforeCheckpoint }: HistoryOptions) => {
    const last = beforeCheckpoint === undefined || beforeCheckpoint > tip ? tip : beforeCheckpoint - 1n
    const at = cursor === undefined ? (descending ? last : fromCheckpoint) : BigInt(cursor)
    const item = at < fromCheckpoint || at > last ? undefined : ledger.checkpoint(at)
    if (item === undefined) return { items: [], cursor: undefined }
    return { items: [item], cursor: String(descending ? at - 1n : at + 1n) }
  }
  for (const { item, watermark, end } of walk(pages, item => positionOf(item.sequenceNumber), range))
    yield { checkpoint: item && writeCheckpoint(ledger, item, mask), watermark, end }
}

/** Reads page after page, gives the items inside the range, and ends by saying why. */
function* walk<T>(
  pages: (options: HistoryOptions) => Page<T>,
  placeOf: (item: T) => bigint,
  range: Range,
): Generator<Step<T>> {
  const { after, before, descending, limit, reason } = range
  let given = 0
  let cursor: string | undefined
  do {
    const page = pages({
      cursor,
      limit: PAGE,
      descending,
      fromCheckpoint: after === START ? 0n : checkpointOf(after),
      ...(before === END ? {} : { beforeCheckpoint: checkpointOf(before) + 1n }),
    })
    for (const item of page.items) {
      const place = placeOf(item)
      if (place <= after || place >= before) continue
      given++
      const end = given === limit ? { reason: REASON.ITEM_LIMIT } : undefined
      yield { item, watermark: { cursor: writeCursor(place) }, end }
      if (end) return
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  const edge = descending ? (after === START ? 0n : after) : before - 1n
  yield { item: undefined, watermark: { cursor: writeCursor(edge) }, end: { reason } }
}

function readRange(ledger: Ledger, request: RangeRequest): Range {
  const { after, before, ordering, limit } = request.options ?? {}
  const descending = ordering === Ordering.DESCENDING
  const tip = ledger.latestCheckpoint().sequenceNumber
  const lower = max(after === undefined ? START : readCursor(after), lowerBound(request.startCheckpoint))
  const bounded = min(before === undefined ? END : readCursor(before), upperBound(request.endCheckpoint))
  const upper = min(bounded, endOf(tip) + 1n)
  const reason = descending ? endReason(lower, after, START) : endReason(bounded, before, END)
  return { after: lower, before: upper, descending, limit: pageSizeOf(limit, 50, MAX_ITEMS), reason }
}

function endReason(bound: bigint, cursor: Uint8Array | undefined, none: bigint): GrpcTypes.QueryEndReason {
  if (bound === none) return REASON.LEDGER_TIP
  return cursor !== undefined && readCursor(cursor) === bound ? REASON.CURSOR_BOUND : REASON.CHECKPOINT_BOUND
}

/** Last place before a checkpoint. */
function lowerBound(checkpoint: bigint | undefined): bigint {
  return checkpoint === undefined || checkpoint === 0n ? START : endOf(checkpoint - 1n)
}

/** First place that is not before a checkpoint any more. */
function upperBound(checkpoint: bigint | undefined): bigint {
  return checkpoint === undefined ? END : positionOf(checkpoint)
}

/** Index of a transaction in its checkpoint; remembers the last, since a transaction's events follow each other. */
function transactionIndex(ledger: Ledger): (digest: string) => number {
  let known: { digest: string; index: number } | undefined
  return digest => {
    if (known?.digest !== digest)
      known = { digest, index: ledger.transaction(digest)?.indexInCheckpoint ?? 0 }
    return known.index
  }
}

function readTransactionFilter(filter: GrpcTypes.TransactionFilter | undefined): TransactionFilter {
  const read: { -readonly [K in keyof TransactionFilter]: TransactionFilter[K] } = {}
  for (const { negated, predicate } of literalsOf(filter)) {
    if (negated) throw unsupported('negated filters are')
    if (predicate.oneofKind === 'sender') assign(read, 'sender', predicate.sender.address)
    else if (predicate.oneofKind === 'affectedObject')
      assign(read, 'changedObject', predicate.affectedObject.objectId)
    else if (predicate.oneofKind === 'moveCall') assign(read, 'calledFunction', predicate.moveCall.function)
    else throw unsupported(`the transaction filter ${predicate.oneofKind ?? '(empty)'} is`)
  }
  return read
}

function readEventFilter(filter: GrpcTypes.EventFilter | undefined): EventFilter {
  const read: { -readonly [K in keyof EventFilter]: EventFilter[K] } = {}
  for (const { negated, predicate } of literalsOf(filter)) {
    if (negated) throw unsupported('negated filters are')
    if (predicate.oneofKind === 'sender') assign(read, 'sender', predicate.sender.address)
    else if (predicate.oneofKind === 'emitModule') assign(read, 'emitter', predicate.emitModule.module)
    else if (predicate.oneofKind === 'eventType') assign(read, 'type', predicate.eventType.eventType)
    else throw unsupported(`the event filter ${predicate.oneofKind ?? '(empty)'} is`)
  }
  return read
}

/** A filter is a disjunction of conjunctions; one conjunction is what the ledger's indexes answer. */
function literalsOf<L>(filter: { terms: { literals: L[] }[] } | undefined): readonly L[] {
  const terms = filter?.terms ?? []
  if (terms.length > 1) throw unsupported('filters with alternatives are')
  return terms[0]?.literals ?? []
}

function assign<K extends string>(
  filter: Partial<Record<K, string>>,
  key: K,
  value: string | undefined,
): void {
  if (value === undefined || value === '')
    throw new GrpcError('INVALID_ARGUMENT', `the filter ${key} is empty`)
  if (filter[key] !== undefined) throw unsupported(`a filter with two values for ${key} is`)
  filter[key] = value
}

function unsupported(what: string): GrpcError {
  return new GrpcError('UNIMPLEMENTED', `${what} not supported by the embedded devnet`)
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
