/**
 * Makes, signs and executes transactions. What was signed can be kept and submitted again: the ledger executes
 * the same bytes once.
 * @module
 */
import type { SuiClientTypes } from '@mysten/sui/client'
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import type { Transaction } from '@mysten/sui/transactions'
import { TransactionDataBuilder } from '@mysten/sui/transactions'
import { normalizeSuiAddress } from '@mysten/sui/utils'
import type { Network } from '../networks/index.ts'
import { errorOfExecution, errorOfRequest, LedgerError } from './errors.ts'

/** Who acts, and where. */
export interface Account {
  readonly network: Network
  readonly signer: Ed25519Keypair
  readonly address: string
}

/** A signed transaction. */
export interface PreparedTransaction {
  /** Base58: by what the ledger knows it. */
  readonly digest: string
  /** BCS of TransactionData. */
  readonly bytes: Uint8Array
  /** Base64, with the scheme's flag. */
  readonly signature: string
}

/** A transaction that happened. */
export interface ExecutedTransaction {
  readonly digest: string
  /** MIST: computation and storage less rebate; negative when more was freed than used. */
  readonly gasUsed: bigint
  readonly events: readonly { readonly type: string; readonly bcs: Uint8Array }[]
  readonly created: readonly { readonly id: string; readonly type: string }[]
}

/** 5 SUI; the largest transactions of Squid, publishing hundreds of packs, stay below a tenth of that. */
const MAX_GAS_BUDGET = 5_000_000_000n

type Included = { readonly effects: true; readonly events: true; readonly objectTypes: true }

const INCLUDE: Included = { effects: true, events: true, objectTypes: true }

export function createAccount(network: Network, signer: Ed25519Keypair): Account {
  return { network, signer, address: signer.toSuiAddress() }
}

/**
 * Resolves inputs and gas by simulation, and signs.
 * @throws {LedgerError} when it would not succeed
 */
export async function prepare(
  account: Account,
  transaction: Transaction,
  signal?: AbortSignal,
): Promise<PreparedTransaction> {
  const { network, signer, address } = account
  transaction.setSenderIfNotSet(address)
  let bytes: Uint8Array
  try {
    bytes = await transaction.build({ client: network.sui })
  } catch (error) {
    throw errorOfRequest(error, network.squid.packageId, address, hasFaucet(network))
  }
  signal?.throwIfAborted()
  assertGas(bytes, address)
  const { signature } = await signer.signTransaction(bytes)
  return { digest: TransactionDataBuilder.getDigestFromBytes(bytes), bytes, signature }
}

/**
 * The full node proposes price, budget and payer of the gas: what it is believed about the ledger must not let it
 * spend the account's money.
 * @throws {LedgerError} GAS_TOO_HIGH
 */
function assertGas(bytes: Uint8Array, address: string): void {
  const { gasData } = TransactionDataBuilder.fromBytes(bytes)
  const budget = BigInt(gasData.budget ?? 0)
  if (budget <= MAX_GAS_BUDGET && normalizeSuiAddress(gasData.owner ?? address) === address) return
  throw new LedgerError(
    'GAS_TOO_HIGH',
    `The full node wants up to ${budget} MIST of gas from ${gasData.owner ?? address}, which is too much for any transaction of Squid: use another full node.`,
  )
}

/**
 * Executes what was prepared, and waits until it can be read. May be called again with the same transaction.
 * @throws {LedgerError}
 */
export async function submit(
  network: Network,
  prepared: PreparedTransaction,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  const options = signal === undefined ? {} : { signal }
  let result: SuiClientTypes.TransactionResult<Included>
  try {
    const { bytes, signature } = prepared
    await network.sui.executeTransaction({ transaction: bytes, signatures: [signature], ...options })
    result = await network.sui.waitForTransaction({ digest: prepared.digest, include: INCLUDE, ...options })
  } catch (error) {
    signal?.throwIfAborted()
    throw errorOfRequest(error, network.squid.packageId, 'the sender', hasFaucet(network))
  }
  if (result.$kind === 'FailedTransaction') throw failure(result.FailedTransaction, network)
  return executed(result.Transaction)
}

/**
 * Waits until the full node that is asked knows a transaction that happened.
 * @param digest Base58
 * @throws {LedgerError} `LEDGER_BEHIND` after a minute
 */
export async function untilKnown(network: Network, digest: string, signal?: AbortSignal): Promise<void> {
  try {
    await network.sui.core.waitForTransaction({ digest, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    throw new LedgerError(
      'LEDGER_BEHIND',
      `The full node does not know transaction ${digest}, which happened: it lags behind, or has forgotten it; try again later, or with another full node.`,
      { cause: error },
    )
  }
}

function hasFaucet({ descriptor }: Network): boolean {
  return descriptor.faucet !== undefined
}

/** Both of {@link prepare} and {@link submit}. */
export async function execute(
  account: Account,
  transaction: Transaction,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  return submit(account.network, await prepare(account, transaction, signal), signal)
}

function failure(transaction: SuiClientTypes.Transaction<Included>, network: Network): Error {
  const { error } = transaction.status
  return errorOfExecution(
    error ?? { $kind: 'Unknown', message: 'no reason given', Unknown: null },
    network.squid.packageId,
  )
}

function executed(transaction: SuiClientTypes.Transaction<Included>): ExecutedTransaction {
  const { gasUsed, changedObjects } = transaction.effects
  return {
    digest: transaction.digest,
    gasUsed: BigInt(gasUsed.computationCost) + BigInt(gasUsed.storageCost) - BigInt(gasUsed.storageRebate),
    events: transaction.events.map(({ eventType, bcs }) => ({ type: eventType, bcs })),
    created: changedObjects
      .filter(({ idOperation }) => idOperation === 'Created')
      .map(({ objectId }) => ({ id: objectId, type: transaction.objectTypes[objectId] ?? '' })),
  }
}
