/**
 * Reading releases from Walrus.
 * @module
 */
export { BlobUnavailableError, type SetAside } from './blob-reader.ts'
export { ContentsError, ReleaseContents } from './release-contents.ts'
export { linkFromLedger } from './root-link.ts'
export { WalrusStorage, type WalrusStorageOptions } from './walrus-storage.ts'
