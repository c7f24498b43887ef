/**
 * The NAR writer: events in, bytes out. Refuses event sequences that no file tree has.
 * Spec: https://nix.dev/manual/nix/latest/protocols/nix-archive
 * @module
 */
import { compareBytes, concatBytes, encodeUtf8 } from '../bytes/index.ts'
import { SquidError } from '../errors/index.ts'
import type { NarEvent, Stream } from './event.ts'
import { Gathering } from './gathering.ts'
import { DEFAULT_NAR_LIMITS, entryNameFault, type NarLimits, targetFault } from './limits.ts'

/** Bytes gathered before they are handed on. */
const PIECE_BYTES = 256 * 1024

/** A length-prefixed string with its padding. */
function token(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + Math.ceil(bytes.length / 8) * 8)
  new DataView(out.buffer).setUint32(0, bytes.length, true)
  out.set(bytes, 8)
  return out
}

function words(...texts: readonly string[]): Uint8Array {
  return concatBytes(texts.map(text => token(encodeUtf8(text))))
}

const MAGIC = words('nix-archive-1')
const ENTRY = words('entry', '(', 'name')
const NODE = words('node')
const DIRECTORY = words('(', 'type', 'directory')
const SYMLINK = words('(', 'type', 'symlink', 'target')
const FILE = words('(', 'type', 'regular', 'contents')
const EXECUTABLE = words('(', 'type', 'regular', 'executable', '', 'contents')
const CLOSE = words(')')

/** Turns events into bytes, synchronously. Events in an impossible order are refused: `NAR_EVENTS`. */
export class NarEncoder {
  readonly #limits: NarLimits
  readonly #lastNames: (Uint8Array | undefined)[] = []
  #state: 'start' | 'inside' | 'data' | 'finished' = 'start'
  #dataLeft = 0
  #padding = 0

  constructor(limits: Partial<NarLimits> = {}) {
    this.#limits = { ...DEFAULT_NAR_LIMITS, ...limits }
  }

  /**
   * The bytes of one event, as parts that follow each other. Parts of `data` events are the event's own memory.
   * @throws {SquidError} `NAR_EVENTS` when the event can not come here
   */
  push(event: NarEvent): Uint8Array[] {
    switch (event.kind) {
      case 'directory':
        return this.#openDirectory(event.name)
      case 'end':
        return this.#closeDirectory()
      case 'symlink':
        return this.#symlink(event.name, event.target)
      case 'file':
        return this.#file(event.name, event.executable, event.size)
      case 'data':
        return this.#data(event.bytes)
    }
  }

  /** @throws {SquidError} `NAR_EVENTS` when the tree is not complete */
  finish(): void {
    if (this.#state !== 'finished') throw refusal('the tree ends too early')
  }

  #openDirectory(name: Uint8Array): Uint8Array[] {
    const head = this.#openNode(name)
    if (this.#lastNames.length >= this.#limits.maxDepth) {
      throw refusal(`directories deeper than ${this.#limits.maxDepth}`)
    }
    this.#lastNames.push(undefined)
    this.#state = 'inside'
    return [...head, DIRECTORY]
  }

  #closeDirectory(): Uint8Array[] {
    if (this.#state !== 'inside') throw refusal('the end of a directory where none is open')
    this.#lastNames.pop()
    return [CLOSE, ...this.#closeNode()]
  }

  #symlink(name: Uint8Array, target: Uint8Array): Uint8Array[] {
    const head = this.#openNode(name)
    const fault = targetFault(target, this.#limits)
    if (fault !== undefined) throw refusal(fault)
    return [...head, SYMLINK, token(target), CLOSE, ...this.#closeNode()]
  }

  #file(name: Uint8Array, executable: boolean, size: number): Uint8Array[] {
    const head = this.#openNode(name)
    if (!Number.isSafeInteger(size) || size < 0 || size > this.#limits.maxFileBytes) {
      throw refusal(`a file of ${size} bytes`)
    }
    const length = new Uint8Array(8)
    new DataView(length.buffer).setBigUint64(0, BigInt(size), true)
    this.#dataLeft = size
    this.#padding = (8 - (size % 8)) % 8
    this.#state = 'data'
    return [...head, executable ? EXECUTABLE : FILE, length, ...(size === 0 ? this.#closeFile() : [])]
  }

  #data(bytes: Uint8Array): Uint8Array[] {
    if (this.#state !== 'data') throw refusal('data outside of a file')
    if (bytes.length > this.#dataLeft) throw refusal('more data than the file is said to have')
    this.#dataLeft -= bytes.length
    return [bytes, ...(this.#dataLeft === 0 ? this.#closeFile() : [])]
  }

  #closeFile(): Uint8Array[] {
    return [new Uint8Array(this.#padding), CLOSE, ...this.#closeNode()]
  }

  /** Everything before `(`. */
  #openNode(name: Uint8Array): Uint8Array[] {
    if (this.#state === 'start') {
      if (name.length > 0) throw refusal('a root with a name')
      return [MAGIC]
    }
    if (this.#state !== 'inside') throw refusal('an entry where none belongs')
    const fault = entryNameFault(name, this.#limits)
    if (fault !== undefined) throw refusal(fault)
    const last = this.#lastNames.at(-1)
    if (last !== undefined && compareBytes(last, name) >= 0) throw refusal('entries out of order')
    this.#lastNames[this.#lastNames.length - 1] = name.slice()
    return [ENTRY, token(name), NODE]
  }

  /** Everything after the node's `)`. */
  #closeNode(): Uint8Array[] {
    this.#state = this.#lastNames.length === 0 ? 'finished' : 'inside'
    return this.#state === 'finished' ? [] : [CLOSE]
  }
}

function refusal(what: string): SquidError {
  return new SquidError('NAR_EVENTS', `This file tree can not be archived: ${what}.`)
}

/**
 * The bytes of an archive in pieces of up to 256 KiB, so that consumers do not pay for each small part.
 * @returns pieces that are valid until the next one is asked for: copy what you keep
 */
export function* joinParts(
  events: Iterable<NarEvent>,
  limits: Partial<NarLimits> = {},
): Generator<Uint8Array, void> {
  const encoder = new NarEncoder(limits)
  const gathering = new Gathering(PIECE_BYTES)
  for (const event of events) yield* gather(gathering, encoder.push(event))
  encoder.finish()
  yield gathering.take()
}

/** The same of a stream. Every yielded piece belongs to the consumer. */
export async function* encodeNar(
  events: Stream<NarEvent>,
  limits: Partial<NarLimits> = {},
): AsyncGenerator<Uint8Array> {
  const encoder = new NarEncoder(limits)
  const gathering = new Gathering(PIECE_BYTES)
  for await (const event of events) {
    for (const piece of gather(gathering, encoder.push(event))) yield piece.slice()
  }
  encoder.finish()
  yield gathering.take().slice()
}

function* gather(gathering: Gathering, parts: readonly Uint8Array[]): Generator<Uint8Array, void> {
  for (const part of parts) {
    if (gathering.tryAdd(part)) continue
    yield gathering.take()
    if (!gathering.tryAdd(part)) yield part
  }
}
