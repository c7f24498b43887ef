/**
 * What Nix's own tools upload to this machine, until it is released.
 * @module
 */
export { parseUploadPlace, type UploadPlace } from './place.ts'
export type { StagedPath, StagingArea } from './staging-area.ts'
export { stagingArea, Uploads, uploadTokens } from './uploads.ts'
