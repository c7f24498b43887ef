/**
 * Erasure decoding in a worker thread, so that a gateway keeps answering while a blob is rebuilt (about a second
 * for 16 MiB at 100 shards). The worker starts with the first blob and ends with `close`.
 * @module
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** What the worker is asked: any `primarySymbols` different primary slivers of the blob, BCS `SliverData` each. */
export interface DecodeRequest {
  readonly shards: number
  readonly blobId: Uint8Array
  readonly blobSize: number
  readonly slivers: readonly Uint8Array[]
}

/** What blob these bytes are. */
export interface IdentifyRequest {
  readonly shards: number
  readonly bytes: Uint8Array
}

export interface IdentifyAnswer {
  readonly blobId: Uint8Array
}

/** What it answers. The bytes are only as good as the slivers were. */
export type DecodeAnswer = { readonly bytes: Uint8Array } | { readonly failure: string }

export class Decoder {
  #worker: Worker | undefined
  /** Requests are answered in order, one at a time. */
  #queue: Promise<unknown> = Promise.resolve()

  /** @returns the blob's bytes, or undefined when these slivers decode to nothing */
  async decode(request: DecodeRequest): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#inTurn<DecodeAnswer>(request)
      return 'bytes' in answer ? answer.bytes : undefined
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error
      return undefined // the thread fell over these slivers
    }
  }

  /** The id of the blob that consists of `bytes`: what a decoded blob must be compared with. */
  async identify(request: IdentifyRequest): Promise<Uint8Array> {
    return (await this.#inTurn<IdentifyAnswer>(request)).blobId
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  #inTurn<Answer>(request: DecodeRequest | IdentifyRequest): Promise<Answer> {
    const answer = this.#queue.then(() => this.#ask<Answer>(request))
    this.#queue = answer.catch(() => undefined)
    return answer
  }

  async #ask<Answer>(request: DecodeRequest | IdentifyRequest): Promise<Answer> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    worker.ref()
    const ended = new AbortController()
    const gone = (): void => ended.abort(new Error('the decoder was closed'))
    worker.once('exit', gone)
    try {
      worker.postMessage(request)
      const [answer] = (await once(worker, 'message', { signal: ended.signal })) as [Answer]
      return answer
    } finally {
      worker.off('exit', gone)
      worker.unref()
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./decoder-worker.ts', import.meta.url))
    const forget = (): void => {
      if (this.#worker === worker) this.#worker = undefined
    }
    worker.on('error', forget)
    worker.on('exit', forget)
    return worker
  }
}
