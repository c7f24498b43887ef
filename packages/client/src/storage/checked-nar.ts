/**
 * Hands a NAR out as it comes, but never all of it before it is known to be right.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'
import { Sha256 } from '@squid/formats/hash'
import type { ManifestEntry } from '@squid/formats/manifest'

/** What is declared of a NAR. */
export type DeclaredNar = Pick<ManifestEntry, 'storePath' | 'narSize' | 'narHash'>

/**
 * The pieces as they come; the last one, which completes the declared size, only when the hash of the whole is right.
 * @param onMismatch makes the error for what has another size or hash
 */
export async function* checkedNar(
  { narSize, narHash }: DeclaredNar,
  pieces: AsyncIterable<Uint8Array>,
  onMismatch: () => Error,
): AsyncGenerator<Uint8Array> {
  const whole = new Sha256()
  let size = 0n
  let held: Uint8Array | undefined
  for await (const piece of pieces) {
    if (piece.length === 0) continue
    size += BigInt(piece.length)
    if (size > narSize) throw onMismatch()
    if (held !== undefined) yield held
    whole.update(piece)
    held = piece
  }
  if (size !== narSize || !equalBytes(whole.digest(), narHash)) throw onMismatch()
  if (held !== undefined) yield held
}
