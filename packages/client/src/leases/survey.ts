/**
 * What of a Space's blobs is needed, marked from the roots: every release that is not revoked, and every pinned one.
 * Tags point to shown releases only, so that they add nothing. Yanked releases stay.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { type ChunkLocation, type LocatedChunk, listChunks, type LocatorLink } from '@squid/formats/locator'
import { Entry, EntryKey } from '../gen/squid/space.ts'
import type { Network } from '../networks/index.ts'
import { listReleases } from '../releases/index.ts'
import type { Release } from '../resolve/index.ts'
import { linkFromLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { type Lease, leaseKey, readLeases, type SpaceLeases } from './leases.ts'
import { NodeMissingError, visitChunks } from './release-chunks.ts'
import { type NamedRelease, ReleasesUnreadableError, type UnreadableRelease } from './unreadable.ts'

/** A flake and those of its releases that have to stay readable. */
export interface LiveFlake {
  readonly name: string
  readonly flake: string
  readonly releases: readonly Release[]
}

/** Says whether a release is kept although it is revoked. */
export type Pinned = (flake: string, version: bigint) => boolean

/** A node of the locator, and a chunk that lies below it. */
interface LocatorNodePlace {
  readonly link: LocatorLink
  readonly below: LocatedChunk
}

/** One Walrus blob, by what lies in it. */
export interface BlobUse {
  readonly lease: Lease
  /** Stored bytes of needed chunks. */
  readonly liveBytes: number
  readonly liveChunks: number
  /** Stored bytes of the locator's current nodes. */
  readonly nodeBytes: number
}

export interface Survey {
  readonly leases: SpaceLeases
  readonly root: LocatorLink | undefined
  readonly flakes: readonly LiveFlake[]
  /** Hex id → indexes into `flakes`. */
  readonly needed: ReadonlyMap<string, ReadonlySet<number>>
  /** Everything that the locator knows, by hex id. */
  readonly chunks: ReadonlyMap<string, LocatedChunk>
  readonly nodes: readonly LocatorNodePlace[]
  /** Needed, but the locator does not know them. */
  readonly missing: readonly Uint8Array[]
  /** By object id of the blob; several leases of one content count the same. */
  readonly uses: ReadonlyMap<string, BlobUse>
  /** Hex ids of blobs that the locator names and the storage object does not own: nobody renews them. */
  readonly unowned: ReadonlySet<string>
}

export interface SurveyDeps {
  readonly network: Network
  readonly storage: WalrusStorage
}

const PAGE = 50
const ENTRY_FLAKE = 1

/**
 * Marks everything. Reads the manifests of all live releases and the whole locator.
 * @param found places of chunks that the locator does not know, by hex id; they count as missing all the same
 * @throws {ReleasesUnreadableError}, and when the locator cannot be read: who does not know what is needed must not delete
 */
export async function surveySpace(
  deps: SurveyDeps,
  space: string,
  pinned?: Pinned,
  signal?: AbortSignal,
  found: ReadonlyMap<string, ChunkLocation> = new Map(),
): Promise<Survey> {
  for (let attempt = 0; ; attempt++) {
    const survey = await surveyOnce(deps, space, pinned, signal, found)
    // A release that came after the locator was read needs what only the newer locator knows.
    if (attempt > 0) return survey
    // Blobs are listed before the locator is read: it may name one that came in between.
    if (survey.unowned.size > 0) continue
    if (survey.missing.length === 0) return survey
    const { locator } = await readLeases(deps.network, space, signal)
    if (locator.revision === survey.leases.locator.revision) return survey
  }
}

async function surveyOnce(
  { network, storage }: SurveyDeps,
  space: string,
  pinned: Pinned | undefined,
  signal: AbortSignal | undefined,
  found: ReadonlyMap<string, ChunkLocation>,
): Promise<Survey> {
  const leases = await readLeases(network, space, signal)
  const root = leases.locator.link && linkFromLedger(leases.locator.link)
  const flakes = await listLiveFlakes(network, space, pinned, signal)
  const needed = new Map<string, Set<number>>()
  const ids = new Map<string, Uint8Array>()
  // First, so that no release is blamed for it.
  const { chunks, nodes } = root === undefined ? EMPTY : await readLocatorTree(storage, root, signal)
  const unreadable: UnreadableRelease[] = []
  for (const [index, { name, releases }] of flakes.entries()) {
    const visit = (id: Uint8Array): void => {
      const key = formatHex(id)
      const users = needed.get(key)
      if (users !== undefined) users.add(index)
      else {
        needed.set(key, new Set([index]))
        ids.set(key, id)
      }
    }
    for (const { version, manifest } of releases) {
      if (root === undefined) visit(manifest)
      else
        try {
          await markRelease(storage, root, manifest, visit, signal, found)
        } catch (error) {
          signal?.throwIfAborted()
          if (!(error instanceof SquidError)) throw error
          unreadable.push({ flake: name, version, reason: error.message })
        }
    }
  }
  if (unreadable.length > 0) throw new ReleasesUnreadableError(unreadable)
  const missing = [...ids].filter(([key]) => !chunks.has(key)).map(([, id]) => id)
  return { leases, root, flakes, needed, chunks, nodes, missing, ...useOf(leases, needed, chunks, nodes) }
}

const EMPTY = { chunks: new Map<string, LocatedChunk>(), nodes: [] as LocatorNodePlace[] }

