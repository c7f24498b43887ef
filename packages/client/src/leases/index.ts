/**
 * What a Space stores on Walrus: leases, costs, what of it is needed.
 * @module
 */
export { leasesOfRelease } from './closure.ts'
export {
  collectGarbage,
  type Collected,
  type CollectEvent,
  type CollectOptions,
  deleteCondemned,
} from './collect.ts'
export { type FlakeCost, type StorageCost, storageCost } from './cost.ts'
export { epochsLeft, type Lease, readLeases, type SpaceLeases, unitsOf, type WalrusTerms } from './leases.ts'
export {
  estimateRenewalGas,
  type LeaseFilter,
  planRenewal,
  type RenewalPlan,
  type Renewed,
  renewLeases,
} from './renew.ts'
export { type BlobUse, type Pinned, type Survey, surveySpace } from './survey.ts'
export {
  type CopiedFlake,
  type CopiedRelease,
  CopyError,
  copySpace,
  type CopyResult,
  SpaceCopy,
} from './copy.ts'
export {
  publicationOfCopy,
  releasedBefore,
  type ReleasedBefore,
  type Restored,
  restoreSpace,
} from './import.ts'
export { type Repaired, repairSpace } from './repair.ts'
export { type Hurt, type Verified, verifySpace } from './verify.ts'
export { lostChunks } from './unreadable.ts'
export { readReleasePins, setReleasePin } from './pins.ts'
