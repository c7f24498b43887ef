/**
 * What releases and tags a flake has.
 * @module
 */
import { u64 } from '../codecs/index.ts'
import { TagKey } from '../gen/squid/flake.ts'
import { Entry, EntryKey } from '../gen/squid/space.ts'
import type { Network } from '../networks/index.ts'
import { ResolveError } from '../resolve/errors.ts'
import { LedgerReader } from '../resolve/ledger-reader.ts'
import { readFlake, readReleases, typeOf, type Release } from '../resolve/spaces.ts'
import { LedgerError } from '../transactions/index.ts'

export interface ListOptions {
  /** Only versions below this one. */
  readonly before?: bigint | undefined
  /** At most so many; 50 when left out. */
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** More tags or entries than this are refused: somebody wants to fill memory. */
const MAX_TAGS = 10_000
const MAX_ENTRIES = 10_000
const ENTRY_FLAKE = 1
const PAGE = 50

/** Newest first, hidden ones included. */
export async function listReleases(
  network: Network,
  flake: string,
  options: ListOptions = {},
): Promise<readonly Release[]> {
  const { limit = PAGE, before, signal } = options
  const reader = new LedgerReader(network)
  const { last } = await readFlake(network, reader, flake, signal)
  const first = before === undefined || before > last ? last : before - 1n
  const count = first < BigInt(limit) ? Number(first) : limit
  const versions = Array.from({ length: count }, (_, i) => first - BigInt(i))
  const releases = await readReleases(network, reader, flake, versions, signal)
  return releases.filter(release => release !== undefined)
}

/** @throws {ResolveError} VERSION_UNKNOWN */
export async function readRelease(
  network: Network,
  flake: string,
  version: bigint,
  signal?: AbortSignal,
): Promise<Release> {
  const [release] = await readReleases(network, new LedgerReader(network), flake, [version], signal)
  if (release !== undefined) return release
  throw new ResolveError('VERSION_UNKNOWN', `Flake ${flake} has no version ${version}.`)
}

/** Name → object id of every flake of a Space, in the order of the alphabet. */
export async function listFlakes(
  network: Network,
  space: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const keyType = typeOf(network, 'space::EntryKey')
  const found: [string, string][] = []
  for await (const { name, value } of fieldsOf(network, space, signal)) {
    if (name.type !== keyType) continue
    const entry = Entry.parse(value.bcs)
    if (entry.kind === ENTRY_FLAKE) found.push([EntryKey.parse(name.bcs).name, entry.id])
    if (found.length > MAX_ENTRIES)
      throw new LedgerError('TOO_MANY_ENTRIES', `Space ${space} has more than ${MAX_ENTRIES} entries.`)
  }
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Tag → version, in the order of the alphabet. */
export async function listTags(
  network: Network,
  flake: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, bigint>> {
  const keyType = typeOf(network, 'flake::TagKey')
  const tags: [string, bigint][] = []
  for await (const { name, value } of fieldsOf(network, flake, signal)) {
    if (name.type === keyType) tags.push([TagKey.parse(name.bcs).tag, u64.parse(value.bcs)])
    if (tags.length > MAX_TAGS)
      throw new LedgerError('TOO_MANY_TAGS', `Flake ${flake} has more than ${MAX_TAGS} tags.`)
  }
  return new Map(tags.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The dynamic fields of an object. */
async function* fieldsOf(network: Network, parent: string, signal: AbortSignal | undefined) {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(network, parent, cursor, signal)
    yield* page.dynamicFields
    cursor = page.hasNextPage ? page.cursor : null
  } while (cursor !== null)
}

async function readPage(
  network: Network,
  parent: string,
  cursor: string | null,
  signal: AbortSignal | undefined,
) {
  return network.sui.listDynamicFields({
    parentId: parent,
    limit: PAGE,
    cursor,
    include: { value: true },
    ...(signal === undefined ? {} : { signal }),
  })
}
