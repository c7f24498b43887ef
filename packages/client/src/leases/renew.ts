/**
 * Paying for longer leases. Anyone may, for any Space.
 * @module
 */
import { coinWithBalance, Transaction } from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import * as storages from '../gen/squid/storage.ts'
import { type Account, execute, LedgerError, prepare } from '../transactions/index.ts'
import { type Lease, readLeases, type SpaceLeases, unitsOf, type WalrusTerms } from './leases.ts'

/** Which leases, and up to where. */
export interface RenewalPlan {
  readonly leases: readonly Lease[]
  /** The first epoch that will not be paid for. */
  readonly until: number
  /** Base units of WAL. */
  readonly wal: bigint
}

export interface Renewed {
  readonly blobs: number
  readonly until: number
  /** Base units of WAL. */
  readonly wal: bigint
  /** MIST. */
  readonly gas: bigint
  readonly transactions: readonly string[]
}

/** Chooses leases. */
export type LeaseFilter = (lease: Lease, terms: WalrusTerms) => boolean

/**
 * Blobs in one transaction: their ids are one argument of at most 16 KiB, and each has two events of the 1024 that
 * a transaction may have. With packs of 32 MiB that is 12 GiB.
 */
const BATCH = 400
const MAX_ATTEMPTS = 8

/**
 * What has to be paid so that every chosen lease lasts `epochs` epochs from now on, the current one included.
 * Leases that last as long, and those that have ended, are left out: what has ended cannot be renewed.
 * @throws {SquidError} `LEASE_TOO_LONG`
 */
export function planRenewal(space: SpaceLeases, epochs: number, wanted: LeaseFilter): RenewalPlan {
  const { terms } = space
  if (!Number.isInteger(epochs) || epochs < 1 || epochs > terms.maxEpochsAhead)
    throw new SquidError(
      'LEASE_TOO_LONG',
      `Walrus leases last 1 to ${terms.maxEpochsAhead} epochs, not ${epochs}.`,
    )
  const until = terms.epoch + epochs
  const leases = space.leases.filter(
    lease => lease.endEpoch < until && lease.endEpoch > terms.epoch && wanted(lease, terms),
  )
  return { leases, until, wal: leases.reduce((sum, lease) => sum + priceOf(lease, until, terms), 0n) }
}

/**
 * Renews the chosen leases of a Space for `epochs` epochs from now on, many in one transaction. Whoever renews at
 * the same time is noticed: nothing is paid twice.
 * @throws {LedgerError} `NO_WAL`, `NO_GAS` and what else the ledger says
 */
export async function renewLeases(
  account: Account,
  space: string,
  epochs: number,
  wanted: LeaseFilter,
  signal?: AbortSignal,
): Promise<Renewed> {
  const done = { blobs: 0, until: 0, wal: 0n, gas: 0n, transactions: [] as string[] }
  for (let attempt = 1; ;) {
    const found = await readLeases(account.network, space, signal)
    const plan = planRenewal(found, epochs, wanted)
    done.until = plan.until
    const leases = plan.leases.slice(0, BATCH)
    if (leases.length === 0) return done
    const wal = leases.reduce((sum, lease) => sum + priceOf(lease, plan.until, found.terms), 0n)
    try {
      const { digest, gasUsed } = await execute(
        account,
        renewal(account, found.locator.storageId, { leases, until: plan.until, wal }),
        signal,
      )
      done.blobs += leases.length
      done.wal += wal
      done.gas += gasUsed
      done.transactions.push(digest)
      attempt = 1
    } catch (error) {
      // Another keeper was faster, an epoch ended, a blob was deleted: look again.
      if (!isOvertaken(error) || attempt++ === MAX_ATTEMPTS) throw error
    }
  }
}

/**
 * MIST that the transactions of a plan would cost now, by simulation.
 * @throws {LedgerError} as the renewal itself, for instance `NO_WAL`
 */
export async function estimateRenewalGas(
  account: Account,
  space: SpaceLeases,
  plan: RenewalPlan,
  signal?: AbortSignal,
): Promise<bigint> {
  let gas = 0n
  for (let from = 0; from < plan.leases.length; from += BATCH) {
    const leases = plan.leases.slice(from, from + BATCH)
    const wal = leases.reduce((sum, lease) => sum + priceOf(lease, plan.until, space.terms), 0n)
    const transaction = renewal(account, space.locator.storageId, { leases, until: plan.until, wal })
    const { bytes } = await prepare(account, transaction, signal)
    const result = await account.network.sui.core.simulateTransaction({
      transaction: bytes,
      include: { effects: true },
      ...(signal && { signal }),
    })
    const { computationCost, storageCost, storageRebate } = (result.Transaction ?? result.FailedTransaction)
      .effects.gasUsed
    gas += BigInt(computationCost) + BigInt(storageCost) - BigInt(storageRebate)
  }
  return gas
}

function priceOf({ encodedSize, endEpoch }: Lease, until: number, { unitPrice }: WalrusTerms): bigint {
  return unitsOf(encodedSize) * unitPrice * BigInt(until - endEpoch)
}

/** The purse holds the exact price and must be empty in the end, so that a plan that is overtaken fails. */
function renewal({ network }: Account, storageId: string, { leases, until, wal }: RenewalPlan): Transaction {
  const { systemObjectId, walPackageId } = network.descriptor.walrus
  const type = `${walPackageId}::wal::WAL`
  const transaction = new Transaction()
  const purse = transaction.add(coinWithBalance({ balance: wal, type }))
  storages.renew(
    transaction,
    network.squid.packageId,
    storageId,
    systemObjectId,
    leases.map(lease => lease.objectId),
    until,
    purse,
  )
  transaction.moveCall({ target: '0x2::coin::destroy_zero', typeArguments: [type], arguments: [purse] })
  return transaction
}

function isOvertaken(error: unknown): boolean {
  return error instanceof LedgerError && ['ABORTED', 'OBJECT_CHANGED', 'UNKNOWN_BLOB'].includes(error.code)
}
