/**
 * Reading releases from Walrus.
 * @module
 */
export { BlobContentError, BlobUnavailableError } from './blob.ts'
export type { SetAside } from './node-standing.ts'
export { ContentsError, ReleaseContents } from './release-contents.ts'
export { linkFromLedger } from './root-link.ts'
export { WalrusStorage, type WalrusStorageOptions } from './walrus-storage.ts'
