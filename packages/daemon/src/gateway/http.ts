/**
 * The HTTP frame of the gateway: loopback only, the right Host only, limits, and errors as one sentence each.
 * @module
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { SquidError } from '@squid/formats/errors'
import type { Log } from './contract.ts'
import { NONCE_HEADER, PROOF_HEADER, proofOf } from './proof.ts'

/** The names by which this machine may address us. Any other Host is another site's page talking to us. */
const HOSTS: ReadonlySet<string> = new Set(['squid.localhost', 'localhost', '127.0.0.1'])
const ADDRESS = '127.0.0.1'
const MAX_URL = 4096
const MAX_CONNECTIONS = 1024
const HEADERS_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 15_000

/** A connection on which so long nothing moved is cut: whoever does not read what they asked for holds memory. */
const IDLE_MS = 120_000

/** A request that got past the frame. What costs time is made when it is asked for: most requests need none of it. */
export class GatewayRequest {
  readonly isHead: boolean
  readonly isPut: boolean
  /** As sent, without the query. */
  readonly path: string
  /** First byte that is wanted: of a client that goes on where it was cut. 0 when all is. */
  readonly from: number
  readonly #incoming: IncomingMessage
  readonly #response: ServerResponse
  #gone: AbortController | undefined
  #isContinued = false

  constructor(incoming: IncomingMessage, response: ServerResponse) {
    const { url = '/', method, headers } = incoming
    const query = url.indexOf('?')
    this.path = query < 0 ? url : url.slice(0, query)
    this.isHead = method === 'HEAD'
    this.isPut = method === 'PUT'
    this.from = firstByte(headers.range)
    this.#incoming = incoming
    this.#response = response
  }

  /** Absolute, with the Host that was asked. */
  get url(): URL {
    return new URL(`http://${this.#incoming.headers.host}${this.#incoming.url}`)
  }

  get headers(): IncomingHttpHeaders {
    return this.#incoming.headers
  }

  /** Was the client told to send its body? */
  get isContinued(): boolean {
    return this.#isContinued
  }

