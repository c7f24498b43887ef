/**
 * From a reference to one release: name → Space → flake → release, every step read from the ledger.
 * @module
 */
import type { Home } from '../home/index.ts'
import type { Network } from '../networks/index.ts'
import { formatReference, type Reference, type Selection, type Subject } from '../references/index.ts'
import { pinName } from '../trust/index.ts'
import { ResolveError } from './errors.ts'
import { isOfType, LedgerReader, type LedgerObject } from './ledger-reader.ts'
import { readTarget } from './names.ts'
import { SeenFile } from './seen.ts'
import {
  readEntry,
  readFlake,
  readHome,
  readLocator,
  readReleases,
  readTag,
  typeOf,
  type LocatorRoot,
  type Release,
} from './spaces.ts'

export interface Resolution {
  /** Object ids. */
  readonly space: string
  readonly flake: string
  readonly flakeName: string
  /** By which the Space was found, without `@`. */
  readonly name: string | undefined
  readonly release: Release
  readonly locator: LocatorRoot
  /** Sentences for the user. */
  readonly warnings: readonly string[]
}

export interface ResolverDeps {
  readonly network: Network
  readonly home: Home
}

/** How often a latest release is chosen again that was hidden meanwhile. */
const ATTEMPTS = 3

/** A flake that a reference leads to, whichever release of it is meant. */
export interface FoundFlake {
  readonly space: string
  readonly flake: string
  readonly flakeName: string
  readonly name: string | undefined
}

export class Resolver {
  readonly #deps: ResolverDeps
  readonly #reader: LedgerReader

  constructor(deps: ResolverDeps) {
    this.#deps = deps
    this.#reader = new LedgerReader(deps.network, new SeenFile(deps.home, deps.network.descriptor.chainId))
  }

