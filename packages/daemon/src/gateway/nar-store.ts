/**
 * NARs for Nix: from memory, from disk, else put together from storage, and then kept. Small ones are loaded whole and
 * once, however many ask, and ahead of time: whoever asked for a narinfo asks for the NAR next. So the reads of a whole
 * closure go on at once, while Nix asks for one path after the other.
 * @module
 */
import { formatBase32 } from '@squid/formats/base32'
import { concatBytes } from '@squid/formats/bytes'
import type { ManifestEntry } from '@squid/formats/manifest'
import type { ReleaseContents } from './contract.ts'
import { Gate } from './gate.ts'
import type { NarCache } from './nar-cache.ts'
import { untilAborted } from './until-aborted.ts'

/** Larger NARs are streamed. */
const SMALL_BYTES = 1024 * 1024
/** Small NARs in memory, the latest used. */
const MEMORY_BYTES = 64 * 1024 * 1024
/** NARs that are read from storage at once; each holds a few MiB of chunks. */
const MAX_STREAMS = 64
/** Bytes that were loaded ahead and nobody asked for yet, at most; and for how long they count. */
const AHEAD_BYTES = 128 * 1024 * 1024
const AHEAD_MS = 60_000

/** What a NAR store works with. */
export interface NarStoreDeps {
  /** Undefined keeps nothing on disk. */
  readonly cache: NarCache | undefined
  /** Called when something was read from storage, or could not be. */
  readonly afterRead: () => void
  /** Milliseconds that only grow. */
  readonly now: () => number
}

/** A NAR and where it is to be read from. */
export interface NarSource {
  readonly entry: ManifestEntry
  readonly contents: ReleaseContents
}

/** Each NAR by the base-32 of its hash. */
export class NarStore {
  readonly #deps: NarStoreDeps
  readonly #streams = new Gate(MAX_STREAMS)
  /** The latest used last. */
  readonly #memory = new Map<string, Uint8Array>()
  #memoryBytes = 0
  readonly #loading = new Map<string, Promise<Uint8Array>>()
  /** Loaded ahead, and not asked for yet. */
  readonly #ahead = new Map<string, { readonly bytes: number; readonly sinceMs: number }>()
  #aheadBytes = 0
  readonly #stopping = new AbortController()
  /** What is being written to disk and nobody waits for. */
  readonly #writing = new Set<Promise<void>>()

  constructor(deps: NarStoreDeps) {
    this.#deps = deps
  }

  /** The whole NAR when it lies in memory. Shared: not to be changed. */
  peek(name: string): Uint8Array | undefined {
    const bytes = this.#memory.get(name)
    if (bytes === undefined) return undefined
    this.#memory.delete(name)
    this.#memory.set(name, bytes)
    this.#asked(name)
    return bytes
  }

