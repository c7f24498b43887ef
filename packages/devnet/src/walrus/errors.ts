/**
 * Errors of nodes, aggregator and publisher as Walrus states them over HTTP: a status of google.rpc, its HTTP code, and a reason.
 *
 * Spec: google.rpc.Status in JSON, AIP-193; reasons as the official storage node names them.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import { SquidError } from '@squid/formats/errors'

const DOMAIN = 'storage.walrus.space'

const HTTP_CODES = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  NOT_FOUND: 404,
  OUT_OF_RANGE: 416,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE_FOR_LEGAL_REASONS: 451,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const

/** A request that a server of the storage network refuses. */
export class NodeError extends SquidError {
  override name = 'NodeError'
  readonly status: keyof typeof HTTP_CODES
  readonly httpCode: number

  /**
   * @param reason upper-case word, for instance `NOT_REGISTERED`
   * @param httpCode where it is not that of the status
   */
  constructor(status: keyof typeof HTTP_CODES, reason: string, message: string, httpCode?: number) {
    super(reason, message)
    this.status = status
    this.httpCode = httpCode ?? HTTP_CODES[status]
  }

  /** The body of the response. */
  toJson(): unknown {
    const details = [{ '@type': 'ErrorInfo', reason: this.code, domain: DOMAIN, metadata: {} }]
    return { error: { status: this.status, code: this.httpCode, message: this.message, details } }
  }
}

export function notRegistered(): NodeError {
  return new NodeError(
    'FAILED_PRECONDITION',
    'NOT_REGISTERED',
    'the blob has not been registered or has already expired',
  )
}

export function missingSlivers(): NodeError {
  return new NodeError('FAILED_PRECONDITION', 'MISSING_SLIVERS', 'the required slivers are not all stored')
}

export function invalidSliver(why: string): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'INVALID_SLIVER', `the provided sliver is invalid: ${why}`)
}

export function malformed(what: string): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'MALFORMED_REQUEST', `malformed ${what}`)
}

export function noSuchRoute({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): NodeError {
  return new NodeError('NOT_FOUND', 'NOT_FOUND', `no such resource: ${method} ${url}`)
}
