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

/** A node that does not answer, answers an error, or answers something that cannot be a sliver. */
export class StorageNodeError extends SquidError {
  override name = 'StorageNodeError'
  readonly node: StorageNode

  constructor(node: StorageNode, reason: string, options?: ErrorOptions) {
    super('STORAGE_NODE', `Storage node ${node.name} ${reason}`, options)
    this.node = node
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
    this.#requests++
    const deadline = AbortSignal.timeout(this.#options.timeoutMs)
    const options = { signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]) }
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = node.url.startsWith('https:')
          ? httpsGet(node.url + path, { ...options, agent: this.#https }, resolve)
          : httpGet(node.url + path, { ...options, agent: this.#http }, resolve)
        request.on('error', reject)
      })
      const body = await readLimited(response, limit)
      this.#bytes += body.length
      if (response.statusCode !== 200)
        throw new StorageNodeError(node, `answered with status ${response.statusCode}`)
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

async function readLimited(response: IncomingMessage, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > limit) {
      response.destroy()
      throw new Error(`more than the ${limit} bytes that were asked for`)
    }
    parts.push(part)
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, size)
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
  if (!shaped) throw new StorageNodeError(node, `answered with something that is not primary sliver ${row}`)
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
