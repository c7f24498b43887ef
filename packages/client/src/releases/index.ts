export {
  buildReleaseTransaction,
  findPublished,
  publishedRelease,
  type ReadyBlob,
  type LocatorMove,
  type ReleasePlan,
} from './release-transaction.ts'
export { listFlakes, listReleases, listTags, readRelease, type ListOptions } from './listing.ts'
export { removeTag, revoke, setTag, unyank, yank } from './moderation.ts'
export { releaseTransaction } from './provenance.ts'
