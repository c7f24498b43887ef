/**
 * What native functions see of the transaction that is running.
 * @module
 */
import { blake2b256 } from '../objects/digest.ts'
import { addressBytes, formatAddress } from '../objects/address.ts'
import type { EventLog } from '../events/event-log.ts'
import type { ObjectRuntime } from './object-runtime.ts'

/** Facts about a transaction that `TxContext` tells to Move. */
export interface TransactionFacts {
  readonly sender: string
  /** 32 bytes. */
  readonly digest: Uint8Array
  readonly epoch: bigint
  readonly epochStartMs: bigint
  readonly referenceGasPrice: bigint
  readonly gasPrice: bigint
  readonly gasBudget: bigint
  /** Who pays, when that is not the sender. */
  readonly sponsor: string | undefined
}

/** Domain of ids that are derived from a transaction: `HashingIntentScope::RegularObjectId`. */
const REGULAR_OBJECT_ID = Uint8Array.of(0xf1)

/** The id that the `index`-th request of a transaction gets. */
export function deriveObjectId(digest: Uint8Array, index: bigint): string {
  const counter = new Uint8Array(8)
  new DataView(counter.buffer).setBigUint64(0, index, true)
  return formatAddress(blake2b256(REGULAR_OBJECT_ID, digest, counter))
}

/** One running transaction. */
export class ExecutionContext {
  readonly transaction: TransactionFacts
  readonly objects: ObjectRuntime
  readonly events: EventLog
  #idsCreated: bigint

  /** @param idsCreated how many ids the transaction made before */
  constructor(transaction: TransactionFacts, objects: ObjectRuntime, events: EventLog, idsCreated = 0n) {
    this.transaction = transaction
    this.objects = objects
    this.events = events
    this.#idsCreated = idsCreated
  }

  /** How many ids were made. */
  get idsCreated(): bigint {
    return this.#idsCreated
  }

  /** A new id, recorded as such. */
  freshId(): string {
    const id = deriveObjectId(this.transaction.digest, this.#idsCreated)
    this.#idsCreated += 1n
    this.objects.newId(id)
    return id
  }
}

/** Domain of ids of dynamic fields: `HashingIntentScope::ChildObjectId`. */
const CHILD_OBJECT_ID = Uint8Array.of(0xf0)

/**
 * The id of a dynamic field.
 * @param keyType BCS of the key's `TypeTag`
 * @param key BCS of the key
 */
export function deriveFieldId(parent: string, keyType: Uint8Array, key: Uint8Array): string {
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(key.length), true)
  return formatAddress(blake2b256(CHILD_OBJECT_ID, addressBytes(parent), length, key, keyType))
}
