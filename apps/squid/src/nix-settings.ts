/**
 * What our calls of Nix are told, so that it takes store paths from squidd and believes no stale answer.
 * @module
 */
import type { NixSettings } from '@squid/host/nix'
import type { ResolveReport } from '@squid/daemon/gateway'

/** Nix would otherwise keep an old release, a yank or a revocation for an hour and more. */
const FRESH: NixSettings = {
  'tarball-ttl': '0',
  'narinfo-cache-negative-ttl': '0',
  'narinfo-cache-positive-ttl': '0',
}

type CacheOf = Pick<ResolveReport, 'substituter' | 'scope' | 'publicKey'>

/**
 * squidd besides whatever the person has configured: for calls in which Nix also evaluates and builds.
 * @param reports of every release that the call names; squidd vouches for these and no others
 */
export function besides(reports: readonly CacheOf[]): NixSettings {
  const [first, ...more] = reports
  if (first === undefined) return FRESH
  return {
    ...FRESH,
    'extra-substituters': [first.substituter, ...more.map(({ scope }) => scope)].join('~'),
    'extra-trusted-public-keys': first.publicKey,
  }
}

/**
 * squidd's cache of one release and nothing else: for fetching paths that the release names. Nothing is built then, and Nix before 2.16
 * fetches `max-jobs` paths at once.
 */
export function only({ substituter, publicKey }: CacheOf): NixSettings {
  return {
    ...FRESH,
    substituters: substituter,
    'trusted-public-keys': publicKey,
    'require-sigs': 'true',
    'max-jobs': '16',
  }
}
