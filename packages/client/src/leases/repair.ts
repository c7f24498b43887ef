/**
 * Puts right what a locator says falsely: chunks are looked for in the packs that the Space owns, and the locator is
 * written again with the places that were found. What is in no pack of the Space has to come from a copy.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { type LocatedChunk, updateLocator } from '@squid/formats/locator'
import type { Home } from '../home/index.ts'
import { linkFromLedger } from '../storage/root-link.ts'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import type { Account } from '../transactions/index.ts'
import { findInPacks } from './find-in-packs.ts'
import { openUploads, putBack, readBase, restorationKey, writeRoot } from './import.ts'
import { readLeases } from './leases.ts'
import { assertMayStore } from './rights.ts'
import { listLiveFlakes } from './survey.ts'
import { ChunkVerifier, type Verified, type VerifyOptions } from './verify.ts'

export interface Repaired extends Verified {
  /** Chunks that have right places again. */
  readonly repaired: number
}

/**
 * Reads everything as `verifySpace` does, and repairs the locator.
 * @returns what is hurt afterwards
 * @throws {SquidError} `NOT_PERMITTED`, `KEEPER_RUNNING`, `STALE_LOCATOR`; what ledger and Walrus say
 */
export async function repairSpace(
  deps: { readonly account: Account; readonly storage: WalrusStorage; readonly home: Home },
  space: string,
  options: Omit<VerifyOptions, 'wanted'> = {},
): Promise<Repaired> {
  const { account, storage } = deps
  const { pinned, signal } = options
  await assertMayStore(account, space, signal)
  const found = await readLeases(account.network, space, signal)
  const { locator, leases, terms } = found
  const flakes = await listLiveFlakes(account.network, space, pinned, signal)
  const link = locator.link && linkFromLedger(locator.link)
  const verifier = new ChunkVerifier(storage, link, options)
  const living = leases.filter(({ endEpoch }) => endEpoch > terms.epoch)
  const corrected: LocatedChunk[] = []
  let verified = await verifier.verifyAll(flakes)
  while (verifier.damaged.length > 0) {
    // What is found below a node that was damaged is known only once the node is read.
    const more = await findInPacks(storage, living, verifier.damaged, signal)
    if (more.length === 0) break
    corrected.push(...more)
    verifier.correct(more)
    verified = await verifier.verifyAll(flakes)
  }
  if (corrected.length === 0) return { ...verified, repaired: 0 }
  await using uploads = await openUploads(deps, space, signal)
  const base = await readBase(storage, link, living, signal)
  const right = base === undefined ? [...verifier.right.values()] : corrected
  const root = await writeRoot(uploads, restorationKey(found, right), () =>
    updateLocator(
      base?.root ?? null,
      right,
      node => storage.loadNode(node, signal),
      node => uploads.putNode(node),
    ),
  )
  await putBack(account, uploads, found, root, signal)
  return { ...verified, repaired: new Set(corrected.map(({ id }) => formatHex(id))).size }
}