  /** What is sent. A client that waits to be told so (`Expect: 100-continue`) is told when this is read. */
  async *body(): AsyncGenerator<Uint8Array> {
    if (this.#incoming.headers.expect !== undefined) this.#response.writeContinue()
    this.#isContinued = true
    // A refusal in the middle is to be answered, so that the connection is needed still.
    yield* this.#incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
    if (!this.#incoming.complete) throw new ClientLeft()
  }

  /** Aborts when the client goes away. */
  get signal(): AbortSignal {
    if (this.#gone !== undefined) return this.#gone.signal
    const gone = new AbortController()
    this.#gone = gone
    if (this.#response.closed) gone.abort()
    else this.#response.once('close', () => gone.abort())
    return gone.signal
  }
}

/** Of `bytes=N-`, the only kind of range that is understood; others are answered with the whole, as RFC 9110 allows. */
function firstByte(range: string | undefined): number {
  return range === undefined ? 0 : Number(/^bytes=(\d{1,15})-$/.exec(range)?.[1] ?? 0)
}

/** What to answer. */
export interface GatewayResponse {
  readonly status: number
  readonly type: string
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes that follow, when they are known before. */
  readonly length?: number | bigint
  /**
   * A stream is closed, and the connection cut, when it throws after its first piece. A piece is done with when the
   * next one is asked for: its memory may be used again.
   */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>
}

/** Is it all there? */
function isWhole(body: GatewayResponse['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}

/** Codes of errors → statuses. What is not here is the other side's fault: 502. */
const STATUS: Readonly<Record<string, number>> = {
  REFERENCE: 400,
  USAGE: 400,
  DECODE: 502,
  NAME_UNKNOWN: 404,
  NAME_EXPIRED: 410,
  NAME_WITHOUT_TARGET: 404,
  NAME_REBOUND: 409,
  NO_HOME: 404,
  OBJECT_UNKNOWN: 404,
  OBJECT_KIND: 404,
  FLAKE_UNKNOWN: 404,
  VERSION_UNKNOWN: 404,
  TAG_UNKNOWN: 404,
  NO_RELEASE: 404,
  RELEASE_YANKED: 410,
  RELEASE_REVOKED: 410,
  ATTRIBUTE_UNKNOWN: 404,
  NOT_FOUND: 404,
  PATH_CONFLICT: 409,
  UPLOAD_DENIED: 401,
  UPLOAD_REFUSED: 400,
  UPLOAD_COMPRESSION: 415,
  UPLOAD_TOO_LARGE: 413,
  UPLOAD_FULL: 507,
}

/** The status that stands for an error. */
export function statusOf(error: unknown): number {
  return error instanceof SquidError ? (STATUS[error.code] ?? 502) : 500
}

/** A JSON answer. */
export function jsonResponse(status: number, value: unknown): GatewayResponse {
  return { status, type: 'application/json', body: `${JSON.stringify(value)}\n` }
}

/** A short text. */
export function textResponse(status: number, text: string): GatewayResponse {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` }
}

/** How to say who one is. */
const CHALLENGE = { 'www-authenticate': 'Basic realm="squid upload", charset="UTF-8"' }

function errorResponse(error: unknown, isApi: boolean): GatewayResponse {
  const status = statusOf(error)
  const code = error instanceof SquidError ? error.code : 'INTERNAL'
  const message = error instanceof SquidError ? error.message : 'squidd failed inside; its log says more'
  if (isApi) return jsonResponse(status, { error: { code, message } })
  const answer = textResponse(status, `error: ${message}`)
  return status === 401 ? { ...answer, headers: CHALLENGE } : answer
}

/** Answers a request that passed the frame. */
export type Handler = (request: GatewayRequest) => GatewayResponse | Promise<GatewayResponse>

/** There is no such thing, as far as this gateway is asked about it. */
export class NotFoundError extends SquidError {
  override name = 'NotFoundError'

  constructor(what: string, options?: ErrorOptions) {
    super('NOT_FOUND', what, options)
  }
}

/** The port is held by another process. */
class PortTakenError extends SquidError {
  override name = 'PortTakenError'

  constructor(port: number, cause: unknown) {
    super(
      'PORT_TAKEN',
      `port ${port} is taken by another program (perhaps another squidd); stop it or choose another with --port`,
      { cause },
    )
  }
}

/** How a frame listens. */
export interface HttpFrameOptions {
  /** 0 for any free one. */
  readonly port: number
  /** File descriptor of a socket that listens already; `port` is not used then. */
  readonly socket?: number | undefined
  /** What answers of the API are proven with. */
  readonly secret: string
  readonly log: Log
  /** After so long without a byte either way a connection is cut. */
  readonly idleMs?: number
}

/** Under this, files are taken too. */
export const UPLOAD_PREFIX = '/upload/'

/** A loopback HTTP server that answers GET and HEAD, and PUT of uploads. */
export class HttpFrame {
  readonly #server: Server
  readonly #handler: Handler
  readonly #log: Log
  readonly #secret: string

  private constructor(handler: Handler, { secret, log, idleMs = IDLE_MS }: HttpFrameOptions) {
    this.#handler = handler
    this.#log = log
    this.#secret = secret
    const timeouts = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: 0, // an upload takes as long as it takes; one that stands still is cut as idle
      keepAliveTimeout: KEEP_ALIVE_MS,
    }
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response).catch((error: unknown) => {
        this.#log(`gateway: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
        response.destroy()
      })
    }
    this.#server = createServer(timeouts, answer)
    this.#server.on('checkContinue', answer)
    this.#server.timeout = idleMs
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** @throws {PortTakenError} */
  static async listen(handler: Handler, options: HttpFrameOptions): Promise<HttpFrame> {
    const { port, socket } = options
    const frame = new HttpFrame(handler, options)
    await new Promise<void>((resolve, reject) => {
      frame.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new PortTakenError(port, error) : error),
      )
      if (socket === undefined) frame.#server.listen(port, ADDRESS, resolve)
      else frame.#server.listen({ fd: socket }, resolve)
    })
    return frame
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Stops listening and cuts what is open. */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refused(incoming)
    if (refusal !== undefined)
      return sendWhole(response, closing(refusal, incoming, false), incoming.method === 'HEAD')
    const request = new GatewayRequest(incoming, response)
    let answer: GatewayResponse
    try {
      const handled = this.#handler(request)
      answer = handled instanceof Promise ? await handled : handled
      if (!isWhole(answer.body) && !request.isHead) answer = await started(answer)
    } catch (error) {
      if (response.destroyed) return
      answer = closing(this.#failed(error, request), incoming, request.isContinued)
    }
    answer = proven(answer, incoming, this.#secret)
    if (isWhole(answer.body) || request.isHead) return sendWhole(response, answer, request.isHead)
    await this.#stream(response, answer, request.path)
  }

  #failed(error: unknown, { path }: GatewayRequest): GatewayResponse {
    if (!(error instanceof SquidError)) {
      this.#log(
        `gateway: ${path}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
    } else if (statusOf(error) >= 500) this.#log(`${path}: ${error.message}`)
    return errorResponse(error, path.startsWith('/api/'))
  }

  async #stream(response: ServerResponse, answer: GatewayResponse, path: string): Promise<void> {
    const { body } = answer
    if (isWhole(body)) return
    try {
      response.writeHead(answer.status, headersOf(answer, answer.length))
      for await (const piece of body) await written(response, piece)
      response.end()
    } catch (error) {
      response.destroy() // never a wrong byte: the client sees a cut connection
      if (!isGone(error)) this.#log(`${path}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      await body[Symbol.asyncIterator]().return?.() // sent to its end or not: what it holds is let go
    }
  }
}

/** Waits until the piece went to the operating system, for its memory may be used again then. */
function written(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const left = (): void => reject(new ClientLeft())
    response.once('close', left)
    response.write(piece, error => {
      response.off('close', left)
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}

class ClientLeft extends Error {
  override name = 'AbortError'
}

/** Did the client leave, and nothing else go wrong? */
function isGone(error: unknown): boolean {
  const { name, code } = error as NodeJS.ErrnoException
  return (
    name === 'AbortError' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    code === 'ECONNRESET' ||
    code === 'EPIPE'
  )
}

/**
 * Does a page of another site ask, in a browser on this machine? It could not read the answer, but what is asked for
 * counts as asked for by the person, and that is what the trust policy goes by.
 */
function isForeignPage({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return true
  return origin !== undefined && !HOSTS.has(URL.parse(origin)?.hostname ?? '')
}

function refused({ method, url = '', headers }: IncomingMessage): GatewayResponse | undefined {
  if (url.length > MAX_URL) return textResponse(414, 'error: the URL is too long')
  if (!url.startsWith('/') || url.startsWith('//')) return textResponse(400, 'error: this is not a proxy')
  const host = /^([A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(headers.host ?? '')?.[1]?.toLowerCase()
  if (host === undefined || !HOSTS.has(host)) {
    return textResponse(421, 'error: squidd answers only to squid.localhost, localhost and 127.0.0.1')
  }
  if (isForeignPage(headers)) return textResponse(403, 'error: squidd does not answer pages of other sites')
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method === 'PUT' && url.startsWith(UPLOAD_PREFIX)) return undefined
  return textResponse(405, 'error: only GET and HEAD are answered')
}

/** With the proof, when one was asked for, that this is the squidd of the home that the asker reads. */
function proven(
  answer: GatewayResponse,
  { headers, url = '' }: IncomingMessage,
  secret: string,
): GatewayResponse {
  const nonce = headers[NONCE_HEADER]
  const { status, body } = answer
  if (typeof nonce !== 'string' || !isWhole(body)) return answer
  const text =
    typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.length).toString()
  const proof = proofOf(secret, { nonce, target: url, status, body: text })
  return { ...answer, headers: { ...answer.headers, [PROOF_HEADER]: proof } }
}

/** Waits for a stream's first piece, so that what fails at once is a status and not a cut connection. */
async function started(answer: GatewayResponse): Promise<GatewayResponse> {
  if (isWhole(answer.body)) return answer
  const pieces = answer.body[Symbol.asyncIterator]()
  return { ...answer, body: continued(await pieces.next(), pieces) }
}

/**
 * A stream from its first piece on. No generator: `return` of one that was not begun would not reach `pieces`, and
 * whatever those hold would stay held when the client leaves before the first piece.
 */
function continued(
  first: IteratorResult<Uint8Array>,
  pieces: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let isFirst = true
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      if (!isFirst) return pieces.next()
      isFirst = false
      return Promise.resolve(first)
    },
    return: async () => {
      await pieces.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

/**
 * Whoever was not told to go on may send the body or not: the connection can not be used for another request. What is
 * left of a body that was begun is read and thrown away, so that the answer is heard.
 */
function closing(
  answer: GatewayResponse,
  { headers }: IncomingMessage,
  isContinued: boolean,
): GatewayResponse {
  if (headers.expect === undefined || isContinued) return answer
  return { ...answer, headers: { ...answer.headers, connection: 'close' } }
}

type Headers = Record<string, string | number>

function headersOf({ type, headers }: GatewayResponse, length: number | bigint | undefined): Headers {
  return {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...headers,
  }
}

function sendWhole(response: ServerResponse, answer: GatewayResponse, isHead: boolean): void {
  const { status, body } = answer
  const size =
    typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : undefined
  response.writeHead(status, headersOf(answer, answer.length ?? size))
  if (isHead || !isWhole(body)) response.end()
  else response.end(body)
}
