/**
 * Asking the squidd of this home. Node cannot resolve `*.localhost`: 127.0.0.1 is dialled and the name sent as Host.
 * Only built-ins here: this is on the path of every warm run.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import type { Home } from '@squid/client/home'
import { isProof, NONCE_HEADER, PROOF_HEADER } from '@squid/daemon/gateway/proof'
import { getFromLoopback } from './loopback-get.ts'
import type { ResolveReport, RunReport, StatusReport } from '@squid/daemon/gateway'

/** Port of squidd unless it is told another. */
export const DEFAULT_PORT = 7878

const MAX_ANSWER = 64 * 1024 * 1024
/** A release may have to be read from storage nodes first. */
const TIMEOUT_MS = 120_000

/** What squidd writes into `state/squidd.json` while it runs, for this user's eyes only. */
export interface SquiddState {
  readonly pid: number
  readonly origin: string
  /** URL of the network descriptor. */
  readonly network: string
  /** What its answers are proven with: on a machine of several people anybody may listen on its port. */
  readonly secret: string
  /** Of `GatewayOptions`. */
  readonly publicBase?: string | undefined
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
    const { pid, origin, network, secret, publicBase } = value as Record<string, unknown>
    if (typeof pid !== 'number' || typeof origin !== 'string') return undefined
    if (typeof network !== 'string' || typeof secret !== 'string' || secret === '') return undefined
    return { pid, origin, network, secret, ...(typeof publicBase === 'string' ? { publicBase } : {}) }
  } catch {
    return undefined
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  /** Did the squidd of this home answer? */
  readonly isProven: boolean
}

async function request(
  { origin, secret }: SquiddAddress,
  target: string,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { host, port } = new URL(origin)
  const nonce = randomBytes(16).toString('hex')
  const { status, headers, body } = await getFromLoopback({
    port: port === '' ? 80 : Number(port),
    target,
    headers: { host, [NONCE_HEADER]: nonce },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_ANSWER,
    signal,
  })
  const isProven = isProof(headers.get(PROOF_HEADER), secret, { nonce, target, status, body })
  return { status, text: body, isProven }
}

type SquiddAddress = Pick<SquiddState, 'origin' | 'secret'>

/** The squidd of a home. */
export class SquiddClient {
  readonly #address: SquiddAddress

  constructor(address: SquiddAddress) {
    this.#address = address
  }

  /** The one that wrote down where it is. @throws {SquiddError} NO_SQUIDD */
  static async of(home: Home): Promise<SquiddClient> {
    const state = await readSquiddState(home)
    if (state !== undefined) return new SquiddClient(state)
    throw new SquiddError('NO_SQUIDD', 'squidd is not running; start it with: squidd')
  }

  /** @throws {SquiddError} NO_SQUIDD, or the code that squidd gave */
  async resolve(reference: string, signal?: AbortSignal): Promise<ResolveReport> {
    return (await this.#ask('/api/resolve', { ref: reference }, signal)) as ResolveReport
  }

  /** What to install of a reference, on a system such as `x86_64-linux`. @throws {SquiddError} as `resolve` */
  async program(reference: string, system: string, signal?: AbortSignal): Promise<RunReport> {
    return (await this.#ask('/api/program', { ref: reference, system }, signal)) as RunReport
  }

  /** The same to run it: only the program's own closure. @throws {SquiddError} as `resolve` */
  async programToRun(reference: string, system: string, signal?: AbortSignal): Promise<RunReport> {
    const query = { ref: reference, system, use: 'run' }
    return (await this.#ask('/api/program', query, signal)) as RunReport
  }

  /** @throws {SquiddError} as `resolve` */
  async status(signal?: AbortSignal): Promise<StatusReport> {
    return (await this.#ask('/api/status', {}, signal)) as StatusReport
  }

  /**
   * What the releases of a scope say of a store path.
   * @returns SHA-256 of its NAR, undefined when they do not hold it
   * @throws {SquiddError} as `resolve`
   */
  async narHash(scope: string, storePath: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const hashPart = basename(storePath).slice(0, 32)
    const { status, text } = await this.#request(`/of/${scope}/${hashPart}.narinfo`, signal)
    if (status === 404) return undefined
    if (status === 200) {
      const { parseNarInfo } = await import('@squid/formats/nar-info') // not on the way of a warm run
      return parseNarInfo(text).narHash
    }
    throw new SquiddError('PATH_UNKNOWN', `squidd cannot tell what ${storePath} is: ${text.trim()}`)
  }

  async #ask(path: string, query: Record<string, string>, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = await this.#request(`${path}?${new URLSearchParams(query).toString()}`, signal)
    const value = parse(answer.text)
    if (answer.status === 200 && value !== undefined) return value
    throw refusal(value)
  }

  /** @throws {SquiddError} NO_SQUIDD unless the squidd of this home answered */
  async #request(target: string, signal: AbortSignal | undefined): Promise<Answer> {
    const { origin } = this.#address
    let answer: Answer
    try {
      answer = await request(this.#address, target, signal)
    } catch (cause) {
      signal?.throwIfAborted()
      throw new SquiddError('NO_SQUIDD', `squidd does not answer at ${origin}; start it with: squidd`, {
        cause,
      })
    }
    if (answer.isProven) return answer
    throw new SquiddError(
      'NO_SQUIDD',
      `what answers at ${origin} is not the squidd of this home; start it with: squidd --port 0`,
    )
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal(value: unknown): SquiddError {
  const error = (value as { error?: { code?: unknown; message?: unknown } } | undefined)?.error
  return typeof error?.code === 'string' && typeof error.message === 'string'
    ? new SquiddError(error.code, error.message)
    : new SquiddError('NO_SQUIDD', 'squidd is of another version than this program; start squidd again')
}
