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

/** Nix 2.8 takes nothing from any cache where a machine is in no network, though squidd is on the machine itself. */
const CACHES_ON: NixSettings = { substitute: 'true' }

/**
 * squidd besides whatever the person has configured: for calls in which Nix also evaluates and builds.
 * @param reports of every release that the call names; squidd vouches for these and no others
 * @param isOffline whether the person asked for no caches
 */
export function besides(reports: readonly CacheOf[], isOffline = false): NixSettings {
  const [first] = reports
  if (first === undefined) return FRESH
  return {
    ...FRESH,
    ...(isOffline ? {} : CACHES_ON),
    'extra-substituters': cacheOf(reports),
    'extra-trusted-public-keys': first.publicKey,
  }
}

/** One cache for all of them: so squidd notices where they disagree. */
function cacheOf([first, ...more]: readonly CacheOf[]): string {
  return [first?.substituter ?? '', ...more.map(({ scope }) => scope)].join('~')
}

/**
 * squidd's cache of these releases and nothing else: for fetching paths that they name. Nothing is built then, and
 * Nix before 2.16 fetches `max-jobs` paths at once.
 */
export function only(reports: readonly CacheOf[]): NixSettings {
  return {
    ...FRESH,
    ...CACHES_ON,
    substituters: cacheOf(reports),
    'trusted-public-keys': reports[0]?.publicKey ?? '',
    'require-sigs': 'true',
    'max-jobs': '16',
  }
}
