/**
 * What the ledger has of sites: whose they are, their pages, and the Walrus blobs that their owner pays for.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { SquidError } from '@squid/formats/errors'
import { u64, u256 } from '../codecs/index.ts'
import { Resource, ResourcePath, Site } from '../gen/walrus-site/site.ts'
import type { Network } from '../networks/index.ts'
import { LedgerReader } from '../resolve/ledger-reader.ts'
import { readName } from '../resolve/names.ts'
import { blobKey, type Page, pageOf } from './page.ts'

/** A site and everything on it. */
export interface SiteState {
  readonly id: string
  /** Where it is served, `https://…` without a slash at the end; undefined when it does not say. */
  readonly address: string | undefined
  /** By path. */
  readonly pages: ReadonlyMap<string, Page>
}

/** A Walrus blob that somebody holds. */
export interface HeldBlob {
  readonly objectId: string
  readonly blobId: Uint8Array
  readonly encodedSize: bigint
  /** The first Walrus epoch that is not paid for. */
  readonly endEpoch: number
}

/** The package of Walrus Sites on a network: where it is called, and by which id its types go. */
export interface SitePackage {
  readonly packageId: string
  readonly typesId: string
}

const PAGE = 50
/** More pages than this are refused: somebody wants to fill memory. */
const MAX_PAGES = 100_000

const BlobObject = bcs.struct('Blob', {
  id: bcs.Address,
  registeredEpoch: bcs.u32(),
  blobId: u256,
  size: u64,
  encodingType: bcs.u8(),
  certifiedEpoch: bcs.option(bcs.u32()),
  storage: bcs.struct('Storage', {
    id: bcs.Address,
    startEpoch: bcs.u32(),
    endEpoch: bcs.u32(),
    storageSize: u64,
  }),
  deletable: bcs.bool(),
})

/** @throws {SquidError} `NO_SITES` when the network's descriptor names no such package */
export function sitePackage({ descriptor }: Network): SitePackage {
  const packageId = descriptor.packages['walrus-site']
  if (packageId === undefined)
    throw new SquidError(
      'NO_SITES',
      `The descriptor of ${descriptor.network} names no package walrus-site: add it, or take another descriptor.`,
    )
  // An upgraded package is called by its newest id, its types keep the first.
  return { packageId, typesId: descriptor.packages['walrus-site.types'] ?? packageId }
}

/** What a site says of whose mirror it is, in `project_url`. */
export function mirrorOf(space: string): string {
  return `sui:${space}`
}

/** The site by which an account mirrors a Space, undefined when there is none; of several the one with the lowest id. */
export async function findSite(
  network: Network,
  owner: string,
  space: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found: string[] = []
  for await (const { id, content } of ownedObjects(
    network,
    owner,
    `${sitePackage(network).typesId}::site::Site`,
    signal,
  ))
    if (Site.parse(content).projectUrl === mirrorOf(space)) found.push(id)
  return found.toSorted()[0]
}

/** @throws {SquidError} `SITE_UNKNOWN`, `SITE_TOO_LARGE` */
export async function readSite(network: Network, id: string, signal?: AbortSignal): Promise<SiteState> {
  const { typesId } = sitePackage(network)
  const [object] = await new LedgerReader(network).objects([id], signal)
  if (object?.type !== `${typesId}::site::Site`)
    throw new SquidError('SITE_UNKNOWN', `The ledger has no Walrus Site ${id}.`)
  const pages = new Map<string, Page>()
  let cursor: string | null = null
  do {
    const listed: Awaited<ReturnType<typeof listFields>> = await listFields(network, id, cursor, signal)
    for (const { name, value } of listed.dynamicFields) {
      if (name.type !== `${typesId}::site::ResourcePath`) continue
      const page = pageOf(Resource.parse(value.bcs))
      if (page !== undefined) pages.set(page.path, page)
    }
    if (pages.size > MAX_PAGES)
      throw new SquidError('SITE_TOO_LARGE', `Walrus Site ${id} has more than ${MAX_PAGES} pages.`)
    cursor = listed.hasNextPage ? listed.cursor : null
  } while (cursor !== null)
  return { id, address: Site.parse(object.content).link ?? undefined, pages }
}

/** The site that portals serve under a name (without `.sui`), undefined when there is none now. */
export async function siteOfName(
  network: Network,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const state = await readName(network, new LedgerReader(network), name, signal)
  const id = state === undefined || state.expired ? undefined : state.site
  return id !== undefined && /^0x[0-9a-f]{64}$/.test(id) ? id : undefined
}

/** One page of a site, undefined when it has no such path. */
export async function readPage(
  network: Network,
  site: string,
  path: string,
  signal?: AbortSignal,
): Promise<Page | undefined> {
  const { typesId } = sitePackage(network)
  const resource = await new LedgerReader(network).field(
    {
      parent: site,
      keyType: `${typesId}::site::ResourcePath`,
      key: ResourcePath.serialize({ path }).toBytes(),
      valueType: `${typesId}::site::Resource`,
      value: Resource,
      mayVanish: true,
    },
    signal,
  )
  return resource && pageOf(resource)
}

/** The Walrus blobs of an account, by `blobKey`; of several objects of one blob the one that lasts longest. */
export async function heldBlobs(
  network: Network,
  owner: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, HeldBlob>> {
  const held = new Map<string, HeldBlob>()
  for await (const { id, content } of ownedObjects(
    network,
    owner,
    await network.walrus.getBlobType(),
    signal,
  )) {
    const { blobId: number, storage, certifiedEpoch, deletable } = BlobObject.parse(content)
    if (certifiedEpoch === null || !deletable) continue
    const blobId = u256.serialize(number).toBytes()
    const key = blobKey({ blobId })
    if ((held.get(key)?.endEpoch ?? 0) >= storage.endEpoch) continue
    held.set(key, {
      objectId: id,
      blobId,
      encodedSize: storage.storageSize,
      endEpoch: storage.endEpoch,
    })
  }
  return held
}

async function* ownedObjects(
  network: Network,
  owner: string,
  type: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly id: string; readonly content: Uint8Array }> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof listOwned>> = await listOwned(network, owner, type, cursor, signal)
    for (const { objectId: id, content } of page.objects) yield { id, content }
    cursor = page.hasNextPage ? page.cursor : null
  } while (cursor !== null)
}

function listOwned(
  { sui }: Network,
  owner: string,
  type: string,
  cursor: string | null,
  signal: AbortSignal | undefined,
) {
  return sui.core.listOwnedObjects({
    owner,
    type,
    cursor,
    limit: PAGE,
    include: { content: true },
    ...(signal && { signal }),
  })
}

function listFields(
  { sui }: Network,
  parentId: string,
  cursor: string | null,
  signal: AbortSignal | undefined,
) {
  return sui.listDynamicFields({
    parentId,
    cursor,
    limit: PAGE,
    include: { value: true },
    ...(signal && { signal }),
  })
}
