/**
 * A small JSON-over-HTTP router for faucet and admin.
 * @module
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { SquidError } from '@squid/formats/errors'
import { readBody } from './body.ts'

const MAX_BODY_BYTES = 64 * 1024

/** One endpoint. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** Matched against the whole path; groups become `parameters`. */
  readonly path: RegExp
  /** Open to web pages of any origin; otherwise only programs and pages from this machine may call it. */
  readonly anyOrigin: boolean
  readonly handle: (parameters: readonly string[], body: unknown) => unknown
}

/** Answers requests by the routes; a thrown `SquidError` becomes `{"error":{"code","message"}}`. */
export function createJsonListener(
  routes: readonly Route[],
  onInternalError: (error: unknown, path: string) => void,
): RequestListener {
  return (request, response) => {
    // Both ends are gone when this rejects: there is nobody to tell.
    serve(request, response, routes, onInternalError).catch(() => response.destroy())
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  onInternalError: (error: unknown, path: string) => void,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  try {
    const here = routes.filter(route => route.path.test(path))
    allowOrigin(request, response, here)
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    const route = here.find(({ method }) => method === request.method)
    if (route === undefined) throw missing(request.method, path, here)
    const body = await readBody(request, MAX_BODY_BYTES)
    const parameters = route.path.exec(path)?.slice(1) ?? []
    send(response, 200, await route.handle(parameters, route.method === 'POST' ? parseJson(body) : undefined))
  } catch (error) {
    if (error instanceof SquidError)
      send(response, STATUS[error.code] ?? 400, { error: { code: error.code, message: error.message } })
    else {
      onInternalError(error, path)
      send(response, 500, {
        error: { code: 'INTERNAL', message: 'internal error of the devnet, see its log' },
      })
    }
  }
}

const STATUS: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  FORBIDDEN_ORIGIN: 403,
  BODY_TOO_LARGE: 413,
  LEDGER_IO: 503,
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch (cause) {
    throw new SquidError('BAD_REQUEST', 'The request body is not JSON.', { cause })
  }
}

/** Browsers send `Origin`; other programs do not. */
function allowOrigin(request: IncomingMessage, response: ServerResponse, routes: readonly Route[]): void {
  const { origin } = request.headers
  if (origin === undefined) return
  if (!routes.some(route => route.anyOrigin) && !isLoopback(origin))
    throw new SquidError('FORBIDDEN_ORIGIN', `Pages of ${origin} may not control this devnet.`)
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-headers', 'content-type')
  response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS')
  response.setHeader('vary', 'origin')
}

function isLoopback(origin: string): boolean {
  const host = URL.parse(origin)?.hostname ?? ''
  return host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1' || host === '[::1]'
}

function missing(method: string | undefined, path: string, here: readonly Route[]): SquidError {
  if (here.length === 0) return new SquidError('NOT_FOUND', `There is nothing at ${path.slice(0, 200)}.`)
  return new SquidError('METHOD_NOT_ALLOWED', `${method} is not possible at ${path}.`)
}
