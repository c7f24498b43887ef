/**
 * Masking: the hash parts of store paths in a NAR give way to placeholders before it is cut into chunks, and come back
 * when it is read. What was built anew with other store paths, and is the same otherwise, has the same chunks.
 * @module
 */
export { MAX_INLINE_PLACES, type MaskedHashes, type NarCut, NarCutter } from './cutter.ts'
export { HASH_DIGITS, knownHashes, PLACEHOLDER } from './hashes.ts'
export { Masker } from './masker.ts'
export { assertPlaces, type Place, PlaceDecoder, PlacesError, PlaceWriter } from './places.ts'
export { type Masked, unmask } from './unmask.ts'
