/**
 * A gateway over one synthetic closure, in a process of its own. Prints a line of JSON when it is ready; ends with its
 * standard input.
 *
 * Usage: node gateway-process.ts CLOSURE SHARE CACHE-FOLDER SECRET-KEY
 */
import { once } from 'node:events'
import { Gateway, NarCache, type ReleaseContents } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { type ManifestEntry, NO_REWRITES } from '@squid/formats/manifest'
import { formatBase32 } from '@squid/formats/base32'
import { parseSecretKey } from '@squid/formats/signature'
import { hashPart } from '@squid/formats/store-path'
import { type ClosureName, createClosure, type SyntheticPath } from './closures.ts'

const SPACE = `0x${'11'.repeat(32)}`
const [name = 'deep', share = '1', folder = '', secretKey = ''] = process.argv.slice(2)
const { paths } = await createClosure(name as ClosureName, Number(share))
const keys = [parseSecretKey(secretKey)]

const byHash = new Map<string, SyntheticPath>(paths.map(path => [hashPart(path.storePath), path]))
function entryOf({ storePath, narHash, narSize, references, ca }: SyntheticPath): ManifestEntry {
  const chunks = { kind: 'inline', ids: [] } as const
  return { storePath, narHash, narSize, references, ca, signatures: [], chunks, rewrites: NO_REWRITES }
}

const entries = new Map(Array.from(byHash, ([hash, path]) => [hash, entryOf(path)]))
const contents: ReleaseContents = {
  manifest: {
    sourceNarHash: new Uint8Array(32),
    flake: { lastModified: 0n },
    systems: [],
    holds: { sources: false, buildClosure: false },
    tree: { digest: new Uint8Array(32), paths: paths.length, narBytes: 0n },
  },
  lookupHash: hash => Promise.resolve(entries.get(formatBase32(hash))),
  list: async function* () {
    yield* entries.values()
  },
  log: async function* () {},
  nar: entry => {
    const path = byHash.get(hashPart(entry.storePath))
    if (path === undefined) throw new Error(`no ${entry.storePath}`)
    return path.nar()
  },
}

const release = {
  space: SPACE,
  flake: `0x${'22'.repeat(32)}`,
  flakeName: 'bench',
  name: undefined,
  version: 1n,
  sourceNarHash: new Uint8Array(32),
  manifest: new Uint8Array(32),
  lastModified: 0n,
  revision: '',
  yanked: false,
  warnings: [],
  locator: '',
  contents: () => Promise.resolve(contents),
}
await using gateway = await Gateway.start(
  {
    releases: {
      resolve: reference =>
        reference.flake === 'bench'
          ? Promise.resolve(release)
          : Promise.reject(new SquidError('FLAKE_UNKNOWN', 'there is only bench')),
    },
    policy: { accepts: () => Promise.resolve(true) },
    keys: () => keys,
    cache: await NarCache.open(folder, { limitBytes: 8 * 1024 ** 3 }),
    secret: 'bench',
    storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
    log: line => console.error(line),
  },
  { port: 0, about: {} },
)
console.log(JSON.stringify({ url: `http://127.0.0.1:${gateway.port}/of/${SPACE}.bench.1` }))
process.stdin.resume()
await once(process.stdin, 'close')
