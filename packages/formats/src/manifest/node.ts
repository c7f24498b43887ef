/**
 * Nodes of a manifest are chunks whose raw bytes begin with a domain tag (as a BCS string), so that the digest by
 * which they are named says what they are: no leaf can pass for an inner node, nor a file's content for either.
 * @module
 */
import { BcsReader, BcsWriter } from '../bcs/index.ts'
import { equalBytes, formatHex } from '../bytes/index.ts'
import { MAX_STORED_RAW_BYTES } from '../chunk/index.ts'
import { DecodeError, SquidError } from '../errors/index.ts'
import { SHA256_BYTES, sha256, tagPrefix } from '../hash/index.ts'

/** A node to be stored as a chunk: the chunk's id is `digest`. */
export interface ManifestNode {
  /** SHA-256 of `bytes`. */
  readonly digest: Uint8Array
  /** Raw bytes, tag included. */
  readonly bytes: Uint8Array
}

/** Stores a node. Children are emitted before their parents. */
export type Emit = (node: ManifestNode) => void | Promise<void>

/** Fetches the chunk with this id. What it gives is checked by the caller of the loader: here. */
export type NodeLoader = (digest: Uint8Array) => Promise<Uint8Array>

const TAGS = {
  leaf: 'squid.manifest.leaf.1',
  inner: 'squid.manifest.inner.1',
  chunks: 'squid.manifest.chunks.1',
  root: 'squid.manifest.root.1',
} as const

/** What a node is. */
export type NodeKind = keyof typeof TAGS

/**
 * Makes a node from what `write` writes.
 * @throws {SquidError} `MANIFEST_TOO_LARGE` when it is larger than a chunk may be
 */
export function createNode(kind: NodeKind, write: (writer: BcsWriter) => void): ManifestNode {
  const writer = new BcsWriter().fixed(tagPrefix(TAGS[kind]))
  write(writer)
  if (writer.length > MAX_STORED_RAW_BYTES) {
    throw new SquidError(
      'MANIFEST_TOO_LARGE',
      `A manifest node of ${writer.length} bytes is too large to store.`,
    )
  }
  const bytes = writer.finish()
  return { digest: sha256(bytes), bytes }
}

/** A reader behind the tag, and which of the allowed kinds the node is. */
interface OpenNode<Kind extends NodeKind> {
  readonly kind: Kind
  readonly reader: BcsReader
}

/**
 * Reads the tag.
 * @throws {DecodeError} when the node is none of the kinds that belong here
 */
export function openNode<Kind extends NodeKind>(bytes: Uint8Array, kinds: readonly Kind[]): OpenNode<Kind> {
  for (const kind of kinds) {
    const tag = tagPrefix(TAGS[kind])
    if (equalBytes(bytes.subarray(0, tag.length), tag))
      return { kind, reader: new BcsReader(bytes, tag.length) }
  }
  throw new DecodeError(`not a manifest node of the kind ${kinds.join(' or ')}`, 0)
}

/** @throws {SquidError} `MANIFEST_MISMATCH` when the bytes are not what the digest names */
export function assertDigest(bytes: Uint8Array, digest: Uint8Array): void {
  if (!equalBytes(sha256(bytes), digest)) {
    throw new SquidError('MANIFEST_MISMATCH', `Part ${formatHex(digest)} of the manifest has another hash.`)
  }
}

/** Loads a node and checks that it is the one that was asked for. */
export async function loadNode(digest: Uint8Array, load: NodeLoader): Promise<Uint8Array> {
  const bytes = await load(digest)
  assertDigest(bytes, digest)
  return bytes
}

/** 32 bytes, or our bug. */
export function digest(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== SHA256_BYTES) throw new RangeError(`SHA-256 of ${bytes.length} bytes`)
  return bytes
}
