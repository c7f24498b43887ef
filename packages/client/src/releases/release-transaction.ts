/**
 * The one transaction that makes a release visible (ARCHITECTURE §3): certifies the last blobs, hands all of
 * them to the Space's storage object, moves the locator, appends the release, moves its tags. All or nothing.
 * @module
 */
import assert from 'node:assert/strict'
import { Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions'
import type { ProtocolMessageCertificate } from '@mysten/walrus'
import { Released } from '../gen/squid/events.ts'
import * as flakes from '../gen/squid/flake.ts'
import * as storages from '../gen/squid/storage.ts'
import type { Network } from '../networks/index.ts'
import { LedgerReader } from '../resolve/ledger-reader.ts'
import { readPublished, type RootLink } from '../resolve/spaces.ts'
import { LedgerError, type ExecutedTransaction } from '../transactions/index.ts'

/** A registered and uploaded Walrus blob whose `Blob` object the publisher owns. */
export interface ReadyBlob {
  /** Walrus's text form. */
  readonly blobId: string
  readonly blobObjectId: string
  readonly deletable: boolean
  /** As the SDK gives it; undefined when the blob is certified already. */
  readonly certificate: ProtocolMessageCertificate | string | undefined
}

/** A compare-and-swap of the locator's root. */
export interface LocatorMove {
  readonly storageId: string
  readonly expectedRevision: bigint
  readonly next: RootLink
}

export interface ReleasePlan {
  readonly space: string
  readonly flake: { readonly id: string } | { readonly create: string }
  /** The highest version that the publisher saw, 0 = none: another one makes the transaction fail. */
  readonly expectedVersion: bigint
  /** 32 bytes that are this publish's own: a second release under them fails. */
  readonly key: Uint8Array
  readonly sourceNarHash: Uint8Array
  readonly revision: string
  /** Seconds. */
  readonly lastModified: bigint
  readonly manifest: Uint8Array
  readonly blobs: readonly ReadyBlob[]
  /** Where the blobs go and how the locator moves. Undefined leaves both as they are: only without blobs. */
  readonly locator: LocatorMove | undefined
  readonly tags: readonly string[]
}

/** Unsigned, and without a sender. */
export function buildReleaseTransaction(network: Network, plan: ReleasePlan): Transaction {
  const transaction = new Transaction()
  if (plan.locator !== undefined) addStorage(transaction, network, plan, plan.locator)
  else assert(plan.blobs.length === 0, 'blobs without a locator that finds them')
  addRelease(transaction, network, plan)
  return transaction
}

/**
 * What a release transaction appended.
 * @throws {LedgerError} EXECUTION_FAILED when it appended nothing
 */
export function publishedRelease(executed: ExecutedTransaction): { flake: string; version: bigint } {
  const event = executed.events.find(({ type }) => type.endsWith('::events::Released'))
  if (event === undefined) {
    throw new LedgerError('EXECUTION_FAILED', `Transaction ${executed.digest} appended no release.`)
  }
  const { flake, version } = Released.parse(event.bcs)
  return { flake, version }
}

/** The version that an earlier transaction appended under `key`. */
export async function findPublished(
  network: Network,
  flake: string,
  key: Uint8Array,
  signal?: AbortSignal,
): Promise<bigint | undefined> {
  return readPublished(network, new LedgerReader(network), flake, key, signal)
}

function addStorage(transaction: Transaction, network: Network, plan: ReleasePlan, move: LocatorMove): void {
  const { packageId } = network.squid
  const { storageId, expectedRevision, next } = move
  for (const { blobId, blobObjectId, deletable, certificate } of plan.blobs) {
    if (certificate !== undefined) {
      transaction.add(network.walrus.certifyBlob({ blobId, blobObjectId, deletable, certificate }))
    }
    storages.putBlob(transaction, packageId, storageId, plan.space, blobObjectId)
  }
  const { blobId, blobSize, offset, length, sha256 } = next
  const link = storages.link(transaction, packageId, blobId, blobSize, offset, length, sha256)
  storages.setLocator(transaction, packageId, storageId, plan.space, expectedRevision, link)
}

function addRelease(transaction: Transaction, network: Network, plan: ReleasePlan): void {
  const { packageId } = network.squid
  const { space, expectedVersion, key, sourceNarHash, revision, lastModified, manifest, tags } = plan
  const isNew = 'create' in plan.flake
  const flake: TransactionObjectArgument =
    'create' in plan.flake
      ? flakes.newFlake(transaction, packageId, space, plan.flake.create)
      : transaction.object(plan.flake.id)
  const version = flakes.append(
    transaction,
    packageId,
    flake,
    space,
    expectedVersion,
    key,
    sourceNarHash,
    revision,
    lastModified,
    manifest,
  )
  for (const tag of tags) flakes.setTag(transaction, packageId, flake, space, tag, version)
  if (isNew) flakes.share(transaction, packageId, flake)
}
