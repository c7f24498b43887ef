/**
 * The state of a ledger: objects, history and where the chain stands. Everything is written here, a checkpoint at a
 * time: all of it or nothing.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import { GAS, PROTOCOL_VERSION } from '../protocol.ts'
import { Database } from '../store/database.ts'
import { HistoryStore } from '../store/history-store.ts'
import { ObjectStore } from '../store/object-store.ts'
import { createCheckpoint } from './checkpoints.ts'
import type { Checkpoint, EpochInfo, ExecutedTransaction, GasSummary, TransactionOutcome } from './results.ts'

/** A transaction that ran and is to become final. */
export interface FinishedTransaction {
  readonly outcome: TransactionOutcome
  readonly sender: string
  readonly signatures: readonly Uint8Array[]
  /** What the effects do not say about a failure. */
  readonly failureMessage: string | undefined
}

const NO_GAS: GasSummary = {
  computationCost: 0n,
  storageCost: 0n,
  storageRebate: 0n,
  nonRefundableStorageFee: 0n,
}

function addGas(a: GasSummary, b: GasSummary): GasSummary {
  return {
    computationCost: a.computationCost + b.computationCost,
    storageCost: a.storageCost + b.storageCost,
    storageRebate: a.storageRebate + b.storageRebate,
    nonRefundableStorageFee: a.nonRefundableStorageFee + b.nonRefundableStorageFee,
  }
}

function epochText({ number, startMs, firstCheckpoint }: EpochInfo): string {
  return JSON.stringify([number, startMs, firstCheckpoint].map(String))
}

function parseEpoch(text: string): EpochInfo {
  const [number = '0', startMs = '0', firstCheckpoint = '0'] = JSON.parse(text) as string[]
  return epochInfo(BigInt(number), BigInt(startMs), BigInt(firstCheckpoint))
}

function epochInfo(number: bigint, startMs: bigint, firstCheckpoint: bigint): EpochInfo {
  return {
    number,
    startMs,
    firstCheckpoint,
    referenceGasPrice: GAS.referencePrice,
    protocolVersion: PROTOCOL_VERSION,
  }
}

/** One ledger's state. */
export class Chain {
  readonly objects: ObjectStore
  readonly history: HistoryStore
  readonly #database: Database
  #last: Checkpoint | undefined
  #transactionCount: number
  #epoch: EpochInfo | undefined
  #chainId: string | undefined

  constructor(path: string, cachedObjects: number) {
    this.#database = Database.open(path)
    this.objects = new ObjectStore(this.#database, cachedObjects)
    this.history = new HistoryStore(this.#database)
    this.#last = this.history.lastCheckpoint()
    this.#transactionCount = this.history.transactionCount
    const epoch = this.history.getMeta('epoch')
    this.#epoch = epoch === undefined ? undefined : parseEpoch(epoch)
    this.#chainId = this.history.checkpoint(0n)?.digest
  }

  close(): void {
    this.#database.close()
  }

  /** The newest checkpoint; undefined before genesis. */
  get last(): Checkpoint | undefined {
    return this.#last
  }

  get transactionCount(): number {
    return this.#transactionCount
  }

  /** @throws {SquidError} `GENESIS` when there is no genesis yet */
  get epoch(): EpochInfo {
    return this.#made(this.#epoch)
  }

  /** @throws {SquidError} `GENESIS` when there is no genesis yet */
  get chainId(): string {
    return this.#made(this.#chainId)
  }

  #made<T>(value: T | undefined): T {
    if (value === undefined) throw new SquidError('GENESIS', 'the ledger is empty: install a genesis first')
    return value
  }

  /** The first checkpoint. `packages` in the order in which they are to be loaded. */
  commitGenesis(
    transaction: FinishedTransaction,
    timestampMs: bigint,
    packages: readonly string[],
  ): ExecutedTransaction {
    const [executed] = this.#commit([transaction], timestampMs, epochInfo(0n, timestampMs, 0n), packages)
    return executed as ExecutedTransaction
  }

  /** Makes transactions final, in one checkpoint. */
  commit(transactions: readonly FinishedTransaction[], timestampMs: bigint): ExecutedTransaction[] {
    return this.#commit(transactions, timestampMs, undefined, undefined)
  }

  /** Makes the next epoch begin with this transaction. */
  commitEpoch(transaction: FinishedTransaction, timestampMs: bigint): ExecutedTransaction[] {
    const next = epochInfo(this.epoch.number + 1n, timestampMs, this.#nextSequence)
    return this.#commit([transaction], timestampMs, next, undefined)
  }

  get #nextSequence(): bigint {
    return this.#last === undefined ? 0n : this.#last.sequenceNumber + 1n
  }

  #commit(
    transactions: readonly FinishedTransaction[],
    timestampMs: bigint,
    epoch: EpochInfo | undefined,
    packages: readonly string[] | undefined,
  ): ExecutedTransaction[] {
    const checkpoint = this.#checkpointOf(transactions, timestampMs, epoch)
    try {
      this.#database.transact(() => {
        if (epoch !== undefined) this.history.setMeta('epoch', epochText(epoch))
        if (packages !== undefined) this.history.setMeta('packages', JSON.stringify(packages))
        transactions.forEach((transaction, i) => this.#write(transaction, checkpoint.sequenceNumber, i))
        this.history.addCheckpoint(checkpoint)
      })
    } catch (error) {
      this.objects.forget()
      throw error
    }
    this.#last = checkpoint
    this.#transactionCount += transactions.length
    this.#epoch = epoch ?? this.#epoch
    this.#chainId ??= checkpoint.digest
    return transactions.map(({ outcome, signatures }, indexInCheckpoint) => ({
      ...outcome,
      signatures,
      checkpoint: checkpoint.sequenceNumber,
      indexInCheckpoint,
    }))
  }

  #checkpointOf(
    transactions: readonly FinishedTransaction[],
    timestampMs: bigint,
    epoch: EpochInfo | undefined,
  ): Checkpoint {
    const number = (epoch ?? this.epoch).number
    const rolling = this.#last?.epoch === number ? this.#last.rollingGas : NO_GAS
    return createCheckpoint({
      epoch: number,
      sequenceNumber: this.#nextSequence,
      totalTransactions: BigInt(this.#transactionCount + transactions.length),
      previousDigest: this.#last?.digest,
      rollingGas: transactions.reduce((sum, { outcome }) => addGas(sum, outcome.gasUsed), rolling),
      timestampMs,
      transactions: transactions.map(({ outcome, signatures }) => ({
        digest: outcome.digest,
        effectsDigest: outcome.effectsDigest,
        signatures,
      })),
    })
  }

  #write(
    { outcome, sender, signatures, failureMessage }: FinishedTransaction,
    checkpoint: bigint,
    position: number,
  ): void {
    const version = BigInt(outcome.effects.lamportVersion)
    for (const change of outcome.changes) this.objects.write(change, version, outcome.digest)
    const sequence = this.#transactionCount + position
    const { digest, bytes, effectsBytes, effectsDigest, eventsBytes } = outcome
    this.history.addTransaction(
      {
        sequence,
        digest,
        checkpoint,
        position,
        sender,
        bytes,
        signatures,
        effectsBytes,
        effectsDigest,
        eventsBytes,
        failure: failureMessage,
      },
      outcome.events,
    )
  }
}
