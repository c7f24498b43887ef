/**
 * `sui.rpc.v2.LedgerService`: objects, transactions, checkpoints, epochs and the history.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import { isValidTransactionDigest } from '@mysten/sui/utils'
import type { Ledger } from '@squid/sui/ledger'
import { writeCheckpoint } from '../convert/checkpoint.ts'
import { writeEpoch } from '../convert/epoch.ts'
import { writeExecuted } from '../convert/executed-transaction.ts'
import { writeObject } from '../convert/object.ts'
import { readAddress, writeTimestamp } from '../convert/transaction.ts'
import { FieldMask } from '../web/field-mask.ts'
import { unary, type Draft, type Method } from '../web/method.ts'
import { GRPC_STATUS, GrpcError } from '../web/status.ts'
import { historyMethods } from './history.ts'

const { LedgerService } = GrpcTypes
const MAX_BATCH = 1000
const CLOCK = `0x${'6'.padStart(64, '0')}`

/** Every method of the service that is supported. */
export function ledgerMethods(ledger: Ledger): Method[] {
  return [
    unary(
      LedgerService,
      'GetServiceInfo',
      GrpcTypes.GetServiceInfoRequest,
      GrpcTypes.GetServiceInfoResponse,
      () => serviceInfo(ledger),
    ),
    unary(LedgerService, 'GetObject', GrpcTypes.GetObjectRequest, GrpcTypes.GetObjectResponse, request => ({
      object: getObject(ledger, request, objectMask(request)),
    })),
    unary(
      LedgerService,
      'BatchGetObjects',
      GrpcTypes.BatchGetObjectsRequest,
      GrpcTypes.BatchGetObjectsResponse,
      request => batchGetObjects(ledger, request),
    ),
    unary(
      LedgerService,
      'GetTransaction',
      GrpcTypes.GetTransactionRequest,
      GrpcTypes.GetTransactionResponse,
      request => ({ transaction: getTransaction(ledger, request.digest, transactionMask(request)) }),
    ),
    unary(
      LedgerService,
      'BatchGetTransactions',
      GrpcTypes.BatchGetTransactionsRequest,
      GrpcTypes.BatchGetTransactionsResponse,
      request => batchGetTransactions(ledger, request),
    ),
    unary(
      LedgerService,
      'GetCheckpoint',
      GrpcTypes.GetCheckpointRequest,
      GrpcTypes.GetCheckpointResponse,
      request => getCheckpoint(ledger, request),
    ),
    unary(LedgerService, 'GetEpoch', GrpcTypes.GetEpochRequest, GrpcTypes.GetEpochResponse, request =>
      getEpoch(ledger, request),
    ),
    ...historyMethods(ledger),
  ]
}

function serviceInfo(ledger: Ledger): Draft<GrpcTypes.GetServiceInfoResponse> {
  const latest = ledger.latestCheckpoint()
  return {
    chainId: ledger.chainId,
    chain: 'localnet',
    epoch: ledger.epoch.number,
    checkpointHeight: latest.sequenceNumber,
    timestamp: writeTimestamp(latest.timestampMs),
    lowestAvailableCheckpoint: 0n,
    lowestAvailableCheckpointObjects: 0n,
    server: 'squid-devnet/0.1.0',
  }
}

function getObject(
  ledger: Ledger,
  { objectId, version }: GrpcTypes.GetObjectRequest,
  mask: FieldMask,
): Draft<GrpcTypes.Object> {
  const id = readAddress(objectId, 'object_id')
  // A real chain writes the clock many times a second; this one when somebody looks.
  if (id === CLOCK && version === undefined) ledger.tick()
  const object = ledger.object(id, version)
  if (object !== undefined) return writeObject(ledger, object, mask)
  throw new GrpcError(
    'NOT_FOUND',
    `Object ${id} not found${version === undefined ? '' : ` at version ${version}`}`,
  )
}

