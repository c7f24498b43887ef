/**
 * Asking the squidd of this home. Node cannot resolve `*.localhost`: 127.0.0.1 is dialled and the name sent as Host.
 * Only built-ins here: this is on the path of every warm run.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import type { Home } from '@squid/client/home'
import type { ResolveReport, RunReport, StatusReport } from '@squid/daemon/gateway'

/** Port of squidd unless it is told another. */
export const DEFAULT_PORT = 7878

const MAX_ANSWER = 64 * 1024 * 1024
/** A release may have to be read from storage nodes first. */
const TIMEOUT_MS = 120_000

/** What squidd writes into `state/squidd.json` while it runs. */
export interface SquiddState {
  readonly pid: number
  readonly origin: string
  /** URL of the network descriptor. */
  readonly network: string
}

/** squidd is not there, or refuses. */
export class SquiddError extends SquidError {
  override name = 'SquiddError'
}

/** Where a home's squidd writes its state. */
export function squiddStatePath(home: Home): string {
  return join(home.state, 'squidd.json')
}

/** What the squidd of this home wrote, or undefined when none ever ran or its file is damaged. */
export async function readSquiddState(home: Home): Promise<SquiddState | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(squiddStatePath(home), 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, origin, network } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof origin !== 'string' || typeof network !== 'string') return undefined
    return { pid, origin, network }
  } catch {
    return undefined
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

function request(origin: string, path: string, signal: AbortSignal | undefined): Promise<Answer> {
  const { host, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const call = get(
      {
        host: '127.0.0.1',
        port: port === '' ? 80 : Number(port),
        path,
        headers: { host },
        timeout: TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      },
      response => {
        const parts: Buffer[] = []
        let size = 0
        response.on('data', (part: Buffer) => {
          size += part.length
          if (size > MAX_ANSWER) call.destroy(new Error('the answer is too long'))
          else parts.push(part)
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        )
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer')))
    call.on('error', reject)
  })
}

/** The squidd of a home. */
export class SquiddClient {
  readonly origin: string

  constructor(origin: string) {
    this.origin = origin
  }

  /** Where the squidd of this home says that it is, else the usual address. */
  static async of(home: Home): Promise<SquiddClient> {
    return new SquiddClient((await readSquiddState(home))?.origin ?? `http://squid.localhost:${DEFAULT_PORT}`)
  }

  /** @throws {SquiddError} NO_SQUIDD, or the code that squidd gave */
  async resolve(reference: string, signal?: AbortSignal): Promise<ResolveReport> {
    return (await this.#ask('/api/resolve', { ref: reference }, signal)) as ResolveReport
  }

  /** What to run for a reference, on a system such as `x86_64-linux`. @throws {SquiddError} as `resolve` */
  async program(reference: string, system: string, signal?: AbortSignal): Promise<RunReport> {
    return (await this.#ask('/api/program', { ref: reference, system }, signal)) as RunReport
  }

  /** @throws {SquiddError} as `resolve` */
  async status(signal?: AbortSignal): Promise<StatusReport> {
    return (await this.#ask('/api/status', {}, signal)) as StatusReport
  }

  async #ask(path: string, query: Record<string, string>, signal: AbortSignal | undefined): Promise<unknown> {
    let answer: Answer
    try {
      answer = await request(this.origin, `${path}?${new URLSearchParams(query).toString()}`, signal)
    } catch (cause) {
      signal?.throwIfAborted()
      throw new SquiddError('NO_SQUIDD', `squidd does not answer at ${this.origin}; start it with: squidd`, {
        cause,
      })
    }
    const value = parse(answer.text)
    if (answer.status === 200 && value !== undefined) return value
    throw refusal(value, this.origin)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal(value: unknown, origin: string): SquiddError {
  const error = (value as { error?: { code?: unknown; message?: unknown } } | undefined)?.error
  if (typeof error?.code === 'string' && typeof error.message === 'string') {
    return new SquiddError(error.code, error.message)
  }
  return new SquiddError(
    'NO_SQUIDD',
    `what answers at ${origin} is not squidd; start squidd with another --port`,
  )
}
