/**
 * The part of squidd that Nix talks to.
 * @module
 */
export { Gateway, type ResolveReport, type RunReport, type StatusReport } from './gateway.ts'
export { NarCache } from './nar-cache.ts'
export type {
  GatewayRelease,
  Log,
  ReleaseContents,
  Releases,
  SetAsideNode,
  StorageReport,
  Subscriptions,
  TrustPolicy,
  UploadedFile,
  Uploads,
} from './contract.ts'
