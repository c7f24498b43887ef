/**
 * From a transaction as a client drafts it to one that can be signed, with the outcome of running it now.
 *
 * As on Sui: price = the reference price, budget = what a simulation used plus 1,000 gas units, coins = the payer's
 * that the transaction does not use otherwise. Unlike Sui, which smashes up to 256 coins each time, no more coins
 * are taken than the budget needs (all of them when a command uses the gas coin): parallel transactions of one
 * account stay possible.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import type { Ledger, SimulatedTransaction } from '@squid/sui/ledger'
import type { Argument, CallArg, OpenTransaction, TransactionData } from '../convert/transaction.ts'
import { GrpcError } from '../web/status.ts'
import { paymentOf, selectGasCoins, type Payment } from './gas-coins.ts'
import { resolveInputs } from './inputs.ts'

/** The largest budget that Sui accepts: 50 SUI. */
const MAX_BUDGET = 50_000_000_000n

/** What to fill in and how carefully to run it. */
export interface ResolveOptions {
  /** Choose coins and budget where they are open. */
  readonly selectGas: boolean
  /** Every rule of execution; false = inspect only. */
  readonly checks: boolean
  /** The caller shows the outcome itself: it must be of exactly the returned transaction, digest included. */
  readonly exact: boolean
}

/** A complete transaction and its simulated outcome. */
export interface Resolution {
  readonly data: TransactionData
  readonly bytes: Uint8Array
  readonly outcome: SimulatedTransaction
}

/**
 * Completes and simulates a transaction.
 * @throws {GrpcError} when an input does not exist or the payer's coins do not suffice
 * @throws {TransactionRefused} when the ledger would not accept it
 */
export function resolveTransaction(
  ledger: Ledger,
  open: OpenTransaction,
  options: ResolveOptions,
): Resolution {
  const inputs = resolveInputs(ledger, open)
  const price = open.price ?? ledger.epoch.referenceGasPrice
  const run = (payment: Payment['coins'], budget: bigint): Resolution => {
    const data = complete(open, inputs, price, payment, budget)
    const bytes = bcs.TransactionData.serialize({ V1: data }).toBytes()
    return { data, bytes, outcome: ledger.simulate(bytes, { checks: options.checks }) }
  }
  if (!options.selectGas) return run(open.payment, open.budget ?? MAX_BUDGET)

  const usesGasCoin = open.commands.some(usesGas)
  const payment = choosePayment(ledger, open, inputs, usesGasCoin)
  if (open.budget !== undefined) {
    assertEnough(open, payment, open.budget)
    return run(payment.coins, open.budget)
  }
  // The gas coin's balance less the budget is what commands see of it, so its user is estimated with a made-up coin;
  // so is whoever cannot afford the largest budget.
  const madeUp = usesGasCoin || payment.total < MAX_BUDGET
  const estimate = run(madeUp ? [] : payment.coins, MAX_BUDGET)
  const budget = estimate.outcome.suggestedGasBudget
  if (estimate.outcome.error === undefined) assertEnough(open, payment, budget)
  const shown = { ...estimate, ...rebudget(estimate.data, payment.coins, budget) }
  return estimate.outcome.error === undefined && (options.exact || usesGasCoin)
    ? run(payment.coins, budget)
    : shown
}

function choosePayment(
  ledger: Ledger,
  open: OpenTransaction,
  inputs: readonly CallArg[],
  usesGasCoin: boolean,
): Payment {
  if (open.payment.length > 0) return paymentOf(ledger, open.payment)
  const used = new Set(inputs.flatMap(input => input.Object?.ImmOrOwnedObject?.objectId ?? []))
  const everything = 2n ** 64n
  return selectGasCoins(ledger, open.gasOwner, used, usesGasCoin ? everything : (open.budget ?? MAX_BUDGET))
}

function assertEnough(open: OpenTransaction, payment: Payment, budget: bigint): void {
  if (payment.total >= budget) return
  throw new GrpcError(
    'INVALID_ARGUMENT',
    `Unable to perform gas selection due to insufficient SUI balance for account ${open.gasOwner} to satisfy required budget ${budget} (has ${payment.total} MIST in coins that the transaction does not use)`,
  )
}

function complete(
  open: OpenTransaction,
  inputs: readonly CallArg[],
  price: bigint,
  payment: Payment['coins'],
  budget: bigint,
): TransactionData {
  const program = { inputs: [...inputs], commands: [...open.commands] }
  return {
    kind: { $kind: 'ProgrammableTransaction', ProgrammableTransaction: program },
    sender: open.sender,
    gasData: { payment: [...payment], owner: open.gasOwner, price: String(price), budget: String(budget) },
    expiration: open.expiration,
  }
}

function rebudget(
  data: TransactionData,
  payment: Payment['coins'],
  budget: bigint,
): { data: TransactionData; bytes: Uint8Array } {
  const paid = { ...data, gasData: { ...data.gasData, payment: [...payment], budget: String(budget) } }
  return { data: paid, bytes: bcs.TransactionData.serialize({ V1: paid }).toBytes() }
}

function usesGas(command: OpenTransaction['commands'][number]): boolean {
  const { MoveCall, TransferObjects, SplitCoins, MergeCoins, MakeMoveVec } = command
  const used: readonly Argument[] = [
    ...(MoveCall?.arguments ?? []),
    ...(TransferObjects?.objects ?? []),
    ...(SplitCoins ? [SplitCoins.coin] : []),
    ...(MergeCoins ? [MergeCoins.destination, ...MergeCoins.sources] : []),
    ...(MakeMoveVec?.elements ?? []),
  ]
  return used.some(argument => argument.$kind === 'GasCoin')
}
