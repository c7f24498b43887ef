/**
 * The manifest: what a Release commits to. A root record, a Merkle radix tree of store paths, chunk lists; every part
 * is a chunk, named by the SHA-256 of its raw bytes.
 * @module
 */
export { type ChunkList, createChunkList, readChunkList } from './chunk-list.ts'
export { type BuildLog, chunkListsOf, type ManifestEntry } from './entry.ts'
export type { Emit, ManifestNode, NodeLoader } from './node.ts'
export { createRewrites, narOf, NO_REWRITES, type Rewrites } from './rewrites.ts'
export {
  decodeManifest,
  encodeManifest,
  type Manifest,
  type ManifestAttribute,
  type ManifestOutput,
  type ManifestSystem,
} from './root.ts'
export { buildManifestTree, listPaths, lookupPath, type ManifestTree } from './tree.ts'
