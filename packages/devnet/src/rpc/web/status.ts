/**
 * gRPC status codes and the error that carries one to the wire.
 * Spec: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 * @module
 */
import { SquidError } from '@squid/formats/errors'

/** The codes that this server answers. */
export const GRPC_STATUS = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const

export type GrpcStatusName = keyof typeof GRPC_STATUS

/** A call that ends with a status other than OK; the message reaches the client. */
export class GrpcError extends SquidError {
  override name = 'GrpcError'
  declare readonly code: GrpcStatusName

  /** Number on the wire. */
  readonly status: number

  constructor(code: GrpcStatusName, message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.status = GRPC_STATUS[code]
  }
}
