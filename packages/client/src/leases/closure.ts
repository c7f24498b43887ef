/**
 * The blobs that reading one release touches: its chunks, and the locator's nodes on the way to them.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { type LocatorLink, lookupChunks } from '@squid/formats/locator'
import type { WalrusStorage } from '../storage/walrus-storage.ts'
import { type Lease, leaseKey } from './leases.ts'
import { NodeMissingError, visitChunks } from './release-chunks.ts'
import { blobKey } from './survey.ts'

const BATCH = 256

/**
 * A filter that takes exactly the leases of blobs that hold part of the release.
 * @param root the Space's locator
 * @param digest of the release's manifest
 * @throws {NodeMissingError} when the locator does not know all of the release
 */
export async function leasesOfRelease(
  storage: WalrusStorage,
  root: LocatorLink,
  digest: Uint8Array,
  signal?: AbortSignal,
): Promise<(lease: Lease) => boolean> {
  const ids = new Map<string, Uint8Array>()
  await visitChunks(storage, root, digest, id => ids.set(formatHex(id), id), signal)
  const blobs = new Set<string>([blobKey(root.blob)])
  const load = (link: LocatorLink): Promise<Uint8Array> => {
    blobs.add(blobKey(link.blob))
    return storage.loadNode(link, signal)
  }
  const all = [...ids.values()]
  for (let from = 0; from < all.length; from += BATCH) {
    const batch = all.slice(from, from + BATCH)
    const places = await lookupChunks(root, batch, load)
    for (const id of batch) {
      const place = places.get(formatHex(id))
      if (place === undefined) throw new NodeMissingError(id)
      blobs.add(blobKey(place.blob))
    }
  }
  return lease => blobs.has(leaseKey(lease))
}
