/**
 * SHA-256, plain and with a domain tag. A tagged digest is SHA-256 over the BCS encoding of the tag (a string:
 * ULEB128 length, then UTF-8) followed by the body, so that Move computes the same with `bcs::to_bytes`.
 * Spec: https://doi.org/10.6028/NIST.FIPS.180-4
 * @module
 */
import { createHash, hash } from 'node:crypto'
import { concatBytes, encodeUtf8 } from '../bytes/index.ts'

/** Bytes of a SHA-256 digest. */
export const SHA256_BYTES = 32

/** A running SHA-256. Usable until `digest` is called. */
export class Sha256 {
  readonly #hash = createHash('sha256')

  /** Appends bytes; they may be reused by the caller afterwards. */
  update(bytes: Uint8Array): this {
    this.#hash.update(bytes)
    return this
  }

  /** Ends the run. */
  digest(): Uint8Array {
    return Uint8Array.from(this.#hash.digest())
  }
}

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return Uint8Array.from(hash('sha256', only, 'buffer'))
  const running = new Sha256()
  for (const part of parts) running.update(part)
  return running.digest()
}

/**
 * The BCS encoding of a domain tag.
 * @param tag ASCII, at most 127 characters (so that its length is one byte)
 */
export function tagPrefix(tag: string): Uint8Array {
  const text = encodeUtf8(tag)
  if (text.length > 127) throw new RangeError(`domain tag of ${text.length} bytes`)
  return concatBytes([Uint8Array.of(text.length), text])
}

/** SHA-256 of `tagPrefix(tag)` and the body. */
export function taggedSha256(tag: string, body: Uint8Array): Uint8Array {
  return sha256(tagPrefix(tag), body)
}
