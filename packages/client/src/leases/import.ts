/**
 * Bringing a copy back: released again in another Space, or put back under the releases of its own.
 * @module
 */
import { Transaction } from '@mysten/sui/transactions'
import { encodeUtf8, equalBytes, formatHex } from '@squid/formats/bytes'
import { encodeChunk } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { taggedSha256 } from '@squid/formats/hash'
import {
  listChunks,
  type LocatedChunk,
  type LocatorLink,
  placeInBlob,
  updateLocator,
} from '@squid/formats/locator'
import {
  type ChunkList,
  chunkListsOf,
  decodeManifest,
  listPaths,
  narOf,
  readChunkList,
} from '@squid/formats/manifest'
import { packLimit } from '@squid/formats/pack'
import * as storages from '../gen/squid/storage.ts'
import type { Home } from '../home/index.ts'
import type { Network } from '../networks/index.ts'
import type { PathToPublish, Publication } from '../publish/index.ts'
import { listReleases } from '../releases/index.ts'
import { readFlakeState, type Release } from '../resolve/index.ts'
import { linkFromLedger, linkToLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { type Account, prepare } from '../transactions/index.ts'
import type { CopiedFlake, CopiedRelease, SpaceCopy } from './copy.ts'
import { CopyError } from './copy.ts'
import { findInPacks } from './find-in-packs.ts'
import { type Lease, leaseKey, readLeases, type SpaceLeases } from './leases.ts'
import { PackUploads } from './pack-uploads.ts'
import { assertMayStore } from './rights.ts'
import { blobKey, listLiveFlakes, type Pinned } from './survey.ts'

/**
 * A release of a copy, to be published in `space`. Its manifest will be the same.
 * @throws {CopyError} `COPY_DAMAGED`
 */
export async function publicationOfCopy(
  copy: SpaceCopy,
  space: string,
  { name }: CopiedFlake,
  { manifest: digest, tags }: CopiedRelease,
): Promise<Publication> {
  const load = (id: Uint8Array): Promise<Uint8Array> => copy.read(id)
  const { tree, ...manifest } = decodeManifest(await copy.read(digest), digest)
  const paths: PathToPublish[] = []
  for await (const entry of listPaths(tree, load)) {
    const { storePath, narHash, narSize, references, deriver, ca, log } = entry
    paths.push({
      storePath,
      narHash,
      narSize,
      references,
      ...(deriver && { deriver }),
      ...(ca && { ca }),
      nar: () => narOf(entry, chunks => chunksOf(copy, chunks)),
      ...(log && { log: () => chunksOf(copy, log.chunks) }),
    })
  }
  return { space, flakeName: name, tags, manifest, paths }
}

/** What a Space has of a copied flake already. */
export interface ReleasedBefore {
  readonly flake: string
  readonly version: bigint
  readonly yanked: boolean
  /** Nothing was released in the flake since. */
  readonly isNewest: boolean
}

/**
 * How far a Space has the releases of a copied flake, in their order: an import that was stopped goes on behind them,
 * and one that is repeated does nothing.
 * @returns for each release of the copy the one that is it; undefined from the first that is missing on
 */
export async function releasedBefore(
  network: Network,
  space: string,
  { name, releases }: CopiedFlake,
): Promise<readonly (ReleasedBefore | undefined)[]> {
  const { flake } = await readFlakeState(network, space, name)
  const there = flake === undefined ? [] : await allReleases(network, flake)
  let next = 0
  return releases.map(({ manifest }) => {
    const index = there.findIndex((release, at) => at >= next && equalBytes(release.manifest, manifest))
    const found = there[index]
    next = found === undefined ? there.length : index + 1
    if (found === undefined || flake === undefined) return undefined
    return { flake, version: found.version, yanked: found.yanked, isNewest: next === there.length }
  })
}

/** The oldest first. */
async function allReleases(network: Network, flake: string): Promise<readonly Release[]> {
  const releases: Release[] = []
  for (let before: bigint | undefined; ;) {
    const page = await listReleases(network, flake, { before })
    releases.push(...page)
    before = page.at(-1)?.version
    if (before === undefined || before === 1n) return releases.toReversed()
  }
}

async function* chunksOf(copy: SpaceCopy, chunks: ChunkList): AsyncGenerator<Uint8Array> {
  for await (const id of readChunkList(chunks, node => copy.read(node))) yield await copy.read(id)
}

export interface Restored {
  /** Chunks that were put back. */
  readonly chunks: number
  readonly packs: number
  /** Chunks that are neither on Walrus nor in the copy. */
  readonly lost: number
}

export interface RestoreOptions {
  /** Put back although they are revoked. */
  readonly pinned?: Pinned
  readonly signal?: AbortSignal
}

/**
 * Puts back what a Space's own releases need and Walrus has no more, for instance because leases ended: those chunks
 * come from the copy. When the locator itself is lost, it is made anew from what the packs that live say of themselves.
 * @throws {CopyError} `COPY_DAMAGED`, `COPY_INCOMPLETE`; {SquidError} `NOT_PERMITTED`, `KEEPER_RUNNING`; what ledger and Walrus say
 */
export async function restoreSpace(
  deps: { readonly account: Account; readonly storage: WalrusStorage; readonly home: Home },
  copy: SpaceCopy,
  space: string,
  { pinned, signal }: RestoreOptions = {},
): Promise<Restored> {
  const { account, storage } = deps
  const { network } = account
  await assertMayStore(account, space, signal)
  await using uploads = await openUploads(deps, space, signal)
  const found = await readLeases(network, space, signal)
  const { terms, locator } = found
  const ids = new Map<string, Uint8Array>()
  let lost = 0
  for (const { releases } of await listLiveFlakes(network, space, pinned, signal)) {
    for (const { manifest } of releases) lost += await gather(copy, manifest, ids)
  }
  const current = found.leases.filter(({ endEpoch }) => endEpoch > terms.epoch)
  const base = await readBase(storage, locator.link && linkFromLedger(locator.link), current, signal)
  if (base === undefined && lost > 0)
    throw new CopyError(
      'COPY_INCOMPLETE',
      `The Space's index is lost, and the copy lacks ${lost} of its releases; revoke those first.`,
    )
  const there = base === undefined ? await findInPacks(storage, current, [...ids.values()], signal) : []
  const known = new Set([...(base?.known ?? []), ...there.map(({ id }) => formatHex(id))])
  const absent = [...ids].filter(([key]) => !known.has(key)).map(([, id]) => id)
  if (absent.length === 0) return { chunks: 0, packs: 0, lost }
  for (const id of absent)
    if (!uploads.placed.has(formatHex(id))) await uploads.put(encodeChunk(await copy.read(id)))
  const back: LocatedChunk[] = absent.map(id => {
    const location = uploads.placed.get(formatHex(id))
    if (location === undefined) throw new Error('a chunk that was put has no place')
    return { id, location }
  })
  const key = restorationKey(found, [...there, ...back])
  const root = await writeRoot(uploads, key, () =>
    updateLocator(
      base?.root ?? null,
      [...there, ...back],
      link => storage.loadNode(link, signal),
      node => uploads.putNode(node),
    ),
  )
  const packs = await putBack(account, uploads, found, root, signal)
  return { chunks: absent.length, packs, lost }
}

/** Names what is put back: who was killed and finds everything as it was goes on with the locator that was written. */
export function restorationKey({ locator }: SpaceLeases, chunks: readonly LocatedChunk[]): string {
  const ids = chunks.map(({ id }) => formatHex(id)).toSorted()
  const content = { revision: String(locator.revision), ids }
  return formatHex(taggedSha256('squid.restoration.v1', encodeUtf8(JSON.stringify(content))))
}

/** The root of a locator, its last pack ended: one that an earlier run wrote under this key, else a new one. */
export async function writeRoot(
  uploads: PackUploads,
  key: string,
  write: () => Promise<LocatorLink | null>,
): Promise<LocatorLink> {
  const written = uploads.writtenRoot(key)
  if (written !== undefined) return written
  const link = await write()
  if (link === null) throw new Error('a locator with chunks has no root')
  const blob = await uploads.finishPack(link.blob === null ? { key, link } : undefined)
  return blob === undefined ? link : placeInBlob(link, blob)
}

/** Hands every pack to the Space and moves its locator. @returns how many packs */
export async function putBack(
  account: Account,
  uploads: PackUploads,
  { space, locator: { storageId, revision } }: SpaceLeases,
  root: LocatorLink,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { network } = account
  const { blobId, blobSize, offset, length, sha256 } = linkToLedger(root)
  const { packageId } = network.squid
  const transaction = new Transaction()
  for (const ready of uploads.ready) {
    const { certificate, ...own } = ready
    if (certificate !== undefined) transaction.add(network.walrus.certifyBlob({ ...own, certificate }))
    storages.putBlob(transaction, packageId, storageId, space, ready.blobObjectId)
  }
  const link = storages.link(transaction, packageId, blobId, blobSize, offset, length, sha256)
  storages.setLocator(transaction, packageId, storageId, space, revision, link)
  await uploads.send(await prepare(account, transaction, signal))
  const packs = uploads.ready.length
  await uploads.done()
  return packs
}

/** Packs to be put back, after what an earlier run had sent without hearing back. */
export async function openUploads(
  deps: { readonly account: Account; readonly storage: WalrusStorage; readonly home: Home },
  space: string,
  signal: AbortSignal | undefined,
): Promise<PackUploads> {
  const { committee } = await deps.storage.open()
  return PackUploads.open({ ...deps, committee, packLimit: packLimit(committee.shards), signal }, space)
}

/** The locator, and the chunks that it finds in living blobs; undefined when it cannot be read. */
export async function readBase(
  storage: WalrusStorage,
  root: LocatorLink | undefined,
  current: readonly Lease[],
  signal: AbortSignal | undefined,
): Promise<{ root: LocatorLink; known: ReadonlySet<string> } | undefined> {
  if (root === undefined) return undefined
  const blobs = new Set(current.map(lease => leaseKey(lease)))
  const known = new Set<string>()
  try {
    for await (const { id, location } of listChunks(root, link => storage.loadNode(link, signal)))
      if (blobs.has(blobKey(location.blob))) known.add(formatHex(id))
  } catch (error) {
    if (signal?.aborted || !(error instanceof SquidError)) throw error
    return undefined
  }
  return { root, known }
}

/** Everything of a release, from the copy. @returns 1 when the copy does not have the release */
async function gather(copy: SpaceCopy, manifest: Uint8Array, ids: Map<string, Uint8Array>): Promise<number> {
  if (!copy.has(manifest)) return 1
  const visit = (id: Uint8Array): void => void ids.set(formatHex(id), id)
  const load = (id: Uint8Array): Promise<Uint8Array> => {
    visit(id)
    return copy.read(id)
  }
  const { tree } = decodeManifest(await load(manifest), manifest)
  for await (const entry of listPaths(tree, load))
    for (const chunks of chunkListsOf(entry)) for await (const id of readChunkList(chunks, load)) visit(id)
  return 0
}
