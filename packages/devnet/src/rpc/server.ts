/**
 * The RPC server: every service of the SDK's descriptors over one ledger. What is left out is refused by name.
 * @module
 */
import type { RequestListener } from 'node:http'
import { GrpcTypes } from '@mysten/sui/grpc'
import { SquidError } from '@squid/formats/errors'
import { TransactionRefused, type Ledger } from '@squid/sui/ledger'
import { executionMethods } from './services/execution.ts'
import { ledgerMethods } from './services/ledger.ts'
import { movePackageMethods } from './services/move-package.ts'
import { nameMethods, type NameRegistry } from './services/name.ts'
import { stateMethods } from './services/state.ts'
import { subscriptionMethods } from './services/subscription.ts'
import type { Service } from './web/method.ts'
import { createGrpcListener } from './web/server.ts'
import { GrpcError } from './web/status.ts'

/** Collaborators of the RPC server. */
export interface RpcDeps {
  readonly ledger: Ledger
  readonly names: NameRegistry
  readonly onInternalError: (error: unknown, path: string) => void
  /** Ends every stream when it aborts. */
  readonly signal: AbortSignal
}

/** What answers the requests of an HTTP server. */
export function createRpcListener({ ledger, names, onInternalError, signal }: RpcDeps): RequestListener {
  return createGrpcListener({
    methods: [
      ...ledgerMethods(ledger),
      ...stateMethods(ledger),
      ...executionMethods(ledger),
      ...movePackageMethods(ledger),
      ...subscriptionMethods(ledger),
      ...nameMethods(ledger, names),
    ],
    services: (Object.values(GrpcTypes) as readonly unknown[]).filter(isService),
    translate: refusalOf,
    onInternalError,
    signal,
  })
}

/** A transaction that the ledger does not accept, or a ledger that cannot write, as the client sees it. */
function refusalOf(error: unknown): GrpcError | undefined {
  if (error instanceof SquidError && error.code === 'LEDGER_IO')
    return new GrpcError('UNAVAILABLE', error.message, { cause: error })
  if (!(error instanceof TransactionRefused)) return undefined
  if (error.kind === 'Unsupported') return new GrpcError('UNIMPLEMENTED', error.message, { cause: error })
  const code = error.kind === 'ObjectNotFound' ? 'NOT_FOUND' : 'INVALID_ARGUMENT'
  return new GrpcError(code, error.message, { cause: error })
}

function isService(value: unknown): value is Service {
  return typeof value === 'object' && value !== null && 'methods' in value && 'typeName' in value
}
