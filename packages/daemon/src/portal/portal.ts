/**
 * A portal of Walrus Sites: `http://LABEL.localhost/path` is the page `path` of the site that the label names, its bytes read
 * from Walrus and served only when they have the hash that the site's object says. Like public portals it holds a page in
 * memory and does not answer ranges.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SquidError } from '@squid/formats/errors'

/** A page of a site. */
export interface PortalPage {
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  /** The bytes, of the right hash. */
  read(signal: AbortSignal): Promise<Uint8Array>
}

export interface PortalDeps {
  /** The id of the site that a host's first label names. */
  readonly findSite: (label: string, signal: AbortSignal) => Promise<string | undefined>
  readonly findPage: (site: string, path: string, signal: AbortSignal) => Promise<PortalPage | undefined>
  readonly log: (line: string) => void
}

export interface PortalOptions {
  /** 0 for any free one. */
  readonly port: number
}

/** Pages that are read at once; each lies in memory. */
const MAX_READS = 16
const MAX_CONNECTIONS = 512
const MAX_PATH = 1024
/** As public portals. */
const TIMEOUT_MS = 10_000
/** What a site may say of its pages; anything else would speak for the portal itself. */
const HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'etag',
  'last-modified',
  'link',
])
const HEADER_VALUE = /^[\t\x20-\x7e]{0,4096}$/

/** What is answered instead of a page. */
class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export class Portal implements AsyncDisposable {
  readonly #deps: PortalDeps
  readonly #server: Server
  readonly #stopping = new AbortController()
  #reads = 0
  /** Who waits for one of them to end. */
  readonly #waiting: (() => void)[] = []

  private constructor(deps: PortalDeps) {
    this.#deps = deps
    this.#server = createServer(
      { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
      (request, response) => {
        void this.#serve(request, response)
      },
    )
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** Listens on loopback. @throws {SquidError} `PORT_TAKEN` */
  static async start(deps: PortalDeps, { port }: PortalOptions): Promise<Portal> {
    const portal = new Portal(deps)
    const server = portal.#server
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
    try {
      await promise
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
      throw new SquidError('PORT_TAKEN', `Port ${port} is taken; choose another with --port.`, { cause })
    }
    return portal
  }

  /** With `localhost` as its host; sites are below it. */
  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.#stopping.signal, AbortSignal.timeout(TIMEOUT_MS)])
    try {
      const page = await this.#find(request, signal)
      const body = await this.#read(page, signal)
      response.writeHead(200, { ...allowed(page), 'content-length': body.length })
      response.end(request.method === 'HEAD' ? undefined : body)
    } catch (error) {
      if (gone.signal.aborted) return
      const { status, message } = this.#refusal(request, error)
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(request.method === 'HEAD' ? undefined : `${message}\n`)
    }
  }

  async #find(request: IncomingMessage, signal: AbortSignal): Promise<PortalPage> {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new Refusal(405, 'a portal only gives pages out')
    const [label = '', ...rest] = (request.headers.host ?? '').toLowerCase().split('.')
    const path = pathOf(request.url ?? '/')
    const site = rest.length === 0 ? undefined : await this.#deps.findSite(label, signal)
    if (site === undefined) throw new Refusal(404, 'there is no site at this address')
    const page = path === undefined ? undefined : await this.#deps.findPage(site, path, signal)
    if (page === undefined) throw new Refusal(404, 'the site has no such page')
    return page
  }

  async #read(page: PortalPage, signal: AbortSignal): Promise<Uint8Array> {
    while (this.#reads >= MAX_READS) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
      if (signal.aborted) this.#waiting.shift()?.()
      signal.throwIfAborted()
    }
    this.#reads++
    try {
      return await page.read(signal)
    } finally {
      this.#reads--
      this.#waiting.shift()?.()
    }
  }

  #refusal({ url }: IncomingMessage, error: unknown): Refusal {
    if (error instanceof Refusal) return error
    const reason = error instanceof Error ? error.message : String(error)
    this.#deps.log(`${url}: ${reason}`)
    if (error instanceof SquidError) return new Refusal(502, reason)
    if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError'))
      return new Refusal(504, 'reading the page took too long')
    return new Refusal(500, 'the portal failed')
  }
}

/** Undefined for what no page is called. */
function pathOf(url: string): string | undefined {
  if (url.length > MAX_PATH || !url.startsWith('/')) return undefined
  const [path = ''] = url.split('?')
  try {
    const decoded = decodeURIComponent(path)
    return decoded === '/' ? '/index.html' : decoded
  } catch {
    return undefined
  }
}

function allowed({ headers }: PortalPage): Record<string, string> {
  const chosen: Record<string, string> = { 'content-type': 'application/octet-stream' }
  for (const { key, value } of headers) {
    const name = key.toLowerCase()
    if (HEADERS.has(name) && HEADER_VALUE.test(value)) chosen[name] = value
  }
  return chosen
}
