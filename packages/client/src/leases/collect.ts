/**
 * Collecting what nobody needs: sparse packs are written anew without their dead chunks, and what then is left over
 * is condemned in the transaction that moves the locator, and deleted three days later.
 *
 * Safe beside other keepers and publishers: the locator moves by compare-and-swap; a publish that still counted on a
 * chunk of a condemned blob is found by the next run, which puts the chunk back into the locator and takes the
 * condemnation back. Killed anywhere, it goes on with the packs that it has paid for, or deletes them.
 * @module
 */
import { Transaction } from '@mysten/sui/transactions'
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { encodeChunk } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { taggedSha256 } from '@squid/formats/hash'
import {
  type ChunkLocation,
  type LocatedChunk,
  type LocatorChange,
  type LocatorLink,
  placeInBlob,
} from '@squid/formats/locator'
import { packLimit } from '@squid/formats/pack'
import * as storages from '../gen/squid/storage.ts'
import type { Home } from '../home/index.ts'
import { LedgerReader } from '../resolve/ledger-reader.ts'
import { linkToLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { type Account, execute, prepare } from '../transactions/index.ts'
import { encodedBytes, type Lease, leaseKey, type SpaceLeases, unitsOf } from './leases.ts'
import { findInPacks } from './find-in-packs.ts'
import { moveLocator } from './move-locator.ts'
import { PackUploads } from './pack-uploads.ts'
import { assertMayStore } from './rights.ts'
import { type BlobUse, blobKey, type Pinned, releasesThatNeed, type Survey, surveySpace } from './survey.ts'
import { type NamedRelease, ReleasesUnreadableError } from './unreadable.ts'

export interface CollectDeps {
  readonly account: Account
  readonly storage: WalrusStorage
  readonly home: Home
}

export type CollectEvent =
  | { readonly stage: 'surveyed'; readonly blobs: number; readonly dead: number; readonly sparse: number }
  | { readonly stage: 'moved'; readonly chunks: number; readonly of: number }
  | { readonly stage: 'uploaded'; readonly packs: number }
  | { readonly stage: 'committed' }

export interface CollectOptions {
  /** Packs of which less than this part is needed are written anew; default a half. */
  readonly sparseBelow?: number
  readonly pinned?: Pinned
  /** Largest pack in bytes before the network's own limit; default 32 MiB. */
  readonly packBytes?: number
  readonly onProgress?: (event: CollectEvent) => void
  readonly signal?: AbortSignal
}

export interface Collected {
  /** Blobs that were condemned because nothing in them is needed any more. */
  readonly condemned: number
  /** Those of them whose needed chunks were moved. */
  readonly repacked: number
  /** New packs. */
  readonly packs: number
  /** Chunks that moved. */
  readonly moved: number
  /** Chunks that were found again in condemned blobs. */
  readonly healed: number
  /** Needed chunks that are nowhere. */
  readonly lost: number
  /** The releases that need those. */
  readonly unreadable: readonly NamedRelease[]
  /** MIST. */
  readonly gas: bigint
}

const NOTHING: Collected = {
  condemned: 0,
  repacked: 0,
  packs: 0,
  moved: 0,
  healed: 0,
  lost: 0,
  unreadable: [],
  gas: 0n,
}
const MAX_ATTEMPTS = 8
const READ_BATCH = 32
/** Condemned or deleted in one transaction. */
const BATCH = 200
/** What the ledger waits between condemning and deleting. */
const GRACE_MS = 3n * 24n * 60n * 60n * 1000n

/** What one transaction is to do. */
interface Plan {
  /** To be condemned. */
  readonly given: readonly BlobUse[]
  readonly repacked: number
  /** Needed chunks that have to leave `given`. */
  readonly move: readonly LocatedChunk[]
  /** Chunks that the locator forgets. */
  readonly forget: readonly LocatedChunk[]
  /** Hex ids of blobs that the locator names and the Space does not own, to be left. */
  readonly strays: ReadonlySet<string>
  /** Chunks that it did not know, where they are. */
  readonly heal: readonly LocatedChunk[]
  /** Blobs that are needed although they are condemned. */
  readonly reprieve: readonly Lease[]
  readonly lost: number
  readonly unreadable: readonly NamedRelease[]
}

/**
 * One run over a Space.
 * @throws {SquidError} `NOT_PERMITTED`, `KEEPER_RUNNING`; {ReleasesUnreadableError}; what the ledger and Walrus say. When something that is needed cannot be read,
 *   nothing is given up
 */
export async function collectGarbage(
  deps: CollectDeps,
  space: string,
  options: CollectOptions = {},
): Promise<Collected> {
  await assertMayStore(deps.account, space, options.signal)
  const { committee } = await deps.storage.open()
  const limit = packLimit(committee.shards, options.packBytes)
  await using uploads = await PackUploads.open(
    { ...deps, committee, packLimit: limit, signal: options.signal },
    space,
  )
  for (let attempt = 1; ; attempt++) {
    const survey = await surveySpace(
      { network: deps.account.network, storage: deps.storage },
      space,
      options.pinned,
      options.signal,
    )
    const plan =
      survey.missing.length > 0
        ? await planHealing(deps, space, survey, options)
        : planCollection(survey, limit, options)
    if (isEmpty(plan)) {
      if (uploads.ready.length > 0) await abandon(deps.account, survey.leases, uploads, options.signal)
      await uploads.done()
      return { ...NOTHING, lost: plan.lost, unreadable: plan.unreadable }
    }
    try {
      const collected = await commit(deps, uploads, survey, plan, options)
      await uploads.done()
      options.onProgress?.({ stage: 'committed' })
      return collected
    } catch (error) {
      if (!(error instanceof SquidError) || !MAY_PLAN_ANEW.has(error.code) || attempt === MAX_ATTEMPTS)
        throw error
    }
  }
}

/** Refusals after which the Space looks different, and the refused transaction never takes effect. */
const MAY_PLAN_ANEW: ReadonlySet<string> = new Set([
  'OBJECT_CHANGED',
  'STALE_LOCATOR',
  'ALREADY_CONDEMNED',
  'NOT_CONDEMNED',
  'UNKNOWN_BLOB',
  'UNKNOWN_SPARE',
])

function planCollection(survey: Survey, limit: number, options: CollectOptions): Plan {
  const { terms } = survey.leases
  const kept = [...survey.uses.values()].filter(({ lease }) => lease.condemnedMs === undefined)
  const live = kept.filter(({ lease }) => lease.endEpoch > terms.epoch)
  const keep = anchorOf(survey)
  const dead = kept.filter(({ liveBytes, nodeBytes }) => liveBytes === 0 && nodeBytes === 0)
  const sparse = sparsePacks(survey, live, limit, options.sparseBelow ?? 0.5)
  options.onProgress?.({
    stage: 'surveyed',
    blobs: kept.length,
    dead: dead.length,
    sparse: sparse.length,
  })
  const given = [...dead, ...sparse].slice(0, BATCH)
  const blobs = new Set(given.map(({ lease }) => leaseKey(lease)))
  const strays = survey.unowned
  const inside = [...survey.chunks].filter(([, { location }]) => {
    const key = blobKey(location.blob)
    return blobs.has(key) || strays.has(key)
  })
  const isNeeded = (key: string): boolean => survey.needed.has(key) || key === keep
  return {
    given,
    repacked: given.filter(({ liveBytes, nodeBytes }) => liveBytes > 0 || nodeBytes > 0).length,
    move: inside.filter(([key]) => isNeeded(key)).map(([, chunk]) => chunk),
    forget: inside.filter(([key]) => !isNeeded(key)).map(([, chunk]) => chunk),
    strays,
    heal: [],
    reprieve: condemnedButNeeded(survey),
    lost: 0,
    unreadable: [],
  }
}

/** A locator has at least one chunk: when none is needed, this one stays. */
function anchorOf({ needed, chunks }: Survey): string | undefined {
  for (const key of chunks.keys()) if (needed.has(key)) return undefined
  let smallest: LocatedChunk | undefined
  for (const chunk of chunks.values())
    if (smallest === undefined || chunk.location.length < smallest.location.length) smallest = chunk
  return smallest && formatHex(smallest.id)
}

/**
 * Packs that are mostly dead, when writing what is needed of them anew takes fewer units of storage. Each run lowers
 * the units of a Space, so that runs come to an end.
 */
function sparsePacks(
  { leases: { terms }, nodes }: Survey,
  live: readonly BlobUse[],
  limit: number,
  sparseBelow: number,
): readonly BlobUse[] {
  const sparse = live.filter(
    ({ lease, liveBytes, liveChunks, nodeBytes }) =>
      liveBytes + nodeBytes > 0 &&
      liveBytes + nodeBytes + liveChunks * INDEX_ENTRY_BYTES < Number(lease.size) * sparseBelow,
  )
  const blobs = new Set(sparse.map(({ lease }) => leaseKey(lease)))
  const content = sparse.reduce((sum, use) => sum + use.liveBytes + use.liveChunks * INDEX_ENTRY_BYTES, 0)
  // Every node above a chunk that moves is written anew: at worst all of the locator.
  const locator = nodes.reduce((sum, { link }) => sum + link.length + INDEX_ENTRY_BYTES, 0)
  const after = content + locator
  const whole = Math.floor(after / limit)
  const unitsAfter =
    BigInt(whole) * unitsOf(encodedBytes(limit, terms.shards)) +
    unitsOf(encodedBytes(after - whole * limit, terms.shards))
  const unitsBefore = sparse.reduce((sum, { lease }) => sum + unitsOf(lease.encodedSize), 0n)
  return blobs.size > 0 && unitsAfter < unitsBefore ? sparse : []
}

/** Bytes that a chunk has in the index of its pack. */
const INDEX_ENTRY_BYTES = 49

function condemnedButNeeded({ uses }: Survey): readonly Lease[] {
  return [...uses.values()]
    .filter(({ lease, liveBytes, nodeBytes }) => lease.condemnedMs !== undefined && liveBytes + nodeBytes > 0)
    .map(({ lease }) => lease)
}

/**
 * Something that is needed is unknown to the locator: find it, and what then is found to be missing below it, put it
 * back, and give nothing up in this run.
 */
async function planHealing(
  { account: { network }, storage }: CollectDeps,
  space: string,
  survey: Survey,
  { pinned, signal }: CollectOptions,
): Promise<Plan> {
  const { leases, terms } = survey.leases
  const current = leases.filter(({ endEpoch }) => endEpoch > terms.epoch)
  const found = new Map<string, LocatedChunk>()
  let { missing } = survey
  let places = new Map<string, ChunkLocation>()
  for (;;) {
    const open = missing.filter(id => !found.has(formatHex(id)))
    const more = await findInPacks(storage, current, open, signal)
    for (const chunk of more) found.set(formatHex(chunk.id), chunk)
    if (more.length === 0) break
    places = new Map([...found].map(([key, { location }]) => [key, location]))
    missing = (await surveySpace({ network, storage }, space, pinned, signal, places)).missing
  }
  const lost = new Set(missing.map(formatHex).filter(key => !found.has(key)))
  const unreadable = lost.size === 0 ? [] : await releasesThatNeed(storage, survey, lost, signal, places)
  const blobs = new Set([...found.values()].map(({ location }) => blobKey(location.blob)))
  const healed = current.filter(lease => lease.condemnedMs !== undefined && blobs.has(leaseKey(lease)))
  const reprieve = new Map([...healed, ...condemnedButNeeded(survey)].map(lease => [lease.objectId, lease]))
  return {
    given: [],
    repacked: 0,
    move: [],
    forget: [],
    strays: new Set(),
    heal: [...found.values()],
    reprieve: [...reprieve.values()],
    lost: lost.size,
    unreadable,
  }
}

function isEmpty({ given, strays, heal, reprieve }: Plan): boolean {
  return given.length === 0 && strays.size === 0 && heal.length === 0 && reprieve.length === 0
}

async function commit(
  deps: CollectDeps,
  uploads: PackUploads,
  survey: Survey,
  plan: Plan,
  options: CollectOptions,
): Promise<Collected> {
  const { account } = deps
  await moveChunks(deps.storage, uploads, survey, plan, options)
  const next = await writeLocator(deps.storage, uploads, survey, plan, options.signal)
  options.onProgress?.({ stage: 'uploaded', packs: uploads.ready.length })
  const transaction = collection(account, survey, plan, uploads, next)
  const { gasUsed } = await uploads.send(await prepare(account, transaction, options.signal))
  return {
    condemned: plan.given.length,
    repacked: plan.repacked,
    packs: uploads.ready.length,
    moved: plan.move.length,
    healed: plan.heal.length,
    lost: plan.lost,
    unreadable: plan.unreadable,
    gas: gasUsed,
  }
}

async function moveChunks(
  storage: WalrusStorage,
  uploads: PackUploads,
  survey: Survey,
  { move }: Plan,
  { onProgress, signal }: CollectOptions,
): Promise<void> {
  const wanted = move.filter(({ id }) => !uploads.placed.has(formatHex(id)))
  for (let from = 0; from < wanted.length; from += READ_BATCH) {
    const batch = wanted.slice(from, from + READ_BATCH)
    for (const raw of await readNeeded(storage, survey, batch, signal)) await uploads.put(encodeChunk(raw))
    onProgress?.({ stage: 'moved', chunks: from + batch.length, of: wanted.length })
  }
}

/** @throws {ReleasesUnreadableError} */
async function readNeeded(
  storage: WalrusStorage,
  survey: Survey,
  chunks: readonly LocatedChunk[],
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const read = await Promise.allSettled(
    chunks.map(({ id, location }) => storage.readChunk(id, location, signal)),
  )
  signal?.throwIfAborted()
  const failure = read.find(result => result.status === 'rejected')
  if (failure === undefined)
    return read.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const error: unknown = failure.reason
  if (!(error instanceof SquidError)) throw error
  const hurt = new Set(
    chunks.filter((_, index) => read[index]?.status === 'rejected').map(({ id }) => formatHex(id)),
  )
  const releases = await releasesThatNeed(storage, survey, hurt, signal, new Map())
  // The one chunk that is kept for the locator's sake is needed by none.
  if (releases.length === 0) throw error
  const { message: reason } = error
  throw new ReleasesUnreadableError(
    releases.map(release => ({ ...release, reason })),
    { cause: error },
  )
}

/** The locator without what is forgotten, with what moved, and out of the blobs that are given up. */
async function writeLocator(
  storage: WalrusStorage,
  uploads: PackUploads,
  survey: Survey,
  plan: Plan,
  signal: AbortSignal | undefined,
): Promise<LocatorLink | undefined> {
  const { root, nodes } = survey
  const blobs = new Set(plan.given.map(({ lease }) => leaseKey(lease)))
  const touched = nodes
    .filter(({ link }) => blobs.has(blobKey(link.blob)) || plan.strays.has(blobKey(link.blob)))
    .map(({ below }) => below)
  const changes = changesOf(plan, uploads)
  if (root === undefined || (changes.length === 0 && touched.length === 0)) return undefined
  const key = keyOf(survey, plan)
  const written = uploads.writtenRoot(key)
  if (written !== undefined) return written
  const next = await moveLocator(
    root,
    changes,
    touched,
    link => storage.loadNode(link, signal),
    node => uploads.putNode(node),
  )
  if (next === null) throw new Error('a locator keeps at least one chunk')
  const blob = await uploads.finishPack(next.blob === null ? { key, link: next } : undefined)
  return blob === undefined ? next : placeInBlob(next, blob)
}

function changesOf({ move, forget, heal }: Plan, { placed }: PackUploads): readonly LocatorChange[] {
  return [
    ...forget.map(({ id }) => ({ id, location: null })),
    ...heal,
    ...move.map(({ id }) => {
      const location = placed.get(formatHex(id))
      if (location === undefined) throw new Error('a chunk that moves has no new place')
      return { id, location }
    }),
  ]
}

/** Names what a run does: one that was killed and finds everything as it was goes on with what it wrote. */
function keyOf({ leases: { locator } }: Survey, { given, move, forget, heal }: Plan): string {
  const ids = (chunks: readonly LocatedChunk[]): readonly string[] => chunks.map(({ id }) => formatHex(id))
  const content = {
    revision: String(locator.revision),
    given: given.map(({ lease }) => lease.objectId),
    move: ids(move),
    forget: ids(forget),
    heal: ids(heal),
  }
  return formatHex(taggedSha256('squid.collection.v1', encodeUtf8(JSON.stringify(content))))
}

function collection(
  { network }: Account,
  { leases: { space, locator } }: Survey,
  { given, reprieve }: Plan,
  uploads: PackUploads,
  next: LocatorLink | undefined,
): Transaction {
  const { packageId } = network.squid
  const { storageId, revision } = locator
  const transaction = new Transaction()
  for (const { blobId, blobObjectId, deletable, certificate } of uploads.ready) {
    if (certificate !== undefined)
      transaction.add(network.walrus.certifyBlob({ blobId, blobObjectId, deletable, certificate }))
    storages.putBlob(transaction, packageId, storageId, space, blobObjectId)
  }
  if (next !== undefined) {
    const { blobId, blobSize, offset, length, sha256 } = linkToLedger(next)
    const link = storages.link(transaction, packageId, blobId, blobSize, offset, length, sha256)
    storages.setLocator(transaction, packageId, storageId, space, revision, link)
  }
  const condemned = given.map(({ lease }) => lease.objectId)
  if (condemned.length > 0) storages.condemn(transaction, packageId, storageId, space, condemned)
  for (const { objectId } of reprieve) storages.reprieve(transaction, packageId, storageId, space, objectId)
  return transaction
}

// Another keeper did the work meanwhile: what was paid for the packs stays with the Space, for others.
async function abandon(
  account: Account,
  { space, locator }: SpaceLeases,
  uploads: PackUploads,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { network } = account
  const transaction = new Transaction()
  for (const { blobObjectId } of uploads.ready) {
    const left = transaction.add(network.walrus.deleteBlob({ blobObjectId }))
    storages.putSpare(transaction, network.squid.packageId, locator.storageId, space, left)
  }
  await uploads.send(await prepare(account, transaction, signal))
}

/**
 * Deletes the blobs that were condemned three days ago, unless something needs them after all. What is left of their
 * leases stays with the Space for blobs to come; what has ended of that is removed.
 * @returns how many were deleted
 * @throws as `collectGarbage`
 */
export async function deleteCondemned(
  deps: Omit<CollectDeps, 'home'>,
  space: string,
  options: Pick<CollectOptions, 'pinned' | 'signal'> = {},
): Promise<number> {
  let deleted = 0
  for (let attempt = 1; ; attempt++) {
    try {
      await deleteOnce(deps, space, options, count => (deleted += count))
      return deleted
    } catch (error) {
      // Another keeper is at it too.
      if (!(error instanceof SquidError) || !MAY_PLAN_ANEW.has(error.code) || attempt === MAX_ATTEMPTS)
        throw error
    }
  }
}

async function deleteOnce(
  { account, storage }: Omit<CollectDeps, 'home'>,
  space: string,
  options: Pick<CollectOptions, 'pinned' | 'signal'>,
  onDeleted: (count: number) => void,
): Promise<void> {
  const { network } = account
  const survey = await surveySpace({ network, storage }, space, options.pinned, options.signal)
  if (survey.missing.length > 0) return
  const now = await new LedgerReader(network).clockMs(options.signal)
  const due = [...survey.uses.values()].filter(
    ({ lease: { condemnedMs }, liveBytes, nodeBytes }) =>
      liveBytes + nodeBytes === 0 && condemnedMs !== undefined && now >= condemnedMs + GRACE_MS,
  )
  for (let from = 0; from < due.length; from += BATCH) {
    const batch = due.slice(from, from + BATCH)
    const transaction = new Transaction()
    for (const { lease } of batch)
      storages.deleteBlob(
        transaction,
        network.squid.packageId,
        survey.leases.locator.storageId,
        space,
        network.descriptor.walrus.systemObjectId,
        lease.objectId,
      )
    await execute(account, transaction, options.signal)
    onDeleted(batch.length)
  }
  await removeEnded(account, survey.leases, options.signal)
}

/** Spare storage whose epochs are over is of no use, but of a rebate. */
async function removeEnded(
  account: Account,
  { space, locator, spares, terms }: SpaceLeases,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { network } = account
  const ended = spares.filter(({ endEpoch }) => endEpoch <= terms.epoch).slice(0, BATCH)
  if (ended.length === 0) return
  const { package_id: walrus } = await network.walrus.systemObject()
  const transaction = new Transaction()
  for (const { objectId } of ended) {
    const { packageId } = network.squid
    const spare = storages.takeSpare(transaction, packageId, locator.storageId, space, objectId)
    transaction.moveCall({ target: `${walrus}::storage_resource::destroy`, arguments: [spare] })
  }
  await execute(account, transaction, signal)
}
