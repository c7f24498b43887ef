/**
 * A process that collects garbage, and may be killed at its N-th request: `node keeping-process.ts JSON`.
 * Prints one JSON line when it ends by itself.
 */

/** What the process is told. */
export interface Orders {
  readonly networkUrl: string
  readonly homeDir: string
  readonly space: string
  /** Die by SIGKILL at this request, counted from 1; 0 = never. Slivers are not counted. */
  readonly killAt: number
  /** Before the request is sent, or after its answer came and before the keeper sees it. */
  readonly when: 'before' | 'after'
}

export interface Report {
  readonly condemned: number
  /** Counted requests. */
  readonly requests: number
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders
let requests = 0
const send = globalThis.fetch

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

globalThis.fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  if (url.pathname.includes('/slivers/')) return send(input, init)
  const mine = ++requests
  if (mine === orders.killAt && orders.when === 'before') return die()
  const response = await send(input, init)
  if (mine !== orders.killAt) return response
  await response.arrayBuffer()
  return die()
}

// Only now, so that nothing keeps the fetch of before.
const { collectGarbage } = await import('@squid/client/leases')
const { homeFrom } = await import('@squid/client/home')
const { openAccount, openStorage } = await import('../publish/setting.ts')

const home = homeFrom({ SQUID_HOME: orders.homeDir })
const account = await openAccount(orders.networkUrl, home)
const storage = openStorage(account.network)
requests = 0
const { condemned } = await collectGarbage({ account, storage, home }, orders.space)
await storage.close()
console.log(JSON.stringify({ condemned, requests } satisfies Report))
