/**
 * `sui.rpc.v2.SubscriptionService`: checkpoints as they are made.
 * @module
 */
import { GrpcTypes } from '@mysten/sui/grpc'
import type { Ledger } from '@squid/sui/ledger'
import { writeCheckpoint } from '../convert/checkpoint.ts'
import { FieldMask } from '../web/field-mask.ts'
import { serverStream, type Call, type Draft, type Method } from '../web/method.ts'
import { GrpcError } from '../web/status.ts'

const { SubscriptionService } = GrpcTypes
/** A client that falls this far behind is cut off; it can read what it missed from the ledger. */
const MAX_BEHIND = 10_000n

/** The supported method of the service. */
export function subscriptionMethods(ledger: Ledger): Method[] {
  return [
    serverStream(
      SubscriptionService,
      'SubscribeCheckpoints',
      GrpcTypes.SubscribeCheckpointsRequest,
      GrpcTypes.SubscribeCheckpointsResponse,
      (request, call) => subscribeCheckpoints(ledger, request, call),
    ),
  ]
}

async function* subscribeCheckpoints(
  ledger: Ledger,
  request: GrpcTypes.SubscribeCheckpointsRequest,
  { signal }: Call,
): AsyncGenerator<Draft<GrpcTypes.SubscribeCheckpointsResponse>> {
  if (request.filter !== undefined && request.filter.terms.length > 0)
    throw new GrpcError('UNIMPLEMENTED', 'filters on checkpoints are not supported by the embedded devnet')
  const mask = FieldMask.parse(request.readMask, GrpcTypes.Checkpoint, ['sequence_number', 'digest'])
  let next = ledger.latestCheckpoint().sequenceNumber + 1n
  const news = new News()
  const unsubscribe = ledger.subscribe(() => news.tell())
  signal.addEventListener('abort', () => news.tell(), { once: true })
  try {
    while (!signal.aborted) {
      const tip = ledger.latestCheckpoint().sequenceNumber
      if (tip - next > MAX_BEHIND)
        throw new GrpcError(
          'RESOURCE_EXHAUSTED',
          `the subscriber is more than ${MAX_BEHIND} checkpoints behind`,
        )
      if (next > tip) await news.wait()
      else {
        const checkpoint = ledger.checkpoint(next)
        if (checkpoint) yield { cursor: next, checkpoint: writeCheckpoint(ledger, checkpoint, mask) }
        next++
      }
    }
  } finally {
    unsubscribe()
  }
}

/** A bell: `wait` resolves when `tell` was called since the last `wait`. */
class News {
  #told = false
  #wake: (() => void) | undefined

  tell(): void {
    this.#told = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#told)
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    this.#told = false
    this.#wake = undefined
  }
}
