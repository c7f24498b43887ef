/**
 * Mirrors of Spaces for machines without Squid, as Walrus Sites.
 * @module
 */
export { parseSiteLabel } from './address.ts'
export { describeSite } from './describe.ts'
export { MAX_FILE_BYTES } from './files.ts'
export { estimateMirror, mirror, type MirrorEvent, type MirrorReport, type MirrorRequest } from './mirror.ts'
export { readPage, readSite, siteOfName } from './read.ts'
export { removeSite } from './remove.ts'
export { siteKey, siteKeyPath } from './site-keys.ts'
export { type Page } from './page.ts'
export { batchesOf, changesOf } from './plan.ts'
export { addChanges, addNewSite } from './transactions.ts'
