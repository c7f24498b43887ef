/**
 * Reading from one Walrus storage node, or aggregator, over HTTP. Nothing that it answers is believed: lengths are
 * limited here, contents are checked by the reader above.
 *
 * Protocol: `GET /v1/blobs/{id}/slivers/{pair}/primary`, body BCS `SliverData { data, symbol_size: u16, index: u16 }`;
 * `GET /v1/blobs/{id}/metadata`; of an aggregator `GET /v1/blobs/{id}` with a range.
 * @module
 */
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'

import { SquidError } from '@squid/formats/errors'

import { alarm } from './alarm.ts'
import type { StorageNode } from './committee.ts'
import { type BlobGeometry, encodeUleb128 } from './layout.ts'
import { metadataBytes } from './metadata.ts'

/** A request that was sent may take so many times as long as its node may be silent. */
const WHOLE_ANSWER = 6

/** More URLs than any committee has nodes. */
const MAX_PLACES = 4096

/** Statuses of the 4xx kind that tell of the node and not of the question: timeout, too many requests. */
const OF_THE_NODE: ReadonlySet<number> = new Set([408, 429])

/** A node that does not answer, answers an error, or answers something that cannot be a sliver. */
export class StorageNodeError extends SquidError {
  override name = 'StorageNodeError'
  readonly node: StorageNode
  /** What the node did, without its name. */
  readonly reason: string
  /** It answered that it has no such sliver, or has another one: the question may be at fault. */
  readonly isDenial: boolean

  constructor(
    node: StorageNode,
    reason: string,
    options: ErrorOptions & { readonly isDenial?: boolean } = {},
  ) {
    super('STORAGE_NODE', `Storage node ${node.name} ${reason}`, options)
    this.node = node
    this.reason = reason
    this.isDenial = options.isDenial ?? false
  }
}

export interface StorageNodeClientOptions {
  /** Give up on a node that sends nothing for this long, whatever was asked of it; and on one answer after a few times that. */
  readonly timeoutMs: number
  /** Connections kept to each node. */
  readonly connectionsPerNode: number
}

export class StorageNodeClient {
  readonly #options: StorageNodeClientOptions
  readonly #http: HttpAgent
  readonly #https: HttpsAgent
  /** When a node last sent something. */
  readonly #heardMs = new WeakMap<StorageNode, number>()
  #requests = 0
  #bytes = 0

