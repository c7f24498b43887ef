/**
 * The Walrus blobs that a Space's storage object owns, how long each is paid for, and what a longer lease costs.
 *
 * Layouts: `squid::storage`, `walrus::blob::Blob`. Prices: `walrus::system_state_inner` (whole units of 1 MiB of
 * encoded bytes, an epoch each).
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { u64, u256 } from '../codecs/index.ts'
import { CondemnedKey } from '../gen/squid/storage.ts'
import type { Network } from '../networks/index.ts'
import { type LocatorRoot, readLocator } from '../resolve/index.ts'
import { shardGeometry, blobGeometry } from '../storage/layout.ts'

/** One blob of a storage object. */
export interface Lease {
  /** Of Walrus's `Blob` object. */
  readonly objectId: string
  readonly blobId: bigint
  /** Bytes of content. */
  readonly size: bigint
  /** Bytes that the lease is for: encoded, with metadata. */
  readonly encodedSize: bigint
  /** The first Walrus epoch that is not paid for. */
  readonly endEpoch: number
  /** When the blob was condemned, in milliseconds of the ledger; undefined when it was not. */
  readonly condemnedMs: bigint | undefined
}

/** Storage of a Space that holds no blob: what was left of the lease of a deleted one. */
export interface Spare {
  /** Of Walrus's `Storage` object. */
  readonly objectId: string
  /** Encoded bytes. */
  readonly size: bigint
  readonly startEpoch: number
  /** The first Walrus epoch that is not paid for. */
  readonly endEpoch: number
}

/** What Walrus asks, in base units of WAL (1 WAL = 10⁹), and when its epochs end. */
export interface WalrusTerms {
  readonly epoch: number
  readonly epochMs: bigint
  readonly shards: number
  /** For one unit and one epoch. */
  readonly unitPrice: bigint
  /** For writing one unit, once. */
  readonly writePrice: bigint
  /** A lease ends at most so many epochs after the current one. */
  readonly maxEpochsAhead: number
}

/** Everything that a Space stores. */
export interface SpaceLeases {
  readonly space: string
  readonly locator: LocatorRoot
  readonly terms: WalrusTerms
  readonly leases: readonly Lease[]
  /** Those that have ended included. */
  readonly spares: readonly Spare[]
}

/** Bytes in a unit of storage. */
const UNIT_BYTES = 1024n * 1024n
const PAGE = 50
/** A storage object owns these and blobs, nothing else. */
const SPARE_TYPE = '::storage_resource::Storage'
/** More blobs than this are refused: somebody wants to fill memory. */
const MAX_BLOBS = 100_000

const StorageObject = bcs.struct('Storage', {
  id: bcs.Address,
  startEpoch: bcs.u32(),
  endEpoch: bcs.u32(),
  storageSize: u64,
})

const BlobObject = bcs.struct('Blob', {
  id: bcs.Address,
  registeredEpoch: bcs.u32(),
  blobId: u256,
  size: u64,
  encodingType: bcs.u8(),
  certifiedEpoch: bcs.option(bcs.u32()),
  storage: StorageObject,
  deletable: bcs.bool(),
})

/**
 * Reads the leases of a Space. The locator is read after the blobs, so that it knows all that it should of them.
 * @throws {SquidError} `TOO_MANY_BLOBS`; {ResolveError} as `readLocator`
 */
export async function readLeases(
  network: Network,
  space: string,
  signal?: AbortSignal,
): Promise<SpaceLeases> {
  const terms = await readTerms(network)
  const { storageId } = await readLocator(network, space, signal)
  const { owned, condemned } = await listOwned(network, storageId, signal)
  const leases: Lease[] = []
  const spares: Spare[] = []
  for (let from = 0; from < owned.length; from += PAGE) {
    signal?.throwIfAborted()
    const { objects } = await network.sui.core.getObjects({
      objectIds: owned.slice(from, from + PAGE),
      include: { content: true },
    })
    for (const object of objects) {
      if (object instanceof Error) continue // deleted since it was listed
      if (object.type.endsWith(SPARE_TYPE)) {
        const { storageSize: size, startEpoch, endEpoch } = StorageObject.parse(object.content)
        spares.push({ objectId: object.objectId, size, startEpoch, endEpoch })
        continue
      }
      const { blobId, size, storage } = BlobObject.parse(object.content)
      leases.push({
        objectId: object.objectId,
        blobId,
        size,
        encodedSize: storage.storageSize,
        endEpoch: storage.endEpoch,
        condemnedMs: condemned.get(object.objectId),
      })
    }
  }
  return { space, locator: await readLocator(network, space, signal), terms, leases, spares }
}

/** What Walrus asks in the current epoch. */
async function readTerms(network: Network): Promise<WalrusTerms> {
  network.walrus.reset() // the client keeps what it read for ever, also over the end of an epoch
  const [system, staking] = await Promise.all([network.walrus.systemState(), network.walrus.stakingState()])
  return {
    epoch: system.committee.epoch,
    epochMs: BigInt(staking.epoch_duration),
    shards: system.committee.n_shards,
    unitPrice: BigInt(system.storage_price_per_unit_size),
    writePrice: BigInt(system.write_price_per_unit_size),
    maxEpochsAhead: system.future_accounting.length,
  }
}

/** Units of storage for so many encoded bytes. */
export function unitsOf(encodedSize: bigint): bigint {
  return (encodedSize + UNIT_BYTES - 1n) / UNIT_BYTES
}

/** The blob's id as locators name it, in hex. */
export function leaseKey({ blobId }: Lease): string {
  return formatHex(bcs.u256().serialize(blobId).toBytes())
}

/** Epochs that are paid for and not over yet, the current one included; 0 = expired. */
export function epochsLeft({ endEpoch }: Lease, { epoch }: WalrusTerms): number {
  return Math.max(0, endEpoch - epoch)
}

/**
 * Bytes that Walrus stores for a blob of `size` bytes: slivers of both kinds, and the metadata on every shard.
 * Spec: `walrus::redstuff`.
 */
export function encodedBytes(size: number, shards: number): bigint {
  const { primarySymbols, secondarySymbols } = shardGeometry(shards)
  const { symbolSize } = blobGeometry(size, shards)
  return BigInt(shards) * BigInt(64 * shards + 32 + (primarySymbols + secondarySymbols) * symbolSize)
}

async function listOwned(
  network: Network,
  storageId: string,
  signal: AbortSignal | undefined,
): Promise<{ owned: readonly string[]; condemned: ReadonlyMap<string, bigint> }> {
  const condemnedType = `${network.squid.packageId}::storage::CondemnedKey`
  const owned: string[] = []
  const condemned = new Map<string, bigint>()
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(network, storageId, cursor, signal)
    for (const field of page.dynamicFields) {
      if (field.$kind === 'DynamicObject') owned.push(field.childId)
      else if (field.name.type === condemnedType)
        condemned.set(CondemnedKey.parse(field.name.bcs).blob, u64.parse(field.value.bcs))
    }
    if (owned.length > MAX_BLOBS)
      throw new SquidError('TOO_MANY_BLOBS', `Storage object ${storageId} owns more than ${MAX_BLOBS} blobs.`)
    cursor = page.hasNextPage ? page.cursor : null
  } while (cursor !== null)
  return { owned, condemned }
}

async function readPage(
  network: Network,
  parentId: string,
  cursor: string | null,
  signal: AbortSignal | undefined,
) {
  return network.sui.listDynamicFields({
    parentId,
    limit: PAGE,
    cursor,
    include: { value: true },
    ...(signal && { signal }),
  })
}