/** The releases that need any of these chunks, as far as they can be read. @param chunks hex ids */
export async function releasesThatNeed(
  storage: WalrusStorage,
  { root, flakes }: Survey,
  chunks: ReadonlySet<string>,
  signal: AbortSignal | undefined,
  found: ReadonlyMap<string, ChunkLocation>,
): Promise<readonly NamedRelease[]> {
  const users: NamedRelease[] = []
  for (const { name, releases } of flakes)
    for (const { version, manifest } of releases) {
      let needs = false
      const visit = (id: Uint8Array): void => void (needs ||= chunks.has(formatHex(id)))
      if (root === undefined) visit(manifest)
      else await markRelease(storage, root, manifest, visit, signal, found)
      if (needs) users.push({ flake: name, version })
    }
  return users
}

/** Visits what can be visited; a node that is missing was visited itself, what lies below it is found later. */
async function markRelease(
  storage: WalrusStorage,
  root: LocatorLink,
  manifest: Uint8Array,
  visit: (id: Uint8Array) => void,
  signal: AbortSignal | undefined,
  found: ReadonlyMap<string, ChunkLocation>,
): Promise<void> {
  try {
    await visitChunks(storage, root, manifest, visit, signal, found)
  } catch (error) {
    if (!(error instanceof NodeMissingError)) throw error
  }
}

/** Every flake of a Space, with the releases that are not revoked or pinned. */
export async function listLiveFlakes(
  network: Network,
  space: string,
  pinned: Pinned = () => false,
  signal?: AbortSignal,
): Promise<readonly LiveFlake[]> {
  const flakes: LiveFlake[] = []
  for (const { name, flake } of await listFlakes(network, space, signal)) {
    const releases: Release[] = []
    let before: bigint | undefined
    for (;;) {
      const page = await listReleases(network, flake, { before, limit: PAGE, signal })
      releases.push(...page.filter(({ revoked, version }) => revoked === undefined || pinned(flake, version)))
      const last = page.at(-1)
      if (last === undefined || last.version === 1n) break
      before = last.version
    }
    flakes.push({ name, flake, releases })
  }
  return flakes
}

async function listFlakes(
  network: Network,
  space: string,
  signal: AbortSignal | undefined,
): Promise<readonly { name: string; flake: string }[]> {
  const keyType = `${network.squid.packageId}::space::EntryKey`
  const flakes: { name: string; flake: string }[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(network, space, cursor, signal)
    for (const { name, value } of page.dynamicFields) {
      if (name.type !== keyType) continue
      const { kind, id } = Entry.parse(value.bcs)
      if (kind === ENTRY_FLAKE) flakes.push({ name: EntryKey.parse(name.bcs).name, flake: id })
    }
    cursor = page.hasNextPage ? page.cursor : null
  } while (cursor !== null)
  return flakes.toSorted((a, b) => (a.name < b.name ? -1 : 1))
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

/** The whole locator. Nodes are loaded before what lies below them, so that the next chunk lies below all that wait. */
async function readLocatorTree(
  storage: WalrusStorage,
  root: LocatorLink,
  signal: AbortSignal | undefined,
): Promise<typeof EMPTY> {
  const chunks = new Map<string, LocatedChunk>()
  const nodes: LocatorNodePlace[] = []
  let waiting: LocatorLink[] = []
  const load = (link: LocatorLink): Promise<Uint8Array> => {
    waiting.push(link)
    return storage.loadNode(link, signal)
  }
  for await (const chunk of listChunks(root, load)) {
    for (const link of waiting) nodes.push({ link, below: chunk })
    waiting = []
    chunks.set(formatHex(chunk.id), chunk)
  }
  return { chunks, nodes }
}

function useOf(
  { leases }: SpaceLeases,
  needed: ReadonlyMap<string, unknown>,
  chunks: ReadonlyMap<string, LocatedChunk>,
  nodes: readonly LocatorNodePlace[],
): Pick<Survey, 'uses' | 'unowned'> {
  const byBlob = new Map<string, { liveBytes: number; liveChunks: number; nodeBytes: number }>()
  const tally = (
    blob: ChunkLocation['blob'],
  ): { liveBytes: number; liveChunks: number; nodeBytes: number } => {
    const key = blobKey(blob)
    let use = byBlob.get(key)
    if (use === undefined) byBlob.set(key, (use = { liveBytes: 0, liveChunks: 0, nodeBytes: 0 }))
    return use
  }
  for (const [key, { location }] of chunks) {
    const use = tally(location.blob)
    if (!needed.has(key)) continue
    use.liveBytes += location.length
    use.liveChunks++
  }
  for (const { link } of nodes) tally(link.blob).nodeBytes += link.length
  const owned = new Set(leases.map(lease => leaseKey(lease)))
  const unused = { liveBytes: 0, liveChunks: 0, nodeBytes: 0 }
  return {
    uses: new Map(
      leases.map(lease => [lease.objectId, { lease, ...(byBlob.get(leaseKey(lease)) ?? unused) }]),
    ),
    unowned: new Set([...byBlob.keys()].filter(key => !owned.has(key))),
  }
}

/** A blob that was read from the locator, by name. */
export function blobKey(blob: ChunkLocation['blob']): string {
  if (blob === null) throw new Error('a location that was read must name its blob')
  return formatHex(blob.id)
}
