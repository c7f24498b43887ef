/**
 * What all storage nodes of a network share: one store of blobs, one set of uploads under way, one cache of encoded
 * blobs, and the rules for who may get what. Nodes are told apart by index; each answers for its own shards only.
 *
 * A node confirms a blob when the ledger says that it is paid for, all slivers of the node's shards arrived, and what
 * arrived decodes to the blob id. Slivers are checked together, by encoding the blob once for all nodes, so
 * a confirmation waits until enough nodes got theirs; the official client uploads to all of them at once. As soon as a
 * blob is certified, all nodes hold it: upstream nodes recover what they miss from each other.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DecodeError, SquidError } from '@squid/formats/errors'
import { type BlobId, blobIdBytes, blobIdOf } from './blob-id.ts'
import type { BlobStore } from './blob-store.ts'
import type { Chain, Registration } from './chain.ts'
import type { Coder, Encoded, QuiltFile } from './coder.ts'
import { EncodedCache, type Slivers } from './encoded-cache.ts'
import { invalidSliver, missingSlivers, NodeError, notRegistered } from './errors.ts'
import {
  encodedLength,
  type Geometry,
  geometryOf,
  pairOfShard,
  shapeOf,
  shardOfPair,
  type SliverKind,
} from './geometry.ts'
import { BodyBudget } from './http.ts'
import { decodeMetadata, metadataLength } from './metadata.ts'
import { frameSliver } from './sliver.ts'
import { Upload } from './upload.ts'

export type StoredStatus = 'Stored' | 'Nonexistent'

/** Limits; the defaults suit a development machine. */
export interface StorageLimits {
  /** Bytes of encoded blobs kept for reading. */
  readonly cacheBytes: number
  /** Bytes of slivers kept of uploads that are not verified yet. */
  readonly uploadBytes: number
  /** Bytes of request bodies that are being read, over all nodes. */
  readonly bodyBytes: number
  /** How long a confirmation waits for the slivers of other nodes. */
  readonly confirmationWaitMs: number
  /** Uploads that nothing happens to for so long are forgotten. */
  readonly uploadIdleMs: number
}

export const DEFAULT_LIMITS: StorageLimits = {
  cacheBytes: 384 * 1024 * 1024,
  uploadBytes: 512 * 1024 * 1024,
  bodyBytes: 1024 * 1024 * 1024,
  confirmationWaitMs: 25_000,
  uploadIdleMs: 600_000,
}

export interface StorageDeps {
  readonly chain: Chain
  readonly store: BlobStore
  readonly coder: Coder
}

/** Before decoding from parity slivers: time without any arriving, so that plain ones are not overtaken. */
const QUIET_MS = 150

/** The storage behind all nodes. */
export class Storage {
  readonly geometry: Geometry
  readonly bodies: BodyBudget
  readonly #deps: StorageDeps
  readonly #limits: StorageLimits
  /** Node of each shard. */
  readonly #nodeOfShard: readonly number[]
  readonly #uploads = new Map<BlobId, Upload>()
  readonly #verifying = new Map<BlobId, Promise<void>>()
  readonly #encoding = new Map<BlobId, Promise<Slivers>>()
  readonly #cache: EncodedCache

