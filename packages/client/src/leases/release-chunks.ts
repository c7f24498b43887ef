/**
 * Every chunk that a release needs: its manifest, the nodes of its trees, the content of its paths, what was
 * masked in it, and logs.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { type ChunkLocation, type LocatorLink, lookupChunks } from '@squid/formats/locator'
import {
  chunkListsOf,
  decodeManifest,
  listPaths,
  type ManifestEntry,
  readChunkList,
} from '@squid/formats/manifest'
import type { WalrusStorage } from '../storage/walrus-storage.ts'

/** The locator does not know a node of a release's trees. */
export class NodeMissingError extends SquidError {
  override name = 'NodeMissingError'
  readonly id: Uint8Array

  constructor(id: Uint8Array) {
    super(
      'CHUNK_UNKNOWN',
      `The Space's index does not say where part ${formatHex(id)} of a release is stored.`,
    )
    this.id = id
  }
}

/**
 * Calls `visit` with every chunk of the release, some of them several times, and the path whose content it is.
 * @param digest what the Release on the ledger commits to
 * @param found places that are better than what the locator says, or what it does not know, by hex id
 * @throws {NodeMissingError}; {BlobUnavailableError}, {DecodeError} when a node cannot be read
 */
export async function visitChunks(
  storage: WalrusStorage,
  root: LocatorLink,
  digest: Uint8Array,
  visit: (id: Uint8Array, path: ManifestEntry | undefined) => void,
  signal?: AbortSignal,
  found?: ReadonlyMap<string, ChunkLocation>,
): Promise<void> {
  const loader =
    (path: ManifestEntry | undefined) =>
    async (id: Uint8Array): Promise<Uint8Array> => {
      visit(id, path)
      const key = formatHex(id)
      const load = (link: LocatorLink): Promise<Uint8Array> => storage.loadNode(link, signal)
      const place = found?.get(key) ?? (await lookupChunks(root, [id], load)).get(key)
      if (place === undefined) throw new NodeMissingError(id)
      return storage.readNode(id, place, signal)
    }
  const load = loader(undefined)
  const { tree } = decodeManifest(await load(digest), digest)
  for await (const entry of listPaths(tree, load)) {
    signal?.throwIfAborted()
    for (const chunks of chunkListsOf(entry))
      for await (const id of readChunkList(chunks, loader(entry))) visit(id, entry)
  }
}
