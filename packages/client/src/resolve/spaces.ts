/**
 * What the ledger holds about Spaces, flakes and releases, read field by field.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import { address, u64 } from '../codecs/index.ts'
import * as flakes from '../gen/squid/flake.ts'
import * as registries from '../gen/squid/registry.ts'
import * as spaces from '../gen/squid/space.ts'
import * as storages from '../gen/squid/storage.ts'
import type { Network } from '../networks/index.ts'
import { ResolveError } from './errors.ts'
import { LedgerReader, type FieldQuery } from './ledger-reader.ts'

/** Where the root node of a Space's locator lies: a range of a Walrus blob, and the SHA-256 of its bytes. */
export interface RootLink {
  readonly blobId: bigint
  /** Bytes of the whole blob, unencoded. */
  readonly blobSize: bigint
  readonly offset: bigint
  readonly length: bigint
  readonly sha256: Uint8Array
}

/** `revision` counts the moves of `link`, for compare-and-swap; 0 = never set. */
export interface LocatorRoot {
  readonly storageId: string
  readonly revision: bigint
  readonly link: RootLink | undefined
}

export interface Release {
  readonly version: bigint
  /** SHA-256 of the source's NAR. */
  readonly sourceNarHash: Uint8Array
  /** Of the source's version control, or empty. */
  readonly revision: string
  /** Seconds. */
  readonly lastModified: bigint
  /** Digest of the manifest. */
  readonly manifest: Uint8Array
  readonly createdMs: bigint
  readonly publisher: string
  readonly yanked: boolean
  /** Why it was revoked; undefined when it was not. */
  readonly revoked: string | undefined
}

/** What a publisher must know of a flake. */
export interface FlakeState {
  /** Undefined when the Space has no such flake yet. */
  readonly flake: string | undefined
  /** The highest version there ever was, 0 = none. */
  readonly lastVersion: bigint
  /** The highest version that is neither yanked nor revoked. */
  readonly latest: bigint | undefined
}

/** The version of the shells that this client understands. */
const SHELL_VERSION = u64.serialize(1n).toBytes()
const ENTRY_FLAKE = 1

export async function readSpace(
  network: Network,
  reader: LedgerReader,
  space: string,
  signal?: AbortSignal,
): Promise<spaces.SpaceInner> {
  const inner = await reader.field(innerOf(network, space, 'space::SpaceInner', spaces.SpaceInner), signal)
  if (inner === undefined) throw new ResolveError('OBJECT_UNKNOWN', `The ledger has no Space ${space}.`)
  return inner
}

/** The home Space of `owner`. */
export async function readHome(
  network: Network,
  reader: LedgerReader,
  owner: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return reader.field(homeQuery(network, owner), signal)
}

/** The roles of `member` in a Space; 0 when not a member. */
export async function readRoles(
  network: Network,
  space: string,
  member: string,
  signal?: AbortSignal,
): Promise<number> {
  const query = {
    parent: space,
    keyType: typeOf(network, 'space::MemberKey'),
    key: spaces.MemberKey.serialize({ member }).toBytes(),
    valueType: 'u8',
    value: bcs.u8(),
    mayVanish: true as const,
  }
  return (await new LedgerReader(network).field(query, signal)) ?? 0
}

/** @throws {ResolveError} OBJECT_UNKNOWN, NO_STORAGE */
export async function readLocator(
  network: Network,
  space: string,
  signal?: AbortSignal,
  reader: LedgerReader = new LedgerReader(network),
): Promise<LocatorRoot> {
  const { storage } = await readSpace(network, reader, space, signal)
  if (storage === null) throw new ResolveError('NO_STORAGE', `Space ${space} has no storage object.`)
  const inner = await reader.field(
    innerOf(network, storage, 'storage::StorageInner', storages.StorageInner),
    signal,
  )
  if (inner === undefined)
    throw new ResolveError('LEDGER_MALFORMED', `Storage object ${storage} has no content.`)
  return { storageId: storage, revision: inner.revision, link: inner.root ?? undefined }
}

/** The id of the flake `name`, undefined when the Space has none. */
export async function readEntry(
  network: Network,
  reader: LedgerReader,
  space: string,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const query = {
    parent: space,
    keyType: typeOf(network, 'space::EntryKey'),
    key: spaces.EntryKey.serialize({ name }).toBytes(),
    valueType: typeOf(network, 'space::Entry'),
    value: spaces.Entry,
  }
  const entry = await reader.field(query, signal)
  if (entry !== undefined && entry.kind !== ENTRY_FLAKE) {
    throw new ResolveError('OBJECT_KIND', `The entry ${name} of Space ${space} is not a flake.`)
  }
  return entry?.id
}

