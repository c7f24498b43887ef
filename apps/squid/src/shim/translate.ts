/**
 * From a command line of Nix with `sui:` references to one that every Nix understands.
 * @module
 */
import { formatFlakePath, type Reference } from '@squid/client/references'
import type { ResolveReport } from '@squid/daemon/gateway'
import type { NixCall, Use } from './nix-call.ts'

type Found = Pick<ResolveReport, 'url' | 'base' | 'narHash'>

/** The URL that stands for a release, locked by its NAR hash: another source is refused by Nix itself. */
export function lockedUrl(
  { url, narHash }: Pick<Found, 'url' | 'narHash'>,
  attribute: string | undefined,
): string {
  return withAttribute(`${url}?${new URLSearchParams({ narHash }).toString()}`, attribute)
}

function withAttribute(url: string, attribute: string | undefined): string {
  return attribute === undefined ? url : `${url}#${attribute}`
}

/** What Nix is told in place of a reference. One that is only written down goes on to follow its name or tag. */
export function urlFor(reference: Reference, found: Found, use: Use): string {
  const { select, attribute, flake } = reference
  const isFollowing = use === 'recorded' && select.kind !== 'version' && flake !== undefined
  if (!isFollowing) return lockedUrl(found, attribute)
  return withAttribute(found.base + formatFlakePath(reference), attribute)
}

/** The words with each reference replaced. */
export function translate({ words }: NixCall, urls: ReadonlyMap<number, string>): readonly string[] {
  return words.map((word, index) => urls.get(index) ?? word)
}
