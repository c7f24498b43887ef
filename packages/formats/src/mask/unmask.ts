/**
 * Puts hashes back where they were masked.
 * @module
 */
import { encodeUtf8 } from '../bytes/index.ts'
import type { Stream } from '../nar/event.ts'
import { HASH_DIGITS, PLACEHOLDER } from './hashes.ts'
import { type Place, PlaceDecoder, PlacesError } from './places.ts'

/** What was masked in a NAR. */
export interface Masked {
  /** The hashes, in the order of their first places. */
  readonly hashes: readonly string[]
  /** Their places, as `Masker` writes them; one piece is asked for ahead. */
  readonly places: Stream<Uint8Array>
  readonly narSize: bigint
}

/**
 * The NAR of which `pieces` are masked. Pieces are never changed: those without hashes are handed on, of others a copy.
 * @throws {PlacesError} when the places are malformed, or one of them has no placeholder
 */
export async function* unmask(
  pieces: Stream<Uint8Array>,
  { hashes, places, narSize }: Masked,
): AsyncGenerator<Uint8Array> {
  const digits = hashes.map(encodeUtf8)
  await using source = new PlaceSource(places, new PlaceDecoder(digits.length, narSize))
  let start = 0
  for await (const piece of pieces) {
    const end = start + piece.length
    let changed: Uint8Array | undefined
    let place = source.current ?? (await source.advance())
    while (place !== undefined && place.offset < end) {
      changed ??= piece.slice()
      putBack(changed, start, place, digits[place.hash] as Uint8Array)
      // The rest of it stands in the next piece.
      if (place.offset + HASH_DIGITS > end) break
      place = source.next() ?? (await source.advance())
    }
    yield changed ?? piece
    start = end
  }
  if ((source.current ?? (await source.advance())) !== undefined)
    throw new PlacesError('the place of a hash beyond the end of the NAR', start)
}

/** Writes as much of a hash as lies in the piece that begins at `start` of the NAR. */
function putBack(piece: Uint8Array, start: number, { offset }: Place, digits: Uint8Array): void {
  const from = Math.max(offset, start)
  const to = Math.min(offset + HASH_DIGITS, start + piece.length)
  for (let at = from; at < to; at++) {
    if (piece[at - start] !== PLACEHOLDER) throw new PlacesError('no placeholder in the place of a hash', at)
    piece[at - start] = digits[at - offset] as number
  }
}

/** Places one after another, from bytes that come in pieces. */
class PlaceSource implements AsyncDisposable {
  readonly #iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>
  readonly #decoder: PlaceDecoder
  #ahead: Promise<IteratorResult<Uint8Array>>
  #isDone = false
  /** The place to be filled next; undefined before the first, when there may be more, and behind the last. */
  current: Place | undefined

  constructor(places: Stream<Uint8Array>, decoder: PlaceDecoder) {
    this.#decoder = decoder
    this.#iterator =
      Symbol.asyncIterator in places ? places[Symbol.asyncIterator]() : places[Symbol.iterator]()
    this.#ahead = this.#pull()
  }

  /** Goes on to the next place in the bytes that are there. */
  next(): Place | undefined {
    return (this.current = this.#isDone ? undefined : this.#decoder.next())
  }

  /** Goes on to the next place in the bytes that come. */
  async advance(): Promise<Place | undefined> {
    while (!this.#isDone && this.next() === undefined) {
      const { value, done } = await this.#ahead
      if (done === true) {
        this.#isDone = true
        this.#decoder.finish()
      } else {
        this.#decoder.push(value)
        this.#ahead = this.#pull()
      }
    }
    return this.current
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ahead.catch(() => undefined)
    await this.#iterator.return?.()
  }

  #pull(): Promise<IteratorResult<Uint8Array>> {
    const pulled = Promise.resolve(this.#iterator.next())
    // Awaited in its turn; until then a failure must not count as unhandled.
    pulled.catch(() => undefined)
    return pulled
  }
}
