/**
 * The NAR reader: bytes in pieces of any size in, events out. As strict as Nix: every tree has exactly one archive,
 * so whatever this accepts re-encodes to the same bytes.
 * Spec: https://nix.dev/manual/nix/latest/protocols/nix-archive
 *
 * The parser pulls tokens from a small buffer. A token (a length-prefixed, zero-padded string) is short except for a
 * file's contents, which are handed on in pieces as they come; memory is therefore bounded by the limits.
 * @module
 */
import { compareBytes, concatBytes } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import type { NarEvent, Stream } from './event.ts'
import { DEFAULT_NAR_LIMITS, entryNameFault, type NarLimits, targetFault } from './limits.ts'

const MAGIC = 'nix-archive-1'
/** Longest word of the grammar; a longer one is refused before it is buffered. */
const MAX_WORD = MAGIC.length
const NO_BYTES = new Uint8Array(0)

/** What the grammar expects next. */
type State =
  | 'magic'
  | 'node' // (
  | 'type-word' // type
  | 'type' // regular, symlink or directory
  | 'file-field' // executable or contents
  | 'executable' // the empty string
  | 'contents-word' // contents, after executable
  | 'contents' // the length, then data
  | 'padding'
  | 'target-word' // target
  | 'target'
  | 'node-end' // ) of a file or symbolic link
  | 'entry-or-end' // entry, or ) of the directory
  | 'entry-open' // (
  | 'name-word' // name
  | 'name'
  | 'node-word' // node
  | 'entry-end' // ) of the entry
  | 'finished'

/** Turns bytes into events, synchronously. After an error it is of no further use. */
export class NarParser {
  readonly #limits: NarLimits
  #state: State = 'magic'
  /** Bytes not consumed yet, from `#position` on; shorter than one token between pushes. */
  #buffer: Uint8Array = NO_BYTES
  #position = 0
  /** Bytes of the archive consumed before `#buffer`. */
  #consumed = 0
  #events: NarEvent[] = []
  /** Name of the entry whose node comes next. */
  #name: Uint8Array = NO_BYTES
  /** Last entry name of every open directory. */
  readonly #lastNames: (Uint8Array | undefined)[] = []
  #executable = false
  #dataLeft = 0
  #paddingLeft = 0

  constructor(limits: Partial<NarLimits> = {}) {
    this.#limits = { ...DEFAULT_NAR_LIMITS, ...limits }
  }

