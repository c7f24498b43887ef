/** What is said long before leases end. */
import { epochsLeft, type SpaceLeases } from '@squid/client/leases'

/** A keeper renews at this many epochs left; fewer mean that none is at work. */
const WARN_BELOW = 4
const DAY_MS = 24 * 60 * 60 * 1000

/** One sentence for each thing that is wrong with the leases of a Space. */
export function leaseWarnings({ space, leases, terms }: SpaceLeases): readonly string[] {
  const kept = leases.filter(({ condemnedMs }) => condemnedMs === undefined)
  const left = kept.map(lease => epochsLeft(lease, terms))
  const ended = left.filter(epochs => epochs === 0).length
  const soon = left.filter(epochs => epochs > 0 && epochs < WARN_BELOW)
  const warnings: string[] = []
  if (ended > 0)
    warnings.push(
      `${ended} of ${kept.length} blobs of Space ${space} expired: releases that need them cannot be read; import a copy: squid storage import DIR`,
    )
  if (soon.length > 0) {
    const days = Math.round((Math.min(...soon) * Number(terms.epochMs)) / DAY_MS)
    warnings.push(
      `${soon.length} of ${kept.length} blobs of Space ${space} expire within ${days} days: keep squidd running, or run: squid storage renew`,
    )
  }
  return warnings
}
