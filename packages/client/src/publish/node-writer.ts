/**
 * Writing an encoded blob to one Walrus storage node over HTTP: metadata, the slivers of its shards, and the signed
 * confirmation that it has them. Bodies are sent from where they lie, so that uploading takes no memory of its own.
 *
 * Protocol: `PUT /v1/blobs/{id}/metadata`, `PUT …/slivers/{pair}/{primary|secondary}`,
 * `GET …/confirmation/deletable/{object}`, `GET …/metadata/status`, `GET …/slivers/{pair}/{type}/status`.
 * @module
 */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'

import { shardOfPair } from '../storage/layout.ts'
import type { EncodedBlob } from './encode-threads.ts'
import { confirmationMessage, type Member, type Signers } from './signers.ts'

const MAX_ANSWER_BYTES = 64 * 1024
/** Waits before the second, third, … try of a request. */
const RETRY_MS: readonly number[] = [250, 500, 1000, 2000]
/** Answers of a node that has not heard of the registration yet, or has too much to do. */
const PASSING: ReadonlySet<string> = new Set(['NOT_REGISTERED', 'CACHE_SATURATED'])

export interface NodeWriterOptions {
  /** Give up when nothing moves for so long. */
  readonly idleMs: number
  readonly connectionsPerNode: number
}

const DEFAULTS: NodeWriterOptions = { idleMs: 30_000, connectionsPerNode: 4 }

/** What is to be stored. */
export interface BlobToWrite {
  readonly signers: Signers
  readonly blobObjectId: string
  readonly encoded: EncodedBlob
  /** An earlier try may have stored parts: ask before sending. */
  readonly isResumed: boolean
}

/** A node that refuses or does not answer. */
class NodeWriteError extends SquidError {
  override name = 'NodeWriteError'
  readonly isPassing: boolean

  constructor(member: Member, what: string, isPassing: boolean, options?: ErrorOptions) {
    super('STORAGE_NODE', `Storage node ${member.name} ${what}`, options)
    this.isPassing = isPassing
  }
}

export class NodeWriter {
  readonly #options: NodeWriterOptions
  readonly #http: HttpAgent
  readonly #https: HttpsAgent

  constructor(options: Partial<NodeWriterOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options }
    const agent = { keepAlive: true, maxSockets: this.#options.connectionsPerNode }
    this.#http = new HttpAgent(agent)
    this.#https = new HttpsAgent(agent)
  }

