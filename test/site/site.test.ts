/**
 * Mirrors as Walrus Sites: published with the command line, served by a portal, used by a Nix that knows nothing of Squid.
 */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { NixEnvironment } from '@squid/host/nix/testing'
import type { ProcessResult } from '../../packages/host/src/nix/process.ts'
import { type Person, Service, World } from '../cli/world.ts'

interface Mirrored {
  readonly site: string
  readonly address: string
  readonly publicKey: string
  readonly versions: readonly { readonly flake: string; readonly version: number }[]
  readonly pages: number
  readonly added: number
  readonly removed: number
  readonly storedBytes: number
  readonly wal: number
  readonly gas: number
  readonly until: number
}

let world: World
let alice: Person
let portal: Service
let origin: string
let sample: string
let estimate: Mirrored
let first: Mirrored

async function mirror(...args: readonly string[]): Promise<Mirrored> {
  return (await alice.json('site', ...args)) as unknown as Mirrored
}

before(async () => {
  world = await World.start()
  alice = await world.person('alice')
  sample = await world.sample(alice)
  portal = await Service.start('squid', ['site', 'serve', '--port', '0', '--json'], alice.env)
  origin = (JSON.parse(portal.line) as { origin: string }).origin
  await alice.json('publish', `${sample}#hello`, '--as', 'hello')
  estimate = await mirror('publish', 'sui:@alice:hello', '--portal', origin, '--dry-run')
  first = await mirror('publish', 'sui:@alice:hello', '--portal', origin)
})
after(async () => {
  await portal.stop()
  await world[Symbol.asyncDispose]()
})

/** A page as it is served. Node resolves no names below localhost. */
async function get(
  address: string,
  path: string,
): Promise<{ status: number; link: string | undefined; body: Buffer }> {
  const { host, port } = new URL(address)
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    link: string | undefined
    body: Buffer
  }>()
  httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, response => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        link: response.headers.link as string | undefined,
        body: Buffer.concat(parts),
      }),
    )
  })
    .on('error', reject)
    .end()
  return await promise
}

/** Runs `hello` in an empty store, with the mirror as its only cache and nothing to be built. */
async function runHello(nix: NixEnvironment, address: string, key: string): Promise<ProcessResult> {
  return await nix.run('nix', [
    'run',
    `${address}/hello.tar.gz#hello`,
    '--option',
    'substituters',
    address,
    '--option',
    'trusted-public-keys',
    key,
    '--option',
    'max-jobs',
    '0',
    '--',
    'without Squid',
  ])
}

test('a Nix without Squid runs a mirrored release', async () => {
  await using nix = await NixEnvironment.create()
  const { status, stdout, stderr } = await runHello(nix, first.address, first.publicKey)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /without Squid/)
})

test('the estimate is what was paid', () => {
  assert.deepEqual([estimate.site, estimate.address], [null, null])
  assert.deepEqual([estimate.pages, estimate.added], [first.pages, first.added])
  assert.equal(estimate.storedBytes, first.storedBytes)
  assert.equal(estimate.wal, first.wal)
  assert.ok(first.wal > 0 && first.gas > 0 && estimate.gas > 0)
})

test('the tarball says by which address and hash it can be locked', async () => {
  const { link } = await get(first.address, '/hello.tar.gz')
  const [, url = ''] = /^<(.*)>; rel="immutable"$/.exec(link ?? '') ?? []
  assert.ok(url.startsWith(`${first.address}/hello/1.tar.gz?narHash=sha256-`), link)
  const { pathname } = new URL(url)
  assert.deepEqual(
    (await get(first.address, pathname)).body,
    (await get(first.address, '/hello.tar.gz')).body,
  )
  const { status, body } = await get(first.address, '/nix-cache-info')
  assert.deepEqual([status, body.toString()], [200, 'StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 50\n'])
})

test('the key that a mirror signs with is told, and only its owner can read the secret', async () => {
  const { publicKey, file } = await alice.json('site', 'key')
  assert.equal(publicKey, first.publicKey)
  assert.match(await readFile(String(file), 'utf8'), /^squid-site-[0-9a-f]{16}-1:/)
})

test('a store path that another key signed is not taken', async () => {
  await using nix = await NixEnvironment.create()
  const other = `other-1:${Buffer.alloc(32, 7).toString('base64')}`
  const { status, stderr } = await runHello(nix, first.address, other)
  assert.notEqual(status, 0)
  assert.match(stderr, /is not signed by any of the keys in 'trusted-public-keys'/)
})

