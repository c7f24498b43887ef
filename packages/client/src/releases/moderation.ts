/**
 * What a publisher does with releases that are there: hide, show again, revoke, tag.
 * @module
 */
import { Transaction } from '@mysten/sui/transactions'
import * as flakes from '../gen/squid/flake.ts'
import { LedgerReader } from '../resolve/ledger-reader.ts'
import { readFlake } from '../resolve/spaces.ts'
import { execute, type Account, type ExecutedTransaction } from '../transactions/index.ts'

/** Hides a release from latest and tags; whoever asks for the exact version still gets it. */
export async function yank(
  account: Account,
  flake: string,
  version: bigint,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  return change(account, flake, flakes.yank, [version], signal)
}

export async function unyank(
  account: Account,
  flake: string,
  version: bigint,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  return change(account, flake, flakes.unyank, [version], signal)
}

/** Makes clients refuse a release, for good. */
export async function revoke(
  account: Account,
  flake: string,
  version: bigint,
  reason: string,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  return change(account, flake, flakes.revoke, [version, reason], signal)
}

/** Points a tag to a release, wherever it pointed before. */
export async function setTag(
  account: Account,
  flake: string,
  tag: string,
  version: bigint,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  return change(account, flake, flakes.setTag, [tag, version], signal)
}

export async function removeTag(
  account: Account,
  flake: string,
  tag: string,
  signal?: AbortSignal,
): Promise<ExecutedTransaction> {
  return change(account, flake, flakes.removeTag, [tag], signal)
}

async function change<A extends unknown[]>(
  account: Account,
  flake: string,
  call: (transaction: Transaction, packageId: string, flake: string, space: string, ...values: A) => unknown,
  values: A,
  signal: AbortSignal | undefined,
): Promise<ExecutedTransaction> {
  const { network } = account
  const { space } = await readFlake(network, new LedgerReader(network), flake, signal)
  const transaction = new Transaction()
  call(transaction, network.squid.packageId, flake, space, ...values)
  return execute(account, transaction, signal)
}
