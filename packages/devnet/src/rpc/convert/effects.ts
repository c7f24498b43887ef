/**
 * Transaction effects, from the ledger's BCS form to the RPC's.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type {
  GasSummary,
  LedgerObject,
  TransactionEffectsV2 as Effects,
  TransactionOutcome,
} from '@squid/sui/ledger'
import type { Draft } from '../web/method.ts'
import { writeStatus } from './execution-status.ts'
import { writeBcsOwner } from './owner.ts'
import { writeType } from './type-name.ts'

type Change = Effects['changedObjects'][number]
type Unchanged = Effects['unchangedConsensusObjects'][number]

const {
  ChangedObject_InputObjectState: INPUT,
  ChangedObject_OutputObjectState: OUTPUT,
  ChangedObject_IdOperation: OPERATION,
  UnchangedConsensusObject_UnchangedConsensusObjectKind: UNCHANGED,
} = GrpcTypes

export function writeEffects(outcome: TransactionOutcome): Draft<GrpcTypes.TransactionEffects> {
  const { effects } = outcome
  const types = new Map(outcome.changes.map(({ id, before, after }) => [id, typeOf(after ?? before)]))
  const changedObjects = effects.changedObjects.map(change =>
    writeChange(change, effects.lamportVersion, types.get(change[0])),
  )
  return {
    bcs: { name: 'TransactionEffects', value: outcome.effectsBytes },
    digest: outcome.effectsDigest,
    version: 2,
    status: writeStatus(outcome.error),
    epoch: BigInt(effects.executedEpoch),
    gasUsed: writeGasUsed(outcome.gasUsed),
    transactionDigest: effects.transactionDigest,
    gasObject: effects.gasObjectIndex === null ? undefined : changedObjects[effects.gasObjectIndex],
    eventsDigest: effects.eventsDigest ?? undefined,
    dependencies: effects.dependencies,
    lamportVersion: BigInt(effects.lamportVersion),
    changedObjects,
    unchangedConsensusObjects: effects.unchangedConsensusObjects.map(writeUnchanged),
    auxiliaryDataDigest: effects.auxDataDigest ?? undefined,
    unchangedLoadedRuntimeObjects: outcome.unchangedLoadedObjects.map(({ id, version, digest }) => ({
      objectId: id,
      version,
      digest,
    })),
  }
}

export function writeGasUsed(gas: GasSummary): Draft<GrpcTypes.GasCostSummary> {
  const { computationCost, storageCost, storageRebate, nonRefundableStorageFee } = gas
  return { computationCost, storageCost, storageRebate, nonRefundableStorageFee }
}

/** Type name of an object on the wire, `package` for packages. */
export function typeOf(object: LedgerObject | undefined): string | undefined {
  if (object === undefined) return undefined
  return object.data.kind === 'package' ? 'package' : writeType(object.data.type)
}

function writeChange(
  [objectId, change]: Change,
  lamportVersion: string,
  objectType: string | undefined,
): Draft<GrpcTypes.ChangedObject> {
  return {
    objectId,
    ...writeInput(change.inputState),
    ...writeOutput(change.outputState, lamportVersion),
    idOperation: { None: OPERATION.NONE, Created: OPERATION.CREATED, Deleted: OPERATION.DELETED }[
      change.idOperation.$kind
    ],
    objectType,
  }
}

function writeInput(state: Change[1]['inputState']): Draft<GrpcTypes.ChangedObject> {
  if (!state.Exist) return { inputState: INPUT.DOES_NOT_EXIST }
  const [[version, digest], owner] = state.Exist
  return {
    inputState: INPUT.EXISTS,
    inputVersion: BigInt(version),
    inputDigest: digest,
    inputOwner: writeBcsOwner(owner),
  }
}

/** Every object that a transaction writes gets its lamport version; packages carry their own. */
function writeOutput(
  state: Change[1]['outputState'],
  lamportVersion: string,
): Draft<GrpcTypes.ChangedObject> {
  if (state.ObjectWrite) {
    const [digest, owner] = state.ObjectWrite
    return {
      outputState: OUTPUT.OBJECT_WRITE,
      outputVersion: BigInt(lamportVersion),
      outputDigest: digest,
      outputOwner: writeBcsOwner(owner),
    }
  }
  if (state.PackageWrite) {
    const [version, digest] = state.PackageWrite
    return {
      outputState: OUTPUT.PACKAGE_WRITE,
      outputVersion: BigInt(version),
      outputDigest: digest,
      outputOwner: { kind: GrpcTypes.Owner_OwnerKind.IMMUTABLE },
    }
  }
  return { outputState: OUTPUT.DOES_NOT_EXIST }
}

function writeUnchanged([objectId, kind]: Unchanged): Draft<GrpcTypes.UnchangedConsensusObject> {
  if (kind.ReadOnlyRoot) {
    const [version, digest] = kind.ReadOnlyRoot
    return { kind: UNCHANGED.READ_ONLY_ROOT, objectId, version: BigInt(version), digest }
  }
  if (kind.MutateConsensusStreamEnded !== undefined)
    return {
      kind: UNCHANGED.MUTATE_CONSENSUS_STREAM_ENDED,
      objectId,
      version: BigInt(kind.MutateConsensusStreamEnded),
    }
  if (kind.ReadConsensusStreamEnded !== undefined)
    return {
      kind: UNCHANGED.READ_CONSENSUS_STREAM_ENDED,
      objectId,
      version: BigInt(kind.ReadConsensusStreamEnded),
    }
  if (kind.Cancelled !== undefined)
    return { kind: UNCHANGED.CANCELED, objectId, version: BigInt(kind.Cancelled) }
  return { kind: UNCHANGED.PER_EPOCH_CONFIG, objectId }
}
