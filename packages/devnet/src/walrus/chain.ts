/**
 * What the storage nodes know of the ledger: the epoch, and who registered which blob until when. Built from the
 * events of `walrus::events`, first those of the past, then each as it happens.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import type { Ledger } from '@squid/sui/ledger'
import { type BlobId, blobIdOfInteger } from './blob-id.ts'

/** One blob object on the ledger, on its own or in a storage pool. */
export interface Registration {
  readonly objectId: string
  readonly deletable: boolean
  /** Unencoded bytes. */
  readonly size: number
  readonly registeredEpoch: number
  /** First epoch that is not paid for. */
  endEpoch: number
  certifiedEpoch: number | undefined
  /** The event that changed it last. */
  event: { readonly txDigest: string; readonly eventSeq: string }
}

/** What the nodes ask the ledger. */
export interface Chain {
  readonly epoch: number
  /** Blob objects that are paid for and not deleted. */
  registrations(id: BlobId): readonly Registration[]
  /** All blobs that have such an object. */
  isLive(id: BlobId): boolean
  /** Calls `listener` when blobs may have expired or been deleted. */
  onRetired(listener: () => void): void
  /** Lets go of the ledger. */
  close(): void
}

const BlobRegistered = bcs.struct('BlobRegistered', {
  epoch: bcs.u32(),
  blobId: bcs.u256(),
  size: bcs.u64(),
  encodingType: bcs.u8(),
  endEpoch: bcs.u32(),
  deletable: bcs.bool(),
  objectId: bcs.Address,
})
const BlobCertified = bcs.struct('BlobCertified', {
  epoch: bcs.u32(),
  blobId: bcs.u256(),
  endEpoch: bcs.u32(),
  deletable: bcs.bool(),
  objectId: bcs.Address,
  isExtension: bcs.bool(),
})
const BlobDeleted = bcs.struct('BlobDeleted', {
  epoch: bcs.u32(),
  blobId: bcs.u256(),
  endEpoch: bcs.u32(),
  objectId: bcs.Address,
  wasCertified: bcs.bool(),
})
const StoragePoolCreated = bcs.struct('StoragePoolCreated', {
  epoch: bcs.u32(),
  poolId: bcs.Address,
  capacity: bcs.u64(),
  startEpoch: bcs.u32(),
  endEpoch: bcs.u32(),
})
const StoragePoolExtended = bcs.struct('StoragePoolExtended', {
  epoch: bcs.u32(),
  poolId: bcs.Address,
  endEpoch: bcs.u32(),
})
const PooledBlobRegistered = bcs.struct('PooledBlobRegistered', {
  epoch: bcs.u32(),
  blobId: bcs.u256(),
  size: bcs.u64(),
  encodingType: bcs.u8(),
  deletable: bcs.bool(),
  objectId: bcs.Address,
  poolId: bcs.Address,
})
const PooledBlobCertified = bcs.struct('PooledBlobCertified', {
  epoch: bcs.u32(),
  blobId: bcs.u256(),
  deletable: bcs.bool(),
  objectId: bcs.Address,
  poolId: bcs.Address,
})
const PooledBlobDeleted = bcs.struct('PooledBlobDeleted', {
  epoch: bcs.u32(),
  blobId: bcs.u256(),
  objectId: bcs.Address,
  wasCertified: bcs.bool(),
  poolId: bcs.Address,
})
const EpochChangeDone = bcs.struct('EpochChangeDone', { epoch: bcs.u32() })

/** A storage pool: what is in it ends with it. */
interface Pool {
  endEpoch: number
  readonly blobs: Set<Registration>
}

interface WalrusEvent {
  readonly type: string
  readonly contents: Uint8Array
}

/** The ledger's events, folded. */
export class EventChain implements Chain {
  readonly #module: string
  readonly #blobs = new Map<BlobId, Map<string, Registration>>()
  readonly #pools = new Map<string, Pool>()
  readonly #listeners: (() => void)[] = []
  readonly #unsubscribe: () => void
  #epoch = 0

