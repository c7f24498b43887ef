/**
 * Effects, version 2: what a transaction did, as the official SDK's `bcs.TransactionEffects` has it.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { compareBytes } from '@squid/formats/bytes'
import { parseDigest, ZERO_DIGEST } from '../objects/digest.ts'
import type { LedgerObject, Owner } from '../objects/object.ts'
import type { GasSummary, ObjectChange } from '../ledger/results.ts'
import type { FailureStatus } from './execution-error.ts'
import type { TransactionEffectsV2 } from './transaction-effects.ts'

type SdkOwner = ReturnType<typeof bcs.Owner.parse>
type ChangedObject = TransactionEffectsV2['changedObjects'][number]

/** What effects are made of. */
export interface EffectsParts {
  readonly failure: { readonly status: FailureStatus; readonly command: number | undefined } | undefined
  readonly epoch: bigint
  readonly gas: GasSummary
  readonly transactionDigest: string
  readonly gasObjectId: string | undefined
  readonly eventsDigest: string | undefined
  readonly dependencies: Iterable<string>
  readonly lamportVersion: bigint
  /** By id. */
  readonly changes: readonly ObjectChange[]
  /** Shared objects that were only read, in the order of the inputs. */
  readonly readOnlyShared: readonly LedgerObject[]
}

/** The owner in the SDK's shape. */
function sdkOwner(owner: Owner): SdkOwner {
  switch (owner.kind) {
    case 'address':
      return { $kind: 'AddressOwner', AddressOwner: owner.address }
    case 'object':
      return { $kind: 'ObjectOwner', ObjectOwner: owner.parent }
    case 'shared':
      return { $kind: 'Shared', Shared: { initialSharedVersion: String(owner.initialSharedVersion) } }
    case 'immutable':
      return { $kind: 'Immutable', Immutable: true }
  }
}

function changedObject({ id, before, after, idOperation }: ObjectChange): ChangedObject {
  const inputState =
    before === undefined
      ? ({ $kind: 'NotExist', NotExist: true } as const)
      : ({
          $kind: 'Exist',
          Exist: [[String(before.version), before.digest], sdkOwner(before.owner)],
        } as const)
  return [
    id,
    {
      inputState,
      outputState: outputState(after),
      idOperation: ID_OPERATION[idOperation],
    } as ChangedObject[1],
  ]
}

function outputState(after: LedgerObject | undefined): object {
  if (after === undefined) return { $kind: 'NotExist', NotExist: true }
  if (after.data.kind === 'package')
    return { $kind: 'PackageWrite', PackageWrite: [String(after.version), after.digest] }
  return { $kind: 'ObjectWrite', ObjectWrite: [after.digest, sdkOwner(after.owner)] }
}

const ID_OPERATION = {
  none: { $kind: 'None', None: true },
  created: { $kind: 'Created', Created: true },
  deleted: { $kind: 'Deleted', Deleted: true },
} as const

/** Digests without doubles and without that of nothing, in the order of their bytes. */
function sortedDigests(digests: Iterable<string>): string[] {
  const distinct = new Set(digests)
  distinct.delete(ZERO_DIGEST)
  return [...distinct].sort((a, b) => compareBytes(parseDigest(a), parseDigest(b)))
}

function status(failed: EffectsParts['failure']): TransactionEffectsV2['status'] {
  if (failed === undefined) return { $kind: 'Success', Success: true }
  const command = failed.command === undefined ? null : String(failed.command)
  return { $kind: 'Failure', Failure: { error: failed.status, command } }
}

/** The effects in the SDK's shape. */
export function buildEffects(parts: EffectsParts): TransactionEffectsV2 {
  const gasIndex = parts.changes.findIndex(change => change.id === parts.gasObjectId)
  return {
    status: status(parts.failure),
    executedEpoch: String(parts.epoch),
    gasUsed: {
      computationCost: String(parts.gas.computationCost),
      storageCost: String(parts.gas.storageCost),
      storageRebate: String(parts.gas.storageRebate),
      nonRefundableStorageFee: String(parts.gas.nonRefundableStorageFee),
    },
    transactionDigest: parts.transactionDigest,
    gasObjectIndex: gasIndex < 0 ? null : gasIndex,
    eventsDigest: parts.eventsDigest ?? null,
    dependencies: sortedDigests(parts.dependencies),
    lamportVersion: String(parts.lamportVersion),
    changedObjects: parts.changes.map(changedObject),
    unchangedConsensusObjects: parts.readOnlyShared.map(({ id, version, digest }) => [
      id,
      { $kind: 'ReadOnlyRoot', ReadOnlyRoot: [String(version), digest] },
    ]),
    auxDataDigest: null,
  }
}

/** BCS of the effects. */
export function encodeEffects(effects: TransactionEffectsV2): Uint8Array {
  return bcs.TransactionEffects.serialize({ V2: effects }).toBytes()
}

/** The effects in BCS. */
export function parseEffects(bytes: Uint8Array): TransactionEffectsV2 {
  const { V2 } = bcs.TransactionEffects.parse(bytes)
  if (V2 === undefined) throw new TypeError('stored effects are not version 2')
  return V2
}
