/**
 * Locks that work anywhere: a flake is locked through one gateway's public base, and used where another gateway serves
 * that base, behind a reverse proxy and under a path, by a Nix that was told nothing of Squid.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { formatSri } from '@squid/formats/sri'
import { MACHINES, onMachine } from '../nix-versions/machine.ts'
import { type BuiltSample, buildSample, Guest } from './release-server.ts'

let sample: BuiltSample
before(async () => {
  sample = await buildSample()
})
after(async () => {
  await sample[Symbol.asyncDispose]()
})

/** A reverse proxy that serves a gateway under `/some/squid/`, as nginx does, and its flakes only. */
class Proxy implements AsyncDisposable {
  readonly #server: Server
  /** Of the gateway. */
  target = 0
  readonly paths: string[] = []

  private constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const path = /^\/some\/squid(\/.*\.tar\.gz(?:\?.*)?)$/.exec(incoming.url ?? '')?.[1]
      if (path === undefined) {
        outgoing.writeHead(404).end()
        return
      }
      this.paths.push(path)
      const { method } = incoming
      const inner = request({ host: '127.0.0.1', port: this.target, path, method, agent: false }, answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      inner.on('error', () => outgoing.writeHead(502).end())
      inner.end()
    })
  }

  static async start(): Promise<Proxy> {
    const proxy = new Proxy()
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get base(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/some/squid`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** A flake that takes a release as its input. */
async function writeUser(dir: string, url: string): Promise<void> {
  await mkdir(dir)
  await writeFile(
    join(dir, 'flake.nix'),
    `{ inputs.hello.url = "${url}"; outputs = { hello, ... }: { name = hello.packages.x86_64-linux.hello.name; }; }\n`,
  )
}

async function guest(through: readonly string[], base?: string): Promise<Guest> {
  const guest = await Guest.create(through, base)
  for (const select of ['', '?version=1']) {
    guest.offered.set(`sui:@alice:hello${select}`, sample.release.release())
  }
  return guest
}

for (const machine of MACHINES) {
  // Nix before 2.17 does not read the Link header: there the version is written.
  const path = machine.root === undefined ? '/@alice/hello/1.tar.gz' : '/@alice/hello.tar.gz'
  test(`Nix ${machine.name}: a lock made under a base works wherever that base is served`, async () => {
    await using proxy = await Proxy.start()
    const through = onMachine(machine)
    let lock: string
    {
      await using alice = await guest(through, proxy.base)
      proxy.target = alice.gateway.port
      const dir = join(alice.home, 'user')
      await writeUser(dir, proxy.base + path)
      const { status, stderr } = await alice.run('nix', 'flake', 'lock', `path:${dir}`)
      assert.equal(status, 0, stderr)
      lock = await readFile(join(dir, 'flake.lock'), 'utf8')
    }
    const { locked } = (
      JSON.parse(lock) as { nodes: { hello: { locked: { url: string; narHash: string } } } }
    ).nodes.hello
    assert.equal(locked.url.split('?')[0], `${proxy.base}/@alice/hello/1.tar.gz`)
    const digest = sample.release.manifest.sourceNarHash
    assert.equal(locked.narHash, formatSri({ algorithm: 'sha256', digest }))

    await using other = await guest(through)
    proxy.target = other.gateway.port
    proxy.paths.length = 0
    const dir = join(other.home, 'user')
    await writeUser(dir, proxy.base + path)
    await writeFile(join(dir, 'flake.lock'), lock)
    const used = await other.run('nix', 'eval', '--raw', '--no-update-lock-file', `path:${dir}#name`)
    assert.deepEqual([used.status, used.stdout], [0, 'hello-1.0'], used.stderr)
    assert.deepEqual([...new Set(proxy.paths.map(asked => asked.split('?')[0]))], ['/@alice/hello/1.tar.gz'])
    assert.equal(await readFile(join(dir, 'flake.lock'), 'utf8'), lock)
  })
}

test('the shim and squid run need nobody to serve the base on this machine', async () => {
  await using bob = await guest([], 'http://127.0.0.1:9/nobody')
  assert.equal((await bob.run('squid', 'shim', 'install', join(bob.home, 'shim'))).status, 0)
  const ran = await bob.run('squid', 'run', 'sui:@alice:hello#hello', '--', 'x')
  assert.deepEqual([ran.status, ran.stdout], [0, 'hello x\n'], ran.stderr)
  const shim = await bob.run('nix', 'run', 'sui:@alice:hello#hello', '--', 'y')
  assert.deepEqual([shim.status, shim.stdout], [0, 'hello y\n'], shim.stderr)
})
