/**
 * Blob objects as they lie on the ledger.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { deriveDynamicFieldID } from '@mysten/sui/utils'
import type { Ledger, LedgerObject } from '@squid/sui/ledger'
import { type BlobId, blobIdOfInteger } from './blob-id.ts'

/** `walrus::blob::Blob`. */
const Blob = bcs.struct('Blob', {
  id: bcs.Address,
  registeredEpoch: bcs.u32(),
  blobId: bcs.u256(),
  size: bcs.u64(),
  encodingType: bcs.u8(),
  certifiedEpoch: bcs.option(bcs.u32()),
  storage: bcs.struct('Storage', {
    id: bcs.Address,
    startEpoch: bcs.u32(),
    endEpoch: bcs.u32(),
    storageSize: bcs.u64(),
  }),
  deletable: bcs.bool(),
})

/** `walrus::shared_blob::SharedBlob`. */
const SharedBlob = bcs.struct('SharedBlob', { id: bcs.Address, blob: Blob, funds: bcs.u64() })

const AttributesField = bcs.struct('Field', {
  id: bcs.Address,
  name: bcs.byteVector(),
  value: bcs.vector(bcs.struct('Entry', { key: bcs.string(), value: bcs.string() })),
})

const ATTRIBUTES = bcs.string().serialize('metadata').toBytes()

/** A blob object. */
export interface BlobObject {
  readonly id: string
  readonly blobId: BlobId
  /** Unencoded bytes. */
  readonly size: number
  /** 1: RS2, the only one in use. */
  readonly encodingType: number
  readonly registeredEpoch: number
  readonly certifiedEpoch: number | null
  readonly deletable: boolean
  readonly storage: {
    readonly id: string
    readonly startEpoch: number
    /** First epoch that is not paid for. */
    readonly endEpoch: number
    /** Encoded bytes. */
    readonly storageSize: number
  }
}

/** The blob in an object, which is one or a shared one; undefined when it is neither. */
export function readBlobObject({ data }: LedgerObject, packageId: string): BlobObject | undefined {
  if (data.kind !== 'move') return undefined
  if (data.type === `${packageId}::blob::Blob`) return blobObject(Blob.parse(data.contents))
  if (data.type === `${packageId}::shared_blob::SharedBlob`)
    return blobObject(SharedBlob.parse(data.contents).blob)
  return undefined
}

function blobObject(blob: typeof Blob.$inferType): BlobObject {
  return {
    ...blob,
    blobId: blobIdOfInteger(BigInt(blob.blobId)),
    size: Number(blob.size),
    storage: { ...blob.storage, storageSize: Number(blob.storage.storageSize) },
  }
}

/** What is known of a blob by its object. */
export interface BlobOfObject {
  readonly blobId: BlobId
  readonly attributes: ReadonlyMap<string, string>
}

/** The blob that an object, a blob or a shared one, stands for; undefined when it is no such object. */
export function blobOfObject(
  ledger: Pick<Ledger, 'object'>,
  packageId: string,
  objectId: string,
): BlobOfObject | undefined {
  const object = ledger.object(objectId)
  const blob = object && readBlobObject(object, packageId)
  if (!blob) return undefined
  const field = ledger.object(deriveDynamicFieldID(blob.id, 'vector<u8>', ATTRIBUTES))
  const entries = field?.data.kind === 'move' ? AttributesField.parse(field.data.contents).value : []
  return {
    blobId: blob.blobId,
    attributes: new Map(entries.map(({ key, value }) => [key, value])),
  }
}
