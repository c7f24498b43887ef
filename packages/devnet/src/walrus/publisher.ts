/**
 * The publisher: stores blobs over plain HTTP and pays for them out of its own purse.
 *
 * Spec: Walrus's `publisher_openapi.yaml`; results as the official documentation shows them. Reads a whole blob into
 * memory, as upstream does.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type BlobId, blobIdOf } from './blob-id.ts'
import type { BlobObject } from './blob-object.ts'
import type { Encoded } from './coder.ts'
import { NodeError, noSuchRoute } from './errors.ts'
import { allowAnyOrigin, KEEP_ALIVE, readWholeBody, sendError, sendJson } from './http.ts'
import { decodeMetadata } from './metadata.ts'
import type { NodeServer } from './node-server.ts'
import { formatPatchId, QuiltReader } from './quilt.ts'
import { parseQuiltForm } from './quilt-form.ts'
import { confirmationMessage, type Signer } from './signer.ts'
import type { Storage } from './storage.ts'
import { parseStoreQuery, type StoreQuery } from './store-query.ts'
import type { Certificate, PublisherWallet } from './wallet.ts'

/** Most that is stored at once: encoding takes several times as much memory. */
const MAX_BLOB_BYTES = 256 * 1024 * 1024
/** Room in a form for names, tags and boundaries. */
const FORM_BYTES = 4 * 1024 * 1024

export interface PublisherDeps {
  readonly storage: Storage
  readonly signer: Signer
  readonly wallet: PublisherWallet
  /** The nodes; those that are down neither store nor sign. */
  readonly nodes: readonly NodeServer[]
}

/** Makes the publisher's server; the caller has it listen and closes it. */
export function createPublisher(deps: PublisherDeps): Server {
  const publisher = new Publisher(deps)
  return createServer(KEEP_ALIVE, (request, response) => {
    publisher.answer(request, response).catch((error: unknown) => sendError(request, response, error))
  })
}

class Publisher {
  readonly #deps: PublisherDeps

  constructor(deps: PublisherDeps) {
    this.#deps = deps
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (allowAnyOrigin(request, response)) return
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://publisher')
    switch (`${request.method} ${pathname}`) {
      case 'GET /status':
        response.writeHead(200, { 'content-type': 'text/plain' }).end('OK')
        return
      case 'PUT /v1/blobs':
        return sendJson(response, 200, await this.#putBlob(request, parseStoreQuery(searchParams)))
      case 'PUT /v1/quilts':
        return sendJson(response, 200, await this.#putQuilt(request, parseStoreQuery(searchParams)))
    }
    throw noSuchRoute(request)
  }

  async #putBlob(request: IncomingMessage, query: StoreQuery): Promise<unknown> {
    const { storage } = this.#deps
    const blob = await readWholeBody(request, this.#maxBlobSize, storage.bodies)
    const { result } = await this.#store(blob.buffer, query)
    return result
  }

  async #putQuilt(request: IncomingMessage, query: StoreQuery): Promise<unknown> {
    const { storage } = this.#deps
    const body = await readWholeBody(request, this.#maxBlobSize + FORM_BYTES, storage.bodies)
    const files = await parseQuiltForm(body, request.headers['content-type'])
    const quilt = await storage.joinQuilt(files)
    const { id, result } = await this.#store(quilt, query)
    const size = storage.certifiedSize(id) ?? 0
    const reader = new QuiltReader(
      (start, length) => storage.readBlob(id, start, length),
      storage.geometry,
      size,
    )
    const patches = await reader.patches()
    return {
      blobStoreResult: result,
      storedQuiltBlobs: patches.map(patch => ({
        identifier: patch.identifier,
        quiltPatchId: formatPatchId(id, patch),
      })),
    }
  }

  get #maxBlobSize(): number {
    return Math.min(MAX_BLOB_BYTES, this.#deps.storage.geometry.maxBlobSize)
  }

  /** @param blob taken: it is detached */
  async #store(blob: ArrayBuffer, query: StoreQuery): Promise<{ id: BlobId; result: unknown }> {
    const encoded = await this.#deps.storage.encode(blob)
    const id = blobIdOf(encoded.blobId)
    const known = query.force ? undefined : this.#alreadyCertified(id, query)
    return { id, result: known ?? (await this.#storeNew(id, encoded, query)) }
  }

  /** A lease that serves as well: a permanent one, or for a deletable blob one that the publisher owns. */
  #alreadyCertified(id: BlobId, { epochs, deletable }: StoreQuery): unknown {
    const { storage, wallet } = this.#deps
    const lasting = storage
      .registrationsOrNone(id)
      .filter(
        ({ certifiedEpoch, endEpoch }) => certifiedEpoch !== undefined && endEpoch >= storage.epoch + epochs,
      )
    const permanent = lasting.find(registration => !registration.deletable)
    if (permanent)
      return { alreadyCertified: { blobId: id, event: permanent.event, endEpoch: permanent.endEpoch } }
    const own = deletable ? lasting.find(({ objectId }) => wallet.owns(objectId)) : undefined
    return own && { alreadyCertified: { blobId: id, object: own.objectId, endEpoch: own.endEpoch } }
  }

  async #storeNew(id: BlobId, encoded: Encoded, query: StoreQuery): Promise<unknown> {
    const { storage, wallet } = this.#deps
    const signers = this.#signers()
    const { rootHash } = decodeMetadata(encoded.metadata, storage.geometry.shards)
    const size = encoded.blob.byteLength
    const encodedLength = storage.encodedLength(size)
    const { epochs, deletable } = query
    const registered = wallet.register({ blobId: id, rootHash, size, encodedLength, epochs, deletable })
    await storage.putEncoded(id, encoded, signers)
    const certificate = await this.#certificate(id, registered.blob, signers)
    const { blob, sharedObjectId } = wallet.certify(registered.blob.id, certificate, query.handover)
    return {
      newlyCreated: {
        blobObject: { ...blob, encodingType: 'RS2' },
        resourceOperation: { registerFromScratch: { encodedLength, epochsAhead: epochs } },
        cost: Number(registered.cost),
        ...(sharedObjectId === undefined ? {} : { sharedBlobObject: sharedObjectId }),
      },
    }
  }

  /** Nodes that are there. @throws {NodeError} `NOT_ENOUGH_NODES` when they are too few for a certificate */
  #signers(): readonly number[] {
    const { nodes, storage } = this.#deps
    const signers = nodes.flatMap((node, index) => (node.isDown ? [] : [index]))
    const weight = signers.reduce((sum, node) => sum + storage.weightOf(node), 0)
    if (3 * weight > 2 * storage.geometry.shards) return signers
    throw new NodeError(
      'DEADLINE_EXCEEDED',
      'NOT_ENOUGH_NODES',
      'too many storage nodes are unreachable to store a blob; try again',
    )
  }

  /** A certificate counts in the epoch that it names: signed again when that one ended meanwhile. */
  async #certificate(id: BlobId, blob: BlobObject, signers: readonly number[]): Promise<Certificate> {
    const { signer, storage } = this.#deps
    for (;;) {
      const { epoch } = storage
      const message = confirmationMessage(epoch, id, blob.deletable ? blob.id : undefined)
      const signature = await signer.aggregate(signers, message)
      if (storage.epoch === epoch) return { message, signature, signers }
    }
  }
}
