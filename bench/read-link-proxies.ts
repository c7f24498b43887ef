/**
 * A child process of `walrus.read-link`, so that the delay is not made by the reader's own thread: proxies from loopback to
 * another host, port by port.
 *
 * Usage: node bench/read-link-proxies.ts HOST ROUND-TRIP-MS PORT…; prints a line when all listen, and runs until its
 * standard input ends.
 */
import { DelayProxy } from './delay-proxy.ts'

const [toHost = '', roundTripMs = '0', ...ports] = process.argv.slice(2)

await using proxies = new AsyncDisposableStack()
for (const port of ports.map(Number))
  proxies.use(await DelayProxy.listen({ port, toHost, toPort: port, roundTripMs: Number(roundTripMs) }))
console.log('ready')
process.stdin.resume()
await new Promise(resolve => process.stdin.on('close', resolve))
