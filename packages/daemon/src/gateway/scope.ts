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

const PREFIX = '/of/'

/** The releases of one cache: exact references by their text. */
export type Scope = ReadonlyMap<string, Reference>

/** The scope of one release. */
export function formatScope({
  space,
  flakeName,
  version,
}: Pick<GatewayRelease, 'space' | 'flakeName' | 'version'>): string {
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

/** The scope of a path, as text, and the path in its cache, with its slash; undefined for a path that has no scope. */
export function splitScopedPath(path: string): readonly [scope: string, rest: string] | undefined {
  if (!path.startsWith(PREFIX)) return undefined
  const end = path.indexOf('/', PREFIX.length)
  return end <= PREFIX.length ? undefined : [path.slice(PREFIX.length, end), path.slice(end)]
}

/** @throws {SquidError} REFERENCE */
export function parseScope(text: string): Scope {
  const parts = [...new Set(text.split('~'))]
  if (parts.length > MAX_RELEASES) {
    throw new SquidError('REFERENCE', `a cache serves at most ${MAX_RELEASES} releases`)
  }
  return new Map(parts.map(part => [part, parsePart(part)]))
}