/** @throws {ResolveError} OBJECT_UNKNOWN */
export async function readFlake(
  network: Network,
  reader: LedgerReader,
  flake: string,
  signal?: AbortSignal,
): Promise<flakes.FlakeInner> {
  const inner = await reader.field(innerOf(network, flake, 'flake::FlakeInner', flakes.FlakeInner), signal)
  if (inner === undefined) throw new ResolveError('OBJECT_UNKNOWN', `The ledger has no flake ${flake}.`)
  return inner
}

export async function readFlakeState(
  network: Network,
  space: string,
  name: string,
  signal?: AbortSignal,
): Promise<FlakeState> {
  const reader = new LedgerReader(network)
  const flake = await readEntry(network, reader, space, name, signal)
  if (flake === undefined) return { flake, lastVersion: 0n, latest: undefined }
  const { last, latest } = await readFlake(network, reader, flake, signal)
  return { flake, lastVersion: last, latest: latest === 0n ? undefined : latest }
}

/** In the order of `versions`, undefined for what does not exist. */
export async function readReleases(
  network: Network,
  reader: LedgerReader,
  flake: string,
  versions: readonly bigint[],
  signal?: AbortSignal,
): Promise<readonly (Release | undefined)[]> {
  const [releases, statuses] = await Promise.all([
    reader.fields(
      versions.map(version => releaseQuery(network, flake, version)),
      signal,
    ),
    reader.fields(
      versions.map(version => statusQuery(network, flake, version)),
      signal,
    ),
  ])
  return releases.map((release, i) => {
    if (release === undefined) return undefined
    const { yanked, revoked } = statuses[i] ?? { yanked: false, revoked: null }
    return { ...release, yanked, revoked: revoked ?? undefined }
  })
}

export async function readTag(
  network: Network,
  reader: LedgerReader,
  flake: string,
  tag: string,
  signal?: AbortSignal,
): Promise<bigint | undefined> {
  const key = flakes.TagKey.serialize({ tag }).toBytes()
  const keyType = typeOf(network, 'flake::TagKey')
  return reader.field({ parent: flake, keyType, key, valueType: 'u64', value: u64, mayVanish: true }, signal)
}

/** The version that the publish with this key appended to the flake. */
export async function readPublished(
  network: Network,
  reader: LedgerReader,
  flake: string,
  publishKey: Uint8Array,
  signal?: AbortSignal,
): Promise<bigint | undefined> {
  const key = flakes.PublishKey.serialize({ key: publishKey }).toBytes()
  const keyType = typeOf(network, 'flake::PublishKey')
  return reader.field({ parent: flake, keyType, key, valueType: 'u64', value: u64 }, signal)
}

/** The type `module::Name` of Squid's package. */
export function typeOf(network: Network, name: string): string {
  return `${network.squid.packageId}::${name}`
}

function homeQuery(network: Network, owner: string): FieldQuery<string> {
  return {
    parent: network.squid.registryId,
    keyType: typeOf(network, 'registry::HomeKey'),
    key: registries.HomeKey.serialize({ owner }).toBytes(),
    valueType: '0x2::object::ID',
    value: address,
    mayVanish: true,
  }
}

function releaseQuery(network: Network, flake: string, version: bigint): FieldQuery<flakes.Release> {
  return {
    parent: flake,
    keyType: typeOf(network, 'flake::ReleaseKey'),
    key: flakes.ReleaseKey.serialize({ version }).toBytes(),
    valueType: typeOf(network, 'flake::Release'),
    value: flakes.Release,
  }
}

function statusQuery(network: Network, flake: string, version: bigint): FieldQuery<flakes.Status> {
  return {
    parent: flake,
    keyType: typeOf(network, 'flake::StatusKey'),
    key: flakes.StatusKey.serialize({ version }).toBytes(),
    valueType: typeOf(network, 'flake::Status'),
    value: flakes.Status,
  }
}

/** What a shell keeps under its version. */
function innerOf<V>(
  network: Network,
  parent: string,
  name: string,
  value: FieldQuery<V>['value'],
): FieldQuery<V> {
  return { parent, keyType: 'u64', key: SHELL_VERSION, valueType: typeOf(network, name), value }
}
