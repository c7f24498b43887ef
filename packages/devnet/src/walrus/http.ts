/**
 * Request bodies with limits, and the forms of response that Walrus servers use.
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { SquidError } from '@squid/formats/errors'
import { listen as listenOn } from '../http/listen.ts'
import { NodeError } from './errors.ts'

/**
 * How servers keep idle connections. The extra time beyond what clients are told matters when client and server share
 * an event loop that one of them blocks for seconds, as encoding does.
 */
export const KEEP_ALIVE = { keepAliveTimeout: 5_000, keepAliveTimeoutBuffer: 30_000 } as const

/**
 * Starts a server.
 * @param port wanted; when it is taken, or 0, any free one is
 * @returns the base URL, without trailing slash
 * @throws {SquidError} `CANNOT_LISTEN`
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  const purpose = 'the storage network'
  try {
    return await listenOn(server, { host, port, purpose })
  } catch (error) {
    if (!(error instanceof SquidError) || error.code !== 'PORT_TAKEN') throw error
    return listenOn(server, { host, port: 0, purpose })
  }
}

/** Memory for bodies that are being read. */
export class BodyBudget {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  /** Takes memory until disposed. @throws {NodeError} `UNAVAILABLE` when there is not so much left */
  take(bytes: number): Disposable {
    if (bytes > this.#left)
      throw new NodeError('UNAVAILABLE', 'UNAVAILABLE', 'too many uploads at once; try again later')
    this.#left -= bytes
    return {
      [Symbol.dispose]: () => {
        this.#left += bytes
      },
    }
  }
}

/**
 * Reads a body of exactly `length` bytes.
 * @throws {NodeError} `INVALID_LENGTH` when it is shorter or longer, no more than `length` bytes are kept; `UNAVAILABLE`
 */
export async function readBody(
  request: IncomingMessage,
  length: number,
  what: string,
  budget: BodyBudget,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(request.headers['content-length'] ?? length)
  if (declared !== length) throw wrongLength(what, length)
  using _ = budget.take(length)
  const bytes = new Uint8Array(length)
  let filled = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    if (filled + chunk.length > length) throw wrongLength(what, length)
    bytes.set(chunk, filled)
    filled += chunk.length
  }
  if (filled !== length) throw wrongLength(what, length)
  return bytes
}

/**
 * Reads a body of any length up to `limit`.
 * @throws {NodeError} `BODY_TOO_LARGE` (413); `UNAVAILABLE`
 */
export async function readWholeBody(
  request: IncomingMessage,
  limit: number,
  budget: BodyBudget,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = request.headers['content-length']
  if (Number(declared ?? 0) > limit) throw bodyTooLarge(limit)
  // What is not declared may become as large as is allowed: chunks, and the whole made of them.
  using _ = budget.take(2 * Number(declared ?? limit))
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > limit) throw bodyTooLarge(limit)
    chunks.push(chunk)
  }
  return Uint8Array.from(Buffer.concat(chunks))
}

function bodyTooLarge(limit: number): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'BODY_TOO_LARGE', `at most ${limit} bytes are taken at once`, 413)
}

function wrongLength(what: string, length: number): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'INVALID_LENGTH', `the ${what} must have ${length} bytes`)
}

/** `{"success":{"code","data"}}` */
export function sendSuccess(response: ServerResponse, code: number, data: unknown): void {
  sendJson(response, code, { success: { code, data } })
}

export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  const text = Buffer.from(JSON.stringify(body))
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

export function sendBytes(response: ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
  response.end(bytes)
}

/** The error in Walrus's form; what is no `NodeError` becomes `INTERNAL`. A body that was not read ends the connection. */
export function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const shown =
    error instanceof NodeError
      ? error
      : new NodeError('INTERNAL', 'INTERNAL_ERROR', error instanceof Error ? error.message : 'internal error')
  // What described the body is not true of the error.
  for (const name of response.getHeaderNames())
    if (!name.startsWith('access-control-') && name !== 'content-range') response.removeHeader(name)
  if (!request.complete) response.setHeader('connection', 'close')
  sendJson(response, shown.httpCode, shown.toJson())
}

/** Lets web pages of any origin in, as aggregators and publishers do. @returns whether that was all there is to answer */
export function allowAnyOrigin(request: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', '*')
  if (request.method !== 'OPTIONS') return false
  response.setHeader('access-control-allow-methods', '*')
  response.setHeader('access-control-allow-headers', '*')
  response.setHeader('access-control-max-age', '86400')
  response.writeHead(200, { 'content-length': 0 }).end()
  return true
}
