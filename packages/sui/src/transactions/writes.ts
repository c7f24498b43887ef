/**
 * From what a run did to objects to new object versions: sizes, storage costs and rebates, owners, versions.
 * @module
 */
import { compareBytes } from '@squid/formats/bytes'
import type { DatatypeType, Type, Value } from '@squid/move/vm'
import { ABILITY, hasAbilities } from '@squid/move/binary'
import { failure } from '../effects/failure.ts'
import { storageCost } from '../gas/storage.ts'
import type { ObjectChange } from '../ledger/results.ts'
import { addressBytes } from '../objects/address.ts'
import { chargedBytes, sealObject } from '../objects/encode.ts'
import type { LedgerObject, Owner } from '../objects/object.ts'
import { encodeObjectType } from '../objects/type-tag.ts'
import { LIMITS } from '../protocol.ts'
import type { NewOwner, ObjectResults } from '../runtime/object-runtime.ts'

/** An object that will be written; `contents` may still change (gas). */
interface DraftObject {
  readonly owner: NewOwner
  readonly type: DatatypeType
  readonly objectType: Uint8Array
  contents: Uint8Array
  rebate: bigint
}

/** Everything that a transaction changes, before versions and digests. */
export interface Draft {
  readonly written: Map<string, DraftObject>
  /** Stored versions that are used up. */
  readonly consumed: Map<string, LedgerObject>
  readonly created: ReadonlySet<string>
  readonly deleted: Set<string>
  readonly unchangedChildren: readonly LedgerObject[]
}

const objectTypes = new WeakMap<DatatypeType, Uint8Array>()

/** BCS of the object's type, made once for each type. */
export function objectTypeBytes(type: DatatypeType): Uint8Array {
  let bytes = objectTypes.get(type)
  if (bytes === undefined) objectTypes.set(type, (bytes = encodeObjectType(type)))
  return bytes
}

/** An object as a draft. */
function draftObject(owner: NewOwner, type: DatatypeType, contents: Uint8Array): DraftObject {
  return { owner, type, objectType: objectTypeBytes(type), contents, rebate: 0n }
}

function assertSizes(written: ReadonlyMap<string, DraftObject>): void {
  let total = 0
  for (const [id, { contents, type }] of written) {
    if (contents.length > LIMITS.objectBytes) {
      const payload = { objectSize: String(contents.length), maxObjectSize: String(LIMITS.objectBytes) }
      throw failure(
        'MoveObjectTooBig',
        `object ${id} of ${type.key} has ${contents.length} bytes; the limit is ${LIMITS.objectBytes}`,
        payload,
      )
    }
    total += contents.length
  }
  if (total > LIMITS.writtenBytes) {
    const payload = { currentSize: String(total), maxSize: String(LIMITS.writtenBytes) }
    throw failure(
      'WrittenObjectsTooLarge',
      `the transaction writes ${total} bytes; the limit is ${LIMITS.writtenBytes}`,
      payload,
    )
  }
}

/**
 * The draft of a successful run.
 * @param inputs objects that the transaction may change
 * @throws {TransactionFailure} `MoveObjectTooBig`, `WrittenObjectsTooLarge`
 */
export function draftOfResults(
  results: ObjectResults,
  inputs: readonly LedgerObject[],
  encode: (type: Type, value: Value) => Uint8Array,
): Draft {
  const written = new Map<string, DraftObject>()
  for (const [id, { owner, type, value }] of results.writes)
    written.set(id, draftObject(owner, type, encode(type, value)))
  assertSizes(written)
  const consumed = new Map(results.consumed)
  for (const input of inputs) consumed.set(input.id, input)
  const { created, deleted, unchangedChildren } = results
  return { written, consumed, created, deleted: new Set(deleted), unchangedChildren }
}

function keptOwner(owner: Owner): NewOwner {
  return owner.kind === 'shared' ? { kind: 'shared' } : owner
}

/** The draft of a failed run: what it could have changed gets a new version, and nothing else happens. */
export function draftOfInputs(inputs: readonly LedgerObject[], type: (text: string) => DatatypeType): Draft {
  const written = new Map<string, DraftObject>()
  for (const { id, owner, data } of inputs) {
    if (data.kind === 'move') written.set(id, draftObject(keptOwner(owner), type(data.type), data.contents))
  }
  const consumed = new Map(inputs.map(input => [input.id, input]))
  return { written, consumed, created: new Set(), deleted: new Set(), unchangedChildren: [] }
}

/** Charges storage: sets the rebate of every written object and returns the sums, in MIST. */
export function chargeStorage(draft: Draft): { readonly cost: bigint; readonly rebates: bigint } {
  let cost = 0n
  for (const object of draft.written.values()) {
    object.rebate = storageCost(chargedBytes(object.contents, object.objectType))
    cost += object.rebate
  }
  return { cost, rebates: rebatesOf(draft.consumed) }
}

function rebatesOf(consumed: ReadonlyMap<string, LedgerObject>): bigint {
  let sum = 0n
  for (const object of consumed.values()) sum += object.storageRebate
  return sum
}

/** Charges nothing: objects keep the rebates that they had. */
export function keepRebates(draft: Draft): void {
  for (const [id, object] of draft.written) object.rebate = draft.consumed.get(id)?.storageRebate ?? 0n
}

function sealedOwner(owner: NewOwner, before: LedgerObject | undefined, version: bigint): Owner {
  if (owner.kind !== 'shared') return owner
  return before?.owner.kind === 'shared' ? before.owner : { kind: 'shared', initialSharedVersion: version }
}

/** Gives the draft's objects their version, digest and owner; in the order of ids. */
export function sealDraft(draft: Draft, version: bigint, transactionDigest: string): ObjectChange[] {
  const ids = new Set([...draft.written.keys(), ...draft.consumed.keys(), ...draft.created, ...draft.deleted])
  return [...ids].sort(compareIds).map(id => {
    const before = draft.consumed.get(id)
    const object = draft.written.get(id)
    const after = object === undefined ? undefined : sealed(id, object, before, version, transactionDigest)
    const idOperation = draft.created.has(id) ? 'created' : draft.deleted.has(id) ? 'deleted' : 'none'
    return { id, before, after, idOperation }
  })
}

/** Canonical ids compare like their bytes. */
function compareIds(a: string, b: string): number {
  if (a.length !== b.length) return compareBytes(addressBytes(a), addressBytes(b))
  return a < b ? -1 : 1
}

function sealed(
  id: string,
  object: DraftObject,
  before: LedgerObject | undefined,
  version: bigint,
  transactionDigest: string,
): LedgerObject {
  return sealObject({
    id,
    version,
    owner: sealedOwner(object.owner, before, version),
    previousTransaction: transactionDigest,
    storageRebate: object.rebate,
    objectType: object.objectType,
    data: {
      kind: 'move',
      type: object.type.key,
      hasPublicTransfer: hasAbilities(object.type.abilities, ABILITY.store),
      contents: object.contents,
    },
  })
}