  /**
   * The NAR from byte `from` on. Every byte was verified; a piece is valid until the next one is asked for.
   * @throws as `ReleaseContents.nar`
   */
  async *read(source: NarSource, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { entry } = source
    const name = narName(entry)
    this.#asked(name)
    const small =
      this.peek(name) ?? (entry.narSize <= SMALL_BYTES ? await this.#load(name, source, signal) : undefined)
    if (small !== undefined) {
      yield small.subarray(from)
      return
    }
    let at = from
    try {
      for await (const piece of this.#deps.cache?.read(name, Number(entry.narSize), from) ?? []) {
        at += piece.length
        yield piece
      }
    } catch (error) {
      if (!isDamage(error)) throw error
    }
    if (at < entry.narSize) yield* this.#assembled(name, source, at, signal)
  }

  /** Loads a small NAR before it is asked for. */
  loadAhead(source: NarSource): void {
    const { entry } = source
    const name = narName(entry)
    if (entry.narSize > SMALL_BYTES || this.#memory.has(name) || this.#loading.has(name)) return
    if (this.#deps.cache?.has(name) === true) return
    this.#forgetOldAhead()
    const bytes = Number(entry.narSize)
    if (this.#aheadBytes + bytes > AHEAD_BYTES) return
    this.#ahead.set(name, { bytes, sinceMs: this.#deps.now() })
    this.#aheadBytes += bytes
    this.#begin(name, source).catch(() => undefined) // whoever asks for it hears of it
  }

  /** Ends what goes on that nobody waits for. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled(this.#loading.values())
    await Promise.all(this.#writing)
  }

  async #load(name: string, source: NarSource, signal: AbortSignal): Promise<Uint8Array> {
    const loading = this.#loading.get(name) ?? this.#begin(name, source)
    return await untilAborted(loading, signal)
  }

  #begin(name: string, source: NarSource): Promise<Uint8Array> {
    const loading = this.#loadSmall(name, source).finally(() => this.#loading.delete(name))
    this.#loading.set(name, loading)
    return loading
  }

  async #loadSmall(name: string, { entry, contents }: NarSource): Promise<Uint8Array> {
    const { signal } = this.#stopping
    const kept = await this.#fromDisk(name, Number(entry.narSize))
    if (kept !== undefined) return this.#keepInMemory(name, kept)
    using _ = await this.#streams.enter(signal)
    const pieces: Uint8Array[] = []
    for await (const piece of this.#fromStorage({ entry, contents }, signal)) pieces.push(piece)
    const bytes = concatBytes(pieces)
    const writing = this.#keepOnDisk(name, bytes).finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
    return this.#keepInMemory(name, bytes)
  }

  async #fromDisk(name: string, narBytes: number): Promise<Uint8Array | undefined> {
    const pieces = this.#deps.cache?.read(name, narBytes)
    if (pieces === undefined) return undefined
    const parts: Uint8Array[] = []
    try {
      for await (const piece of pieces) parts.push(piece.slice())
      return concatBytes(parts)
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  async #keepOnDisk(name: string, bytes: Uint8Array): Promise<void> {
    await using writing = await this.#deps.cache?.write(name, bytes.length)
    await writing?.write(bytes)
    await writing?.keep()
  }

  #keepInMemory(name: string, bytes: Uint8Array): Uint8Array {
    if (this.#memory.has(name)) return bytes
    this.#memory.set(name, bytes)
    this.#memoryBytes += bytes.length
    for (const [oldest, { length }] of this.#memory) {
      if (this.#memoryBytes <= MEMORY_BYTES) break
      this.#memory.delete(oldest)
      this.#memoryBytes -= length
    }
    return bytes
  }

  /** From storage; the disk gets the NAR too when it is read from the first byte to the last. */
  async *#assembled(
    name: string,
    source: NarSource,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    using _ = await this.#streams.enter(signal)
    await using writing = await this.#deps.cache?.write(name, Number(source.entry.narSize))
    let at = 0
    for await (const piece of this.#fromStorage(source, signal)) {
      await writing?.write(piece)
      const skipped = Math.max(0, from - at)
      at += piece.length
      if (skipped < piece.length) yield piece.subarray(skipped)
    }
    await writing?.keep() // all of it was handed out, so all of it was verified
  }

  async *#fromStorage({ entry, contents }: NarSource, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* contents.nar(entry, signal)
    } finally {
      this.#deps.afterRead()
    }
  }

  /** Somebody asked: it does not count as loaded ahead any more. */
  #asked(name: string): void {
    const ahead = this.#ahead.get(name)
    if (ahead === undefined) return
    this.#ahead.delete(name)
    this.#aheadBytes -= ahead.bytes
  }

  #forgetOldAhead(): void {
    for (const [name, { sinceMs }] of this.#ahead) {
      if (this.#deps.now() - sinceMs < AHEAD_MS) break
      this.#asked(name)
    }
  }
}

function isDamage(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'CACHE_DAMAGED'
}

/** By what a NAR is known here. */
export function narName(entry: ManifestEntry): string {
  return formatBase32(entry.narHash)
}