  /**
   * @throws {ResolveError} with the code that says which step failed
   */
  async resolve(reference: Reference, signal?: AbortSignal): Promise<Resolution> {
    const { network } = this.#deps
    const found = await this.findFlake(reference, signal)
    const [release, locator] = await Promise.all([
      this.#select(found, reference.select, signal),
      readLocator(network, found.space, signal, this.#reader),
    ])
    const warnings = release.yanked
      ? [
          `Version ${release.version} of ${found.flakeName} was yanked by its publisher; it runs because you asked for exactly this version.`,
        ]
      : []
    return { ...found, release, locator, warnings }
  }

  /** The flake alone, without choosing a release. */
  async findFlake(reference: Reference, signal?: AbortSignal): Promise<FoundFlake> {
    const { network } = this.#deps
    const { subject, flake: flakeName } = reference
    if (flakeName === undefined) return this.#flakeById(reference, signal)
    const space = await this.findSpace(subject, signal)
    const flake = await readEntry(network, this.#reader, space, flakeName, signal)
    if (flake === undefined) {
      throw new ResolveError('FLAKE_UNKNOWN', `${shown(subject)} has no flake ${flakeName}.`)
    }
    const inner = await readFlake(network, this.#reader, flake, signal)
    if (inner.space !== space || inner.name !== flakeName) throw misplaced(flake)
    return { space, flake, flakeName, name: subject.kind === 'name' ? subject.name : undefined }
  }

  /** The Space that a name or id stands for. A name is pinned at its first use. */
  async findSpace(subject: Subject, signal?: AbortSignal): Promise<string> {
    if (subject.kind === 'id') return this.#spaceOf(subject.id, subject, signal)
    const space = await this.currentSpace(subject.name, signal)
    await pinName(this.#deps.home, this.#deps.network.descriptor.chainId, subject.name, space)
    return space
  }

  /** What a name stands for now, whatever it is pinned to. */
  async currentSpace(name: string, signal?: AbortSignal): Promise<string> {
    const target = await readTarget(this.#deps.network, this.#reader, name, signal)
    return this.#spaceOf(target, { kind: 'name', name }, signal)
  }

  async #spaceOf(id: string, subject: Subject, signal: AbortSignal | undefined): Promise<string> {
    const [object] = await this.#reader.objects([id], signal)
    if (object !== undefined) return this.#assertSpace(object)
    const home = await readHome(this.#deps.network, this.#reader, id, signal)
    if (home === undefined) throw new ResolveError('NO_HOME', noHome(id, subject))
    const [space] = await this.#reader.objects([home], signal)
    if (space === undefined)
      throw new ResolveError('LEDGER_MALFORMED', `The home Space ${home} of ${id} does not exist.`)
    return this.#assertSpace(space)
  }

  #assertSpace(object: LedgerObject): string {
    if (isOfType(object, typeOf(this.#deps.network, 'space::Space'))) return object.id
    throw wrongKind(object, 'a Space or an owner')
  }

  async #flakeById(reference: Reference, signal: AbortSignal | undefined): Promise<FoundFlake> {
    const { network } = this.#deps
    const { subject } = reference
    if (subject.kind === 'name')
      throw new ResolveError('FLAKE_UNKNOWN', `${formatReference(reference)} names no flake.`)
    const [object] = await this.#reader.objects([subject.id], signal)
    if (object === undefined)
      throw new ResolveError('OBJECT_UNKNOWN', `The ledger has no object ${subject.id}.`)
    if (isOfType(object, typeOf(network, 'space::Space'))) {
      throw new ResolveError(
        'FLAKE_UNKNOWN',
        `${subject.id} is a Space: write sui:${subject.id}:FLAKE to name one of its flakes.`,
      )
    }
    if (!isOfType(object, typeOf(network, 'flake::Flake'))) throw wrongKind(object, 'a flake')
    const { space, name } = await readFlake(network, this.#reader, object.id, signal)
    const entry = await readEntry(network, this.#reader, space, name, signal)
    if (entry !== object.id) throw misplaced(object.id)
    return { space, flake: object.id, flakeName: name, name: undefined }
  }

  async #select(found: FoundFlake, select: Selection, signal: AbortSignal | undefined): Promise<Release> {
    for (let attempt = 1; ; attempt++) {
      const release = await this.#release(found, await this.#version(found, select, signal), signal)
      assertRuns(found, release, select)
      if (!release.yanked || select.kind === 'version') return release
      // Yanked since the latest version was read: read again.
      if (attempt === ATTEMPTS) throw misplaced(found.flake)
    }
  }

  async #release(found: FoundFlake, version: bigint, signal: AbortSignal | undefined): Promise<Release> {
    const [release] = await readReleases(this.#deps.network, this.#reader, found.flake, [version], signal)
    if (release !== undefined) return release
    throw new ResolveError(
      'VERSION_UNKNOWN',
      `${found.flakeName} has no version ${version}: run squid releases to see which there are.`,
    )
  }

  async #version(found: FoundFlake, select: Selection, signal: AbortSignal | undefined): Promise<bigint> {
    const { network } = this.#deps
    if (select.kind === 'version') return select.version
    if (select.kind === 'tag') {
      const version = await readTag(network, this.#reader, found.flake, select.tag, signal)
      if (version !== undefined) return version
      throw new ResolveError('TAG_UNKNOWN', `${found.flakeName} has no tag ${select.tag}.`)
    }
    const { last, latest } = await readFlake(network, this.#reader, found.flake, signal)
    if (latest !== 0n) return latest
    const why = last === 0n ? 'has no release yet' : 'has only releases that were yanked or revoked'
    throw new ResolveError('NO_RELEASE', `${found.flakeName} ${why}.`)
  }
}

/** @throws {ResolveError} RELEASE_REVOKED, RELEASE_YANKED */
function assertRuns(found: FoundFlake, release: Release, select: Selection): void {
  const { version, revoked, yanked } = release
  if (revoked !== undefined) {
    throw new ResolveError(
      'RELEASE_REVOKED',
      `Version ${version} of ${found.flakeName} was revoked by its publisher: ${JSON.stringify(revoked)}.`,
    )
  }
  if (yanked && select.kind === 'tag') {
    throw new ResolveError(
      'RELEASE_YANKED',
      `The tag ${select.tag} of ${found.flakeName} points to version ${version}, which was yanked: ask for ?version=${version} to run it all the same.`,
    )
  }
}

function shown(subject: Subject): string {
  return subject.kind === 'name' ? `@${subject.name}` : subject.id
}

function noHome(id: string, subject: Subject): string {
  const what = subject.kind === 'name' ? `@${subject.name} points to ${id}, which` : id
  return `${what} is neither a Space nor an owner with a home Space.`
}

function wrongKind(object: LedgerObject, wanted: string): ResolveError {
  const what =
    object.type === 'package'
      ? 'a package; packages that name their Space are not supported yet'
      : `a ${object.type}`
  return new ResolveError('OBJECT_KIND', `${object.id} is not ${wanted} but ${what}.`)
}

/** Only a wrong full node shows this. */
function misplaced(flake: string): ResolveError {
  return new ResolveError(
    'LEDGER_MALFORMED',
    `The ledger contradicts itself about flake ${flake}: use another full node.`,
  )
}
