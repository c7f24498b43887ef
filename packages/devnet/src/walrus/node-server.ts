/**
 * One storage node over HTTP: routes, limits, faults. The rules are those of `Storage`.
 *
 * Spec: the storage node's OpenAPI description as the official client uses it; every success is
 * `{"success":{"code","data"}}` or raw BCS, every error google.rpc.Status in JSON.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeFault } from '../walrus-module.ts'
import { type BlobId, parseBlobId } from './blob-id.ts'
import { malformed, noSuchRoute } from './errors.ts'
import { Faults, flipBits, type FaultSubject } from './faults.ts'
import { nodeName } from './genesis.ts'
import type { SliverKind } from './geometry.ts'
import { KEEP_ALIVE, listen, readBody, sendBytes, sendError, sendSuccess } from './http.ts'
import { confirmationMessage, type Signer } from './signer.ts'
import { blobStatus } from './status.ts'
import type { Storage } from './storage.ts'

/** A node's share of the network, and what it may ask of it. */
export interface NodeServerDeps {
  readonly storage: Storage
  readonly signer: Signer
}

/** A storage node that listens. */
export class NodeServer {
  readonly #index: number
  readonly #deps: NodeServerDeps
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #stopped = new AbortController()
  readonly #faults = new Faults()

  /** @param index of the node */
  constructor(index: number, deps: NodeServerDeps) {
    this.#index = index
    this.#deps = deps
    this.#server = createServer(KEEP_ALIVE, (request, response) => {
      void this.#answer(request, response)
    })
    this.#server.on('connection', socket => this.#track(socket))
  }

  /**
   * Starts listening.
   * @param port wanted; 0 or a port that is taken gives any free one
   * @returns the base URL, without trailing slash
   */
  listen(host: string, port: number): Promise<string> {
    return listen(this.#server, host, port)
  }

  /** Neither answers nor stores nor signs. */
  get isDown(): boolean {
    return this.#faults.isDown
  }

  /** A node that goes down drops its connections. @throws {SquidError} `BAD_FAULT` */
  setFault(fault: NodeFault): void {
    this.#faults.set(fault)
    if (this.#faults.isDown) for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    const closed = new Promise(resolve => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #track(socket: Socket): void {
    if (this.isDown) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const subject = subjectOf(request)
      const delayMs = this.#faults.delayMs(subject)
      if (delayMs > 0) await sleep(delayMs, undefined, { signal: this.#stopped.signal })
      if (this.#faults.drops(subject)) {
        request.socket.destroy()
        return
      }
      this.#faults.throwIfRefused(subject)
      await this.#route(request, response)
    } catch (error) {
      sendError(request, response, error)
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://node').pathname.split('/')
    const [, version, collection, blob = '', resource, ...rest] = path
    if (version !== 'v1' || collection !== 'blobs') throw noSuchRoute(request)
    const id = parseBlobId(blob)
    if (!id) throw malformed('blob id')
    switch (resource) {
      case 'metadata':
        return this.#metadata(request, response, id, rest)
      case 'slivers':
        return this.#sliver(request, response, id, rest)
      case 'confirmation':
        return this.#confirmation(request, response, id, rest)
      case 'status':
        if (request.method !== 'GET' || rest.length > 0) throw noSuchRoute(request)
        return sendSuccess(response, 200, blobStatus(this.#deps.storage.registrationsOrNone(id)))
    }
    throw noSuchRoute(request)
  }

  async #metadata(
    request: IncomingMessage,
    response: ServerResponse,
    id: BlobId,
    rest: string[],
  ): Promise<void> {
    const { storage } = this.#deps
    switch (`${request.method} ${rest.join('/')}`) {
      case 'GET status':
        return sendSuccess(response, 200, storage.metadataStatus(this.#index, id))
      case 'GET ': {
        const metadata = storage.getMetadata(this.#index, id)
        return sendBytes(response, Buffer.concat([Buffer.from(id, 'base64url'), metadata]))
      }
      case 'PUT ': {
        storage.registrations(id)
        const bytes = await readBody(request, storage.metadataLength, 'metadata', storage.bodies)
        const isNew = storage.putMetadata(this.#index, id, bytes)
        return isNew
          ? sendSuccess(response, 201, 'metadata successfully stored')
          : sendSuccess(response, 200, 'metadata already stored')
      }
    }
    throw noSuchRoute(request)
  }

  async #sliver(
    request: IncomingMessage,
    response: ServerResponse,
    id: BlobId,
    rest: string[],
  ): Promise<void> {
    const { storage } = this.#deps
    const [pairText = '', kind = '', ...more] = rest
    const pair = parsePair(pairText)
    if (!isKind(kind)) throw malformed('sliver type')
    switch (`${request.method} ${more.join('/')}`) {
      case 'GET status':
        return sendSuccess(response, 200, storage.sliverStatus(this.#index, id, pair, kind))
      case 'GET ': {
        const sliver = await storage.getSliver(this.#index, id, pair, kind)
        const subject = subjectOf(request)
        if (!this.#faults.tampers(subject)) return sendBytes(response, sliver)
        const way = this.#faults.colludes(subject) ? 'all' : nodeName(this.#index)
        const wrong = Uint8Array.from(sliver)
        // The frame stays, so that only the content is wrong.
        flipBits(wrong, way, 8, wrong.length - 4)
        return sendBytes(response, wrong)
      }
      case 'PUT ':
        return this.#putSliver(request, response, id, pair, kind)
    }
    throw noSuchRoute(request)
  }

  async #putSliver(
    request: IncomingMessage,
    response: ServerResponse,
    id: BlobId,
    pair: number,
    kind: SliverKind,
  ): Promise<void> {
    const { storage } = this.#deps
    const length = storage.expectedSliver(this.#index, id, pair, kind)
    if (length === undefined) {
      request.resume()
      return sendSuccess(response, 200, 'sliver already stored')
    }
    const bytes = await readBody(request, length, 'sliver', storage.bodies)
    await storage.putSliver(this.#index, id, pair, kind, bytes)
    sendSuccess(response, 201, 'sliver stored successfully')
  }

  async #confirmation(
    request: IncomingMessage,
    response: ServerResponse,
    id: BlobId,
    rest: string[],
  ): Promise<void> {
    if (request.method !== 'GET') throw noSuchRoute(request)
    const objectId = parsePersistence(rest)
    if (objectId === null) throw noSuchRoute(request)
    const { storage, signer } = this.#deps
    await storage.assertConfirmable(this.#index, id, objectId)
    const message = confirmationMessage(storage.epoch, id, objectId)
    const signature = await signer.sign(this.#index, message)
    sendSuccess(response, 200, {
      signed: { serializedMessage: base64(message), signature: base64(signature) },
    })
  }
}

function parsePair(text: string): number {
  if (!/^(0|[1-9]\d{0,4})$/.test(text) || Number(text) > 0xffff) throw malformed('sliver pair index')
  return Number(text)
}

function isKind(text: string): text is SliverKind {
  return text === 'primary' || text === 'secondary'
}

/** The object of `deletable/0x…`, undefined for `permanent`, null for anything else. */
function parsePersistence([kind, object, ...more]: readonly string[]): string | undefined | null {
  if (kind === 'permanent' && object === undefined) return undefined
  if (kind !== 'deletable' || object === undefined || more.length > 0) return null
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(object)) throw malformed('object id')
  return `0x${object.slice(2).toLowerCase().padStart(64, '0')}`
}

function subjectOf({ method, url }: IncomingMessage): FaultSubject {
  const [, , , blob = '', resource, pair, kind = ''] = new URL(url ?? '/', 'http://node').pathname.split('/')
  const isSliver = resource === 'slivers' && isKind(kind)
  return {
    // Asking for a confirmation belongs to writing.
    access: method === 'GET' && resource !== 'confirmation' ? 'read' : 'write',
    blob: parseBlobId(blob),
    sliver: isSliver ? { kind, pair: Number(pair) } : undefined,
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
