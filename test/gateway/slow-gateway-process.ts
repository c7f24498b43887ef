/**
 * A gateway over one path of 16 MiB. The first reader of the NAR gets half of it, then a line is printed and nothing more
 * comes for that reader. Whoever asks for a part, as one does who was cut off, gets all of it.
 *
 * Usage: node slow-gateway-process.ts PORT CACHE-FOLDER SECRET-KEY
 */
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { Gateway, NarCache, type ReleaseContents } from '@squid/daemon/gateway'
import { MemoryRelease } from '@squid/daemon/gateway/testing'
import { encodeNar, hashStream } from '@squid/formats/nar'
import { parseSecretKey } from '@squid/formats/signature'
import { sourcePath } from '@squid/formats/store-path'
import { noise } from '../publish/setting.ts'

const [port = '0', folder = '', secretKey = ''] = process.argv.slice(2)
const bytes = noise('slow', 16 * 1024 * 1024)
const nar = (): AsyncIterable<Uint8Array> =>
  encodeNar([
    { kind: 'file', name: new Uint8Array(), executable: false, size: bytes.length },
    { kind: 'data', bytes },
  ])
const { hash: narHash, size: narSize } = await hashStream(nar())
const storePath = sourcePath(narHash, 'slow')
const memory = await MemoryRelease.of(
  {
    sourceNarHash: narHash,
    flake: { lastModified: 0n },
    systems: [],
    holds: { sources: false, buildClosure: false },
  },
  [{ storePath, narHash, narSize, references: [], nar }],
)
/** Left behind by the first process: the second one goes on. */
const wasKilled = `${folder}-was-killed`

const contents: ReleaseContents = {
  manifest: memory.manifest,
  lookupHash: hash => memory.lookupHash(hash),
  list: () => memory.list(),
  log: entry => memory.log(entry),
  nar: async function* (entry) {
    let sent = 0
    for await (const piece of memory.nar(entry)) {
      yield piece
      sent += piece.length
      if (sent < bytes.length / 2 || existsSync(wasKilled)) continue
      writeFileSync(wasKilled, '')
      console.log('half')
      await new Promise(() => undefined)
    }
  },
}
const release = memory.release({ contents: () => Promise.resolve(contents) })
const keys = [parseSecretKey(secretKey)]
await using gateway = await Gateway.start(
  {
    releases: { resolve: () => Promise.resolve(release) },
    policy: { accepts: () => Promise.resolve(true) },
    keys: () => keys,
    cache: await NarCache.open(folder, { limitBytes: 1024 ** 3 }),
    secret: 'shared',
    storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
    log: () => undefined,
  },
  { port: Number(port), about: {} },
)
const url = `${gateway.origin}/of/${release.space}.${release.flakeName}.${release.version}`
console.log(JSON.stringify({ port: gateway.port, url, path: storePath }))
process.stdin.resume()
await once(process.stdin, 'close')
