/**
 * Checkpoints: BCS of `CheckpointContents` and `CheckpointSummary`, as Sui has them (the SDK has no types for these).
 * Nobody signs them here: a single ledger has no committee.
 * @module
 */
import { BcsReader, BcsWriter } from '@squid/formats/bcs'
import { digestBytes, formatDigest, parseDigest } from '../objects/digest.ts'
import type { Checkpoint, GasSummary } from './results.ts'

/** One transaction of a checkpoint. */
interface CheckpointedTransaction {
  readonly digest: string
  readonly effectsDigest: string
  readonly signatures: readonly Uint8Array[]
}

/** What the next checkpoint continues. */
export interface CheckpointParts {
  readonly epoch: bigint
  readonly sequenceNumber: bigint
  readonly totalTransactions: bigint
  readonly previousDigest: string | undefined
  readonly rollingGas: GasSummary
  readonly timestampMs: bigint
  readonly transactions: readonly CheckpointedTransaction[]
}

const MAX_TRANSACTIONS = 10_000
const MAX_SIGNATURES = 16
const MAX_SIGNATURE_BYTES = 16_384

function encodeContents(transactions: readonly CheckpointedTransaction[]): Uint8Array {
  const writer = new BcsWriter()
  writer.uleb(0) // version 1
  writer.vector(transactions, ({ digest, effectsDigest }) => {
    writer.bytes(parseDigest(digest)).bytes(parseDigest(effectsDigest))
  })
  writer.vector(transactions, ({ signatures }) =>
    writer.vector(signatures, signature => writer.bytes(signature)),
  )
  return writer.finish()
}

function writeGas(writer: BcsWriter, gas: GasSummary): void {
  writer.u64(gas.computationCost).u64(gas.storageCost).u64(gas.storageRebate).u64(gas.nonRefundableStorageFee)
}

function encodeSummary(parts: CheckpointParts, contentDigest: string): Uint8Array {
  const writer = new BcsWriter()
  writer
    .u64(parts.epoch)
    .u64(parts.sequenceNumber)
    .u64(parts.totalTransactions)
    .bytes(parseDigest(contentDigest))
  writer.option(parts.previousDigest, digest => writer.bytes(parseDigest(digest)))
  writeGas(writer, parts.rollingGas)
  writer.u64(parts.timestampMs)
  writer.uleb(0) // checkpoint_commitments
  writer.bool(false) // end_of_epoch_data
  writer.uleb(0) // version_specific_data
  return writer.finish()
}

/** Makes a checkpoint. */
export function createCheckpoint(parts: CheckpointParts): Checkpoint {
  const contentsBytes = encodeContents(parts.transactions)
  const contentDigest = formatDigest(digestBytes('CheckpointContents', contentsBytes))
  const summaryBytes = encodeSummary(parts, contentDigest)
  const { epoch, sequenceNumber, totalTransactions, previousDigest, rollingGas, timestampMs } = parts
  return {
    sequenceNumber,
    epoch,
    digest: formatDigest(digestBytes('CheckpointSummary', summaryBytes)),
    contentDigest,
    previousDigest,
    timestampMs,
    totalTransactions,
    rollingGas,
    summaryBytes,
    contentsBytes,
    transactions: parts.transactions.map(({ digest, effectsDigest }) => ({ digest, effectsDigest })),
  }
}

function readDigest(reader: BcsReader): string {
  return formatDigest(reader.bytes(32))
}

function readGas(reader: BcsReader): GasSummary {
  return {
    computationCost: reader.u64(),
    storageCost: reader.u64(),
    storageRebate: reader.u64(),
    nonRefundableStorageFee: reader.u64(),
  }
}

/** The checkpoint that {@link createCheckpoint} made these bytes for. */
export function parseCheckpoint(
  digest: string,
  summaryBytes: Uint8Array,
  contentsBytes: Uint8Array,
): Checkpoint {
  const reader = new BcsReader(summaryBytes)
  const [epoch, sequenceNumber, totalTransactions] = [reader.u64(), reader.u64(), reader.u64()]
  const contentDigest = readDigest(reader)
  const previousDigest = reader.option(() => readDigest(reader))
  const rollingGas = readGas(reader)
  const timestampMs = reader.u64()
  const contents = new BcsReader(contentsBytes)
  contents.uleb()
  const transactions = contents.vector(MAX_TRANSACTIONS, () => ({
    digest: readDigest(contents),
    effectsDigest: readDigest(contents),
  }))
  contents.vector(MAX_TRANSACTIONS, () =>
    contents.vector(MAX_SIGNATURES, () => contents.bytes(MAX_SIGNATURE_BYTES)),
  )
  contents.end()
  return {
    sequenceNumber,
    epoch,
    digest,
    contentDigest,
    previousDigest,
    timestampMs,
    totalTransactions,
    rollingGas,
    summaryBytes,
    contentsBytes,
    transactions,
  }
}
