/**
 * The aggregator: blobs over plain HTTP, for those who speak to no storage node. It verifies for the reader, who must
 * believe it.
 *
 * Spec: Walrus's `aggregator_openapi.yaml`. Ranges as RFC 9110 has them, on every route that sends a blob. Refused by
 * name: the consistency checks' switches (there is one store, whole blobs are always checked) and everything in `v1alpha`.
 * @module
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  validateHeaderValue,
} from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { DecodeError } from '@squid/formats/errors'
import type { Ledger } from '@squid/sui/ledger'
import { type BlobId, parseBlobId } from './blob-id.ts'
import { blobOfObject } from './blob-object.ts'
import { type ByteRange, parseByteRangeQuery, parseRange } from './byte-range.ts'
import { malformed, NodeError, noSuchRoute } from './errors.ts'
import { type Faults, flipBits } from './faults.ts'
import { allowAnyOrigin, KEEP_ALIVE, sendError, sendJson } from './http.ts'
import type { NodeServer } from './node-server.ts'
import { formatPatchId, parsePatchId, type QuiltPatch, QuiltReader } from './quilt.ts'
import type { Storage } from './storage.ts'

/** Attributes and tags that become headers. */
const HEADERS: readonly string[] = [
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'link',
]
const CACHE_CONTROL = 'public, max-age=86400, stale-while-revalidate=3600'
const PIECE_BYTES = 1024 * 1024

export interface AggregatorDeps {
  readonly storage: Storage
  readonly ledger: Pick<Ledger, 'object'>
  readonly packageId: string
  /** The nodes; a blob cannot be had when too many are down. */
  readonly nodes: readonly NodeServer[]
  readonly faults: Faults
  /** Aborted when the network stops. */
  readonly signal: AbortSignal
}

/** A body that can be read from anywhere. */
interface Body {
  readonly size: number
  readonly read: (start: number, length: number) => Promise<Uint8Array>
}

/** Makes the aggregator's server; the caller has it listen and closes it. */
export function createAggregator(deps: AggregatorDeps): Server {
  return createServer(KEEP_ALIVE, (request, response) => {
    new AggregatorRequest(deps, request, response)
      .answer()
      .catch((error: unknown) => sendError(request, response, error))
  })
}

class AggregatorRequest {
  readonly #deps: AggregatorDeps
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #url: URL

  constructor(deps: AggregatorDeps, request: IncomingMessage, response: ServerResponse) {
    this.#deps = deps
    this.#request = request
    this.#response = response
    this.#url = new URL(request.url ?? '/', 'http://aggregator')
  }

