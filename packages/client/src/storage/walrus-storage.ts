/**
 * Chunks and locator nodes from Walrus, each checked against its SHA-256 before anybody sees it.
 * @module
 */
import { equalBytes, formatHex } from '@squid/formats/bytes'
import { decodeChunk } from '@squid/formats/chunk'
import { SquidError } from '@squid/formats/errors'
import { sha256 } from '@squid/formats/hash'
import type { ChunkLocation, LocatorLink } from '@squid/formats/locator'

import { Aggregators } from './aggregators.ts'
import { type BlobRange, BlobUnavailableError } from './blob.ts'
import { BlobReader, type Check } from './blob-reader.ts'
import { ByteCache } from './byte-cache.ts'
import { type Committee, loadCommittee, type StorageNetwork } from './committee.ts'
import { Decoder } from './decoder.ts'
import type { SetAside } from './node-standing.ts'
import { Pacer } from './pacer.ts'
import { StorageNodeClient } from './storage-node.ts'

export interface WalrusStorageOptions {
  readonly scheme: 'http' | 'https'
  /** URLs of aggregators, without trailing slash: asked for what the nodes do not give, and not believed. */
  readonly aggregators: readonly string[]
  readonly timeoutMs: number
  readonly connectionsPerNode: number
  readonly sliverCacheBytes: number
  readonly nodeCacheBytes: number
  /** Bytes that are asked for at once: at first, and at most. */
  readonly minInFlightBytes: number
  readonly maxInFlightBytes: number
  /** What all streams together read ahead at least: about a pack, so that the next one comes while one is rebuilt. */
  readonly readAheadBytes: number
  /** How long a node that did not answer is left alone at first; each time twice as long. */
  readonly silentForMs: number
  /** After how long a request is late, while nothing is known of the network; and at least, later. */
  readonly firstLateMs: number
  readonly minLateMs: number
}

const MIB = 1024 * 1024

const DEFAULTS: WalrusStorageOptions = {
  scheme: 'https',
  aggregators: [],
  timeoutMs: 10_000,
  connectionsPerNode: 8,
  sliverCacheBytes: 128 * MIB,
  nodeCacheBytes: 16 * MIB,
  minInFlightBytes: 8 * MIB,
  maxInFlightBytes: 64 * MIB,
  readAheadBytes: 32 * MIB,
  silentForMs: 60_000,
  firstLateMs: 1000,
  minLateMs: 250,
}

/** So long the ledger is not asked again who the storage nodes are. */
const REREAD_MS = 1000

/** One stream's part of what may be read ahead. */
export interface ReadAhead extends Disposable {
  /** Bytes, at this moment. */
  bytes(): number
}

/** A file that is a blob, or lies in one. */
export interface StoredFile {
  readonly blobId: Uint8Array
  /** Both inclusive; undefined for the whole blob. */
  readonly range: { readonly start: number; readonly end: number } | undefined
  readonly sha256: Uint8Array
  readonly maxBytes: number
}

interface Open {
  readonly committee: Committee
  readonly reader: BlobReader
}

export class WalrusStorage implements AsyncDisposable {
  readonly #network: StorageNetwork
  readonly #options: WalrusStorageOptions
  readonly #nodes: StorageNodeClient
  readonly #decoder = new Decoder()
  readonly #pacer: Pacer
  /** Streams that read ahead at the moment. */
  #streams = 0
  /** Locator and manifest nodes by hex SHA-256: small, and asked for again and again. */
  readonly #cache: ByteCache<{ readonly bytes: Uint8Array }>
  #opening: Promise<Open> | undefined
  /** The committee as it was read again, and when. */
  #current: { readonly committee: Promise<Committee | undefined>; readonly readMs: number } | undefined
  #reader: BlobReader | undefined

  constructor(network: StorageNetwork, options: Partial<WalrusStorageOptions> = {}) {
    this.#network = network
    this.#options = { ...DEFAULTS, ...options }
    this.#nodes = new StorageNodeClient(this.#options)
    this.#cache = new ByteCache(this.#options.nodeCacheBytes)
    const { minInFlightBytes: minBytes, maxInFlightBytes: maxBytes } = this.#options
    this.#pacer = new Pacer(() => performance.now(), { minBytes, maxBytes })
  }

  /** Reads the committee from the ledger, once; concurrent callers share it. */
  open(): Promise<Open> {
    if (this.#opening === undefined) {
      this.#opening = this.#start()
      this.#opening.catch(() => (this.#opening = undefined))
    }
    return this.#opening
  }

  /** Requests to storage nodes and bytes received from them. */
  get counters(): { readonly requests: number; readonly bytes: number } {
    return this.#nodes.counters
  }

  /** Storage nodes that gave wrong bytes or none, and are left alone for that now. */
  get setAside(): readonly SetAside[] {
    return this.#reader?.setAside ?? []
  }

  /** Storage nodes that were left alone before and are not now. */
  get setAsideBefore(): readonly SetAside[] {
    return this.#reader?.setAsideBefore ?? []
  }