function batchGetObjects(
  ledger: Ledger,
  request: GrpcTypes.BatchGetObjectsRequest,
): Draft<GrpcTypes.BatchGetObjectsResponse> {
  assertBatch(request.requests)
  const mask = objectMask(request)
  return {
    objects: request.requests.map(one => ({
      result: orError(() => ({ oneofKind: 'object', object: getObject(ledger, one, mask) })),
    })),
  }
}

function getTransaction(
  ledger: Ledger,
  digest: string | undefined,
  mask: FieldMask,
): Draft<GrpcTypes.ExecutedTransaction> {
  if (digest === undefined || digest.length > 64 || !isValidTransactionDigest(digest))
    throw new GrpcError('INVALID_ARGUMENT', 'digest is missing or not base58 of 32 bytes')
  const executed = ledger.transaction(digest)
  if (executed === undefined) throw new GrpcError('NOT_FOUND', `Transaction ${digest} not found`)
  return writeExecuted(ledger, executed, mask)
}

function batchGetTransactions(
  ledger: Ledger,
  request: GrpcTypes.BatchGetTransactionsRequest,
): Draft<GrpcTypes.BatchGetTransactionsResponse> {
  assertBatch(request.digests)
  const mask = transactionMask(request)
  return {
    transactions: request.digests.map(digest => ({
      result: orError(() => ({
        oneofKind: 'transaction',
        transaction: getTransaction(ledger, digest, mask),
      })),
    })),
  }
}

function getCheckpoint(
  ledger: Ledger,
  { checkpointId, readMask }: GrpcTypes.GetCheckpointRequest,
): Draft<GrpcTypes.GetCheckpointResponse> {
  const mask = FieldMask.parse(readMask, GrpcTypes.Checkpoint, ['sequence_number', 'digest'])
  const which =
    checkpointId.oneofKind === 'digest'
      ? checkpointId.digest
      : checkpointId.oneofKind && checkpointId.sequenceNumber
  const checkpoint = which === undefined ? ledger.latestCheckpoint() : ledger.checkpoint(which)
  if (checkpoint === undefined) throw new GrpcError('NOT_FOUND', `Checkpoint ${which} not found`)
  return { checkpoint: writeCheckpoint(ledger, checkpoint, mask) }
}

function getEpoch(
  ledger: Ledger,
  { epoch, readMask }: GrpcTypes.GetEpochRequest,
): Draft<GrpcTypes.GetEpochResponse> {
  const mask = FieldMask.parse(readMask, GrpcTypes.Epoch, [
    'epoch',
    'first_checkpoint',
    'start',
    'reference_gas_price',
    'protocol_config.protocol_version',
  ])
  if (epoch !== undefined && epoch !== ledger.epoch.number)
    throw new GrpcError(
      'NOT_FOUND',
      `Epoch ${epoch} not found: the devnet keeps only the current one, ${ledger.epoch.number}`,
    )
  return { epoch: mask.trim<GrpcTypes.Epoch>(GrpcTypes.Epoch, writeEpoch(ledger)) }
}

function objectMask(request: { readMask?: { paths: string[] } }): FieldMask {
  return FieldMask.parse(request.readMask, GrpcTypes.Object, ['object_id', 'version', 'digest'])
}

function transactionMask(request: { readMask?: { paths: string[] } }): FieldMask {
  return FieldMask.parse(request.readMask, GrpcTypes.ExecutedTransaction, ['digest'])
}

function assertBatch(requests: readonly unknown[]): void {
  if (requests.length > MAX_BATCH)
    throw new GrpcError('INVALID_ARGUMENT', `a batch of ${requests.length} is over the limit of ${MAX_BATCH}`)
}

/** In a batch each item fails by itself. */
function orError<T>(make: () => T): T | { oneofKind: 'error'; error: { code: number; message: string } } {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof GrpcError)) throw error
    return { oneofKind: 'error', error: { code: GRPC_STATUS[error.code], message: error.message } }
  }
}
