/**
 * The transactions that make, change and remove a site.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions'
import { u256 } from '../codecs/index.ts'
import * as squidStorage from '../gen/squid/storage.ts'
import { newMetadata } from '../gen/walrus-site/metadata.ts'
import * as sites from '../gen/walrus-site/site.ts'
import type { Network } from '../networks/index.ts'
import type { Account } from '../transactions/index.ts'
import type { Page } from './page.ts'
import type { SiteBatch } from './plan.ts'
import { type HeldBlob, mirrorOf, sitePackage } from './read.ts'

/** What a site says of itself. */
export interface SiteTitle {
  readonly space: string
  /** Where it is served. */
  readonly address: string | undefined
  /** The line for `trusted-public-keys`. */
  readonly publicKey: string
}

/** Where storage that was paid for goes when its blob is deleted: to the Space, or else to the account. */
export type StorageHeir =
  | { readonly kind: 'space'; readonly space: string; readonly storageId: string }
  | { readonly kind: 'account' }

export function addNewSite(
  transaction: Transaction,
  network: Network,
  title: SiteTitle,
): TransactionObjectArgument {
  const { packageId } = sitePackage(network)
  return sites.newSite(transaction, packageId, nameOf(title), metadata(transaction, network, title))
}

export function addTitle(
  transaction: Transaction,
  network: Network,
  site: TransactionObjectArgument,
  title: SiteTitle,
): void {
  const { packageId } = sitePackage(network)
  sites.updateMetadata(transaction, packageId, site, metadata(transaction, network, title))
}

export function addChanges(
  transaction: Transaction,
  network: Network,
  site: TransactionObjectArgument,
  { changes }: Pick<SiteBatch, 'changes'>,
): void {
  const { packageId } = sitePackage(network)
  for (const { before, after } of changes) {
    if (before !== undefined) sites.removeResource(transaction, packageId, site, before.path)
    if (after !== undefined) addPage(transaction, packageId, site, after)
  }
}

/** Gives a blob up. The storage that is left is worth something while its lease lasts. */
export async function addDeletion(
  transaction: Transaction,
  { network, address }: Account,
  blob: HeldBlob,
  epoch: number,
  heir: StorageHeir,
): Promise<void> {
  if (blob.endEpoch <= epoch) {
    const { package_id: walrus } = await network.walrus.systemObject()
    transaction.moveCall({
      target: `${walrus}::blob::burn`,
      arguments: [transaction.object(blob.objectId)],
    })
    return
  }
  const storage = transaction.add(network.walrus.deleteBlob({ blobObjectId: blob.objectId }))
  if (heir.kind === 'account') transaction.transferObjects([storage], address)
  else squidStorage.putSpare(transaction, network.squid.packageId, heir.storageId, heir.space, storage)
}

function addPage(
  transaction: Transaction,
  packageId: string,
  site: TransactionObjectArgument,
  { path, headers, sha256, place }: Page,
): void {
  const range = sites.newRangeOption(
    transaction,
    packageId,
    place.range === undefined ? null : BigInt(place.range.start),
    place.range === undefined ? null : BigInt(place.range.end),
  )
  const resource = sites.newResource(
    transaction,
    packageId,
    path,
    u256.parse(place.blobId),
    u256.parse(sha256),
    range,
  )
  for (const { key, value } of headers) sites.addHeader(transaction, packageId, resource, key, value)
  sites.addResource(transaction, packageId, site, resource)
}

function nameOf({ space }: SiteTitle): string {
  return `Nix mirror of Space ${space.slice(0, 10)}`
}

function metadata(
  transaction: Transaction,
  network: Network,
  { space, address, publicKey }: SiteTitle,
): TransactionObjectArgument {
  const { packageId } = sitePackage(network)
  const description = `A binary cache for Nix; trusted-public-keys = ${publicKey}`
  return newMetadata(transaction, packageId, address ?? null, null, description, mirrorOf(space), 'squid')
}

/** Bytes of what would be signed, for estimates. */
export const ZERO_ID: string = bcs.Address.parse(new Uint8Array(32))
