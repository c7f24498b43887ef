/**
 * Executed and simulated transactions, from the ledger's form to the RPC's. Only what the mask wants is worked out.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type {
  EventRecord,
  ExecutedTransaction,
  Ledger,
  LedgerEvent,
  TransactionOutcome,
} from '@squid/sui/ledger'
import type { FieldMask } from '../web/field-mask.ts'
import type { Draft } from '../web/method.ts'
import { writeEffects } from './effects.ts'
import { renderJson } from './json.ts'
import { writeObject } from './object.ts'
import { parseTransactionData, writeTimestamp, writeTransaction } from './transaction.ts'
import { writeType } from './type-name.ts'

/** The wanted fields of a transaction that is final. */
export function writeExecuted(
  ledger: Ledger,
  executed: ExecutedTransaction,
  mask: FieldMask,
): Draft<GrpcTypes.ExecutedTransaction> {
  return mask.trim<GrpcTypes.ExecutedTransaction>(GrpcTypes.ExecutedTransaction, {
    ...writeOutcome(ledger, executed, mask),
    transaction: mask.has('transaction')
      ? writeSource(executed.bytes, executed.digest, mask.inside('transaction'))
      : undefined,
    signatures: executed.signatures.map(value => ({ bcs: { name: 'UserSignatureBytes', value } })),
    checkpoint: executed.checkpoint,
    transactionIndex: BigInt(executed.indexInCheckpoint),
    timestamp: writeTimestamp(executed.timestampMs),
  })
}

/** The wanted fields of what a run did, final or not; without the transaction itself. */
export function writeOutcome(
  ledger: Ledger,
  outcome: TransactionOutcome,
  mask: FieldMask,
): Draft<GrpcTypes.ExecutedTransaction> {
  return mask.trim<GrpcTypes.ExecutedTransaction>(GrpcTypes.ExecutedTransaction, {
    digest: outcome.digest,
    effects: mask.has('effects') ? writeEffects(outcome) : undefined,
    events: mask.has('events') ? writeEvents(ledger, outcome, mask.inside('events')) : undefined,
    balanceChanges: outcome.balanceChanges.map(({ address, coinType, amount }) => ({
      address,
      coinType,
      amount: String(amount),
    })),
    objects: mask.has('objects') ? writeObjects(ledger, outcome, mask.inside('objects')) : undefined,
  })
}

/** The transaction itself, parsed only when more than its bytes and digest is wanted. */
function writeSource(bytes: Uint8Array, digest: string, mask: FieldMask): Draft<GrpcTypes.Transaction> {
  const parsed = mask.isWithin(['bcs', 'digest']) ? {} : writeTransaction(parseTransactionData(bytes))
  return { ...parsed, ...writeBytes(bytes, digest) }
}

/** A transaction's bytes and digest. */
export function writeBytes(bytes: Uint8Array, digest: string): Draft<GrpcTypes.Transaction> {
  return { bcs: { name: 'TransactionData', value: bytes }, digest }
}

/** The wanted fields of an event that is final. */
export function writeEventRecord(
  ledger: Ledger,
  event: EventRecord,
  mask: FieldMask,
): Draft<GrpcTypes.Event> {
  return mask.trim<GrpcTypes.Event>(GrpcTypes.Event, {
    ...writeEvent(ledger, event, mask),
    checkpoint: event.checkpoint,
    transactionDigest: event.transactionDigest,
    eventIndex: event.index,
  })
}

function writeEvent(ledger: Ledger, event: LedgerEvent, mask: FieldMask): Draft<GrpcTypes.Event> {
  return {
    packageId: event.packageId,
    module: event.module,
    sender: event.sender,
    eventType: writeType(event.type),
    contents: { name: event.type, value: event.contents },
    json: mask.has('json') ? renderJson(ledger, event.type, event.contents) : undefined,
  }
}

function writeEvents(
  ledger: Ledger,
  outcome: TransactionOutcome,
  mask: FieldMask,
): Draft<GrpcTypes.TransactionEvents> | undefined {
  if (outcome.events.length === 0) return undefined
  return {
    bcs: { name: 'TransactionEvents', value: outcome.eventsBytes },
    digest: outcome.effects.eventsDigest ?? undefined,
    events: outcome.events.map((event, eventIndex) => ({
      ...writeEvent(ledger, event, mask.inside('events')),
      transactionDigest: outcome.digest,
      eventIndex,
    })),
  }
}

/** Every version that the transaction read or wrote. */
function writeObjects(
  ledger: Ledger,
  outcome: TransactionOutcome,
  mask: FieldMask,
): Draft<GrpcTypes.ObjectSet> {
  const versions = outcome.changes.flatMap(({ before, after }) =>
    [before, after].filter(one => one !== undefined),
  )
  return { objects: versions.map(object => writeObject(ledger, object, mask.inside('objects'))) }
}