  /**
   * Stores the node's part of a blob.
   * @returns the node's signature of the confirmation, unchecked
   * @throws {NodeWriteError}
   */
  async write(member: Member, blob: BlobToWrite, signal: AbortSignal): Promise<Uint8Array> {
    const path = `/v1/blobs/${Buffer.from(blob.encoded.blobId).toString('base64url')}`
    const known = blob.isResumed && (await this.#isStored(member, `${path}/metadata/status`, signal))
    if (!known) await this.#send(member, 'PUT', `${path}/metadata`, blob.encoded.metadata, signal)
    await inParallel(sliversOf(member, blob), this.#options.connectionsPerNode, async ({ name, bytes }) => {
      const sliver = `${path}/slivers/${name}`
      if (known && (await this.#isStored(member, `${sliver}/status`, signal))) return
      await this.#send(member, 'PUT', sliver, bytes, signal)
    })
    const confirmation = `${path}/confirmation/deletable/${blob.blobObjectId}`
    return signatureOf(member, blob, await this.#send(member, 'GET', confirmation, undefined, signal))
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #isStored(member: Member, path: string, signal: AbortSignal): Promise<boolean> {
    const status = await this.#send(member, 'GET', path, undefined, signal).catch(() => undefined)
    signal.throwIfAborted()
    return status === 'Stored' || status === 'Buffered'
  }

  /** @returns `data` of the node's answer */
  async #send(
    member: Member,
    method: 'GET' | 'PUT',
    path: string,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    for (const wait of [...RETRY_MS, undefined]) {
      try {
        return await this.#sendOnce(member, method, path, body, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (wait === undefined || !(error instanceof NodeWriteError) || !error.isPassing) throw error
      }
      await sleep(wait, undefined, { signal })
    }
    throw new Error('no try is left')
  }

  async #sendOnce(
    member: Member,
    method: string,
    path: string,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { url } = member
    if (url === undefined) throw new NodeWriteError(member, 'has no usable address', false)
    let status: number
    let text: string
    try {
      const response = await this.#request(url + path, method, body, signal)
      status = response.statusCode ?? 0
      text = await readText(response)
    } catch (cause) {
      throw new NodeWriteError(member, 'does not answer', true, { cause })
    }
    const answer = parseAnswer(text)
    if (status >= 200 && status < 300) return answer.data
    const isPassing = status === 408 || status === 429 || status >= 500 || PASSING.has(answer.reason)
    throw new NodeWriteError(member, `answered with status ${status} ${answer.reason}`.trimEnd(), isPassing)
  }

  #request(
    url: string,
    method: string,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const headers =
      body === undefined
        ? {}
        : { 'content-type': 'application/octet-stream', 'content-length': String(body.length) }
    return new Promise((resolve, reject) => {
      const request = url.startsWith('https:')
        ? httpsRequest(url, { method, headers, signal, agent: this.#https }, resolve)
        : httpRequest(url, { method, headers, signal, agent: this.#http }, resolve)
      request.on('error', reject)
      request.setTimeout(this.#options.idleMs, () => request.destroy(new Error('nothing moves')))
      request.end(body)
    })
  }
}

function sliversOf(
  member: Member,
  { signers, encoded }: BlobToWrite,
): { readonly name: string; readonly bytes: Uint8Array }[] {
  const { shards, byShard } = signers
  const pairs = Array.from({ length: shards }, (_, pair) => pair).filter(
    pair => byShard[shardOfPair(pair, encoded.blobId, shards)] === member,
  )
  return (['primary', 'secondary'] as const).flatMap(kind => {
    const buffer = encoded[kind]
    const length = buffer.byteLength / shards
    return pairs.map(pair => ({
      name: `${pair}/${kind}`,
      bytes: new Uint8Array(buffer, pair * length, length),
    }))
  })
}

/** Several workers take items until none is left; the first failure ends all. */
async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items.values()
  let failed = false
  const worker = async (): Promise<void> => {
    for (const item of iterator) {
      if (failed) return
      await work(item).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > MAX_ANSWER_BYTES) throw new Error('the answer is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

/** `{ success: { data } }` or `{ error: { details: [{ reason }] } }`, of which nothing is believed. */
function parseAnswer(text: string): { readonly data: unknown; readonly reason: string } {
  try {
    const answer = JSON.parse(text) as {
      readonly success?: { readonly data?: unknown }
      readonly error?: { readonly details?: readonly { readonly reason?: unknown }[] }
    }
    const reason = answer.error?.details?.[0]?.reason
    return {
      data: answer.success?.data,
      reason: typeof reason === 'string' && /^[A-Z_]{1,64}$/.test(reason) ? reason : '',
    }
  } catch {
    return { data: undefined, reason: '' }
  }
}

function signatureOf(
  member: Member,
  { signers, encoded, blobObjectId }: BlobToWrite,
  data: unknown,
): Uint8Array {
  const { signed } = (data ?? {}) as {
    readonly signed?: { readonly serializedMessage?: unknown; readonly signature?: unknown }
  }
  const { serializedMessage, signature } = signed ?? {}
  const expected = confirmationMessage(signers.epoch, encoded.blobId, blobObjectId)
  if (
    typeof serializedMessage !== 'string' ||
    typeof signature !== 'string' ||
    !equalBytes(Buffer.from(serializedMessage, 'base64'), expected)
  )
    throw new NodeWriteError(member, 'confirms something else', false)
  return new Uint8Array(Buffer.from(signature, 'base64'))
}