  async answer(): Promise<void> {
    if (allowAnyOrigin(this.#request, this.#response)) return
    if (this.#deps.faults.isDown) {
      this.#request.socket.destroy()
      return
    }
    if (this.#request.method !== 'GET' && this.#request.method !== 'HEAD') throw noSuchRoute(this.#request)
    await this.#route(this.#url.pathname.split('/').slice(1).map(decodePart))
  }

  async #route(path: readonly string[]): Promise<void> {
    const [version, collection, first = '', second = '', third] = path
    if (path.length === 1 && version === 'status') return this.#sendStatus()
    if (version === 'v1alpha') throw unsupported(`${this.#url.pathname.slice(0, 100)} is not supported here`)
    if (version !== 'v1' || (collection !== 'blobs' && collection !== 'quilts'))
      throw noSuchRoute(this.#request)
    for (const name of ['strict_consistency_check', 'skip_consistency_check'])
      if (this.#url.searchParams.get(name) === 'true') throw unsupported(`${name} is not supported here`)
    switch (`${collection} ${path.length}`) {
      case 'blobs 3':
        return this.#sendBlob(parseId(first))
      case 'blobs 4':
        if (second === 'byte-range') return this.#sendByteRange(parseId(first))
        if (first === 'by-object-id') return this.#sendByObject(second)
        if (first === 'by-quilt-patch-id') return this.#sendPatchById(second)
        break
      case 'blobs 5':
        if (first === 'by-quilt-id') return this.#sendPatchByName(parseId(second), third ?? '')
        break
      case 'quilts 4':
        if (second === 'patches') return this.#sendPatches(parseId(first))
    }
    throw noSuchRoute(this.#request)
  }

  #sendStatus(): void {
    this.#response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 })
    this.#response.end(this.#request.method === 'HEAD' ? undefined : 'OK')
  }

  // ---- blobs

  async #sendBlob(id: BlobId): Promise<void> {
    const body = await this.#blob(id)
    this.#describe(id)
    await this.#send(body, id)
  }

  async #sendByteRange(id: BlobId): Promise<void> {
    const body = await this.#blob(id)
    const range = parseByteRangeQuery(this.#url.searchParams, body.size)
    this.#describe(id)
    await this.#sendBytes(200, body, range, id)
  }

  async #sendByObject(objectId: string): Promise<void> {
    if (!/^0x[0-9a-fA-F]{1,64}$/.test(objectId)) throw malformed('object id')
    const { ledger, packageId } = this.#deps
    const found = blobOfObject(ledger, packageId, `0x${objectId.slice(2).toLowerCase().padStart(64, '0')}`)
    if (!found) throw new NodeError('NOT_FOUND', 'BLOB_NOT_FOUND', 'there is no blob object of this id')
    const body = await this.#blob(found.blobId)
    this.#describe(found.blobId)
    this.#setHeaders(found.attributes)
    await this.#send(body, found.blobId)
  }

  /** @throws {NodeError} `BLOB_NOT_FOUND`, `BLOB_UNAVAILABLE`, or as faults say */
  async #blob(id: BlobId): Promise<Body> {
    const { storage, nodes } = this.#deps
    await this.#misbehave(id)
    const size = storage.certifiedSize(id)
    if (size === undefined)
      throw new NodeError(
        'NOT_FOUND',
        'BLOB_NOT_FOUND',
        'no blob of this id is stored, or its lease has ended',
      )
    const reachable = nodes.reduce((sum, node, index) => sum + (node.isDown ? 0 : storage.weightOf(index)), 0)
    if (reachable < storage.geometry.rows)
      throw new NodeError(
        'UNAVAILABLE',
        'BLOB_UNAVAILABLE',
        'too many storage nodes are unreachable; try again',
      )
    return { size, read: (start, length) => storage.readBlob(id, start, length) }
  }

  async #misbehave(blob: BlobId): Promise<void> {
    const { faults, signal } = this.#deps
    const subject = { access: 'read', blob } as const
    const delayMs = faults.delayMs(subject)
    if (delayMs > 0) await sleep(delayMs, undefined, { signal })
    if (faults.drops(subject)) this.#request.socket.destroy()
    faults.throwIfRefused(subject)
  }

  // ---- quilts

