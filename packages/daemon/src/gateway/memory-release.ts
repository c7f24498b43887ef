/**
 * A release whose chunks and tree nodes lie in memory, made and read by the same formats as a real one. For tests.
 * @module
 */
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { decodeChunk, encodeChunk, type StoredChunk } from '@squid/formats/chunk'
import { sha256 } from '@squid/formats/hash'
import { knownHashes, type NarCut, NarCutter } from '@squid/formats/mask'
import {
  buildManifestTree,
  type ChunkList,
  createChunkList,
  createRewrites,
  decodeManifest,
  encodeManifest,
  listPaths,
  lookupPath,
  type Manifest,
  type ManifestEntry,
  narOf,
  readChunkList,
} from '@squid/formats/manifest'
import { compareByHash } from '@squid/formats/store-path'
import type { GatewayRelease, ReleaseContents } from './contract.ts'

/** A path to put into a release. */
export interface MemoryPath extends Omit<ManifestEntry, 'chunks' | 'log' | 'rewrites' | 'signatures'> {
  readonly signatures?: readonly string[]
  /** What a derivation's build printed. */
  readonly printed?: string
  readonly nar: () => AsyncIterable<Uint8Array>
}

/** Chunks by id, and what the manifest commits to. */
export class MemoryRelease implements ReleaseContents {
  readonly chunks: Map<string, StoredChunk>
  readonly manifest: Manifest
  readonly digest: Uint8Array

  private constructor(chunks: Map<string, StoredChunk>, manifest: Manifest, digest: Uint8Array) {
    this.chunks = chunks
    this.manifest = manifest
    this.digest = digest
  }

  static async of(described: Omit<Manifest, 'tree'>, paths: readonly MemoryPath[]): Promise<MemoryRelease> {
    const chunks = new Map<string, StoredChunk>()
    const put = (raw: Uint8Array): Uint8Array => {
      const id = sha256(raw)
      chunks.set(formatHex(id), encodeChunk(raw, { id }))
      return id
    }
    const emit = ({ bytes }: { bytes: Uint8Array }): void => void put(bytes)
    const entries: ManifestEntry[] = []
    for (const { nar, printed, ...path } of paths.toSorted((a, b) =>
      compareByHash(a.storePath, b.storePath),
    )) {
      const ids: Uint8Array[] = []
      const placeIds: Uint8Array[] = []
      const store = ({ nar, places }: NarCut): void => {
        ids.push(...nar.map(put))
        placeIds.push(...places.map(put))
      }
      const cutter = new NarCutter(knownHashes(path.storePath, path.references))
      for await (const piece of nar()) store(cutter.push(piece.slice()))
      const last = cutter.finish()
      store(last)
      entries.push({
        signatures: [],
        ...path,
        chunks: await createChunkList(ids, emit),
        ...(printed === undefined ? {} : { log: logOf(printed, put) }),
        rewrites: await createRewrites(last, placeIds, emit),
      })
    }
    const { digest, bytes } = encodeManifest({ ...described, tree: await buildManifestTree(entries, emit) })
    return new MemoryRelease(chunks, decodeManifest(bytes, digest), digest)
  }

  lookupHash(hash: Uint8Array): Promise<ManifestEntry | undefined> {
    return lookupPath(this.manifest.tree, hash, id => Promise.resolve(this.#read(id)))
  }

  nar(entry: ManifestEntry): AsyncIterable<Uint8Array> {
    return narOf(entry, chunks => this.#chunks(chunks))
  }

  async *#chunks(chunks: ChunkList): AsyncGenerator<Uint8Array> {
    for await (const id of readChunkList(chunks, node => Promise.resolve(this.#read(node))))
      yield this.#read(id)
  }

  async *log({ log }: ManifestEntry): AsyncGenerator<Uint8Array> {
    if (log !== undefined) yield* this.#chunks(log.chunks)
  }

  list(): AsyncGenerator<ManifestEntry> {
    return listPaths(this.manifest.tree, id => Promise.resolve(this.#read(id)))
  }

  /** As a resolver would give it. */
  release(facts: Partial<GatewayRelease> = {}): GatewayRelease {
    const { flake, sourceNarHash } = this.manifest
    return {
      space: `0x${'11'.repeat(32)}`,
      flake: `0x${'22'.repeat(32)}`,
      flakeName: 'hello',
      name: 'alice',
      version: 1n,
      sourceNarHash,
      manifest: this.digest,
      lastModified: flake.lastModified,
      revision: flake.revision ?? '',
      yanked: false,
      warnings: [],
      locator: '',
      contents: () => Promise.resolve(this),
      ...facts,
    }
  }

  #read(id: Uint8Array): Uint8Array {
    const stored = this.chunks.get(formatHex(id))
    if (stored === undefined) throw new Error(`no chunk ${formatHex(id)}`)
    return decodeChunk({ id, encoding: stored.encoding, rawSize: stored.rawSize }, stored.bytes)
  }
}

/** A log of one chunk. */
function logOf(printed: string, put: (raw: Uint8Array) => Uint8Array): NonNullable<ManifestEntry['log']> {
  const bytes = encodeUtf8(printed)
  return { size: BigInt(bytes.length), chunks: { kind: 'inline', ids: [put(bytes)] } }
}
