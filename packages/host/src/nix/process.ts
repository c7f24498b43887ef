/**
 * Child processes with limits: what they print is bounded, they die with the abort signal, and nobody is left behind.
 * @module
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

/** How one child process is to be run. */
export interface ProcessOptions {
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with each line of standard error, as it comes, colours included. */
  readonly onLine?: ((line: string) => void) | undefined
}

/** What a finished child process left. */
export interface ProcessResult {
  /** Exit status, or null when a signal ended it. */
  readonly status: number | null
  readonly stdout: string
  /** The last 64 KiB of standard error, without colours. */
  readonly stderr: string
}

const STDERR_TAIL = 64 * 1024
const MAX_STDOUT = 256 * 1024 * 1024

type Child = ChildProcessByStdio<null, Readable, Readable>

function start(command: string, args: readonly string[], options: ProcessOptions): Child {
  return spawn(command, args, {
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGTERM' as const }),
  })
}

/** Collects the end of standard error and hands complete lines on. */
class ErrorTail {
  #text = ''
  #line = ''
  readonly #onLine: ((line: string) => void) | undefined

  constructor(stream: Readable, onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#add(text))
    stream.on('error', () => undefined) // the exit status tells
  }

  #add(text: string): void {
    this.#text = (this.#text + text).slice(-STDERR_TAIL)
    if (this.#onLine === undefined) return
    const lines = (this.#line + text).split('\n')
    this.#line = (lines.pop() ?? '').slice(-STDERR_TAIL)
    for (const line of lines) this.#onLine(line)
  }

  text(): string {
    return stripVTControlCharacters(this.#text)
  }
}

/**
 * Runs a program to its end and returns what it printed, whatever its exit status.
 * @throws the system's error when it cannot be started, an AbortError when `signal` aborts, a RangeError when it
 * prints more than 256 MiB
 */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const child = start(command, args, options)
  const tail = new ErrorTail(child.stderr, options.onLine)
  const parts: Buffer[] = []
  let size = 0
  child.stdout.on('data', (part: Buffer) => {
    size += part.length
    if (size > MAX_STDOUT) child.kill('SIGKILL')
    else parts.push(part)
  })
  const [status] = (await once(child, 'close')) as [number | null]
  options.signal?.throwIfAborted()
  if (size > MAX_STDOUT) throw new RangeError(`${command} printed more than ${MAX_STDOUT} bytes`)
  return { status, stdout: Buffer.concat(parts).toString('utf8'), stderr: tail.text() }
}

/**
 * Runs a program and yields its standard output as it comes. The child is killed when the consumer stops early.
 * @param failed makes the error for a child that did not end with status 0
 */
export async function* streamProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
  failed: (status: number | null, stderr: string) => Error,
): AsyncGenerator<Uint8Array, void, void> {
  const child = start(command, args, options)
  const tail = new ErrorTail(child.stderr, options.onLine)
  const closed = once(child, 'close') as Promise<[number | null]>
  closed.catch(() => undefined) // reported below, unless the consumer left first
  let done = false
  try {
    for await (const part of child.stdout) yield part as Uint8Array
    const [status] = await closed
    done = true
    if (status !== 0) throw failed(status, tail.text())
  } finally {
    if (!done) child.kill('SIGKILL')
  }
}
