/**
 * Rebuilding of rows and hashing of slivers in worker threads, so that a gateway keeps answering meanwhile. Threads
 * start with the first task and end after a while without, or with `close`.
 * @module
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

import type { BlobGeometry } from './layout.ts'

/** Any `primarySymbols` different rows of a blob, and which rows are to be made of them. */
export interface RebuildRequest {
  readonly geometry: BlobGeometry
  readonly given: readonly { readonly row: number; readonly bytes: Uint8Array }[]
  readonly wanted: readonly number[]
}

/** A row whose hash is asked for. */
export interface HashRequest {
  readonly geometry: BlobGeometry
  readonly row: Uint8Array
}

export type DecoderTask =
  ({ readonly kind: 'rebuild' } & RebuildRequest) | ({ readonly kind: 'hash' } & HashRequest)

export type DecoderAnswer = readonly Uint8Array[]

interface Waiting {
  readonly task: DecoderTask
  readonly resolve: (answer: DecoderAnswer) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  /** Where it finds the rows that it works on: copied here they need not be copied for each task into fresh memory. */
  room: SharedArrayBuffer
  waiting: Waiting | undefined
  idle: NodeJS.Timeout | undefined
}

/**
 * One core is left to the thread that reads and checks: on two cores a second decoder gained nothing (`walrus.read-f-liars`,
 * 128 MiB, five reads each: medians of 1.76 and 1.93 s with one, 1.85 and 1.92 s with two).
 */
const MAX_THREADS = Math.max(1, Math.min(4, availableParallelism() - 1))
const IDLE_MS = 30_000
/** A thread with a larger room ends after its task: packs have 32 MiB, blobs at most 256. */
const MAX_KEPT_ROOM = 64 * 1024 * 1024

export class Decoder {
  readonly #threads = new Set<Thread>()
  readonly #queue: Waiting[] = []
  readonly #maxKeptRoom: number
  #isClosed = false

  /** @param maxKeptRoom bytes that a thread keeps for its next task */
  constructor(maxKeptRoom: number = MAX_KEPT_ROOM) {
    this.#maxKeptRoom = maxKeptRoom
  }

  /** Bytes that are held for tasks, now under way or to come. */
  get roomBytes(): number {
    return [...this.#threads].reduce((sum, { room }) => sum + room.byteLength, 0)
  }

  /** The wanted rows, in their order. They are only as good as the given ones. */
  rebuild(request: RebuildRequest): Promise<readonly Uint8Array[]> {
    return this.#run({ kind: 'rebuild', ...request })
  }

  /** The hash by which a blob's metadata names a primary sliver. */
  async hash(request: HashRequest): Promise<Uint8Array> {
    const [hash] = await this.#run({ kind: 'hash', ...request })
    return hash as Uint8Array
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#queue.splice(0)) reject(closed())
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()))
  }

  #run(task: DecoderTask): Promise<DecoderAnswer> {
    if (this.#isClosed) return Promise.reject(closed())
    return new Promise((resolve, reject) => {
      this.#queue.push({ task, resolve, reject })
      this.#dispatch()
    })
  }

  #dispatch(): void {
    if (this.#queue.length === 0) return
    const free = [...this.#threads].find(({ waiting }) => waiting === undefined) ?? this.#start()
    const next = free && this.#queue.shift()
    if (free === undefined || next === undefined) return
    free.waiting = next
    clearTimeout(free.idle)
    free.worker.ref()
    free.worker.postMessage(inRoomOf(free, next.task))
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= MAX_THREADS) return undefined
    const worker = new Worker(new URL('./decoder-worker.ts', import.meta.url))
    const thread: Thread = { worker, room: new SharedArrayBuffer(0), waiting: undefined, idle: undefined }
    this.#threads.add(thread)
    worker.on('message', (answer: DecoderAnswer) => this.#done(thread, answer))
    worker.on('error', error => this.#lost(thread, error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => this.#lost(thread, closed()))
    return thread
  }

  #done(thread: Thread, answer: DecoderAnswer): void {
    const { waiting } = thread
    thread.waiting = undefined
    thread.worker.unref()
    // The room goes with its thread, which would hold it until it next collects its garbage.
    if (thread.room.byteLength > this.#maxKeptRoom) {
      this.#threads.delete(thread)
      void thread.worker.terminate()
    } else thread.idle = setTimeout(() => void thread.worker.terminate(), IDLE_MS).unref()
    waiting?.resolve(answer)
    this.#dispatch()
  }

  #lost(thread: Thread, error: Error): void {
    clearTimeout(thread.idle)
    if (!this.#threads.delete(thread)) return
    thread.waiting?.reject(error)
    this.#dispatch()
  }
}

/** The task with its rows in the thread's room. */
function inRoomOf(thread: Thread, task: DecoderTask): DecoderTask {
  const rows = task.kind === 'hash' ? [task.row] : task.given.map(({ bytes }) => bytes)
  const size = rows.reduce((sum, { length }) => sum + length, 0)
  if (thread.room.byteLength < size) thread.room = new SharedArrayBuffer(size)
  let at = 0
  const place = (bytes: Uint8Array): Uint8Array => {
    const placed = new Uint8Array(thread.room, at, bytes.length)
    placed.set(bytes)
    at += bytes.length
    return placed
  }
  if (task.kind === 'hash') return { ...task, row: place(task.row) }
  return { ...task, given: task.given.map(({ row, bytes }) => ({ row, bytes: place(bytes) })) }
}

function closed(): Error {
  return new Error('the decoder was closed')
}
