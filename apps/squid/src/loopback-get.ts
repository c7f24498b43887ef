/**
 * One GET over HTTP/1.1 to a program on this machine that is trusted to be a sane server once its answer is proven,
 * and until then only to waste its own bytes. On a socket: loading `node:http` costs a warm run 20 ms (measured).
 * Spec: https://www.rfc-editor.org/rfc/rfc9112
 * @module
 */
import { createConnection } from 'node:net'

/** What to ask, and how long and how much to wait for. */
export interface LoopbackGet {
  readonly port: number
  /** Path and query, without spaces. */
  readonly target: string
  /** `host` among them. No line ends in the values. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

/** An answer that came whole. */
export interface LoopbackAnswer {
  readonly status: number
  /** By lower-case name; the last one where a name comes twice. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

const MAX_HEAD = 16 * 1024
const HEAD_END = '\r\n\r\n'

interface Head {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** Where the body begins. */
  readonly end: number
  readonly length: number
}

/** @returns undefined while more must come @throws what is no answer, or one whose length is not told */
function parseHead(bytes: Buffer): Head | undefined {
  const at = bytes.subarray(0, MAX_HEAD).indexOf(HEAD_END)
  if (at < 0) {
    if (bytes.length >= MAX_HEAD) throw new Error('its header has no end')
    return undefined
  }
  const [first = '', ...lines] = bytes.toString('latin1', 0, at).split('\r\n')
  const status = /^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(first)?.[1]
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const length = headers.get('content-length') ?? ''
  if (status === undefined || headers.has('transfer-encoding') || !/^\d{1,15}$/.test(length)) {
    throw new Error('it answers otherwise than squidd')
  }
  return { status: Number(status), headers, end: at + HEAD_END.length, length: Number(length) }
}

/** The answer as far as it came. */
class Received {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #size = 0
  #head: Head | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns the answer once it is whole @throws when it is none, or too long */
  add(part: Buffer): LoopbackAnswer | undefined {
    this.#parts.push(part)
    this.#size += part.length
    if (this.#head === undefined) {
      const whole = Buffer.concat(this.#parts)
      this.#parts = [whole]
      this.#head = parseHead(whole)
    }
    if (this.#head === undefined) return undefined
    const { status, headers, end, length } = this.#head
    if (length > this.#maxBytes) throw new Error('its answer is too long')
    if (this.#size < end + length) return undefined
    const body = Buffer.concat(this.#parts).toString('utf8', end, end + length)
    return { status, headers, body }
  }
}

/** @throws whatever keeps the answer from coming; the reason of `signal` when it aborts */
export function getFromLoopback(call: LoopbackGet): Promise<LoopbackAnswer> {
  const { port, target, headers, timeoutMs, maxBytes, signal } = call
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = createConnection({ port, host: '127.0.0.1' })
    const stop = (error: unknown): void => {
      signal?.removeEventListener('abort', aborted)
      socket.destroy()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const aborted = (): void => stop(signal?.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    const received = new Received(maxBytes)
    socket.setTimeout(timeoutMs, () => stop(new Error('no answer')))
    socket.on('error', stop)
    socket.on('end', () => stop(new Error('the answer ended early')))
    socket.on('data', (part: Buffer) => {
      try {
        const answer = received.add(part)
        if (answer === undefined) return
        signal?.removeEventListener('abort', aborted)
        socket.destroy()
        resolve(answer)
      } catch (error) {
        stop(error)
      }
    })
    socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('\r\n')}${HEAD_END}`)
  })
}
