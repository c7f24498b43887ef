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

/** squidd besides whatever the person has configured: for calls in which Nix also evaluates and builds. */
export function besides({
  substituter,
  publicKey,
}: Pick<ResolveReport, 'substituter' | 'publicKey'>): NixSettings {
  return { ...FRESH, 'extra-substituters': substituter, 'extra-trusted-public-keys': publicKey }
}

/**
 * squidd and nothing else: for fetching paths that a release names. Nothing is built then, and Nix before 2.16
 * fetches `max-jobs` paths at once.
 */
export function only({
  substituter,
  publicKey,
}: Pick<ResolveReport, 'substituter' | 'publicKey'>): NixSettings {
  return {
    ...FRESH,
    substituters: substituter,
    'trusted-public-keys': publicKey,
    'require-sigs': 'true',
    'max-jobs': '16',
  }
}
