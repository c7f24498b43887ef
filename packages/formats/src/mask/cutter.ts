/**
 * A NAR as it is stored: masked and cut, and where it was masked beside it, cut likewise when it is long.
 * @module
 */
import { Chunker } from '../chunk/index.ts'
import { Masker } from './masker.ts'

/** Places of so many bytes stand in the manifest entry; more are chunks. */
export const MAX_INLINE_PLACES = 512

/** Chunks that are certain now: of the masked NAR, and of the places. */
export interface NarCut {
  readonly nar: readonly Uint8Array[]
  readonly places: readonly Uint8Array[]
}

/** What was masked in a NAR. */
export interface MaskedHashes {
  /** Numbers of the known hashes that were found, in the order of first places. */
  readonly hashes: readonly number[]
  /** The places, when they are too few for chunks; else undefined. */
  readonly inlinePlaces: Uint8Array | undefined
}

export class NarCutter {
  readonly #masker: Masker
  readonly #nar = new Chunker()
  readonly #places = new Chunker()
  #placesSize = 0

  /** @param known as `knownHashes` gives them */
  constructor(known: readonly string[]) {
    this.#masker = new Masker(known)
  }

  /** @param bytes of the NAR, taken: changed, and not to be used until the chunks were consumed */
  push(bytes: Uint8Array): NarCut {
    const nar = this.#nar.push(this.#masker.push(bytes))
    const places = this.#masker.takePlaces()
    this.#placesSize += places.length
    return { nar, places: this.#places.push(places) }
  }

  finish(): NarCut & MaskedHashes {
    const nar = [...this.#nar.push(this.#masker.finish()), ...this.#nar.finish()]
    const { hashes } = this.#masker
    const places = this.#places.finish()
    if (this.#placesSize > MAX_INLINE_PLACES) return { nar, places, hashes, inlinePlaces: undefined }
    return { nar, places: [], hashes, inlinePlaces: places[0] ?? new Uint8Array(0) }
  }
}
