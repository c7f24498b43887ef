/**
 * A few worker threads for encoding, decoding and signing. They start when there is work and end after a while
 * without, which also gives back the memory that WebAssembly never shrinks.
 * @module
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { SquidError } from '@squid/formats/errors'
import type { Answer, DigestedEncoded, Encoded, Job, QuiltFile } from './coder-worker.ts'

export type { DigestedEncoded, Encoded, QuiltFile } from './coder-worker.ts'

const WORKER = new URL(`./coder-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
const MAX_THREADS = 2
const IDLE_MS = 20_000

interface Task {
  readonly job: Job
  readonly transfer: readonly ArrayBuffer[]
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  task: Task | undefined
  idle: NodeJS.Timeout | undefined
}

/** Encodes, decodes and signs, off the main thread. */
export class Coder {
  readonly #shards: number
  readonly #threads = new Set<Thread>()
  readonly #queue: Task[] = []
  #closed = false

  constructor(shards: number) {
    this.#shards = shards
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** @param blob taken: it is detached here and comes back in the result */
  async encode(blob: ArrayBuffer): Promise<Encoded> {
    return (await this.#encode(blob, false)) as Encoded
  }

  /** As `encode`, with digests. */
  async encodeDigested(blob: ArrayBuffer): Promise<DigestedEncoded> {
    return (await this.#encode(blob, true)) as DigestedEncoded
  }

  #encode(blob: ArrayBuffer, isDigested: boolean): Promise<unknown> {
    return this.#run({ kind: 'encode', shards: this.#shards, blob, isDigested }, [blob])
  }

  /**
   * Decodes a blob of `size` bytes from primary slivers in BCS, as many as there are rows at least.
   * @throws {SquidError} `CODER` when they do not decode
   */
  async decode(size: number, slivers: readonly Uint8Array[]): Promise<ArrayBuffer> {
    return (await this.#run({ kind: 'decode', shards: this.#shards, size, slivers }, [])) as ArrayBuffer
  }

  /**
   * Joins files into one blob, in the order of their identifiers.
   * @throws {SquidError} `CODER` when there are too many of them or they do not fit
   */
  async joinQuilt(files: readonly QuiltFile[]): Promise<ArrayBuffer> {
    return (await this.#run({ kind: 'quilt', shards: this.#shards, files }, [])) as ArrayBuffer
  }

  /** Signatures of one message, in the order of the keys. */
  async sign(message: Uint8Array, secretKeys: readonly bigint[]): Promise<readonly Uint8Array[]> {
    return (await this.#run({ kind: 'sign', message, secretKeys }, [])) as readonly Uint8Array[]
  }

  /** The aggregate of the keys' signatures of one message. */
  async aggregate(message: Uint8Array, secretKeys: readonly bigint[]): Promise<Uint8Array> {
    const [signature] = (await this.#run(
      { kind: 'aggregate', message, secretKeys },
      [],
    )) as readonly Uint8Array[]
    return signature as Uint8Array
  }

  /** Ends all threads; what was under way is rejected. */
  async close(): Promise<void> {
    this.#closed = true
    for (const task of this.#queue.splice(0)) task.reject(closed())
    await Promise.all([...this.#threads].map(thread => this.#end(thread)))
  }

  async #run(job: Job, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    if (this.#closed) throw closed()
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#queue.push({ job, transfer, resolve, reject })
      this.#dispatch()
    })
    if (!answer.ok) throw new SquidError('CODER', answer.message)
    return answer.value
  }

  #dispatch(): void {
    const thread = [...this.#threads].find(({ task }) => task === undefined) ?? this.#start()
    const task = thread && this.#queue.shift()
    if (!thread || !task) return
    thread.task = task
    clearTimeout(thread.idle)
    thread.worker.ref()
    thread.worker.postMessage(task.job, [...task.transfer])
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= Math.min(MAX_THREADS, availableParallelism())) return undefined
    const thread: Thread = { worker: new Worker(WORKER), task: undefined, idle: undefined }
    this.#threads.add(thread)
    thread.worker.on('message', (answer: Answer) => this.#done(thread, answer))
    thread.worker.on('error', error => this.#lost(thread, error))
    thread.worker.on('exit', () => this.#lost(thread, closed()))
    return thread
  }

  #done(thread: Thread, answer: Answer): void {
    const task = thread.task
    thread.task = undefined
    thread.worker.unref()
    thread.idle = setTimeout(() => void this.#end(thread), IDLE_MS).unref()
    task?.resolve(answer)
    if (this.#queue.length > 0) this.#dispatch()
  }

  #lost(thread: Thread, error: Error): void {
    clearTimeout(thread.idle)
    if (!this.#threads.delete(thread)) return
    thread.task?.reject(error)
    if (this.#queue.length > 0) this.#dispatch()
  }

  async #end(thread: Thread): Promise<void> {
    await thread.worker.terminate()
  }
}

function closed(): SquidError {
  return new SquidError('CODER', 'The storage network is stopping')
}
