/**
 * Releases for several systems, each built on a machine of its own: a release never changes, so a further machine publishes
 * the next one, which holds what was built there and, joined from an earlier release of the same source, the rest.
 * @module
 */
import type { PathToPublish, Publication } from '@squid/client/publish'
import { readFlakeState, type Resolution } from '@squid/client/resolve'
import { readRelease } from '@squid/client/releases'
import { linkFromLedger, ReleaseContents } from '@squid/client/storage'
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import type { ManifestEntry, ManifestSystem } from '@squid/formats/manifest'
import { formatSri } from '@squid/formats/sri'
import { parseStorePath, type StorePath } from '@squid/formats/store-path'
import { storePathOf } from '@squid/host/nix'
import type { Session } from './compose.ts'

/** A release and its contents. */
interface Earlier {
  readonly version: bigint
  readonly sourceNarHash: Uint8Array
  readonly contents: ReleaseContents
}

async function open(session: Session, found: Resolution, signal: AbortSignal): Promise<Earlier> {
  const { release, locator, flakeName } = found
  const { version, sourceNarHash, manifest } = release
  if (locator.link === undefined) {
    throw new SquidError(
      'SOURCE_MISSING',
      `version ${version} of ${flakeName} cannot be read: its Space stores nothing`,
    )
  }
  const contents = await ReleaseContents.open(session.storage, linkFromLedger(locator.link), manifest, signal)
  return { version, sourceNarHash, contents }
}

async function earlierRelease(
  session: Session,
  { space, flakeName }: Pick<Publication, 'space' | 'flakeName'>,
  version: bigint,
  signal: AbortSignal,
): Promise<Earlier> {
  const reference = {
    subject: { kind: 'id', id: space },
    flake: flakeName,
    select: { kind: 'version', version },
    attribute: undefined,
  } as const
  return await open(session, await session.resolver.resolve(reference, signal), signal)
}

function sri(digest: Uint8Array): string {
  return formatSri({ algorithm: 'sha256', digest })
}

/** The systems of a release that a publication does not hold itself. */
function othersOf({ contents }: Earlier, { manifest }: Publication): readonly ManifestSystem[] {
  const own = manifest.systems.map(({ system }) => system)
  return contents.manifest.systems.filter(({ system }) => !own.includes(system))
}

/** Store paths that systems name. */
function rootsOf(systems: readonly ManifestSystem[]): readonly StorePath[] {
  return systems.flatMap(({ attributes }) =>
    attributes.flatMap(({ derivation, outputs, mainProgram }) => [
      ...outputs.map(({ path }) => path),
      ...(derivation === undefined ? [] : [derivation]),
      ...(mainProgram === undefined ? [] : [parseStorePath(storePathOf(mainProgram))]),
    ]),
  )
}

/** What a release holds of the roots, and all that this refers to. */
async function heldBelow(
  { contents, version }: Earlier,
  roots: readonly StorePath[],
  signal: AbortSignal,
): Promise<readonly ManifestEntry[]> {
  const entries = new Map<StorePath, ManifestEntry | undefined>()
  const queue = roots.map(path => ({ path, isRoot: true }))
  for (const { path, isRoot } of queue) {
    if (entries.has(path)) continue
    const entry = await contents.lookup(path, signal)
    if (entry === undefined && !isRoot) {
      throw new SquidError(
        'CLOSURE_INCOMPLETE',
        `version ${version} does not hold ${path}, which it needs; it cannot be joined`,
      )
    }
    entries.set(path, entry)
    queue.push(...(entry?.references ?? []).map(reference => ({ path: reference, isRoot: false })))
  }
  return [...entries.values()].filter(entry => entry !== undefined)
}

/** @throws {SquidError} PATH_CONFLICT */
function assertSame(own: PathToPublish, entry: ManifestEntry, version: bigint): void {
  const references = own.references.toSorted()
  const isSame =
    equalBytes(own.narHash, entry.narHash) &&
    own.narSize === entry.narSize &&
    references.join() === entry.references.join()
  if (isSame) return
  throw new SquidError(
    'PATH_CONFLICT',
    `the store of this machine and version ${version} disagree about ${entry.storePath}; nothing was published`,
  )
}

