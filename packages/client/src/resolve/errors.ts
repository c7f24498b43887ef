import { SquidError } from '@squid/formats/errors'

/**
 * A reference does not lead to a release that may be used, or the ledger does not hold together. Codes:
 * NAME_UNKNOWN NAME_EXPIRED NAME_WITHOUT_TARGET NAME_REBOUND NO_HOME OBJECT_UNKNOWN OBJECT_KIND FLAKE_UNKNOWN
 * VERSION_UNKNOWN TAG_UNKNOWN NO_RELEASE RELEASE_YANKED RELEASE_REVOKED NO_STORAGE LEDGER_REGRESSED
 * LEDGER_DISAGREES LEDGER_MALFORMED LEDGER_UNREACHABLE.
 */
export class ResolveError extends SquidError {
  override name = 'ResolveError'
}
