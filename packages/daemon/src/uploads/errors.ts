/**
 * Why an upload is refused.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/** `UPLOAD_DENIED`: no token, or not of this place; the others: what was sent can not be taken. */
export type UploadErrorCode =
  'UPLOAD_DENIED' | 'UPLOAD_REFUSED' | 'UPLOAD_COMPRESSION' | 'UPLOAD_TOO_LARGE' | 'UPLOAD_FULL'

/** The message is what Nix shows to the person who uploads. */
export class UploadError extends SquidError {
  override name = 'UploadError'
  declare readonly code: UploadErrorCode
}
