/**
 * A child process of the read benches: a devnet, and beside it a plain static server of files in a folder.
 *
 * Usage: node bench/read-network.ts FOLDER SHARDS; prints one line of JSON, `{ networkUrl, staticUrl }`, and runs until its
 * standard input ends.
 */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Devnet } from '@squid/devnet'
import { SQUID_PACKAGE } from '../test/publish/setting.ts'

const [folder = '', shards = '100'] = process.argv.slice(2)

const files = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  pipeline(createReadStream(join(folder, basename(request.url ?? ''))), response).catch(() =>
    response.destroy(),
  )
})
await new Promise<void>(resolve => files.listen(0, '127.0.0.1', resolve))
await using devnet = await Devnet.start({
  rpcPort: 0,
  adminPort: 0,
  shards: Number(shards),
  packages: [SQUID_PACKAGE],
})
const staticUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}`
console.log(JSON.stringify({ networkUrl: devnet.networkUrl, staticUrl }))
process.stdin.resume()
await new Promise(resolve => process.stdin.on('close', resolve))
files.closeAllConnections()
files.close()
