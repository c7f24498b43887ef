/**
 * A few worker threads that do one kind of work. They start when there is work for them and end with `close`. Buffers
 * are transferred, never copied.
 * @module
 */
import { Worker } from 'node:worker_threads'

import { SquidError } from '@squid/formats/errors'

/** What threads work on lies outside of their heaps. */
const LIMITS = { maxYoungGenerationSizeMb: 8 }

/** What a worker's thread answers. */
export type Answer<Result> =
  { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly message: string }

interface Task<Job, Result> {
  readonly job: Job
  readonly transfer: readonly ArrayBuffer[]
  readonly resolve: (value: Result) => void
  readonly reject: (error: Error) => void
}

interface Thread<Job, Result> {
  readonly worker: Worker
  /** Under way, in the order in which they are answered. */
  readonly tasks: Task<Job, Result>[]
}

export class WorkerPool<Job, Result> {
  readonly #program: URL
  readonly #size: number
  readonly #threads: (Thread<Job, Result> | undefined)[] = []
  readonly #queue: Task<Job, Result>[] = []
  #closed = false

  /** @param program module of the worker, which answers each job by one `Answer`, in order */
  constructor(program: URL, size: number) {
    this.#program = program
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  /**
   * Does a job on any thread that is free.
   * @param transfer taken: detached here
   * @throws {SquidError} `WORKER` when the job failed or the pool was closed
   */
  run(job: Job, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, transfer, resolve, reject })
      this.#dispatch()
    })
  }

  /** Does a job on the thread of this number, after what it has to do already: for jobs that share state. */
  runOn(number: number, job: Job, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    return new Promise((resolve, reject) =>
      this.#give(number % this.#size, { job, transfer, resolve, reject }),
    )
  }

  /** Ends all threads; what was under way is rejected. */
  async close(): Promise<void> {
    this.#closed = true
    for (const task of this.#queue.splice(0)) task.reject(closed())
    const threads = this.#threads.splice(0)
    await Promise.all(
      threads.map(async thread => {
        for (const task of thread?.tasks.splice(0) ?? []) task.reject(closed())
        await thread?.worker.terminate()
      }),
    )
  }

  #dispatch(): void {
    for (let number = 0; number < this.#size && this.#queue.length > 0; number++) {
      if ((this.#threads[number]?.tasks.length ?? 0) > 0) continue
      const task = this.#queue.shift()
      if (task !== undefined) this.#give(number, task)
    }
  }

  #give(number: number, task: Task<Job, Result>): void {
    if (this.#closed) {
      task.reject(closed())
      return
    }
    const thread = (this.#threads[number] ??= this.#start(number))
    thread.tasks.push(task)
    thread.worker.ref()
    thread.worker.postMessage(task.job, [...task.transfer])
  }

  #start(number: number): Thread<Job, Result> {
    const thread: Thread<Job, Result> = {
      worker: new Worker(this.#program, { resourceLimits: LIMITS }),
      tasks: [],
    }
    thread.worker.on('message', (answer: Answer<Result>) => {
      // Too late; and the process must not end before this thread has.
      if (this.#closed) return
      const task = thread.tasks.shift()
      if (thread.tasks.length === 0) thread.worker.unref()
      if (answer.ok) task?.resolve(answer.value)
      else task?.reject(new SquidError('WORKER', answer.message))
      this.#dispatch()
    })
    thread.worker.on('error', error => this.#lost(number, thread, error))
    thread.worker.on('exit', () => this.#lost(number, thread, closed()))
    return thread
  }

  #lost(number: number, thread: Thread<Job, Result>, error: unknown): void {
    if (this.#threads[number] === thread) this.#threads[number] = undefined
    const reason = error instanceof Error ? error : new SquidError('WORKER', String(error))
    for (const task of thread.tasks.splice(0)) task.reject(reason)
    if (!this.#closed) this.#dispatch()
  }
}

function closed(): SquidError {
  return new SquidError('WORKER', 'The publish was stopped')
}
