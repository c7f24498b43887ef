/**
 * A process that publishes, and may be killed at its N-th request or `await`: `node publishing-process.ts JSON`.
 * Prints one JSON line when it ends by itself.
 */
import { createHash } from 'node:crypto'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { promiseHooks } from 'node:v8'

/** What the process is told. */
export interface Orders {
  readonly networkUrl: string
  readonly homeDir: string
  readonly space: string
  readonly flakeName: string
  readonly upload: 'auto' | 'nodes'
  /** Bytes of the one program. */
  readonly size: number
  readonly packBytes: number
  /** Die by SIGKILL at this request, counted from 1; 0 = never. Slivers are not counted. */
  readonly killAt: number
  /** Before the request is sent, or after its answer came and before the publisher sees it. */
  readonly when: 'before' | 'after'
  /** Die by SIGKILL as the publish goes on after this `await`, counted from 1; 0 = never. */
  readonly killAtAwait: number
}

export interface Report {
  readonly version: number
  readonly alreadyPublished: boolean
  readonly packs: number
  /** Last path segment of every counted request. */
  readonly requests: readonly string[]
  /** Requests that carry blobs or their slivers. */
  readonly uploads: number
  /** How often the publish went on after an `await`. */
  readonly awaits: number
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders
const requests: string[] = []
let uploads = 0

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

/** Counts a request. @returns whether the process is to die after its answer */
function count(url: URL, method: string): boolean {
  const isUpload = method === 'PUT' || url.pathname.endsWith('blob-upload-relay')
  if (isUpload && !url.pathname.endsWith('/metadata')) uploads++
  if (url.pathname.includes('/slivers/')) return false
  requests.push(url.pathname.split('/').at(-1) ?? '')
  const isMoment = requests.length === orders.killAt
  if (isMoment && orders.when === 'before') void die()
  return isMoment
}

const { fetch: send } = globalThis

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  const isMoment = count(url, init?.method ?? 'GET')
  const response = await send(input, init)
  if (!isMoment) return response
  await response.arrayBuffer()
  return die()
}

// Writing to storage nodes goes through node:http.
const { request } = http
const counted = (
  url: string,
  options: http.RequestOptions,
  answered: (response: unknown) => void,
): unknown => {
  const isMoment = count(new URL(url), options.method ?? 'GET')
  return request(url, options, response => {
    if (!isMoment) return answered(response)
    response.resume()
    response.on('end', () => void die())
  })
}
Object.assign(http, { request: counted })
syncBuiltinESMExports()

// Only now, so that nothing keeps the fetch of before.
const { publish } = await import('@squid/client/publish')
const { homeFrom } = await import('@squid/client/home')
const { noise, openAccount, openStorage, publicationOf } = await import('./setting.ts')

const home = homeFrom({ SQUID_HOME: orders.homeDir })
const account = await openAccount(orders.networkUrl, home)
const storage = openStorage(account.network)
const seed = createHash('sha256').update(orders.flakeName).digest('hex')
const publication = await publicationOf(orders.space, orders.flakeName, [
  ['program', noise(seed, orders.size)],
])
requests.length = 0
const { upload, packBytes } = orders
let awaits = 0
const stopCounting = promiseHooks.onBefore(() => {
  if (++awaits === orders.killAtAwait) void die()
})
const result = await publish({ account, storage, home }, publication, { upload, packBytes })
stopCounting()
await storage.close()
const report: Report = {
  version: Number(result.version),
  alreadyPublished: result.alreadyPublished,
  packs: result.packs,
  requests,
  uploads,
  awaits,
}
console.log(JSON.stringify(report))
