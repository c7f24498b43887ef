/**
 * A child process of the read benches: a devnet, and beside it a plain static server of files in a folder.
 *
 * Usage: node bench/read-network.ts FOLDER SHARDS HOST; prints one line of JSON, `NetworkPlace`, and runs until its
 * standard input ends.
 */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { connect, loadDescriptor } from '@squid/client/networks'
import { WalrusStorage } from '@squid/client/storage'
import { Devnet } from '@squid/devnet'
import { SQUID_PACKAGE } from '../test/publish/setting.ts'

/** Where the parts of the network are. */
export interface NetworkPlace {
  readonly networkUrl: string
  readonly staticUrl: string
  /** Of RPC, admin and the like. */
  readonly ports: readonly number[]
  readonly nodePorts: readonly number[]
}

/** Enough for what the benches with liars read: else they would measure the devnet's encoder. */
const ENCODED_CACHE_BYTES = 2 * 2 ** 30

const [folder = '', shards = '100', host = '127.0.0.1'] = process.argv.slice(2)

const files = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  pipeline(createReadStream(join(folder, basename(request.url ?? ''))), response).catch(() =>
    response.destroy(),
  )
})
await new Promise<void>(resolve => files.listen(0, host, resolve))
await using devnet = await Devnet.start({
  host,
  rpcPort: 0,
  adminPort: 0,
  shards: Number(shards),
  encodedCacheBytes: ENCODED_CACHE_BYTES,
  packages: [SQUID_PACKAGE],
})

async function nodePorts(): Promise<number[]> {
  await using storage = new WalrusStorage(await connect(await loadDescriptor(devnet.networkUrl)), {
    scheme: 'http',
  })
  return (await storage.open()).committee.nodes.map(({ url }) => portOf(url))
}

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? '').port)
}

const staticUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
const { aggregator, publisher, uploadRelay } = devnet.descriptor.walrus
const urls = [devnet.rpcUrl, devnet.adminUrl, staticUrl, aggregator, publisher, uploadRelay]
const place: NetworkPlace = {
  networkUrl: devnet.networkUrl,
  staticUrl,
  ports: urls.map(portOf),
  nodePorts: await nodePorts(),
}
console.log(JSON.stringify(place))
process.stdin.resume()
await new Promise(resolve => process.stdin.on('close', resolve))
files.closeAllConnections()
files.close()
