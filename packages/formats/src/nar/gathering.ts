/**
 * Joins small parts into pieces worth a system call.
 * @module
 */

/** A buffer that parts are copied into until it is full. */
export class Gathering {
  readonly #buffer: Uint8Array
  #size = 0

  constructor(pieceBytes: number) {
    this.#buffer = new Uint8Array(pieceBytes)
  }

  /** @returns whether there was room */
  tryAdd(part: Uint8Array): boolean {
    if (part.length > this.#buffer.length - this.#size) return false
    this.#buffer.set(part, this.#size)
    this.#size += part.length
    return true
  }

  /** What was gathered, valid until the next `tryAdd`; starts again. */
  take(): Uint8Array {
    const piece = this.#buffer.subarray(0, this.#size)
    this.#size = 0
    return piece
  }
}