  /** Begins a stream of reads: how far it may read ahead depends on the link and on the other streams. */
  startStream(): ReadAhead {
    this.#streams++
    let isOpen = true
    return {
      bytes: () =>
        Math.max(MIB, Math.max(this.#options.readAheadBytes, 2 * this.#pacer.limit) / this.#streams),
      [Symbol.dispose]: () => {
        if (isOpen) this.#streams--
        isOpen = false
      },
    }
  }

  /**
   * The raw bytes of chunk `id` (32 bytes). The result may be shared and must not be changed.
   * @throws {BlobUnavailableError}
   */
  async readChunk(id: Uint8Array, location: ChunkLocation, signal?: AbortSignal): Promise<Uint8Array> {
    const { encoding, rawSize } = location
    return this.#read(
      rangeOf(location),
      stored => unlessWrong(() => decodeChunk({ id, encoding, rawSize }, stored)),
      signal,
    )
  }

  /** As `readChunk`, through a cache: for nodes of trees. The result is shared and must not be changed. */
  async readNode(id: Uint8Array, location: ChunkLocation, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#cached(id, () => this.readChunk(id, location, signal))
  }

  /** A locator node. The result is shared and must not be changed. */
  async loadNode(link: LocatorLink, signal?: AbortSignal): Promise<Uint8Array> {
    const check = (bytes: Uint8Array): Uint8Array | undefined =>
      equalBytes(sha256(bytes), link.sha256) ? bytes : undefined
    return this.#cached(link.sha256, () => this.#read(rangeOf(link), check, signal))
  }

  /**
   * A file, or a range of one, of which the SHA-256 is known.
   * @throws {SquidError} `BLOB_RANGE` when it is larger than `maxBytes`; {BlobUnavailableError}; {BlobContentError}
   */
  async readFile(file: StoredFile, signal?: AbortSignal): Promise<Uint8Array> {
    const { reader } = await this.open()
    const blobSize = await reader.size(file.blobId, signal)
    const { start, end } = file.range ?? { start: 0, end: blobSize - 1 }
    const { blobId, maxBytes } = file
    const range = { blobId, blobSize, offset: start, length: end - start + 1, maxLength: maxBytes }
    const check = (bytes: Uint8Array): Uint8Array | undefined =>
      equalBytes(sha256(bytes), file.sha256) ? bytes : undefined
    return await this.#read(range, check, signal)
  }

  async close(): Promise<void> {
    this.#nodes.close()
    await this.#decoder.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #cached(id: Uint8Array, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const key = formatHex(id)
    const known = this.#cache.get(key)
    if (known !== undefined) return known.bytes
    // A copy, where a view would keep a whole sliver.
    const bytes = (await load()).slice()
    this.#cache.set(key, { bytes })
    return bytes
  }

  async #start(): Promise<Open> {
    const committee = await loadCommittee(this.#network, this.#options.scheme)
    const reader = new BlobReader(
      {
        committee,
        nodes: this.#nodes,
        decoder: this.#decoder,
        pacer: this.#pacer,
        aggregators: new Aggregators(this.#nodes, this.#options.aggregators),
        now: () => performance.now(),
      },
      this.#options,
    )
    this.#reader = reader
    return { committee, reader }
  }

  // Many reads fail at once: they ask the ledger once. Undefined when it does not answer.
  #currentCommittee(): Promise<Committee | undefined> {
    const now = performance.now()
    if (this.#current === undefined || now - this.#current.readMs > REREAD_MS) {
      const committee = loadCommittee(this.#network, this.#options.scheme).catch(() => undefined)
      this.#current = { committee, readMs: now }
    }
    return this.#current.committee
  }

  // A new epoch brings another committee: when reading fails it is read again, and the read tried once more.
  async #read<T>(range: BlobRange, check: Check<T>, signal?: AbortSignal): Promise<T> {
    const { committee, reader } = await this.open()
    try {
      return await reader.read(range, check, signal)
    } catch (error) {
      if (!(error instanceof BlobUnavailableError)) throw error
      const current = await this.#currentCommittee()
      if (current === undefined || sameCommittee(committee, current)) throw error
      if (this.#reader === reader) this.#opening = undefined
      return (await this.open()).reader.read(range, check, signal)
    }
  }
}

function sameCommittee(a: Committee, b: Committee): boolean {
  return (
    a.epoch === b.epoch &&
    a.shards === b.shards &&
    a.byShard.every((node, shard) => node.url === b.byShard[shard]?.url)
  )
}

function rangeOf({ blob, offset, length }: Pick<ChunkLocation, 'blob' | 'offset' | 'length'>): BlobRange {
  if (blob === null) throw new Error('a location that was read must name its blob')
  return { blobId: blob.id, blobSize: blob.size, offset, length }
}

function unlessWrong(decode: () => Uint8Array): Uint8Array | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof SquidError) return undefined
    throw error
  }
}