  /** Reads the past and follows the future. */
  constructor(ledger: Pick<Ledger, 'events' | 'subscribe'>, packageId: string) {
    this.#module = `${packageId}::events`
    let cursor: string | undefined
    do {
      const page = ledger.events({ type: this.#module }, { cursor, limit: 1000 })
      for (const event of page.items) this.#apply(event, event.transactionDigest, event.index)
      cursor = page.cursor
    } while (cursor !== undefined)
    this.#unsubscribe = ledger.subscribe(transaction => {
      transaction.events.forEach((event, index) => this.#apply(event, transaction.digest, index))
    })
  }

  get epoch(): number {
    return this.#epoch
  }

  registrations(id: BlobId): readonly Registration[] {
    return [...(this.#blobs.get(id)?.values() ?? [])].filter(({ endEpoch }) => this.#epoch < endEpoch)
  }

  isLive(id: BlobId): boolean {
    return this.registrations(id).length > 0
  }

  onRetired(listener: () => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#unsubscribe()
  }

  #apply({ type, contents }: WalrusEvent, txDigest: string, index: number): void {
    if (!type.startsWith(`${this.#module}::`)) return
    const event = { txDigest, eventSeq: String(index) }
    switch (type.slice(this.#module.length + 2)) {
      case 'BlobRegistered':
        this.#register(BlobRegistered.parse(contents), event)
        return
      case 'BlobCertified':
        return this.#certify(BlobCertified.parse(contents), event)
      case 'BlobDeleted':
        return this.#delete(BlobDeleted.parse(contents))
      case 'StoragePoolCreated': {
        const { poolId, endEpoch } = StoragePoolCreated.parse(contents)
        this.#pools.set(poolId, { endEpoch, blobs: new Set() })
        return
      }
      case 'StoragePoolExtended':
        return this.#extendPool(StoragePoolExtended.parse(contents))
      case 'PooledBlobRegistered':
        return this.#registerPooled(PooledBlobRegistered.parse(contents), event)
      case 'PooledBlobCertified':
        return this.#certifyPooled(PooledBlobCertified.parse(contents), event)
      case 'PooledBlobDeleted':
        return this.#deletePooled(PooledBlobDeleted.parse(contents))
      case 'EpochChangeDone':
        this.#epoch = EpochChangeDone.parse(contents).epoch
        return this.#retire()
    }
  }

  #register(
    registered: Omit<typeof BlobRegistered.$inferType, 'encodingType'>,
    event: Registration['event'],
  ): Registration {
    const id = blobIdOfInteger(BigInt(registered.blobId))
    const objects = this.#blobs.get(id) ?? new Map<string, Registration>()
    this.#blobs.set(id, objects)
    const registration: Registration = {
      objectId: registered.objectId,
      deletable: registered.deletable,
      size: Number(registered.size),
      registeredEpoch: registered.epoch,
      endEpoch: registered.endEpoch,
      certifiedEpoch: undefined,
      event,
    }
    objects.set(registered.objectId, registration)
    return registration
  }

  #registration(blobId: string, objectId: string): Registration | undefined {
    return this.#blobs.get(blobIdOfInteger(BigInt(blobId)))?.get(objectId)
  }

  #certify(certified: typeof BlobCertified.$inferType, event: Registration['event']): void {
    const registration = this.#registration(certified.blobId, certified.objectId)
    if (!registration) return
    registration.certifiedEpoch ??= certified.epoch
    registration.endEpoch = certified.endEpoch
    registration.event = event
  }

  #delete(deleted: { readonly blobId: string; readonly objectId: string }): void {
    this.#blobs.get(blobIdOfInteger(BigInt(deleted.blobId)))?.delete(deleted.objectId)
    this.#retire()
  }

  #extendPool({ poolId, endEpoch }: typeof StoragePoolExtended.$inferType): void {
    const pool = this.#pools.get(poolId)
    if (!pool) return
    pool.endEpoch = endEpoch
    for (const registration of pool.blobs) registration.endEpoch = endEpoch
  }

  #registerPooled(registered: typeof PooledBlobRegistered.$inferType, event: Registration['event']): void {
    const pool = this.#pools.get(registered.poolId)
    if (pool) pool.blobs.add(this.#register({ ...registered, endEpoch: pool.endEpoch }, event))
  }

  #certifyPooled(certified: typeof PooledBlobCertified.$inferType, event: Registration['event']): void {
    const registration = this.#registration(certified.blobId, certified.objectId)
    if (!registration) return
    registration.certifiedEpoch ??= certified.epoch
    registration.event = event
  }

  #deletePooled(deleted: typeof PooledBlobDeleted.$inferType): void {
    const registration = this.#registration(deleted.blobId, deleted.objectId)
    if (registration) this.#pools.get(deleted.poolId)?.blobs.delete(registration)
    this.#delete(deleted)
  }

  /** Forgets what expired, then tells. */
  #retire(): void {
    for (const [id, objects] of this.#blobs) {
      for (const [objectId, { endEpoch }] of objects) if (endEpoch <= this.#epoch) objects.delete(objectId)
      if (objects.size === 0) this.#blobs.delete(id)
    }
    for (const [id, { endEpoch }] of this.#pools) if (endEpoch <= this.#epoch) this.#pools.delete(id)
    for (const listener of this.#listeners) listener()
  }
}