  constructor(options: StorageNodeClientOptions) {
    this.#options = options
    this.#http = new HttpAgent({ keepAlive: true, maxSockets: options.connectionsPerNode })
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets: options.connectionsPerNode })
  }

  /** Requests made and body bytes received so far. */
  get counters(): { readonly requests: number; readonly bytes: number } {
    return { requests: this.#requests, bytes: this.#bytes }
  }

  /**
   * The bytes of primary sliver `row` (exactly `geometry.rowSize`), as the node has them.
   * @throws {StorageNodeError}
   */
  async primarySliver(
    node: StorageNode,
    blobId: Uint8Array,
    geometry: BlobGeometry,
    row: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const path = `/v1/blobs/${textOf(blobId)}/slivers/${row}/primary`
    const body = await this.#get(node, path, { limit: geometry.rowSize + 16, signal })
    return decodeSliver(node, body, geometry, row)
  }

  /**
   * The blob's metadata as the node has it.
   * @throws {StorageNodeError}
   */
  metadata(node: StorageNode, blobId: Uint8Array, shards: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#get(node, `/v1/blobs/${textOf(blobId)}/metadata`, { limit: metadataBytes(shards), signal })
  }

  /**
   * Bytes of a blob as an aggregator has them, exactly `length`.
   * @throws {StorageNodeError}
   */
  async range(
    aggregator: StorageNode,
    {
      blobId,
      offset,
      length,
    }: { readonly blobId: Uint8Array; readonly offset: number; readonly length: number },
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const range = `bytes=${offset}-${offset + length - 1}`
    const options = { limit: length, signal, status: 206, headers: { range } }
    const body = await this.#get(aggregator, `/v1/blobs/${textOf(blobId)}`, options)
    if (body.length === length) return body
    throw new StorageNodeError(aggregator, 'sends less than was asked for', { isDenial: true })
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #get(node: StorageNode, path: string, request: Question): Promise<Uint8Array> {
    const { url } = node
    if (url === undefined) throw new StorageNodeError(node, 'has no usable address')
    this.#requests++
    const { limit, signal, status = 200, headers = {} } = request
    using deadline = new Deadline(this.#options.timeoutMs, () => this.#heardMs.get(node) ?? 0)
    const heard = (): void => void this.#heardMs.set(node, performance.now())
    const options = {
      headers,
      signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
    }
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const place = placeOf(url)
        const sent = place.isHttps
          ? httpsGet({ ...options, ...place, path: place.prefix + path, agent: this.#https }, resolve)
          : httpGet({ ...options, ...place, path: place.prefix + path, agent: this.#http }, resolve)
        sent.on('socket', () => deadline.sent())
        sent.on('error', reject)
      })
      heard()
      response.on('data', heard)
      const { statusCode = 0 } = response
      if (statusCode !== status) {
        response.destroy()
        const isDenial = statusCode >= 400 && statusCode < 500 && !OF_THE_NODE.has(statusCode)
        throw new StorageNodeError(node, `answered with status ${statusCode}`, { isDenial })
      }
      const body = await readInto(room(limit), response)
      this.#bytes += body?.length ?? limit
      if (body === undefined)
        throw new StorageNodeError(node, 'sends more than was asked for', { isDenial: true })
      return body
    } catch (error) {
      if (error instanceof StorageNodeError) throw error
      if (signal?.aborted) throw signal.reason
      throw new StorageNodeError(
        node,
        deadline.signal.aborted ? 'does not answer in time' : 'does not answer',
        {
          cause: error,
        },
      )
    }
  }
}

/**
 * Ends a request whose node sends nothing at all for a while, or which takes far too long. Waiting for one of the node's
 * connections does not count as long as others are answered on them.
 */
class Deadline implements Disposable {
  readonly #ended = new AbortController()
  readonly #timeoutMs: number
  readonly #heardMs: () => number
  readonly #askedMs: number = performance.now()
  #sentMs = Number.POSITIVE_INFINITY
  #alarm: Disposable

  /** @param heardMs when the node last sent something */
  constructor(timeoutMs: number, heardMs: () => number) {
    this.#timeoutMs = timeoutMs
    this.#heardMs = heardMs
    this.#alarm = alarm(timeoutMs, () => this.#look())
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  sent(): void {
    this.#sentMs = performance.now()
  }

  #look(): void {
    const now = performance.now()
    const silentMs = now - Math.max(this.#askedMs, this.#heardMs())
    if (silentMs >= this.#timeoutMs || now - this.#sentMs >= WHOLE_ANSWER * this.#timeoutMs)
      this.#ended.abort()
    else this.#alarm = alarm(this.#timeoutMs - silentMs, () => this.#look())
  }

  [Symbol.dispose](): void {
    this.#alarm[Symbol.dispose]()
  }
}

/** What is asked of a node. */
interface Question {
  /** Bytes of the body at most. */
  readonly limit: number
  readonly signal: AbortSignal | undefined
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A URL taken apart, once: this is done for every sliver. */
interface Place {
  readonly isHttps: boolean
  readonly hostname: string
  readonly port: string
  readonly prefix: string
}

const places = new Map<string, Place>()

function placeOf(url: string): Place {
  const known = places.get(url)
  if (known !== undefined) return known
  const { protocol, hostname, port, pathname } = new URL(url)
  const place: Place = {
    isHttps: protocol === 'https:',
    // Addresses of version 6 are dialled without their brackets.
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    prefix: pathname.replace(/\/$/, ''),
  }
  if (places.size >= MAX_PLACES) places.clear()
  places.set(url, place)
  return place
}

function textOf(blobId: Uint8Array): string {
  return Buffer.from(blobId).toString('base64url')
}

/**
 * Memory that nobody cleared before: that is a third of the cost of reading (measured). But no Buffer, whose `slice` is a
 * view: who takes one to copy bytes of ours would change what others read.
 */
function room(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
}

/** The part of `body` that was filled; undefined, and the connection closed, when the response is longer. */
function readInto(body: Uint8Array, response: IncomingMessage): Promise<Uint8Array | undefined> {
  let size = 0
  return new Promise((resolve, reject) => {
    response.on('data', (part: Uint8Array) => {
      if (size + part.length > body.length) {
        response.destroy()
        resolve(undefined)
        return
      }
      body.set(part, size)
      size += part.length
    })
    response.on('end', () => resolve(body.subarray(0, size)))
    response.on('error', reject)
    response.on('close', () => reject(new Error('the connection ended early')))
  })
}

/** Takes a BCS `SliverData` apart; only the one encoding of the one expected shape passes. */
function decodeSliver(node: StorageNode, body: Uint8Array, geometry: BlobGeometry, row: number): Uint8Array {
  const header = encodeUleb128(geometry.rowSize)
  const end = header.length + geometry.rowSize
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const shaped =
    body.length === end + 4 &&
    header.every((byte, index) => body[index] === byte) &&
    view.getUint16(end, true) === geometry.symbolSize &&
    view.getUint16(end + 2, true) === row
  if (!shaped) {
    const reason = `answered with something that is not primary sliver ${row}`
    throw new StorageNodeError(node, reason, { isDenial: true })
  }
  return body.subarray(header.length, end)
}
