/**
 * What a NAR holds, as JSON: `HASH.ls` of a binary cache, byte for byte as Nix writes it. Made while the NAR passes, so
 * that an archive of a million files takes no memory.
 * Format: https://nix.dev/manual/nix/latest/protocols/json/nar-listing (version 1)
 * @module
 */
import { decodeUtf8, encodeUtf8 } from '@squid/formats/bytes'
import { NarEncoder, type NarEvent } from '@squid/formats/nar'

/** Characters that are gathered before they are handed on. */
const PIECE = 64 * 1024
/** Bytes of `)` in an archive. */
const CLOSE_BYTES = 16

/** JSON text of events. Keys are in the order of the alphabet, as Nix has them. */
class Listing {
  /** Of each open folder: is an entry in it already? */
  readonly #hasEntries: boolean[] = []
  /** Its own bytes say where each file's contents begin. */
  readonly #encoder = new NarEncoder()
  #offset = 0

  /** The text that the event adds. @throws {DecodeError} for names that no JSON can hold */
  push(event: NarEvent): string {
    for (const part of this.#encoder.push(event)) this.#offset += part.length
    switch (event.kind) {
      case 'directory': {
        const name = this.#named(event.name)
        this.#hasEntries.push(false)
        return `${name}{"entries":{`
      }
      case 'end':
        this.#hasEntries.pop()
        return '},"type":"directory"}'
      case 'symlink':
        return `${this.#named(event.name)}{"target":${quoted(event.target)},"type":"symlink"}`
      case 'file':
        return this.#named(event.name) + this.#file(event.executable, event.size)
      case 'data':
        return ''
    }
  }

  /** Nix leaves out what is false. */
  #file(isExecutable: boolean, size: number): string {
    const executable = isExecutable ? '"executable":true,' : ''
    return `{${executable}"narOffset":${this.#contentsAt(size)},"size":${size},"type":"regular"}`
  }

  /** An empty file is closed together with its beginning. */
  #contentsAt(size: number): number {
    if (size > 0) return this.#offset
    return this.#offset - CLOSE_BYTES * (this.#hasEntries.length > 0 ? 2 : 1)
  }

  #named(name: Uint8Array): string {
    const folder = this.#hasEntries.length - 1
    if (folder < 0) return ''
    const comma = this.#hasEntries[folder] === true ? ',' : ''
    this.#hasEntries[folder] = true
    return `${comma}${quoted(name)}:`
  }
}

/** @throws {DecodeError} when the bytes are not UTF-8 */
function quoted(bytes: Uint8Array): string {
  return JSON.stringify(decodeUtf8(bytes))
}

/**
 * The listing of an archive.
 * @throws {DecodeError} when a name in it is not UTF-8; whatever `events` throws
 */
export async function* narListing(events: AsyncIterable<NarEvent>): AsyncGenerator<Uint8Array> {
  const listing = new Listing()
  let text = '{"root":'
  for await (const event of events) {
    text += listing.push(event)
    if (text.length < PIECE) continue
    yield encodeUtf8(text)
    text = ''
  }
  yield encodeUtf8(`${text},"version":1}`)
}
