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

/** What it answers. The bytes are only as good as the slivers were. */
export type DecodeAnswer = { readonly bytes: Uint8Array } | { readonly failure: string }

export class Decoder {
  #worker: Worker | undefined
  /** Requests are answered in order, one at a time. */
  #queue: Promise<unknown> = Promise.resolve()

  /** @returns the blob's bytes, or undefined when these slivers decode to nothing */
  decode(request: DecodeRequest): Promise<Uint8Array | undefined> {
    const answer = this.#queue.then(() => this.#ask(request))
    this.#queue = answer.catch(() => undefined)
    return answer
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  async #ask(request: DecodeRequest): Promise<Uint8Array | undefined> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    worker.ref()
    try {
      worker.postMessage(request)
      const [answer] = (await once(worker, 'message')) as [DecodeAnswer]
      return 'bytes' in answer ? answer.bytes : undefined
    } finally {
      worker.unref()
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./decoder-worker.ts', import.meta.url))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    return worker
  }
}
