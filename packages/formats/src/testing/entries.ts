/**
 * Sample entries of manifests, and a store for their nodes.
 * @module
 */
import { encodeUtf8, formatHex } from '../bytes/index.ts'
import { sha256 } from '../hash/index.ts'
import { type Emit, type ManifestEntry, NO_REWRITES, type NodeLoader } from '../manifest/index.ts'
import { joinStorePath, type StorePath } from '../store-path/index.ts'

/** A path whose hash part begins with the given bytes. */
export function samplePath(seed: number, name = 'sample', prefix: readonly number[] = []): StorePath {
  const hash = sha256(encodeUtf8(String(seed))).slice(0, 20)
  hash.set(prefix)
  return joinStorePath(hash, name)
}

/** A small entry of this path. */
export function sampleEntry(storePath: StorePath, narSize = 100n): ManifestEntry {
  const narHash = sha256(encodeUtf8(storePath))
  return {
    storePath,
    narHash,
    narSize,
    references: [],
    signatures: [],
    chunks: { kind: 'inline', ids: [narHash] },
    rewrites: NO_REWRITES,
  }
}

/** Nodes by digest, in memory. */
export class NodeStore {
  readonly nodes: Map<string, Uint8Array> = new Map()
  /** Digests asked for, in order. */
  readonly loaded: string[] = []

  readonly emit: Emit = ({ digest, bytes }) => void this.nodes.set(formatHex(digest), bytes)

  readonly load: NodeLoader = async digest => {
    const key = formatHex(digest)
    this.loaded.push(key)
    const bytes = this.nodes.get(key)
    if (bytes === undefined) throw new Error(`no node ${key}`)
    return bytes
  }
}