test('wrong bytes on the way to Nix are refused', async () => {
  const liar = createServer((request, response) => {
    get(first.address, request.url ?? '/').then(
      ({ status, body }) => {
        if (request.url?.startsWith('/nar/'))
          body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1)
        response.writeHead(status).end(body)
      },
      () => response.writeHead(502).end(),
    )
  })
  await new Promise<void>(resolve => liar.listen(0, '127.0.0.1', resolve))
  try {
    await using nix = await NixEnvironment.create()
    const address = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`
    const { status, stdout, stderr } = await runHello(nix, address, first.publicKey)
    assert.notEqual(status, 0)
    assert.match(stderr, /hash mismatch importing path/)
    assert.equal(stdout, '')
  } finally {
    liar.closeAllConnections()
    liar.close()
  }
})

test('storage nodes that lie do not reach who asks a portal', async () => {
  const right = (await get(first.address, '/hello.tar.gz')).body
  const set = (node: number, fault: 'tamper' | null): Promise<Response> =>
    fetch(`${world.devnet.adminUrl}/walrus/nodes/${node}`, {
      method: 'POST',
      body: JSON.stringify({ fault }),
    })
  for (const node of [0, 1, 2]) assert.equal((await set(node, 'tamper')).status, 200)
  const another = await Service.start('squid', ['site', 'serve', '--port', '0', '--json'], alice.env)
  try {
    const { port } = new URL((JSON.parse(another.line) as { origin: string }).origin)
    const address = first.address.replace(/\d+$/, port)
    const { status, body } = await get(address, '/hello.tar.gz')
    assert.equal(status, 200)
    assert.deepEqual(body, right)
  } finally {
    await another.stop()
    for (const node of [0, 1, 2]) await set(node, null)
  }
})

test('publishing the same again writes and stores nothing', async () => {
  const again = await mirror('publish', 'sui:@alice:hello')
  assert.deepEqual([again.site, again.address], [first.site, first.address])
  assert.deepEqual([again.added, again.removed, again.storedBytes, again.wal], [0, 0, 0, 0])
})

test('a new version stores what changed, and the old one stays for lock files', async () => {
  const file = join(alice.home, 'sample/flake.nix')
  await writeFile(file, `${await readFile(file, 'utf8')}\n# two\n`)
  const published = await alice.json('publish', `${sample}#hello`, '--as', 'hello', '--site')
  assert.deepEqual(
    [published['version'], published['site'], published['address']],
    [2, first.site, first.address],
  )
  const { versions } = (await alice.json('site', 'show')) as unknown as Mirrored
  assert.deepEqual(
    versions.toSorted((left, right) => left.version - right.version),
    [
      { flake: 'hello', version: 1 },
      { flake: 'hello', version: 2 },
    ],
  )
  assert.match((await get(first.address, '/hello.tar.gz')).link ?? '', /\/hello\/2\.tar\.gz/)
  assert.equal((await get(first.address, '/hello/1.tar.gz')).status, 200)
})

test('a name stands for the site, and a longer lease is paid for what is there', async () => {
  const words = ['publish', 'sui:@alice:hello', '--portal', origin, '--name', '@alice', '--epochs', '7']
  const named = await mirror(...words)
  assert.equal(named.address, origin.replace('://', '://alice.'))
  // The three tarballs say their address.
  assert.deepEqual([named.added, named.storedBytes, named.until], [3, 0, first.until + 2])
  assert.ok(named.wal > 0)
  assert.equal((await alice.json('site', 'show'))['endEpoch'], named.until)
  const { status, link } = await get(named.address, '/hello.tar.gz')
  assert.equal(status, 200)
  assert.ok(link?.startsWith(`<${named.address}/hello/2.tar.gz?`), link)
})

test('one version is taken off, and what it alone needed', async () => {
  const { removed, added } = await mirror('rm', 'sui:@alice:hello?version=1')
  assert.ok(removed > 0)
  assert.equal(added, 0)
  assert.equal((await get(first.address, '/hello/1.tar.gz')).status, 404)
  assert.equal((await get(first.address, '/hello.tar.gz')).status, 200)
  await using nix = await NixEnvironment.create()
  const { status, stderr } = await runHello(nix, first.address, first.publicKey)
  assert.equal(status, 0, stderr)
})

test('an interrupted mirror goes on with what it has paid for', async () => {
  await alice.json('publish', `${sample}#library`, '--as', 'library')
  const words = ['site', 'publish', 'sui:@alice:library']
  await alice.killedAt(/uploaded/, 'squid', ...words)
  const resumed = await mirror(...words.slice(1))
  assert.deepEqual([resumed.storedBytes, resumed.wal], [0, 0])
  assert.equal((await get(first.address, '/library.tar.gz')).status, 200)
})

test('a revoked version leaves with the next publish', async () => {
  await alice.json('revoke', 'sui:@alice:library?version=1', 'a test')
  const { versions, removed } = await mirror('publish', 'sui:@alice:hello')
  assert.deepEqual(versions, [{ flake: 'hello', version: 2 }])
  assert.ok(removed > 0)
  for (const path of ['/library.tar.gz', '/library/1.tar.gz'])
    assert.equal((await get(first.address, path)).status, 404)
})

test('who may not publish into a Space may not mirror it', async () => {
  const bob = await world.person()
  const { status, stderr } = await bob.squid('site', 'publish', 'sui:@alice:hello')
  assert.notEqual(status, 0)
  assert.match(stderr, /may not publish/)
})

test('a removed site is gone, and its storage is the Space’s', async () => {
  const { pages, blobs, gas } = await alice.json('site', 'rm', '--all')
  assert.ok(Number(pages) > 0 && Number(blobs) > 0 && Number(gas) < 0)
  assert.equal((await get(first.address, '/nix-cache-info')).status, 404)
  const { spares } = (await alice.json('storage', 'cost')) as { spares?: readonly unknown[] }
  assert.ok(spares !== undefined && spares.length > 0)
  const shown = await alice.squid('site', 'show')
  assert.notEqual(shown.status, 0)
  assert.match(shown.stderr, /has no mirror of Space/)
})
