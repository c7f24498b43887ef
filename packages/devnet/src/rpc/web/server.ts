/**
 * A gRPC-Web server over HTTP/1.1: routing, framing, CORS, limits and statuses. It knows no method itself.
 * @module
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { SquidError } from '@squid/formats/errors'
import { readBody } from '../../http/body.ts'
import {
  contentTypeOf,
  dataFrame,
  encodeFrames,
  encodingOf,
  readRequest,
  trailerFrame,
  type Encoding,
} from './frame.ts'
import type { Call, Method, Service } from './method.ts'
import { GRPC_STATUS, GrpcError } from './status.ts'

/** Largest request body, as it is for tonic's servers: 4 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024

/** What the server serves. */
export interface GrpcServerOptions {
  readonly methods: readonly Method[]
  /** Every service that the protocol has, so that methods left out are refused by name. */
  readonly services: readonly Service[]
  /** Gives errors of the layers below their status; undefined for those it does not know. */
  readonly translate: (error: unknown) => GrpcError | undefined
  /** Told of errors that are our bugs; the client sees only `INTERNAL`. */
  readonly onInternalError: (error: unknown, path: string) => void
  /** Ends every stream when it aborts. */
  readonly signal: AbortSignal
}

/** What answers the requests of an HTTP server. */
export function createGrpcListener(options: GrpcServerOptions): RequestListener {
  const table = new Map(options.methods.map(method => [method.path, method]))
  return (request, response) => {
    // Both ends are gone when this rejects: there is nobody to tell.
    serve(request, response, table, options).catch(() => response.destroy())
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  table: ReadonlyMap<string, Method>,
  options: GrpcServerOptions,
): Promise<void> {
  allowAnyOrigin(response)
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end()
    return
  }
  const encoding = encodingOf(request.headers['content-type'])
  if (request.method !== 'POST' || encoding === undefined) {
    request.resume()
    response.writeHead(415, { 'content-type': 'text/plain' })
    response.end('This is a Sui gRPC-Web endpoint: POST application/grpc-web-text or application/grpc-web.\n')
    return
  }
  const path = request.url ?? '/'
  response.setHeader('content-type', contentTypeOf(encoding))
  try {
    const body = await readBody(request, MAX_BODY_BYTES)
    const method = table.get(path) ?? refuse(path, options.services)
    await answer(method, readRequest(body, encoding), request, response, encoding, options.signal)
  } catch (error) {
    const { status, message } = outcomeOf(options.translate(error) ?? error, cause =>
      options.onInternalError(cause, path),
    )
    response.end(encodeFrames([trailerFrame(status, message)], encoding))
  }
}

async function answer(
  method: Method,
  message: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  encoding: Encoding,
  stopping: AbortSignal,
): Promise<void> {
  const call = new OpenCall(request, response, stopping)
  const answered = method.answer(message, call)
  if (answered instanceof Promise) {
    response.end(encodeFrames([dataFrame(await answered), trailerFrame(GRPC_STATUS.OK)], encoding))
    return
  }
  const { signal } = call
  response.flushHeaders()
  for await (const item of answered) {
    if (signal.aborted) break
    if (!response.write(encodeFrames([dataFrame(item)], encoding))) await drained(response, signal)
  }
  call.throwIfCut()
  response.end(encodeFrames([trailerFrame(GRPC_STATUS.OK)], encoding))
}

/** A call in progress. Its signal is made when somebody asks for it: most calls are over at once. */
class OpenCall implements Call {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #stopping: AbortSignal
  #deadline: AbortSignal | undefined
  #signal: AbortSignal | undefined

  constructor(request: IncomingMessage, response: ServerResponse, stopping: AbortSignal) {
    this.#request = request
    this.#response = response
    this.#stopping = stopping
  }

  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal
    const gone = new AbortController()
    this.#response.once('close', () => gone.abort())
    const timeoutMs = parseTimeout(this.#request.headers['grpc-timeout'])
    if (timeoutMs !== undefined) this.#deadline = AbortSignal.timeout(timeoutMs)
    const signals = [gone.signal, this.#stopping, ...(this.#deadline ? [this.#deadline] : [])]
    this.#signal = AbortSignal.any(signals)
    return this.#signal
  }

  /** @throws {GrpcError} when a stream ended for another reason than that it was complete */
  throwIfCut(): void {
    if (this.#deadline?.aborted)
      throw new GrpcError('DEADLINE_EXCEEDED', 'the deadline of the call has passed')
    if (this.#stopping.aborted) throw new GrpcError('UNAVAILABLE', 'the devnet is stopping')
  }
}

/** Resolves when the client has read what was written, or will not any more. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done)
  })
}

function refuse(path: string, services: readonly Service[]): never {
  const [serviceName, methodName] = path.slice(1).split('/')
  const known = services
    .find(service => service.typeName === serviceName)
    ?.methods.some(method => method.name === methodName)
  throw new GrpcError(
    'UNIMPLEMENTED',
    known
      ? `${path.slice(1)} is not supported by the embedded devnet`
      : `unknown method ${path.slice(1, 200)}`,
  )
}

function outcomeOf(error: unknown, report: (error: unknown) => void): { status: number; message: string } {
  if (error instanceof GrpcError) return error
  if (error instanceof SquidError) {
    const status =
      error.code === 'BODY_TOO_LARGE' ? GRPC_STATUS.RESOURCE_EXHAUSTED : GRPC_STATUS.INVALID_ARGUMENT
    return { status, message: error.message }
  }
  report(error)
  return { status: GRPC_STATUS.INTERNAL, message: 'internal error of the devnet, see its log' }
}

const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** `grpc-timeout` in milliseconds; an unreadable one counts as absent. */
function parseTimeout(header: string | string[] | undefined): number | undefined {
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null
  if (match === null) return undefined
  const ms = Number(match[1]) * (TIMEOUT_UNITS_MS[match[2] ?? ''] ?? 1)
  return Math.min(Math.ceil(ms), 2 ** 31 - 1)
}

function allowAnyOrigin(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-allow-methods', 'POST, OPTIONS')
  response.setHeader('access-control-allow-headers', '*')
  response.setHeader('access-control-expose-headers', 'grpc-status, grpc-message')
  response.setHeader('access-control-max-age', '86400')
}
