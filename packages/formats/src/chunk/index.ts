/**
 * Chunks: content-defined pieces of a stream, and how they are stored.
 * @module
 */
export { AVERAGE_CHUNK_BYTES, Chunker, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from './chunker.ts'
export { GEAR } from './gear.ts'
export {
  type ChunkEncoding,
  type ChunkFacts,
  chunkId,
  decodeChunk,
  encodeChunk,
  MAX_STORED_RAW_BYTES,
  rawChunk,
  type StoredChunk,
} from './store.ts'
