/**
 * A process that publishes, and may be killed at its N-th request: `node publishing-process.ts JSON`.
 * Prints one JSON line when it ends by itself.
 */
import { createHash } from 'node:crypto'

/** What the process is told. */
export interface Orders {
  readonly networkUrl: string
  readonly homeDir: string
  readonly space: string
  readonly flakeName: string
  /** Die by SIGKILL at this request, counted from 1; 0 = never. Slivers are not counted. */
  readonly killAt: number
  /** Before the request is sent, or after its answer came and before the publisher sees it. */
  readonly when: 'before' | 'after'
}

export interface Report {
  readonly version: number
  readonly alreadyPublished: boolean
  /** Last path segment of every counted request. */
  readonly requests: readonly string[]
  readonly sliverUploads: number
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders
const requests: string[] = []
let sliverUploads = 0
const send = globalThis.fetch

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  if (url.pathname.includes('/slivers/')) {
    sliverUploads++
    return send(input, init)
  }
  requests.push(url.pathname.split('/').at(-1) ?? '')
  const mine = requests.length
  if (mine === orders.killAt && orders.when === 'before') return die()
  const response = await send(input, init)
  if (mine !== orders.killAt) return response
  await response.arrayBuffer()
  return die()
}

// Only now, so that nothing keeps the fetch of before.
const { publish } = await import('@squid/client/publish')
const { homeFrom } = await import('@squid/client/home')
const { noise, openAccount, openStorage, publicationOf } = await import('./setting.ts')

const home = homeFrom({ SQUID_HOME: orders.homeDir })
const account = await openAccount(orders.networkUrl, home)
const storage = openStorage(account.network)
const seed = createHash('sha256').update(orders.flakeName).digest('hex')
const publication = await publicationOf(orders.space, orders.flakeName, [['program', noise(seed, 120_000)]])
requests.length = 0
const result = await publish({ account, storage, home }, publication)
await storage.close()
const report: Report = {
  version: Number(result.version),
  alreadyPublished: result.alreadyPublished,
  requests,
  sliverUploads,
}
console.log(JSON.stringify(report))
