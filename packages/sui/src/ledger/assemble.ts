/**
 * From what is computed or stored to what the ledger hands out.
 * @module
 */
import { describeFailure, type FindModule } from '../effects/describe-failure.ts'
import { parseEffects } from '../effects/build.ts'
import type { ExecutionError } from '../effects/execution-error.ts'
import type { TransactionEffectsV2 } from '../effects/transaction-effects.ts'
import type { LedgerObject } from '../objects/object.ts'
import { KNOWN_TYPE } from '../objects/type-tag.ts'
import { balanceOfContents } from '../ptb/coin.ts'
import type { StoredTransaction } from '../store/history-store.ts'
import type { Execution } from '../transactions/execute.ts'
import type {
  BalanceChange,
  ExecutedTransaction,
  GasSummary,
  LedgerEvent,
  ObjectChange,
  TransactionOutcome,
} from './results.ts'

const COIN_PREFIX = `${KNOWN_TYPE.coin}<`

function addBalance(sums: Map<string, bigint>, object: LedgerObject | undefined, sign: 1n | -1n): void {
  if (
    object?.data.kind !== 'move' ||
    object.owner.kind !== 'address' ||
    !object.data.type.startsWith(COIN_PREFIX)
  )
    return
  const key = `${object.owner.address} ${object.data.type.slice(COIN_PREFIX.length, -1)}`
  sums.set(key, (sums.get(key) ?? 0n) + sign * balanceOfContents(object.data.contents))
}

/** What each address gained or lost in coins, ordered by address and type. */
function balanceChangesOf(changes: readonly ObjectChange[]): BalanceChange[] {
  const sums = new Map<string, bigint>()
  for (const { before, after } of changes) {
    addBalance(sums, before, -1n)
    addBalance(sums, after, 1n)
  }
  return [...sums]
    .filter(([, amount]) => amount !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, amount]) => ({ address: key.slice(0, 66), coinType: key.slice(67), amount }))
}

/** The outcome of a run. */
export function outcomeOf(
  execution: Execution,
  transaction: { readonly digest: string; readonly bytes: Uint8Array; readonly timestampMs: bigint },
  findModule: FindModule,
): TransactionOutcome {
  const { failure, changes } = execution
  return {
    ...transaction,
    effects: execution.effects,
    effectsBytes: execution.effectsBytes,
    effectsDigest: execution.effectsDigest,
    gasUsed: execution.gasUsed,
    error:
      failure === undefined
        ? undefined
        : describeFailure(
            { status: failure.cause.status, message: failure.cause.message, command: failure.command },
            findModule,
          ),
    events: execution.events,
    eventsBytes: execution.eventsBytes,
    changes,
    balanceChanges: balanceChangesOf(changes),
    unchangedLoadedObjects: execution.unchangedLoadedObjects,
  }
}

/** What stored transactions are completed with. */
export interface HistoryDeps {
  readonly objectAt: (id: string, version: bigint) => LedgerObject | undefined
  readonly eventsOf: (sequence: number) => LedgerEvent[]
  readonly timestampOf: (checkpoint: bigint) => bigint
  readonly findModule: FindModule
}

function gasOf({ gasUsed }: TransactionEffectsV2): GasSummary {
  return {
    computationCost: BigInt(gasUsed.computationCost),
    storageCost: BigInt(gasUsed.storageCost),
    storageRebate: BigInt(gasUsed.storageRebate),
    nonRefundableStorageFee: BigInt(gasUsed.nonRefundableStorageFee),
  }
}

const ID_OPERATION = { None: 'none', Created: 'created', Deleted: 'deleted' } as const

function changesOf(effects: TransactionEffectsV2, deps: HistoryDeps): ObjectChange[] {
  return effects.changedObjects.map(([id, { inputState, outputState, idOperation }]) => {
    const before =
      inputState.Exist === undefined ? undefined : deps.objectAt(id, BigInt(inputState.Exist[0][0]))
    const version = outputState.PackageWrite?.[0] ?? effects.lamportVersion
    const after = outputState.$kind === 'NotExist' ? undefined : deps.objectAt(id, BigInt(version))
    return { id, before, after, idOperation: ID_OPERATION[idOperation.$kind] }
  })
}

function errorOf(
  effects: TransactionEffectsV2,
  message: string | undefined,
  findModule: FindModule,
): ExecutionError | undefined {
  const failed = effects.status.Failure
  if (failed === undefined) return undefined
  const command = failed.command === null ? undefined : Number(failed.command)
  return describeFailure(
    { status: failed.error, message: message ?? failed.error.$kind, command },
    findModule,
  )
}

/** A transaction out of the history. */
export function restoreTransaction(stored: StoredTransaction, deps: HistoryDeps): ExecutedTransaction {
  const effects = parseEffects(stored.effectsBytes)
  const changes = changesOf(effects, deps)
  return {
    digest: stored.digest,
    bytes: stored.bytes,
    signatures: stored.signatures,
    effects,
    effectsBytes: stored.effectsBytes,
    effectsDigest: stored.effectsDigest,
    gasUsed: gasOf(effects),
    error: errorOf(effects, stored.failure, deps.findModule),
    events: effects.eventsDigest === null ? [] : deps.eventsOf(stored.sequence),
    eventsBytes: stored.eventsBytes,
    changes,
    balanceChanges: balanceChangesOf(changes),
    unchangedLoadedObjects: [],
    timestampMs: deps.timestampOf(stored.checkpoint),
    checkpoint: stored.checkpoint,
    indexInCheckpoint: stored.position,
  }
}
