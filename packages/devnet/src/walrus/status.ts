/**
 * What a node answers when asked how a blob stands, in Walrus's JSON.
 * @module
 */
import type { Registration } from './chain.ts'

/** @param registrations blob objects that are paid for */
export function blobStatus(registrations: readonly Registration[]): unknown {
  if (registrations.length === 0) return 'nonexistent'
  const deletable = registrations.filter(registration => registration.deletable)
  const deletableCounts = {
    count_deletable_total: deletable.length,
    count_deletable_certified: deletable.filter(isCertified).length,
  }
  const initialCertifiedEpoch = firstCertified(registrations)
  const permanent = lastToExpire(registrations.filter(registration => !registration.deletable))
  if (!permanent) return { deletable: { initialCertifiedEpoch, deletableCounts } }
  return {
    permanent: {
      endEpoch: permanent.endEpoch,
      isCertified: isCertified(permanent),
      statusEvent: permanent.event,
      deletableCounts,
      initialCertifiedEpoch,
    },
  }
}

function isCertified(registration: Registration): boolean {
  return registration.certifiedEpoch !== undefined
}

function firstCertified(registrations: readonly Registration[]): number | null {
  const epochs = registrations.flatMap(({ certifiedEpoch }) => certifiedEpoch ?? [])
  return epochs.length > 0 ? Math.min(...epochs) : null
}

/** Certified ones count before others. */
function lastToExpire(registrations: readonly Registration[]): Registration | undefined {
  const certified = registrations.filter(isCertified)
  const candidates = certified.length > 0 ? certified : registrations
  return candidates.reduce<Registration | undefined>(
    (latest, next) => (latest && latest.endEpoch >= next.endEpoch ? latest : next),
    undefined,
  )
}
