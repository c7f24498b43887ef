/**
 * Turns store paths into chunks, and says of them what a manifest says.
 * @module
 */
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { knownHashes, type MaskedHashes } from '@squid/formats/mask'
import {
  buildManifestTree,
  createChunkList,
  createRewrites,
  type Emit,
  encodeManifest,
  type Manifest,
  type ManifestEntry,
} from '@squid/formats/manifest'
import { compareByHash, type StorePath } from '@squid/formats/store-path'

import type { ChunkStore } from './chunk-store.ts'
import type { ChunkThreads, CutBatch } from './chunk-threads.ts'

/** One store path of a release. */
export interface PathToPublish {
  readonly storePath: StorePath
  /** SHA-256 of the NAR, 32 bytes. */
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly references: readonly StorePath[]
  readonly deriver?: StorePath
  readonly ca?: string
  /** Of others, `name:base64`, as narinfos have them. */
  readonly signatures?: readonly string[]
  /** Reads the NAR from its beginning; may be called again. */
  nar(): AsyncIterable<Uint8Array>
  /** What building it printed, read likewise. Only of derivations. */
  log?(): AsyncIterable<Uint8Array>
}

export interface Contents {
  /** Everything of the manifest but the tree, which is made here. */
  readonly manifest: Omit<Manifest, 'tree'>
  readonly paths: readonly PathToPublish[]
}

export interface StoredContents {
  /** Digest of the manifest. */
  readonly digest: Uint8Array
  readonly narBytes: bigint
}

interface ContentsDeps {
  readonly store: ChunkStore
  readonly threads: ChunkThreads
  readonly signal: AbortSignal | undefined
  readonly onChunked: (paths: number, of: number, bytes: bigint) => void
}

/** NARs that are read at once: small ones take longer to ask for than to cut. */
const READ_AHEAD = 4

/**
 * Stores the chunks of every path, the nodes of the manifest's tree, and the manifest itself.
 * @throws {SquidError} `PATH_CHANGED`
 */
export async function storeContents(deps: ContentsDeps, contents: Contents): Promise<StoredContents> {
  const { store, onChunked } = deps
  const emit: Emit = node => store.put(node.digest, node.bytes)
  const entries: ManifestEntry[] = []
  let narBytes = 0n
  const paths = contents.paths.toSorted((a, b) => compareByHash(a.storePath, b.storePath))
  for await (const { path, ids, placeIds, masked, log } of inOrder(paths, path => storePath(deps, path))) {
    const { storePath, narHash, narSize, references, deriver, ca, signatures = [] } = path
    entries.push({
      storePath,
      narHash,
      narSize,
      references: references.toSorted(),
      ...(deriver && { deriver }),
      ...(ca && { ca }),
      signatures: signatures.toSorted(),
      chunks: await createChunkList(ids, emit),
      ...(log && { log: { size: log.size, chunks: await createChunkList(log.ids, emit) } }),
      rewrites: await createRewrites(masked, placeIds, emit),
    })
    narBytes += narSize
    onChunked(entries.length, paths.length, narBytes)
  }
  const tree = await buildManifestTree(entries, emit)
  const manifest = encodeManifest({ ...contents.manifest, tree })
  await store.put(manifest.digest, manifest.bytes)
  return { digest: manifest.digest, narBytes }
}

/** A path whose chunks are on their way. */
interface StoredPath extends StoredStream {
  readonly path: PathToPublish
  readonly log: StoredStream | undefined
}

async function storePath(deps: ContentsDeps, path: PathToPublish): Promise<StoredPath> {
  const nar = await storeStream(deps, path.nar(), knownHashes(path.storePath, path.references))
  const log = path.log && (await storeStream(deps, path.log(), []))
  if (nar.size === path.narSize && equalBytes(nar.hash, path.narHash)) return { path, log, ...nar }
  throw new SquidError(
    'PATH_CHANGED',
    `${path.storePath} is not what Nix recorded of it; run: nix store verify ${path.storePath}`,
  )
}

/** A stream whose chunks are on their way. */
interface StoredStream {
  readonly ids: readonly Uint8Array[]
  /** Of the chunks of places. */
  readonly placeIds: readonly Uint8Array[]
  readonly masked: MaskedHashes
  /** As it came. */
  readonly hash: Uint8Array
  readonly size: bigint
}

async function storeStream(
  { store, threads, signal }: ContentsDeps,
  source: AsyncIterable<Uint8Array>,
  known: readonly string[],
): Promise<StoredStream> {
  const ids: Uint8Array[] = []
  const placeIds: Uint8Array[] = []
  let end: CutBatch['whole']
  for await (const { bytes, chunks, places, whole } of threads.cut(source, known)) {
    signal?.throwIfAborted()
    ids.push(...chunks.map(({ id }) => id))
    placeIds.push(...places.map(({ id }) => id))
    await store.putAll(bytes, [...chunks, ...places])
    end = whole
  }
  if (end === undefined) throw new Error('a stream that was cut has no end')
  return { ids, placeIds, ...end, size: BigInt(end.size) }
}

/** Keeps a few items going and yields their results in order. */
async function* inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const going: Promise<R>[] = []
  try {
    for (const item of items) {
      const result = work(item)
      // Awaited in its turn; until then a failure must not count as unhandled.
      result.catch(() => undefined)
      going.push(result)
      if (going.length >= READ_AHEAD) yield await (going.shift() as Promise<R>)
    }
    while (going.length > 0) yield await (going.shift() as Promise<R>)
  } finally {
    await Promise.allSettled(going)
  }
}