  /** @param nodeOfShard node index of each shard */
  constructor(deps: StorageDeps, nodeOfShard: readonly number[], limits: StorageLimits = DEFAULT_LIMITS) {
    this.#deps = deps
    this.#limits = limits
    this.#nodeOfShard = nodeOfShard
    this.geometry = geometryOf(nodeOfShard.length)
    this.bodies = new BodyBudget(limits.bodyBytes)
    this.#cache = new EncodedCache(limits.cacheBytes)
    // What a full or failing disk keeps from being removed is tried again next time.
    deps.chain.onRetired(() => void this.#removeRetired().catch(() => undefined))
  }

  /** Bytes that metadata has on this network. */
  get metadataLength(): number {
    return metadataLength(this.geometry.shards)
  }

  /** Blob objects that are paid for. @throws {NodeError} `NOT_REGISTERED` when there are none */
  registrations(id: BlobId): readonly Registration[] {
    const registrations = this.#deps.chain.registrations(id)
    if (registrations.length === 0) throw notRegistered()
    return registrations
  }

  // ---- metadata

  metadataStatus(node: number, id: BlobId): StoredStatus {
    return this.#holds(node, id) || this.#uploads.get(id)?.metadataAt.has(node) ? 'Stored' : 'Nonexistent'
  }

  /**
   * Takes metadata in.
   * @returns whether it is new to the node
   * @throws {NodeError} `NOT_REGISTERED`, `INVALID_METADATA`, `CACHE_SATURATED`
   */
  putMetadata(node: number, id: BlobId, bytes: Uint8Array): boolean {
    const [registration] = this.registrations(id)
    if (this.metadataStatus(node, id) === 'Stored') return false
    const size = this.#checkMetadata(id, bytes)
    if (size !== registration?.size) throw invalidMetadata('its length is not the registered one')
    const upload = this.#uploads.get(id) ?? this.#startUpload(id, bytes, size)
    upload.metadataAt.add(node)
    return true
  }

  /** @throws {NodeError} `METADATA_NOT_FOUND` */
  getMetadata(node: number, id: BlobId): Uint8Array {
    const upload = this.#uploads.get(id)
    const metadata = this.#holds(node, id) ? this.#deps.store.get(id)?.metadata : undefined
    const found = metadata ?? (upload?.metadataAt.has(node) ? upload.metadata : undefined)
    if (!found || !this.#deps.chain.isLive(id))
      throw new NodeError('NOT_FOUND', 'METADATA_NOT_FOUND', 'the requested metadata is unavailable')
    return found
  }

  #checkMetadata(id: BlobId, bytes: Uint8Array): number {
    try {
      const { blobId, unencodedLength } = decodeMetadata(bytes, this.geometry.shards)
      if (blobId !== id) throw invalidMetadata('it is that of another blob')
      if (unencodedLength > this.geometry.maxBlobSize) throw invalidMetadata('the blob is too large')
      return unencodedLength
    } catch (error) {
      if (error instanceof DecodeError) throw invalidMetadata(error.message)
      throw error
    }
  }

  #startUpload(id: BlobId, metadata: Uint8Array, size: number): Upload {
    this.#forgetIdleUploads()
    const upload = new Upload(id, metadata, size, this.geometry)
    const reserved = [...this.#uploads.values()].reduce((sum, { reservedBytes }) => sum + reservedBytes, 0)
    if (this.#uploads.size > 0 && reserved + upload.reservedBytes > this.#limits.uploadBytes)
      throw new NodeError('FAILED_PRECONDITION', 'CACHE_SATURATED', 'pending upload cache is saturated')
    this.#uploads.set(id, upload)
    return upload
  }

  // ---- slivers

  /** @throws {NodeError} `INDEX_OUT_OF_RANGE`, `SHARD_NOT_ASSIGNED` */
  assertAssigned(node: number, id: BlobId, pair: number): void {
    const { shards } = this.geometry
    if (pair >= shards)
      throw new NodeError(
        'INVALID_ARGUMENT',
        'INDEX_OUT_OF_RANGE',
        `requires 0 <= index (${pair}) < ${shards}`,
      )
    const shard = shardOfPair(id, pair, shards)
    if (this.#nodeOfShard[shard] !== node)
      throw new NodeError(
        'FAILED_PRECONDITION',
        'SHARD_NOT_ASSIGNED',
        `shard ${shard} is not assigned to this node`,
      )
  }

  sliverStatus(node: number, id: BlobId, pair: number, kind: SliverKind): StoredStatus {
    this.assertAssigned(node, id, pair)
    return this.#holds(node, id) || this.#uploads.get(id)?.has(pair, kind) ? 'Stored' : 'Nonexistent'
  }

  /**
   * Bytes that a sliver must have to be taken in, or `undefined` when the node has it and wants nothing.
   * @throws {NodeError} `NOT_REGISTERED`, `METADATA_NOT_FOUND`
   */
  expectedSliver(node: number, id: BlobId, pair: number, kind: SliverKind): number | undefined {
    this.assertAssigned(node, id, pair)
    this.registrations(id)
    if (this.#holds(node, id)) return undefined
    const upload = this.#uploads.get(id)
    if (!upload?.metadataAt.has(node))
      throw new NodeError(
        'FAILED_PRECONDITION',
        'METADATA_NOT_FOUND',
        'blob metadata is required but missing',
      )
    return upload.sliverLength(kind)
  }

  /** Takes a sliver in, after `expectedSliver`. @throws {NodeError} `INVALID_SLIVER` where that can be seen at once */
  async putSliver(
    node: number,
    id: BlobId,
    pair: number,
    kind: SliverKind,
    bytes: Uint8Array,
  ): Promise<void> {
    const upload = this.#uploads.get(id)
    if (!upload)
      throw new NodeError(
        'FAILED_PRECONDITION',
        'METADATA_NOT_FOUND',
        'blob metadata is required but missing',
      )
    upload.receive(pair, kind, bytes)
    if (upload.isVerified) await this.#noteHolder(node, upload)
    else if (upload.isPlain || this.#deps.store.get(id)) void this.#verify(upload).catch(() => undefined)
  }

  /** The sliver in BCS, not to be changed. @throws {NodeError} `SLIVER_NOT_FOUND` */
  async getSliver(node: number, id: BlobId, pair: number, kind: SliverKind): Promise<Uint8Array> {
    this.assertAssigned(node, id, pair)
    const stored = this.#holds(node, id) ? this.#deps.store.get(id) : undefined
    if (!stored || !this.#deps.chain.isLive(id))
      throw new NodeError('NOT_FOUND', 'SLIVER_NOT_FOUND', 'the requested sliver is unavailable')
    const shape = shapeOf(this.geometry, stored.size)
    if (kind === 'primary' && pair < this.geometry.rows && !this.#cache.get(id)) {
      const row = await this.#deps.store.read(id, pair * shape.rowSize, shape.rowSize)
      return frameSliver(row, shape.rowSize, shape.symbolSize, pair)
    }
    const slivers = await this.#encoded(id, stored.size)
    const length = kind === 'primary' ? shape.primaryLength : shape.secondaryLength
    return new Uint8Array(slivers[kind], pair * length, length)
  }

  // ---- confirmations

  /**
   * Resolves when the node may sign that it stores the blob, for the object or permanently.
   * @throws {NodeError} `NOT_REGISTERED`, `MISSING_SLIVERS`, `INVALID_SLIVER`
   */
  async assertConfirmable(node: number, id: BlobId, objectId: string | undefined): Promise<void> {
    const paid = this.registrations(id).some(registration =>
      objectId === undefined
        ? !registration.deletable
        : registration.deletable && registration.objectId === objectId,
    )
    if (!paid) throw notRegistered()
    if (this.#holds(node, id)) return
    const upload = this.#uploads.get(id)
    if (!upload?.hasAll(this.#pairsOf(node, id))) throw missingSlivers()
    await this.#verified(upload)
    if (!this.#holds(node, id)) throw missingSlivers()
  }

  /** What the ledger and this network say of a blob. */
  registrationsOrNone(id: BlobId): readonly Registration[] {
    return this.#deps.chain.registrations(id)
  }

  get epoch(): number {
    return this.#deps.chain.epoch
  }

  /**
   * Takes a whole blob in, as an upload relay does: it is encoded here, and the given nodes then hold it.
   * @param blob taken: it is detached
   * @throws {NodeError} `NOT_REGISTERED`, `INVALID_BLOB`
   */
  async putBlob(id: BlobId, blob: ArrayBuffer, nodes: readonly number[]): Promise<void> {
    const [registration] = this.registrations(id)
    if (registration?.size !== blob.byteLength) throw invalidBlob()
    if (!this.#deps.store.get(id)) {
      const encoded = await this.#deps.coder.encode(blob)
      if (blobIdOf(encoded.blobId) !== id) throw invalidBlob()
      await this.#keep(id, encoded)
    }
    for (const node of nodes) await this.#deps.store.addHolder(id, node)
  }

  /** Bytes that the network keeps of a blob of `size`, which is what has to be paid for. */
  encodedLength(size: number): number {
    return encodedLength(this.geometry, size)
  }

  /** Encodes a blob. @param blob taken: it comes back in the result */
  encode(blob: ArrayBuffer): Promise<Encoded> {
    return this.#deps.coder.encode(blob)
  }

  /** Joins files into one blob. @throws {NodeError} `INVALID_QUILT` */
  async joinQuilt(files: readonly QuiltFile[]): Promise<ArrayBuffer> {
    try {
      return await this.#deps.coder.joinQuilt(files)
    } catch (error) {
      if (!(error instanceof SquidError) || this.#deps.coder.isClosed) throw error
      throw new NodeError('INVALID_ARGUMENT', 'INVALID_QUILT', error.message)
    }
  }

  /** Takes in what `encode` gave, for the given nodes. @throws {NodeError} `NOT_REGISTERED` */
  async putEncoded(id: BlobId, encoded: Encoded, nodes: readonly number[]): Promise<void> {
    this.registrations(id)
    if (!this.#deps.store.get(id)) await this.#keep(id, encoded)
    for (const node of nodes) await this.#deps.store.addHolder(id, node)
  }

  // ---- whole blobs

  /** Bytes of a blob that the network must be able to give out, or undefined when there is no such. */
  certifiedSize(id: BlobId): number | undefined {
    const isCertified = this.#deps.chain.registrations(id).some(r => r.certifiedEpoch !== undefined)
    return isCertified ? this.#deps.store.get(id)?.size : undefined
  }

  /** Bytes `start` to `start + length` of a stored blob, or fewer where it ends. A copy. */
  readBlob(id: BlobId, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#deps.store.read(id, start, length)
  }

  /** Shards that a node answers for. */
  weightOf(node: number): number {
    return this.#nodeOfShard.filter(owner => owner === node).length
  }

  // ---- inside

  /** Waits until what the other nodes got decides it. */
  async #verified(upload: Upload): Promise<void> {
    const deadline = Date.now() + this.#limits.confirmationWaitMs
    while (this.#uploads.get(upload.id) === upload) {
      const running = this.#verifying.get(upload.id)
      if (running) await running
      else if (upload.isVerified) return
      else if (this.#mayVerify(upload)) await this.#verify(upload)
      else if (Date.now() > deadline) throw missingSlivers()
      else await sleep(QUIET_MS / 3, undefined, { ref: false })
    }
  }

  #mayVerify(upload: Upload): boolean {
    if (this.#deps.store.get(upload.id)) return true
    return upload.isPlain || (upload.isDecodable && Date.now() - upload.touchedMs > QUIET_MS)
  }

  /** One at a time for each blob. */
  #verify(upload: Upload): Promise<void> {
    const running = this.#verifying.get(upload.id)
    if (running) return running
    const verifying = this.#verifyNow(upload).finally(() => this.#verifying.delete(upload.id))
    this.#verifying.set(upload.id, verifying)
    return verifying
  }

  async #verifyNow(upload: Upload): Promise<void> {
    const size = this.#deps.store.get(upload.id)?.size
    const stored = size === undefined ? undefined : await this.#deps.store.read(upload.id, 0, size)
    const verdict = await upload.verify(this.#deps.coder, stored?.buffer)
    if (!verdict.ok) throw invalidSliver('the slivers that arrived do not decode to the blob')
    if (!stored) await this.#keep(upload.id, verdict.encoded)
    for (const node of upload.metadataAt) await this.#noteHolder(node, upload)
  }

  async #keep(id: BlobId, { blob, metadata, primary, secondary }: Encoded): Promise<void> {
    await this.#deps.store.put(id, new Uint8Array(blob), metadata)
    this.#cache.set(id, { primary, secondary })
  }

  async #noteHolder(node: number, upload: Upload): Promise<void> {
    if (!upload.hasAll(this.#pairsOf(node, upload.id))) return
    await this.#deps.store.addHolder(upload.id, node)
    const nodes = new Set(this.#nodeOfShard)
    if (this.#deps.store.get(upload.id)?.holders.size === nodes.size) this.#uploads.delete(upload.id)
  }

  /** Whether a node can serve all its slivers of a blob. */
  #holds(node: number, id: BlobId): boolean {
    const stored = this.#deps.store.get(id)
    if (!stored) return false
    return (
      stored.holders.has(node) || this.#deps.chain.registrations(id).some(r => r.certifiedEpoch !== undefined)
    )
  }

  #pairsOf(node: number, id: BlobId): number[] {
    const pairs: number[] = []
    this.#nodeOfShard.forEach((owner, shard) => {
      if (owner === node) pairs.push(pairOfShard(id, shard, this.geometry.shards))
    })
    return pairs
  }

  /** All slivers of a stored blob, from the cache or encoded again. */
  #encoded(id: BlobId, size: number): Promise<Slivers> {
    const cached = this.#cache.get(id)
    if (cached) return Promise.resolve(cached)
    const running = this.#encoding.get(id)
    if (running) return running
    const encoding = this.#encode(id, size).finally(() => this.#encoding.delete(id))
    this.#encoding.set(id, encoding)
    return encoding
  }

  async #encode(id: BlobId, size: number): Promise<Slivers> {
    const blob = await this.#deps.store.read(id, 0, size)
    const encoded = await this.#deps.coder.encode(blob.buffer)
    if (!Buffer.from(encoded.blobId).equals(blobIdBytes(id)))
      throw new NodeError('INTERNAL', 'INTERNAL_ERROR', `the stored bytes of blob ${id} are damaged`)
    const slivers = { primary: encoded.primary, secondary: encoded.secondary }
    this.#cache.set(id, slivers)
    return slivers
  }

  #forgetIdleUploads(): void {
    const oldest = Date.now() - this.#limits.uploadIdleMs
    for (const [id, { touchedMs }] of this.#uploads) if (touchedMs < oldest) this.#uploads.delete(id)
  }

  /** Drops blobs that nobody pays for any more. */
  async #removeRetired(): Promise<void> {
    const { chain, store } = this.#deps
    for (const id of [...store.ids(), ...this.#uploads.keys()]) {
      if (chain.isLive(id)) continue
      this.#uploads.delete(id)
      this.#cache.delete(id)
      await store.remove(id)
    }
  }
}

function invalidMetadata(why: string): NodeError {
  return new NodeError(
    'INVALID_ARGUMENT',
    'INVALID_METADATA',
    `the provided metadata failed to verify: ${why}`,
  )
}

function invalidBlob(): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'INVALID_BLOB', 'the bytes are not those of the blob id')
}
