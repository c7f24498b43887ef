/**
 * The failure of reading a module.
 * @module
 */
import { DecodeError } from '@squid/formats/errors'

/** The bytes are not a Move module of a version and size that we read; `offset` says where. */
export class DeserializationError extends DecodeError {
  override name = 'DeserializationError'
}
