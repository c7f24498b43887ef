/**
 * Refusals before execution: the ledger does not change and no gas is charged.
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/**
 * Sui's own name for why a transaction is not accepted (`UserInputError` and friends), plus `Unsupported` for what
 * this ledger refuses to do and `MalformedTransaction` for bytes that are no transaction.
 */
export type RefusalKind =
  | 'MalformedTransaction'
  | 'Unsupported'
  | 'InvalidSignature'
  | 'SignerSignatureNumberMismatch'
  | 'SignerSignatureAbsent'
  | 'SizeLimitExceeded'
  | 'EmptyCommandInput'
  | 'EmptyInputCoins'
  | 'InvalidIdentifier'
  | 'TransactionExpired'
  | 'InvalidExpiration'
  | 'InvalidChainId'
  | 'ObjectNotFound'
  | 'ObjectDeleted'
  | 'DependentPackageNotFound'
  | 'ObjectVersionUnavailableForConsumption'
  | 'InvalidObjectDigest'
  | 'IncorrectUserSignature'
  | 'InvalidChildObjectArgument'
  | 'MutableObjectUsedMoreThanOnce'
  | 'DuplicateObjectRefInput'
  | 'NotSharedObjectError'
  | 'NotOwnedObjectError'
  | 'SharedObjectStartingVersionMismatch'
  | 'ImmutableParameterExpectedError'
  | 'MovePackageAsObject'
  | 'MoveObjectAsPackage'
  | 'InaccessibleSystemObject'
  | 'PostRandomCommandRestrictions'
  | 'MissingGasPayment'
  | 'InvalidGasObject'
  | 'GasObjectNotOwnedObject'
  | 'GasPriceUnderRGP'
  | 'GasPriceTooHigh'
  | 'GasBudgetTooLow'
  | 'GasBudgetTooHigh'
  | 'GasBalanceTooLow'

/** The transaction was not executed and may be corrected and sent again. `code` is `TRANSACTION_REFUSED`. */
export class TransactionRefused extends SquidError {
  override name = 'TransactionRefused'
  readonly kind: RefusalKind

  constructor(kind: RefusalKind, message: string, options?: ErrorOptions) {
    super('TRANSACTION_REFUSED', `${kind}: ${message}`, options)
    this.kind = kind
  }
}
