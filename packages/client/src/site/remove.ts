/**
 * Takes a whole site away: its pages, its blobs, itself.
 * @module
 */
import { Transaction } from '@mysten/sui/transactions'
import { burn } from '../gen/walrus-site/site.ts'
import { type Account, execute } from '../transactions/index.ts'
import { storageHeir } from './mirror.ts'
import { batchesOf, changesOf } from './plan.ts'
import { heldBlobs, readSite, sitePackage } from './read.ts'
import { addChanges, addDeletion } from './transactions.ts'

export interface RemovedSite {
  readonly pages: number
  /** Walrus blobs that were given up. */
  readonly blobs: number
  /** MIST; negative, for the ledger pays back what storing the pages cost. */
  readonly gas: bigint
}

/** Interrupted, it leaves a site with fewer pages, which may be removed again. */
export async function removeSite(
  account: Account,
  { site, space }: { readonly site: string; readonly space: string },
  signal?: AbortSignal,
): Promise<RemovedSite> {
  const { network, address } = account
  const { pages } = await readSite(network, site, signal)
  network.walrus.reset()
  const { committee } = await network.walrus.systemState()
  const held = await heldBlobs(network, address, signal)
  const heir = await storageHeir(account, space, signal)
  let blobs = 0
  let gas = 0n
  for (const { changes, freed } of batchesOf(pages, changesOf(pages, new Map()))) {
    const transaction = new Transaction()
    addChanges(transaction, network, transaction.object(site), { changes })
    for (const key of freed) {
      const blob = held.get(key)
      if (blob === undefined) continue
      await addDeletion(transaction, account, blob, committee.epoch, heir)
      blobs++
    }
    gas += (await execute(account, transaction, signal)).gasUsed
  }
  const last = new Transaction()
  burn(last, sitePackage(network).packageId, site)
  gas += (await execute(account, last, signal)).gasUsed
  return { pages: pages.size, blobs, gas }
}
