/**
 * What can go wrong between us and a Debian archive.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/**
 * `DEBIAN_APT` apt ended with an error · `DEBIAN_INDEX` an index says what we cannot read · `DEBIAN_NO_PACKAGE` no
 * such package · `DEBIAN_UNSATISFIABLE` a dependency that nothing in the archive satisfies · `DEBIAN_ARCHIVE` a
 * downloaded file is not the one that the lock names · `DEBIAN_LOCK` the lock is not one of ours ·
 * `DEBIAN_UNSUPPORTED` a feature that is refused by name.
 */
export type DebianErrorCode =
  | 'DEBIAN_APT'
  | 'DEBIAN_INDEX'
  | 'DEBIAN_NO_PACKAGE'
  | 'DEBIAN_UNSATISFIABLE'
  | 'DEBIAN_ARCHIVE'
  | 'DEBIAN_LOCK'
  | 'DEBIAN_UNSUPPORTED'

/** apt failed, or an archive holds something that we cannot use. */
export class DebianError extends SquidError {
  override name = 'DebianError'
  declare readonly code: DebianErrorCode

  constructor(code: DebianErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, options)
  }
}
