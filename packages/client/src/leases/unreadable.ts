/**
 * Releases that cannot be read. Nothing of a Space is given up while there are any: what they need is not known.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/** A release, by the name of its flake. */
export interface NamedRelease {
  readonly flake: string
  readonly version: bigint
}

export interface UnreadableRelease extends NamedRelease {
  readonly reason: string
}

/** More are counted. */
const MAX_NAMED = 10

const ADVICE =
  'until it is read again (squid storage verify --repair, or squid storage import with a copy) or revoked, nothing is given up'

/** Parts of the list of what releases need cannot be read, or are no such list. */
export class ReleasesUnreadableError extends SquidError {
  override name = 'ReleasesUnreadableError'
  readonly releases: readonly UnreadableRelease[]

  constructor(releases: readonly UnreadableRelease[], options?: ErrorOptions) {
    const named = listOf(releases.map(({ reason, ...release }) => `${nameOf(release)} (${reason})`))
    super('RELEASES_UNREADABLE', `What a release needs cannot be read: ${named}; ${ADVICE}`, options)
    this.releases = releases
  }
}

/** One sentence about chunks that are nowhere, and the releases that need them. */
export function lostChunks(lost: number, releases: readonly NamedRelease[]): string {
  return `${lost} chunks are lost that releases need: ${listOf(releases.map(nameOf))}; ${ADVICE}`
}

function nameOf({ flake, version }: NamedRelease): string {
  return `${flake} version ${version}`
}

function listOf(names: readonly string[]): string {
  const more = names.length - MAX_NAMED
  return `${names.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
