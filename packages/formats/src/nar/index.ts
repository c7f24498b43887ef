/**
 * Nix archives: the one serialisation of a file tree that every Nix hash is over.
 * Spec: https://nix.dev/manual/nix/latest/protocols/nix-archive
 * @module
 */
import { Sha256 } from '../hash/index.ts'
import type { Stream } from './event.ts'

export { encodeNar, NarEncoder } from './encoder.ts'
export type { NarEvent, Stream } from './event.ts'
export { DEFAULT_NAR_LIMITS, type NarLimits } from './limits.ts'
export { NarParser, parseNar } from './parser.ts'

/** What a narinfo says about an archive. */
export interface NarDigest {
  /** SHA-256. */
  readonly hash: Uint8Array
  /** Bytes. */
  readonly size: bigint
}

/** Hashes and counts what passes. */
export class NarMeter {
  readonly #hash = new Sha256()
  #size = 0

  /** Counts one piece. */
  update(chunk: Uint8Array): void {
    this.#hash.update(chunk)
    this.#size += chunk.length
  }

  /** Ends the count. */
  digest(): NarDigest {
    return { hash: this.#hash.digest(), size: BigInt(this.#size) }
  }
}

/** SHA-256 and size of a stream of bytes. */
export async function hashStream(chunks: Stream<Uint8Array>): Promise<NarDigest> {
  const meter = new NarMeter()
  for await (const chunk of chunks) meter.update(chunk)
  return meter.digest()
}