/** A path as it lies on Walrus: it is read from there again, and so checked, but not stored again. */
function pathOf({ contents }: Earlier, entry: ManifestEntry): PathToPublish {
  const { storePath, narHash, narSize, references, signatures, deriver, ca, log } = entry
  return {
    storePath,
    narHash,
    narSize,
    references,
    signatures,
    ...(deriver === undefined ? {} : { deriver }),
    ...(ca === undefined ? {} : { ca }),
    nar: () => contents.nar(entry),
    ...(log === undefined ? {} : { log: () => contents.log(entry) }),
  }
}

/**
 * The publication with the systems that an earlier release holds and it does not.
 * @throws {SquidError} OTHER_SOURCE, NOTHING_TO_JOIN, PATH_CONFLICT
 */
export async function joined(
  session: Session,
  publication: Publication,
  version: bigint,
  signal: AbortSignal,
): Promise<Publication> {
  const { manifest, paths, flakeName } = publication
  const earlier = await earlierRelease(session, publication, version, signal)
  if (!equalBytes(earlier.sourceNarHash, manifest.sourceNarHash)) {
    throw new SquidError(
      'OTHER_SOURCE',
      `version ${version} of ${flakeName} is of the source ${sri(earlier.sourceNarHash)}, this is ${sri(manifest.sourceNarHash)}; only releases of one source are joined`,
    )
  }
  const others = othersOf(earlier, publication)
  if (others.length === 0) {
    throw new SquidError(
      'NOTHING_TO_JOIN',
      `version ${version} of ${flakeName} holds no other system than this release`,
    )
  }
  const own = new Map(paths.map(path => [path.storePath, path]))
  const added: PathToPublish[] = []
  for (const entry of await heldBelow(earlier, rootsOf(others), signal)) {
    const known = own.get(entry.storePath)
    if (known === undefined) added.push(pathOf(earlier, entry))
    else assertSame(known, entry, version)
  }
  const { sources, buildClosure } = earlier.contents.manifest.holds
  const holds = {
    sources: manifest.holds.sources && sources,
    buildClosure: manifest.holds.buildClosure && buildClosure,
  }
  return {
    ...publication,
    manifest: { ...manifest, holds, systems: [...manifest.systems, ...others] },
    paths: [...paths, ...added],
  }
}

/** The latest release, where it is of the same source and holds systems that this publication would leave out. */
export async function leftOut(
  session: Session,
  publication: Publication,
  signal: AbortSignal,
): Promise<{ readonly version: bigint; readonly systems: readonly string[] } | undefined> {
  const { space, flakeName, manifest } = publication
  const { flake, latest } = await readFlakeState(session.network, space, flakeName, signal)
  if (flake === undefined || latest === undefined) return undefined
  const { sourceNarHash } = await readRelease(session.network, flake, latest, signal)
  if (!equalBytes(sourceNarHash, manifest.sourceNarHash)) return undefined
  const earlier = await earlierRelease(session, publication, latest, signal)
  const systems = othersOf(earlier, publication).map(({ system }) => system)
  return systems.length === 0 ? undefined : { version: latest, systems }
}

/** Of the paths, and all that they refer to, what the latest release of a flake holds. */
export async function heldByLatest(
  session: Session,
  publication: Pick<Publication, 'space' | 'flakeName'>,
  paths: readonly StorePath[],
  signal: AbortSignal,
): Promise<readonly PathToPublish[]> {
  const { flake, latest } = await readFlakeState(
    session.network,
    publication.space,
    publication.flakeName,
    signal,
  )
  if (flake === undefined || latest === undefined) return []
  const earlier = await earlierRelease(session, publication, latest, signal)
  return (await heldBelow(earlier, paths, signal)).map(entry => pathOf(earlier, entry))
}
