/**
 * What a NAR holds, as JSON: `HASH.ls` of a binary cache, as Nix writes it (but for the order of keys, which is not the
 * same in all versions). Made while the NAR passes, so that an archive of a million files takes no memory.
 * Format: https://nix.dev/manual/nix/latest/protocols/json/nar-listing (version 1)
 * @module
 */
import { decodeUtf8, encodeUtf8 } from '@squid/formats/bytes'
import type { NarEvent } from '@squid/formats/nar'

/** Characters that are gathered before they are handed on. */
const PIECE = 64 * 1024
/** Bytes of the words of an archive: each has its length in front and is padded to eight. */
const WORDS = {
  magic: 24, // nix-archive-1
  entry: 64, // entry ( name … node
  directory: 56, // ( type directory
  symlink: 64, // ( type symlink target
  file: 64, // ( type regular contents
  executable: 32, // executable and the empty string
  close: 16, // )
} as const

/** Bytes of a string of this length. */
function stringBytes(length: number): number {
  return 8 + padded(length)
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}

/** JSON text of events. Keys are in the order of the alphabet, as Nix has them. */
class Listing {
  /** Of each open folder: is an entry in it already? */
  readonly #hasEntries: boolean[] = []
  /** Bytes of the archive before what comes next. */
  #offset: number = WORDS.magic

  /** The text that the event adds. @throws {DecodeError} for names that no JSON can hold */
  push(event: NarEvent): string {
    switch (event.kind) {
      case 'directory': {
        const name = this.#named(event.name)
        this.#hasEntries.push(false)
        this.#offset += WORDS.directory
        return `${name}{"entries":{`
      }
      case 'end':
        this.#hasEntries.pop()
        this.#close()
        return '},"type":"directory"}'
      case 'symlink': {
        const name = this.#named(event.name)
        this.#offset += WORDS.symlink + stringBytes(event.target.length)
        this.#close()
        return `${name}{"target":${quoted(event.target)},"type":"symlink"}`
      }
      case 'file':
        return this.#named(event.name) + this.#file(event.executable, event.size)
      case 'data':
        return ''
    }
  }

  /** Nix leaves out what is false. */
  #file(isExecutable: boolean, size: number): string {
    const contentsAt = this.#offset + WORDS.file + (isExecutable ? WORDS.executable : 0) + 8
    this.#offset = contentsAt + padded(size)
    this.#close()
    const executable = isExecutable ? '"executable":true,' : ''
    return `{${executable}"narOffset":${contentsAt},"size":${size},"type":"regular"}`
  }

  /** Of a node, and of the entry that it is when it is one. */
  #close(): void {
    this.#offset += WORDS.close * (this.#hasEntries.length > 0 ? 2 : 1)
  }

  #named(name: Uint8Array): string {
    const folder = this.#hasEntries.length - 1
    if (folder < 0) return ''
    this.#offset += WORDS.entry + stringBytes(name.length)
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
