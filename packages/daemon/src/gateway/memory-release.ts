/**
 * A release whose chunks and tree nodes lie in memory, made and read by the same formats as a real one. For tests.
 * @module
 */
import { formatHex } from '@squid/formats/bytes'
import { chunkStream, decodeChunk, encodeChunk, type StoredChunk } from '@squid/formats/chunk'
import { sha256 } from '@squid/formats/hash'
import {
  buildManifestTree,
  createChunkList,
  decodeManifest,
  encodeManifest,
  lookupPath,
  type Manifest,
  type ManifestEntry,
  readChunkList,
} from '@squid/formats/manifest'
import { compareByHash } from '@squid/formats/store-path'
import type { GatewayRelease, ReleaseContents } from './contract.ts'

/** A path to put into a release. */
export interface MemoryPath extends Omit<ManifestEntry, 'chunks' | 'signatures'> {
  readonly signatures?: readonly string[]
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
    const put = (id: Uint8Array, raw: Uint8Array): void => void chunks.set(formatHex(id), encodeChunk(raw))
    const emit = ({ digest, bytes }: { digest: Uint8Array; bytes: Uint8Array }): void => put(digest, bytes)
    const entries: ManifestEntry[] = []
    for (const { nar, ...path } of paths.toSorted((a, b) => compareByHash(a.storePath, b.storePath))) {
      const ids: Uint8Array[] = []
      for await (const raw of chunkStream(nar())) {
        const id = sha256(raw)
        ids.push(id)
        put(id, raw)
      }
      entries.push({ signatures: [], ...path, chunks: await createChunkList(ids, emit) })
    }
    const { digest, bytes } = encodeManifest({ ...described, tree: await buildManifestTree(entries, emit) })
    return new MemoryRelease(chunks, decodeManifest(bytes, digest), digest)
  }

  lookupHash(hash: Uint8Array): Promise<ManifestEntry | undefined> {
    return lookupPath(this.manifest.tree, hash, id => Promise.resolve(this.#read(id)))
  }

  async *nar(entry: ManifestEntry): AsyncGenerator<Uint8Array> {
    const { chunks } = entry
    const ids =
      chunks.kind === 'inline' ? chunks.ids : readChunkList(chunks, id => Promise.resolve(this.#read(id)))
    for await (const id of ids) yield this.#read(id)
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
