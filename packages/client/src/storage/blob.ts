/**
 * What is read, and how it can fail.
 * @module
 */
import { MAX_STORED_RAW_BYTES } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { MAX_PACK_BYTES } from '@squid/formats/pack'

import type { StorageNode } from './committee.ts'
import { blobGeometry, type BlobGeometry, shardRotation } from './layout.ts'

/** A range of a blob. `blobId` has 32 bytes; `blobSize` is the unencoded length of the whole blob. */
export interface BlobRange {
  readonly blobId: Uint8Array
  readonly blobSize: number
  readonly offset: number
  readonly length: number
  /** Longest range that makes sense to the caller; default one chunk's. */
  readonly maxLength?: number
}

/** A blob that something is read of. */
export interface Blob {
  readonly id: Uint8Array
  readonly geometry: BlobGeometry
  /** Names blob and size. */
  readonly key: string
  /** By how many shards its slivers are rotated. */
  readonly rotation: number
}

export function blobOf({ blobId, blobSize }: BlobRange, shards: number): Blob {
  return {
    id: blobId,
    geometry: blobGeometry(blobSize, shards),
    key: `${Buffer.from(blobId).toString('base64url')}/${blobSize}`,
    rotation: shardRotation(blobId, shards),
  }
}

/** Too few honest, living nodes to get the bytes. */
export class BlobUnavailableError extends SquidError {
  override name = 'BlobUnavailableError'
  /** Wrong bytes, and not just silence, keep it back. */
  readonly isByLiars: boolean

  constructor(message: string, options: ErrorOptions & { readonly isByLiars?: boolean } = {}) {
    super('BLOB_UNAVAILABLE', message, options)
    this.isByLiars = options.isByLiars ?? false
  }
}

/** The blob is there, but it does not hold what was looked for. */
export class BlobContentError extends SquidError {
  override name = 'BlobContentError'
}

/** @throws {SquidError} `BLOB_RANGE` */
export function assertRange(range: BlobRange): void {
  const { blobId, blobSize, offset, length, maxLength = MAX_STORED_RAW_BYTES } = range
  const inside =
    blobId.length === 32 &&
    offset >= 0 &&
    length > 0 &&
    length <= maxLength &&
    offset + length <= blobSize &&
    blobSize <= MAX_PACK_BYTES
  if (!inside)
    throw new SquidError(
      'BLOB_RANGE',
      `The Space's index names bytes ${offset} to ${offset + length} of a Walrus blob of ${blobSize} bytes, which no pack has; ask its publisher to publish again`,
    )
}

export function otherContent({ blobId, offset, length }: BlobRange): BlobContentError {
  return new BlobContentError(
    'BLOB_CONTENT',
    `Bytes ${offset} to ${offset + length} of Walrus blob ${textOf(blobId)} are not what the Space's index says; ask its publisher to publish again`,
  )
}

export function otherSize(blobId: Uint8Array, said: number, size: number): BlobContentError {
  return new BlobContentError(
    'BLOB_CONTENT',
    `Walrus blob ${textOf(blobId)} has ${size} bytes and not ${said}, as the Space's index says; ask its publisher to publish again`,
  )
}

export function manyLiars(blobId: Uint8Array): BlobUnavailableError {
  return unavailable(blobId, 'several storage nodes give wrong bytes for it; try again later', true)
}

/** Nobody gave the hashes that tell right slivers from wrong ones. */
export function noMetadata(blobId: Uint8Array): BlobUnavailableError {
  return unavailable(
    blobId,
    'what storage nodes give is wrong, and none of them gives its metadata; try again later',
    true,
  )
}

/** @param denying nodes that say that they have no such sliver; @param silent those that do not answer */
export function tooFew(
  blobId: Uint8Array,
  found: { readonly rows: number; readonly needed: number },
  silent: ReadonlySet<StorageNode>,
  denying: ReadonlySet<StorageNode>,
): BlobUnavailableError {
  const slivers = `${found.rows} of the ${found.needed} slivers needed`
  if (denying.size > silent.size)
    return unavailable(
      blobId,
      `storage nodes do not have it (${slivers}); perhaps nobody paid for keeping it any longer: ask its publisher to publish again`,
    )
  const names = [...silent, ...denying]
    .map(({ name }) => name)
    .toSorted()
    .join(', ')
  return unavailable(
    blobId,
    `too few storage nodes answer (${slivers}${names && `; not answering: ${names}`}); try again later`,
  )
}

function unavailable(blobId: Uint8Array, why: string, isByLiars = false): BlobUnavailableError {
  return new BlobUnavailableError(`Walrus blob ${textOf(blobId)} cannot be read: ${why}`, { isByLiars })
}

function textOf(blobId: Uint8Array): string {
  return Buffer.from(blobId).toString('base64url')
}
