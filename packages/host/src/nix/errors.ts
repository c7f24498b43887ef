/**
 * What can go wrong between us and the Nix command line.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/**
 * `NIX_MISSING` no Nix on this machine · `NIX_TOO_OLD` before 2.8 · `NIX_FAILED` Nix ended with an error ·
 * `NIX_OUTPUT` Nix printed what we cannot read · `NIX_NO_FLAKE` no flake at a reference · `NIX_UNLOCKED` its lock
 * file is missing or stale · `NIX_NO_ATTRIBUTE` no such output of the flake · `NIX_NOT_BUILDABLE` the attribute is
 * neither a derivation nor an app · `NIX_UNSUPPORTED` a feature that is refused by name · `NIX_NAR_MISMATCH` a store
 * path is not what a release says · `NIX_CONFLICT` two packages of a profile have one file · `NIX_NO_GENERATION` no such
 * generation of a profile.
 */
export type NixErrorCode =
  | 'NIX_MISSING'
  | 'NIX_TOO_OLD'
  | 'NIX_FAILED'
  | 'NIX_OUTPUT'
  | 'NIX_NO_FLAKE'
  | 'NIX_UNLOCKED'
  | 'NIX_NO_ATTRIBUTE'
  | 'NIX_NOT_BUILDABLE'
  | 'NIX_UNSUPPORTED'
  | 'NIX_NAR_MISMATCH'
  | 'NIX_CONFLICT'
  | 'NIX_NO_GENERATION'

/** Nix is missing, refused, or said something that we cannot use. */
export class NixError extends SquidError {
  override name = 'NixError'
  declare readonly code: NixErrorCode
  /** The end of what Nix wrote to standard error, without colours; empty when Nix did not run. */
  readonly stderr: string

  constructor(
    code: NixErrorCode,
    message: string,
    options: ErrorOptions & { readonly stderr?: string } = {},
  ) {
    super(code, message, options)
    this.stderr = options.stderr ?? ''
  }
}
