/**
 * The two error classes that every layer shares. Further classes live beside the code that throws them.
 * @module
 */

/** Bad input or a bad world, told to a person in one sentence. Our own bugs are assertions, never this. */
export class SquidError extends Error {
  override name = 'SquidError'
  /** Stable upper-case word that servers and the command line map to statuses, for instance `NAME_EXPIRED`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Bytes or text that are not the format they claim to be. */
export class DecodeError extends SquidError {
  override name = 'DecodeError'
  /** Where in the input, in bytes (or characters, for text formats). */
  readonly offset: number

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super('DECODE', `${message} at offset ${offset}`, options)
    this.offset = offset
  }
}
