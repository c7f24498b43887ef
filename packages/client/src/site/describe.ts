/**
 * What an account's mirror of a Space is like.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import type { Account } from '../transactions/index.ts'
import { parseVersionPath } from './files.ts'
import { blobKey } from './page.ts'
import { findSite, heldBlobs, readSite } from './read.ts'

export interface SiteDescription {
  readonly site: string
  readonly address: string | undefined
  readonly versions: readonly { readonly flakeName: string; readonly version: bigint }[]
  readonly pages: number
  /** Of Walrus, current. */
  readonly epoch: number
  /** The first Walrus epoch for which some page is not paid; undefined when there are none. */
  readonly endEpoch: number | undefined
}

/** @throws {SquidError} `NO_SITE` when there is none */
export async function describeSite(
  { network, address: owner }: Account,
  space: string,
  signal?: AbortSignal,
): Promise<SiteDescription> {
  const site = await findSite(network, owner, space, signal)
  if (site === undefined)
    throw new SquidError(
      'NO_SITE',
      `${owner} has no mirror of Space ${space}; make one with: squid site publish`,
    )
  const { address, pages } = await readSite(network, site, signal)
  const held = await heldBlobs(network, owner, signal)
  network.walrus.reset()
  const { committee } = await network.walrus.systemState()
  const ends = [...pages.values()].map(({ place }) => held.get(blobKey(place))?.endEpoch ?? 0)
  return {
    site,
    address,
    versions: [...pages.keys()].flatMap(path => parseVersionPath(path) ?? []),
    pages: pages.size,
    epoch: committee.epoch,
    endEpoch: ends.length === 0 ? undefined : ends.reduce((least, end) => Math.min(least, end)),
  }
}
