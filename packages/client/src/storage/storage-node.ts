/**
 * Reading primary slivers from one Walrus storage node over HTTP. Nothing that it answers is believed: lengths
 * are limited here, contents are checked against chunk hashes by the reader above.
 *
 * Protocol: `GET /v1/blobs/{id}/slivers/{pair}/primary`, body BCS `SliverData { data, symbol_size: u16, index: u16 }`.
 * @module
 */
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'

import { SquidError } from '@squid/formats/errors'

import type { StorageNode } from './committee.ts'
import type { BlobGeometry } from './layout.ts'

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
  /** Give up on an answer after this long. */
  readonly timeoutMs: number
  /** Connections kept to each node. */
  readonly connectionsPerNode: number
}

export class StorageNodeClient {
  readonly #options: StorageNodeClientOptions
  readonly #http: HttpAgent
  readonly #https: HttpsAgent
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
    const id = Buffer.from(blobId).toString('base64url')
    const body = await this.#get(
      node,
      `/v1/blobs/${id}/slivers/${row}/primary`,
      geometry.rowSize + 16,
      signal,
    )
    return decodeSliver(node, body, geometry, row)
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #get(node: StorageNode, path: string, limit: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { url } = node
    if (url === undefined) throw new StorageNodeError(node, 'has no usable address')
    this.#requests++
    const deadline = AbortSignal.timeout(this.#options.timeoutMs)
    const options = { signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) }
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = url.startsWith('https:')
          ? httpsGet(url + path, { ...options, agent: this.#https }, resolve)
          : httpGet(url + path, { ...options, agent: this.#http }, resolve)
        request.on('error', reject)
      })
      const { statusCode = 0 } = response
      if (statusCode !== 200) {
        response.destroy()
        const isDenial = statusCode >= 400 && statusCode < 500 && !OF_THE_NODE.has(statusCode)
        throw new StorageNodeError(node, `answered with status ${statusCode}`, { isDenial })
      }
      const body = await readLimited(response, limit)
      this.#bytes += body?.length ?? limit
      if (body === undefined)
        throw new StorageNodeError(node, 'sends more than was asked for', { isDenial: true })
      return body
    } catch (error) {
      if (error instanceof StorageNodeError) throw error
      if (signal?.aborted) throw signal.reason
      throw new StorageNodeError(node, deadline.aborted ? 'does not answer in time' : 'does not answer', {
        cause: error,
      })
    }
  }
}

/** Undefined, and the connection closed, when it is longer than `limit`. */
async function readLimited(response: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > limit) {
      response.destroy()
      return undefined
    }
    parts.push(part)
  }
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, size)
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

/** BCS `SliverData` of a row, as the decoder wants its input. */
export function encodeSliver(bytes: Uint8Array, geometry: BlobGeometry, row: number): Uint8Array {
  const header = encodeUleb128(bytes.length)
  const out = new Uint8Array(header.length + bytes.length + 4)
  out.set(header)
  out.set(bytes, header.length)
  const view = new DataView(out.buffer)
  view.setUint16(header.length + bytes.length, geometry.symbolSize, true)
  view.setUint16(header.length + bytes.length + 2, row, true)
  return out
}

function encodeUleb128(value: number): Uint8Array {
  const out: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) out.push((value % 128) | 0x80)
  out.push(value)
  return Uint8Array.from(out)
}
