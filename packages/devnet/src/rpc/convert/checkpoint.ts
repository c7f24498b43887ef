/**
 * Checkpoints, from the ledger's form to the RPC's. There are no validators, so there is no aggregate signature.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type { Checkpoint, Ledger } from '@squid/sui/ledger'
import type { FieldMask } from '../web/field-mask.ts'
import type { Draft } from '../web/method.ts'
import { writeGasUsed } from './effects.ts'
import { writeExecuted } from './executed-transaction.ts'
import { writeTimestamp } from './transaction.ts'

export function writeCheckpoint(
  ledger: Ledger,
  checkpoint: Checkpoint,
  mask: FieldMask,
): Draft<GrpcTypes.Checkpoint> {
  const wanted = mask.inside('transactions')
  return mask.trim<GrpcTypes.Checkpoint>(GrpcTypes.Checkpoint, {
    sequenceNumber: checkpoint.sequenceNumber,
    digest: checkpoint.digest,
    summary: writeSummary(checkpoint),
    contents: {
      bcs: { name: 'CheckpointContents', value: checkpoint.contentsBytes },
      digest: checkpoint.contentDigest,
      version: 1,
      transactions: checkpoint.transactions.map(({ digest, effectsDigest }) => ({
        transaction: digest,
        effects: effectsDigest,
      })),
    },
    transactions: mask.has('transactions')
      ? checkpoint.transactions.flatMap(({ digest }) => {
          const executed = ledger.transaction(digest)
          return executed === undefined ? [] : [writeExecuted(ledger, executed, wanted)]
        })
      : undefined,
  })
}

function writeSummary(checkpoint: Checkpoint): Draft<GrpcTypes.CheckpointSummary> {
  return {
    bcs: { name: 'CheckpointSummary', value: checkpoint.summaryBytes },
    digest: checkpoint.digest,
    epoch: checkpoint.epoch,
    sequenceNumber: checkpoint.sequenceNumber,
    totalNetworkTransactions: checkpoint.totalTransactions,
    contentDigest: checkpoint.contentDigest,
    previousDigest: checkpoint.previousDigest,
    epochRollingGasCostSummary: writeGasUsed(checkpoint.rollingGas),
    timestamp: writeTimestamp(checkpoint.timestampMs),
  }
}
