/**
 * The link to a Space's locator root in its two shapes: as the ledger holds it (integers), and as the locator
 * format reads it (bytes and numbers).
 * @module
 */
import { bcs } from '@mysten/sui/bcs'

import type { LocatorLink } from '@squid/formats/locator'
import { SquidError } from '@squid/formats/errors'

import type { RootLink } from '../resolve/index.ts'

/** @throws {SquidError} `LOCATOR_LINK` when a number of the ledger's is beyond what a blob can have */
export function linkFromLedger(link: RootLink): LocatorLink {
  return {
    blob: { id: bcs.u256().serialize(link.blobId).toBytes(), size: small(link.blobSize) },
    offset: small(link.offset),
    length: small(link.length),
    sha256: link.sha256,
  }
}

export function linkToLedger(link: LocatorLink): RootLink {
  if (link.blob === null) throw new Error('a locator root must name its blob')
  return {
    blobId: BigInt(bcs.u256().parse(link.blob.id)),
    blobSize: BigInt(link.blob.size),
    offset: BigInt(link.offset),
    length: BigInt(link.length),
    sha256: link.sha256,
  }
}

function small(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new SquidError(
      'LOCATOR_LINK',
      `The Space's index claims to lie at byte ${value}, beyond any Walrus blob`,
    )
  return Number(value)
}