  /**
   * Reads on.
   * @returns the events that these bytes complete; `data` events are views of `bytes`, for the caller to copy when
   *   it reuses them
   * @throws {DecodeError} where the archive is not what Nix would have written
   */
  push(bytes: Uint8Array): NarEvent[] {
    this.#buffer =
      this.#position === this.#buffer.length
        ? bytes
        : concatBytes([this.#buffer.subarray(this.#position), bytes])
    this.#consumed += this.#position
    this.#position = 0
    this.#events = []
    while (this.#step());
    return this.#events
  }

  /** @throws {DecodeError} when the archive is not complete */
  finish(): void {
    if (this.#state !== 'finished') throw this.#error('archive ends too early')
  }

  /** Takes one grammar step; false when more bytes are needed. */
  #step(): boolean {
    if (this.#state === 'contents') return this.#readContents()
    if (this.#state === 'padding') return this.#readPadding()
    if (this.#state === 'finished') {
      if (this.#position < this.#buffer.length) throw this.#error('bytes after the end of the archive')
      return false
    }
    const start = this.#consumed + this.#position
    const token = this.#readToken(this.#tokenLimit())
    if (token === undefined) return false
    this.#take(token, start)
    return true
  }

  #tokenLimit(): number {
    if (this.#state === 'name') return this.#limits.maxNameBytes
    return this.#state === 'target' ? this.#limits.maxTargetBytes : MAX_WORD
  }

  #take(token: Uint8Array, start: number): void {
    if (this.#state === 'name') this.#takeName(token, start)
    else if (this.#state === 'target') this.#takeTarget(token, start)
    else this.#takeWord(token, start)
  }

  #takeName(name: Uint8Array, start: number): void {
    const fault = entryNameFault(name, this.#limits)
    if (fault !== undefined) throw new DecodeError(fault, start)
    const last = this.#lastNames.at(-1)
    if (last !== undefined && compareBytes(last, name) >= 0)
      throw new DecodeError('entries out of order', start)
    this.#name = name.slice()
    this.#lastNames[this.#lastNames.length - 1] = this.#name
    this.#state = 'node-word'
  }

  #takeTarget(target: Uint8Array, start: number): void {
    const fault = targetFault(target, this.#limits)
    if (fault !== undefined) throw new DecodeError(fault, start)
    this.#events.push({ kind: 'symlink', name: this.#name, target: target.slice() })
    this.#state = 'node-end'
  }

  #takeWord(token: Uint8Array, start: number): void {
    const next = this.#transition(wordOf(token), start)
    if (next === undefined) throw new DecodeError(`unexpected word where ${this.#state} belongs`, start)
    this.#state = next
  }

  /** The state after a word, or undefined when the word does not belong here. */
  #transition(word: string, start: number): State | undefined {
    switch (this.#state) {
      case 'magic':
        return word === MAGIC ? 'node' : undefined
      case 'node':
        return word === '(' ? 'type-word' : undefined
      case 'type-word':
        return word === 'type' ? 'type' : undefined
      case 'type':
        return this.#afterType(word, start)
      case 'file-field':
        if (word === 'executable') return 'executable'
        return this.#afterContentsWord(word, false)
      case 'executable':
        return word === '' ? 'contents-word' : undefined
      case 'contents-word':
        return this.#afterContentsWord(word, true)
      case 'target-word':
        return word === 'target' ? 'target' : undefined
      case 'node-end':
        return word === ')' ? this.#afterNode() : undefined
      case 'entry-or-end':
        return this.#afterEntry(word)
      case 'entry-open':
        return word === '(' ? 'name-word' : undefined
      case 'name-word':
        return word === 'name' ? 'name' : undefined
      case 'node-word':
        return word === 'node' ? 'node' : undefined
      case 'entry-end':
        return word === ')' ? 'entry-or-end' : undefined
      default:
        return undefined
    }
  }

  #afterType(word: string, start: number): State | undefined {
    if (word === 'regular') return 'file-field'
    if (word === 'symlink') return 'target-word'
    if (word !== 'directory') return undefined
    if (this.#lastNames.length >= this.#limits.maxDepth) {
      throw new DecodeError(`directories deeper than ${this.#limits.maxDepth}`, start)
    }
    this.#events.push({ kind: 'directory', name: this.#name })
    this.#lastNames.push(undefined)
    return 'entry-or-end'
  }

  #afterContentsWord(word: string, executable: boolean): State | undefined {
    if (word !== 'contents') return undefined
    this.#executable = executable
    this.#dataLeft = -1
    return 'contents'
  }

  #afterEntry(word: string): State | undefined {
    if (word === 'entry') return 'entry-open'
    if (word !== ')') return undefined
    this.#lastNames.pop()
    this.#events.push({ kind: 'end' })
    return this.#afterNode()
  }

  #afterNode(): State {
    return this.#lastNames.length === 0 ? 'finished' : 'entry-end'
  }

  /** A file's length, then its bytes as they come. `#dataLeft` is -1 until the length is known. */
  #readContents(): boolean {
    if (this.#dataLeft < 0) return this.#readFileSize()
    const bytes = this.#buffer.subarray(this.#position, this.#position + this.#dataLeft)
    if (bytes.length > 0) this.#events.push({ kind: 'data', bytes })
    this.#position += bytes.length
    this.#dataLeft -= bytes.length
    if (this.#dataLeft > 0) return false
    this.#state = 'padding'
    return true
  }

  #readFileSize(): boolean {
    const start = this.#consumed + this.#position
    const size = this.#peekLength()
    if (size === undefined) return false
    if (size > this.#limits.maxFileBytes) {
      throw new DecodeError(`file larger than ${this.#limits.maxFileBytes} bytes`, start)
    }
    this.#position += 8
    this.#dataLeft = size
    this.#paddingLeft = paddingOf(size)
    this.#events.push({ kind: 'file', name: this.#name, executable: this.#executable, size })
    return true
  }

  #readPadding(): boolean {
    const bytes = this.#buffer.subarray(this.#position, this.#position + this.#paddingLeft)
    if (bytes.some(byte => byte !== 0)) throw this.#error('padding that is not zero')
    this.#position += bytes.length
    this.#paddingLeft -= bytes.length
    if (this.#paddingLeft > 0) return false
    this.#state = 'node-end'
    return true
  }

  /** One whole string with its padding, or undefined when it is not all there yet. */
  #readToken(limit: number): Uint8Array | undefined {
    const length = this.#peekLength()
    if (length === undefined) return undefined
    if (length > limit) throw this.#error(`string of ${length} bytes where at most ${limit} belong`)
    const start = this.#position + 8
    const end = start + length + paddingOf(length)
    if (end > this.#buffer.length) return undefined
    for (let i = start + length; i < end; i++) {
      if (this.#buffer[i] !== 0) throw this.#error('padding that is not zero')
    }
    this.#position = end
    return this.#buffer.subarray(start, start + length)
  }

  /** The 64-bit length at the cursor, infinite when it is no exact number. */
  #peekLength(): number | undefined {
    const at = this.#position
    if (this.#buffer.length - at < 8) return undefined
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset + at, 8)
    const high = view.getUint32(4, true)
    return high >= 2 ** 21 ? Infinity : view.getUint32(0, true) + high * 2 ** 32
  }

  #error(message: string): DecodeError {
    return new DecodeError(message, this.#consumed + this.#position)
  }
}

/** Zero bytes after a string of this length. */
function paddingOf(length: number): number {
  return (8 - (length % 8)) % 8
}

/** One character a byte: only the very bytes of an ASCII word equal it. */
function wordOf(token: Uint8Array): string {
  return Buffer.from(token.buffer, token.byteOffset, token.length).toString('latin1')
}

/**
 * Reads a whole archive. `data` events are views of the source's pieces.
 * @throws {DecodeError} where the archive is not what Nix would have written
 */
export async function* parseNar(
  chunks: Stream<Uint8Array>,
  limits: Partial<NarLimits> = {},
): AsyncGenerator<NarEvent> {
  const parser = new NarParser(limits)
  for await (const chunk of chunks) yield* parser.push(chunk)
  parser.finish()
}