  async #sendPatchById(text: string): Promise<void> {
    const place = parsePatchId(text)
    if (!place) throw malformed('quilt patch id')
    const { reader, patches } = await this.#quilt(place.quilt)
    const patch = patches.find(
      ({ startIndex, endIndex }) => startIndex === place.startIndex && endIndex === place.endIndex,
    )
    await this.#sendPatch(reader, patch, place.quilt, text)
  }

  async #sendPatchByName(quilt: BlobId, identifier: string): Promise<void> {
    const { reader, patches } = await this.#quilt(quilt)
    const patch = patches.find(candidate => candidate.identifier === identifier)
    await this.#sendPatch(reader, patch, quilt, quilt)
  }

  async #sendPatches(quilt: BlobId): Promise<void> {
    const { patches } = await this.#quilt(quilt)
    const items = patches.map(patch => ({
      identifier: patch.identifier,
      patch_id: formatPatchId(quilt, patch),
      tags: Object.fromEntries(patch.tags),
    }))
    this.#response.setHeader('cache-control', CACHE_CONTROL)
    sendJson(this.#response, 200, items)
  }

  async #quilt(id: BlobId): Promise<{ reader: QuiltReader; patches: readonly QuiltPatch[] }> {
    const { size, read } = await this.#blob(id)
    const reader = new QuiltReader(read, this.#deps.storage.geometry, size)
    return { reader, patches: await reader.patches().catch(notAQuilt) }
  }

  async #sendPatch(
    reader: QuiltReader,
    patch: QuiltPatch | undefined,
    quilt: BlobId,
    tag: string,
  ): Promise<void> {
    if (!patch) throw patchNotFound('the quilt has no such patch')
    const bytes = await reader.contents(patch).catch(notAQuilt)
    this.#describe(tag)
    // Header values are bytes: this sends the identifier in UTF-8.
    const identifier = Buffer.from(patch.identifier).toString('latin1')
    this.#setHeaders(patch.tags)
    this.#setHeader('x-quilt-patch-identifier', identifier)
    const read = (start: number, length: number): Promise<Uint8Array> =>
      Promise.resolve(Uint8Array.from(bytes.subarray(start, start + length)))
    await this.#send({ size: bytes.length, read }, quilt)
  }

  // ---- answers

  #describe(tag: string): void {
    this.#response.setHeader('content-type', 'application/octet-stream')
    this.#response.setHeader('x-content-type-options', 'nosniff')
    this.#response.setHeader('cache-control', CACHE_CONTROL)
    this.#response.setHeader('accept-ranges', 'bytes')
    this.#response.setHeader('etag', `"${tag}"`)
  }

  #setHeaders(values: ReadonlyMap<string, string>): void {
    for (const name of HEADERS) {
      const value = values.get(name)
      if (value !== undefined) this.#setHeader(name, value)
    }
  }

  /** What cannot be a header is left out: whoever stored the blob chose it. */
  #setHeader(name: string, value: string): void {
    try {
      validateHeaderValue(name, value)
    } catch {
      return
    }
    this.#response.setHeader(name, value)
  }

  async #send(body: Body, blob: BlobId): Promise<void> {
    // A refusal says how many bytes there are.
    this.#response.setHeader('content-range', `bytes */${body.size}`)
    const range = parseRange(this.#request.headers.range, body.size)
    this.#response.removeHeader('content-range')
    if (!range) return this.#sendBytes(200, body, { start: 0, end: body.size }, blob)
    this.#response.setHeader('content-range', `bytes ${range.start}-${range.end - 1}/${body.size}`)
    await this.#sendBytes(206, body, range, blob)
  }

  async #sendBytes(code: number, body: Body, { start, end }: ByteRange, blob: BlobId): Promise<void> {
    this.#response.writeHead(code, { 'content-length': end - start })
    if (this.#request.method === 'HEAD') {
      this.#response.end()
      return
    }
    const tampers = this.#deps.faults.tampers({ access: 'read', blob })
    await pipeline(Readable.from(pieces(body, start, end, tampers)), this.#response)
  }
}

async function* pieces(
  body: Body,
  start: number,
  end: number,
  tampers: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end; at += PIECE_BYTES) {
    const wanted = Math.min(PIECE_BYTES, end - at)
    const piece = await body.read(at, wanted)
    if (piece.length < wanted) throw new Error('the blob was removed while it was read')
    if (tampers) flipBits(piece, 'aggregator')
    yield piece
  }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw malformed('path')
  }
}

function parseId(text: string): BlobId {
  const id = parseBlobId(text)
  if (!id) throw malformed('blob id')
  return id
}

function unsupported(message: string): NodeError {
  return new NodeError('UNIMPLEMENTED', 'UNSUPPORTED', message)
}

function patchNotFound(message: string): NodeError {
  return new NodeError('NOT_FOUND', 'QUILT_PATCH_NOT_FOUND', message)
}

function notAQuilt(error: unknown): never {
  if (error instanceof DecodeError) throw patchNotFound(`the blob is not a readable quilt: ${error.message}`)
  throw error
}
