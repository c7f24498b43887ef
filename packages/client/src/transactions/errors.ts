/**
 * Why a transaction did not happen, told in one sentence. Aborts of our own contracts have the code of their
 * constant: `EStaleRelease` is `STALE_RELEASE`.
 * @module
 */
import { SimulationError, type SuiClientTypes } from '@mysten/sui/client'
import { SquidError } from '@squid/formats/errors'
import { constants as flakeConstants } from '../gen/squid/flake.ts'
import { constants as registryConstants } from '../gen/squid/registry.ts'
import { constants as spaceConstants } from '../gen/squid/space.ts'
import { constants as storageConstants } from '../gen/squid/storage.ts'

/** Where a Move call aborted. */
export interface Abort {
  readonly packageId: string
  readonly module: string
  readonly code: bigint
  /** Name of the error constant, where the contract gives one. */
  readonly constant: string | undefined
  /** Its text. */
  readonly text: string | undefined
}

/**
 * Codes: NO_GAS NO_WAL ABORTED EXECUTION_FAILED OBJECT_CHANGED LEDGER_UNREACHABLE TRANSACTION_REFUSED, and those
 * of the constants, NOT_PERMITTED STALE_RELEASE STALE_LOCATOR ALREADY_PUBLISHED ENTRY_EXISTS … among them.
 */
export class LedgerError extends SquidError {
  override name = 'LedgerError'
  readonly abort: Abort | undefined

  constructor(code: string, message: string, options?: ErrorOptions & { readonly abort?: Abort }) {
    super(code, message, options)
    this.abort = options?.abort
  }
}

/** Squid's modules → constant pools, which abort codes point into. */
const CONSTANTS: Readonly<Record<string, readonly (string | null)[]>> = {
  flake: flakeConstants,
  registry: registryConstants,
  space: spaceConstants,
  storage: storageConstants,
}

/** What to do about an abort, where the text of the contract does not say it. */
const ADVICE: Readonly<Record<string, string>> = {
  NOT_PERMITTED: 'ask an admin of the Space for the role',
  STALE_RELEASE: 'somebody else published meanwhile; publish again',
  STALE_LOCATOR: 'somebody else published into this Space meanwhile; publish again',
  ENTRY_EXISTS: 'somebody else created it meanwhile; try again',
  WRONG_VERSION: 'update Squid',
}

/** Top bit of an abort code whose lower half points to a constant's name and text. */
const CONSTANT_FLAG = 1n << 63n

/**
 * Why a transaction was not made or not taken.
 * @param squidId id of Squid's package, whose constants are known here
 * @param sender for sentences about money
 */
export function errorOfRequest(error: unknown, squidId: string, sender: string): LedgerError {
  if (error instanceof SimulationError && error.executionError !== undefined) {
    return errorOfExecution(error.executionError, squidId, error)
  }
  return errorOfTransport(error, sender)
}

/** Why a transaction failed. */
export function errorOfExecution(
  error: SuiClientTypes.ExecutionError,
  squidId: string,
  cause?: unknown,
): LedgerError {
  if (error.$kind === 'MoveAbort') return errorOfAbort(abortOf(error.MoveAbort, squidId), cause)
  if (/insufficient ?gas|out of gas/i.test(error.message)) {
    return new LedgerError('NO_GAS', 'No SUI for gas: the transaction needs more than its budget.', { cause })
  }
  if (/insufficient ?coin ?balance/i.test(error.message)) {
    return new LedgerError('NO_FUNDS', 'A coin holds less than the transaction spends.', { cause })
  }
  return new LedgerError('EXECUTION_FAILED', `The transaction failed: ${error.message}.`, { cause })
}

function errorOfAbort(abort: Abort, cause: unknown): LedgerError {
  const { constant, text, module, code } = abort
  if (constant === undefined || text === undefined) {
    const sentence = `The contract ${abort.packageId}::${module} refused with code ${code}.`
    return new LedgerError('ABORTED', sentence, { cause, abort })
  }
  const name = constant
    .replace(/^E/, '')
    .replaceAll(/([a-z])(?=[A-Z])/g, '$1_')
    .toUpperCase()
  const advice = ADVICE[name]
  return new LedgerError(name, `${text}${advice === undefined ? '' : `: ${advice}`}.`, { cause, abort })
}

function abortOf(abort: SuiClientTypes.MoveAbort, squidId: string): Abort {
  const code = BigInt(abort.abortCode)
  const { package: packageId = '', module = '' } = abort.location ?? {}
  const isOurs = packageId === squidId && (code & CONSTANT_FLAG) !== 0n
  const known = isOurs ? CONSTANTS[module] : undefined
  const own = (index: bigint): string | undefined => known?.[Number(index & 0xffffn)] ?? undefined
  return {
    packageId,
    module,
    code,
    constant: abort.cleverError?.constantName ?? own(code >> 16n),
    text: abort.cleverError?.value ?? own(code),
  }
}

function errorOfTransport(error: unknown, sender: string): LedgerError {
  const message = error instanceof Error ? error.message : String(error)
  const options = { cause: error }
  if (/Insufficient balance of .*::wal::WAL/i.test(message)) {
    return new LedgerError(
      'NO_WAL',
      `No WAL for storage: ${sender} has too little; send WAL to it or use the faucet.`,
      options,
    )
  }
  if (
    /gas (selection|coins?|payment|balance)|sufficient (gas|balance)|insufficient (gas|.*balance)/i.test(
      message,
    )
  ) {
    return new LedgerError(
      'NO_GAS',
      `No SUI for gas: ${sender} has too little; send SUI to it or use the faucet.`,
      options,
    )
  }
  if (/not available for consumption|version .* mismatch|lock|equivocat|stale/i.test(message)) {
    return new LedgerError(
      'OBJECT_CHANGED',
      'An object changed while the transaction was made: try again.',
      options,
    )
  }
  if (/fetch failed|ECONNREFUSED|UNAVAILABLE|network/i.test(message)) {
    return new LedgerError(
      'LEDGER_UNREACHABLE',
      'The full node does not answer: is the network running?',
      options,
    )
  }
  return new LedgerError('TRANSACTION_REFUSED', `The full node refused the transaction: ${message}.`, options)
}
