/**
 * A system transaction that did not work.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { ExecutionError } from '../effects/execution-error.ts'

/** `code` is `SYSTEM_TRANSACTION_FAILED`; nothing was changed. */
export class SystemTransactionFailed extends SquidError {
  override name = 'SystemTransactionFailed'
  readonly error: ExecutionError

  constructor(error: ExecutionError) {
    const where = error.command === undefined ? '' : ` in command ${error.command}`
    super('SYSTEM_TRANSACTION_FAILED', `the system transaction failed${where}: ${error.message}`)
    this.error = error
  }
}
