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
 * @param hasFaucet of the network
 */
export function errorOfRequest(
  error: unknown,
  squidId: string,
  sender: string,
  hasFaucet = false,
): LedgerError {
  if (error instanceof SimulationError && error.executionError !== undefined) {
    return errorOfExecution(error.executionError, squidId, error)
  }
  const getting = hasFaucet ? 'run squid init, which takes some from the faucet' : 'send some to it'
  return errorOfTransport(error, sender, getting)
}

/** Why a transaction failed. */
export function errorOfExecution(
  error: SuiClientTypes.ExecutionError,
  squidId: string,
  cause?: unknown,
): LedgerError {
  if (error.$kind === 'MoveAbort') return errorOfAbort(abortOf(error.MoveAbort, squidId), cause)
  if (/^Insufficient ?Gas\b/i.test(error.message)) {
    return new LedgerError('NO_GAS', 'No SUI for gas: the transaction needs more than its budget.', { cause })
  }
  if (/^Insufficient ?Coin ?Balance\b/i.test(error.message)) {
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

/** What a gRPC call ended with. The SDK hands it on itself or as the cause of its own errors. */
interface RpcFailure {
  /** Name of a gRPC status code. */
  readonly code: string
  readonly message: string
}

/** Codes with which nobody knows whether the call did anything: no connection, a cut one, a node that is busy. */
const UNDECIDED: ReadonlySet<string> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'DATA_LOSS',
  'CANCELLED',
  'ABORTED',
  'RESOURCE_EXHAUSTED',
])

/** Codes with which a node says that this transaction is wrong, and will be. */
const DECIDED: ReadonlySet<string> = new Set(['INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'NOT_FOUND'])

/** What Node's fetch says when there is no connection, or no longer; the gRPC client gives it the code INTERNAL. */
const NO_CONNECTION: ReadonlySet<string> = new Set(['fetch failed', 'terminated'])

/** `UserInputError` of a stale object, and what validators say of one that another transaction took. */
const OBJECT_CHANGED =
  /\bObjectVersionUnavailableForConsumption\b|\b(?:not available|unavailable) for consumption, current version\b|\breserved for another transaction\b|\balready locked by a different transaction\b/

/** Gas selection by a node; gas that is too little. */
const NO_GAS = /^Unable to perform gas selection due to insufficient SUI balance\b|^GasBalanceTooLow\b/

/** What the SDK says itself when it looks for coins. */
const NO_COINS =
  /^(?:No valid gas coins found for the transaction\.$|Insufficient balance of 0x0*2::sui::SUI for owner )/
const NO_WAL = /^Insufficient balance of 0x[0-9a-f]+::wal::WAL for owner /

function errorOfTransport(error: unknown, sender: string, getting: string): LedgerError {
  const failure = rpcFailure(error)
  const message = failure?.message ?? (error instanceof Error ? error.message : String(error))
  const code = failure === undefined ? codeOfSdk(message) : codeOfRpc(failure)
  return new LedgerError(code, SENTENCES[code](sender, message, getting), { cause: error })
}

/** Only codes tell what may be tried again: the words of a refusal count where the code says that it is one. */
function codeOfRpc({ code, message }: RpcFailure): keyof typeof SENTENCES {
  if (UNDECIDED.has(code) || NO_CONNECTION.has(message)) return 'LEDGER_UNREACHABLE'
  if (!DECIDED.has(code)) return 'TRANSACTION_REFUSED'
  if (NO_GAS.test(message)) return 'NO_GAS'
  return OBJECT_CHANGED.test(message) ? 'OBJECT_CHANGED' : 'TRANSACTION_REFUSED'
}

function codeOfSdk(message: string): keyof typeof SENTENCES {
  if (NO_WAL.test(message)) return 'NO_WAL'
  if (NO_COINS.test(message)) return 'NO_GAS'
  return NO_CONNECTION.has(message) ? 'LEDGER_UNREACHABLE' : 'TRANSACTION_REFUSED'
}

const SENTENCES = {
  NO_WAL: (sender: string, _: string, getting: string): string =>
    `No WAL for storage: ${sender} has too little; ${getting}.`,
  NO_GAS: (sender: string, _: string, getting: string): string =>
    `No SUI for gas: ${sender} has too little; ${getting}.`,
  OBJECT_CHANGED: (): string => 'An object changed while the transaction was made: try again.',
  LEDGER_UNREACHABLE: (): string => 'The full node does not answer: is the network running?',
  TRANSACTION_REFUSED: (_: string, message: string): string =>
    `The full node refused the transaction: ${message}.`,
} as const

/** The deepest `RpcError` of the gRPC library, which is no dependency of ours and so is known by its shape. */
function rpcFailure(error: unknown): RpcFailure | undefined {
  let found: RpcFailure | undefined
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'RpcError' && 'code' in at && typeof at.code === 'string') {
      found = { code: at.code, message: decoded(at.message) }
    }
  }
  return found
}

/** Messages travel percent-encoded (gRPC over HTTP/2, "Status-Message"). */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}
