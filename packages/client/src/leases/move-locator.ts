/**
 * Moves a locator out of blobs that are given up: chunks get new places or are forgotten, and nodes that lie there
 * are written anew although nothing below them changes.
 * @module
 */
import { equalBytes, formatHex } from '@squid/formats/bytes'
import {
  type BlobPlace,
  type LocatedChunk,
  type LocatorChange,
  type LocatorLink,
  type LocatorLoader,
  type Place,
  placeInBlob,
  updateLocator,
} from '@squid/formats/locator'

/** Stands for the memory in which nodes lie that only the first of two updates needs. */
const SCRATCH: BlobPlace = { id: new Uint8Array(32), size: Number.MAX_SAFE_INTEGER }

/**
 * Applies `changes`, and writes every node anew that lies above one of `touched`.
 * @param touched chunks as the locator has them now
 * @param place as for `updateLocator`
 * @returns the new root; its blob is null when it lies in the pack that is open at the end
 */
export async function moveLocator(
  root: LocatorLink,
  changes: readonly LocatorChange[],
  touched: readonly LocatedChunk[],
  load: LocatorLoader,
  place: Place,
): Promise<LocatorLink | null> {
  const changed = new Set(changes.map(({ id }) => formatHex(id)))
  const anew = [...new Map(touched.map(chunk => [formatHex(chunk.id), chunk])).entries()]
    .filter(([key]) => !changed.has(key))
    .map(([, chunk]) => chunk)
  if (anew.length === 0) return updateLocator(root, changes, load, place)
  // Forgetting a chunk and putting it back writes all nodes above it; those in between stay in memory.
  const scratch = new Map<number, Uint8Array>()
  const without = await updateLocator(
    root,
    anew.map(({ id }) => ({ id, location: null })),
    load,
    node => {
      const offset = scratch.size
      scratch.set(offset, node)
      return { offset }
    },
  )
  const loadAny: LocatorLoader = async link => {
    if (link.blob === null || !equalBytes(link.blob.id, SCRATCH.id)) return load(link)
    const node = scratch.get(link.offset)
    if (node === undefined) throw new Error('a node that was never written')
    return node
  }
  return updateLocator(without && placeInBlob(without, SCRATCH), [...changes, ...anew], loadAny, place)
}
