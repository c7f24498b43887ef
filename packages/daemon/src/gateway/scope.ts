/**
 * A scope: the releases that one call of Nix asked for, as part of the address of its binary cache. A release vouches
 * for store paths only where it was asked for, so each call has a cache of its own:
 *
 *     http://squid.localhost:7878/of/0x….hello.3~0x….other.1/HASH.narinfo
 *
 * Space, flake and version of each release, `.` between them (no flake's name has one), `~` between releases: a character
 * that no Nix encodes (2.34 makes %2B of +).
 * @module
 */
import { parseReference, type Reference } from '@squid/client/references'
import { SquidError } from '@squid/formats/errors'
import type { GatewayRelease } from './contract.ts'

/** Releases that one call may name. */
const MAX_RELEASES = 32

const PATH = /^\/of\/([^/]+)(\/.*)$/

/** A path below a scope, taken apart. */
export interface ScopedPath {
  /** Each names one version. */
  readonly scope: readonly Reference[]
  /** With its leading slash. */
  readonly rest: string
}

/** Exactly this release, whatever it was asked as. */
export function exactReference({ space, flakeName, version }: GatewayRelease): Reference {
  return {
    subject: { kind: 'id', id: space },
    flake: flakeName,
    select: { kind: 'version', version },
    attribute: undefined,
  }
}

/** The scope of one release. */
export function formatScope({ space, flakeName, version }: GatewayRelease): string {
  return `${space}.${flakeName}.${version}`
}

/** @throws {SquidError} REFERENCE */
function parsePart(part: string): Reference {
  const [space = '', flake, version, ...more] = part.split('.')
  if (!space.startsWith('0x') || flake === undefined || version === undefined || more.length > 0) {
    throw new SquidError('REFERENCE', 'a release in the address of a cache is SPACE.FLAKE.VERSION')
  }
  return parseReference(`sui:${space}:${flake}?version=${version}`)
}

/**
 * @returns undefined for a path that has no scope
 * @throws {SquidError} REFERENCE
 */
export function parseScopedPath(pathname: string): ScopedPath | undefined {
  const [, releases, rest] = PATH.exec(pathname) ?? []
  if (releases === undefined || rest === undefined) return undefined
  const parts = [...new Set(releases.split('~'))]
  if (parts.length > MAX_RELEASES) {
    throw new SquidError('REFERENCE', `a cache serves at most ${MAX_RELEASES} releases`)
  }
  return { scope: parts.map(parsePart), rest }
}
