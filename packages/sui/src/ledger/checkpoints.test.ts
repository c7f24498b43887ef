/** Checkpoints against the SDK's pieces of BCS; Sui's layouts are in the module's comment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBase58 } from '@mysten/bcs'
import { bcs } from '@mysten/sui/bcs'
import { blake2b } from '@noble/hashes/blake2.js'
import { createCheckpoint, parseCheckpoint } from './checkpoints.ts'

const digest = (seed: number): string => toBase58(new Uint8Array(32).fill(seed))
const gas = { computationCost: 1n, storageCost: 2n, storageRebate: 3n, nonRefundableStorageFee: 4n }

const Gas = bcs.struct('GasCostSummary', {
  computationCost: bcs.u64(),
  storageCost: bcs.u64(),
  storageRebate: bcs.u64(),
  nonRefundableStorageFee: bcs.u64(),
})
const Summary = bcs.struct('CheckpointSummary', {
  epoch: bcs.u64(),
  sequenceNumber: bcs.u64(),
  totalTransactions: bcs.u64(),
  contentDigest: bcs.ObjectDigest,
  previousDigest: bcs.option(bcs.ObjectDigest),
  rollingGas: Gas,
  timestampMs: bcs.u64(),
  commitments: bcs.vector(bcs.u8()),
  endOfEpoch: bcs.option(bcs.u8()),
  versionSpecific: bcs.byteVector(),
})
const Contents = bcs.enum('CheckpointContents', {
  V1: bcs.struct('V1', {
    transactions: bcs.vector(
      bcs.struct('ExecutionDigests', { transaction: bcs.ObjectDigest, effects: bcs.ObjectDigest }),
    ),
    signatures: bcs.vector(bcs.vector(bcs.byteVector())),
  }),
})

const parts = {
  epoch: 1n,
  sequenceNumber: 9n,
  totalTransactions: 12n,
  previousDigest: digest(5),
  rollingGas: gas,
  timestampMs: 1_700_000_000_000n,
  transactions: [
    { digest: digest(1), effectsDigest: digest(2), signatures: [Uint8Array.of(1, 2), Uint8Array.of(3)] },
    { digest: digest(3), effectsDigest: digest(4), signatures: [] },
  ],
}

function hash(domain: string, bytes: Uint8Array): string {
  return toBase58(blake2b(Buffer.concat([Buffer.from(`${domain}::`), bytes]), { dkLen: 32 }))
}

test('bytes and digests', () => {
  const checkpoint = createCheckpoint(parts)
  const contents = Contents.serialize({
    V1: {
      transactions: parts.transactions.map(({ digest, effectsDigest }) => ({
        transaction: digest,
        effects: effectsDigest,
      })),
      signatures: parts.transactions.map(({ signatures }) => signatures),
    },
  }).toBytes()
  assert.deepEqual(checkpoint.contentsBytes, contents)
  assert.equal(checkpoint.contentDigest, hash('CheckpointContents', contents))
  const { epoch, sequenceNumber, totalTransactions, previousDigest, rollingGas, timestampMs } = parts
  const summary = Summary.serialize({
    epoch,
    sequenceNumber,
    totalTransactions,
    contentDigest: checkpoint.contentDigest,
    previousDigest,
    rollingGas,
    timestampMs,
    commitments: [],
    endOfEpoch: null,
    versionSpecific: new Uint8Array(),
  }).toBytes()
  assert.deepEqual(checkpoint.summaryBytes, summary)
  assert.equal(checkpoint.digest, hash('CheckpointSummary', summary))
})

test('what is made can be read back', () => {
  for (const previousDigest of [undefined, digest(5)]) {
    const checkpoint = createCheckpoint({ ...parts, previousDigest })
    assert.deepEqual(
      parseCheckpoint(checkpoint.digest, checkpoint.summaryBytes, checkpoint.contentsBytes),
      checkpoint,
    )
  }
})
