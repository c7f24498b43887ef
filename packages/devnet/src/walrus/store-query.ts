/**
 * How the publisher is asked to store: the query of `PUT /v1/blobs` and `PUT /v1/quilts`.
 *
 * Spec: Walrus's `publisher_openapi.yaml`. A parameter that is not in it is ignored, as upstream does.
 * @module
 */
import { malformed, NodeError } from './errors.ts'
import { MAX_EPOCHS_AHEAD } from './genesis.ts'
import type { Handover } from './wallet.ts'

export interface StoreQuery {
  readonly epochs: number
  readonly deletable: boolean
  /** Store even if the network has it already. */
  readonly force: boolean
  readonly handover: Handover
}

/** @throws {NodeError} `MALFORMED_REQUEST`, `INVALID_PARAMETERS`, `UNSUPPORTED` */
export function parseStoreQuery(query: URLSearchParams): StoreQuery {
  if ((query.get('encoding_type') ?? 'RS2') !== 'RS2') throw malformed('encoding_type')
  if (!['v1', 'V1', '1'].includes(query.get('quilt_version') ?? 'v1')) throw malformed('quilt_version')
  if (isSet(query, 'reuse_resources'))
    throw new NodeError(
      'UNIMPLEMENTED',
      'UNSUPPORTED',
      'reuse_resources is not supported here: every blob buys its own storage',
    )
  const permanent = isSet(query, 'permanent')
  if (permanent && isSet(query, 'deletable'))
    throw invalid('a blob cannot be defined as both deletable and permanent')
  return {
    epochs: parseEpochs(query.get('epochs') ?? '1'),
    deletable: !permanent,
    force: isSet(query, 'force'),
    handover: parseHandover(query),
  }
}

function isSet(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'false'
  if (text !== 'true' && text !== 'false') throw malformed(name)
  return text === 'true'
}

function parseEpochs(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw malformed('epochs')
  const epochs = Number(text)
  if (epochs < 1 || epochs > MAX_EPOCHS_AHEAD)
    throw invalid(`blobs are stored for 1 to ${MAX_EPOCHS_AHEAD} epochs`)
  return epochs
}

function parseHandover(query: URLSearchParams): Handover {
  const share = isSet(query, 'share')
  const address = query.get('send_object_to')
  if (address === null) return share ? { kind: 'share' } : { kind: 'keep' }
  if (share) throw invalid('a blob is either shared or sent to an address')
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(address)) throw malformed('send_object_to')
  return { kind: 'send', address: `0x${address.slice(2).toLowerCase().padStart(64, '0')}` }
}

function invalid(message: string): NodeError {
  return new NodeError('INVALID_ARGUMENT', 'INVALID_PARAMETERS', message)
}
