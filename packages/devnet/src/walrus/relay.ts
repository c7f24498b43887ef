/**
 * The upload relay: takes a blob whole in one request, has the nodes store it, and returns their certificate. It asks
 * for no tip.
 *
 * Spec: `GET /v1/tip-config`, `POST /v1/blob-upload-relay?blob_id=…[&deletable_blob_object=0x…][&encoding_type=RS2]` as
 * the official client uses them.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { parseBlobId } from './blob-id.ts'
import { malformed, noSuchRoute } from './errors.ts'
import { KEEP_ALIVE, readBody, sendError, sendJson } from './http.ts'
import type { NodeServer } from './node-server.ts'
import { confirmationMessage, type Signer } from './signer.ts'
import type { Storage } from './storage.ts'

export interface RelayDeps {
  readonly storage: Storage
  readonly signer: Signer
  /** The nodes; those that are down neither store nor sign. */
  readonly nodes: readonly NodeServer[]
}

/** Makes the relay's server; the caller has it listen and closes it. */
export function createRelay(deps: RelayDeps): Server {
  return createServer(KEEP_ALIVE, (request, response) => {
    answer(deps, request, response).catch((error: unknown) => sendError(request, response, error))
  })
}

async function answer(deps: RelayDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://relay')
  if (request.method === 'GET' && pathname === '/v1/tip-config') return sendJson(response, 200, 'no_tip')
  if (request.method !== 'POST' || pathname !== '/v1/blob-upload-relay') throw noSuchRoute(request)
  await upload(deps, searchParams, request, response)
}

async function upload(
  { storage, signer, nodes }: RelayDeps,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = parseBlobId(query.get('blob_id') ?? '')
  if (!id) throw malformed('blob id')
  if ((query.get('encoding_type') ?? 'RS2') !== 'RS2') throw malformed('encoding type')
  const objectId = parseObject(query.get('deletable_blob_object'))
  const [registration] = storage.registrations(id)
  const blob = await readBody(request, registration?.size ?? 0, 'blob', storage.bodies)
  const signers = nodes.flatMap((node, index) => (node.isDown ? [] : [index]))
  await storage.putBlob(id, blob.buffer, signers)
  for (const node of signers) await storage.assertConfirmable(node, id, objectId)
  const message = confirmationMessage(storage.epoch, id, objectId)
  const signature = await signer.aggregate(signers, message)
  sendJson(response, 200, {
    blob_id: id,
    confirmation_certificate: {
      signers,
      serialized_message: [...message],
      signature: Buffer.from(signature).toString('base64url'),
    },
  })
}

function parseObject(text: string | null): string | undefined {
  if (text === null) return undefined
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(text)) throw malformed('object id')
  return `0x${text.slice(2).toLowerCase().padStart(64, '0')}`
}
