/**
 * The gateway as unmodified Nix sees it: beside Nix's own binary cache of the same paths, and with everything going wrong
 * between the two that can.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { Gateway, type GatewayRelease, NarCache } from '@squid/daemon/gateway'
import { MemoryRelease } from '@squid/daemon/gateway/testing'
import { SquidError } from '@squid/formats/errors'
import { formatPublicKey, formatSecretKey, generateSecretKey, publicKeyOf } from '@squid/formats/signature'
import { parseStorePath } from '@squid/formats/store-path'
import {
  build,
  closure,
  derivationClosure,
  describeOutputs,
  dumpPath,
  type FlakeOutput,
  flakeSource,
  type Nix,
} from '@squid/host/nix'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'

const SYSTEM = 'x86_64-linux'
const key = generateSecretKey('squid-test-1')
const keys = [key]

let builder: NixEnvironment
let outputs: readonly FlakeOutput[]
let memory: MemoryRelease

before(async () => {
  builder = await NixEnvironment.create({ 'experimental-features': 'nix-command flakes ca-derivations' })
  const nix = await builder.nix()
  const source = await flakeSource(nix, await writeSampleFlake(join(builder.dir, 'sample')))
  outputs = await describeOutputs(nix, source, ['hello', 'several', 'files', 'fixed'], SYSTEM)
  await build(nix, outputs)
  const runtime = await closure(nix, [source.sourcePath, ...outputs.flatMap(pathsOf)])
  const derivations = await derivationClosure(
    nix,
    outputs.flatMap(({ derivation }) => derivation ?? []),
  )
  const infos = [...new Map([...runtime, ...derivations].map(info => [info.path, info])).values()]
  memory = await MemoryRelease.of(
    {
      sourceNarHash: source.narHash,
      flake: { lastModified: BigInt(source.lastModified) },
      systems: [
        {
          system: SYSTEM,
          attributes: outputs.map(output => ({
            attribute: output.attribute,
            ...(output.derivation === null ? {} : { derivation: parseStorePath(output.derivation) }),
            outputs: output.outputs.map(({ name, path }) => ({ name, path: parseStorePath(path) })),
            outputsToInstall: output.outputsToInstall,
          })),
        },
      ],
      holds: { sources: false, buildClosure: false },
    },
    infos.map(info => ({
      storePath: parseStorePath(info.path),
      narHash: info.narHash,
      narSize: info.narSize,
      references: info.references.map(parseStorePath),
      ...(info.deriver === null ? {} : { deriver: parseStorePath(info.deriver) }),
      ...(info.contentAddress === null ? {} : { ca: info.contentAddress }),
      ...(info.path.endsWith('.drv') ? { printed: `printed by ${info.path}\n` } : {}),
      nar: () => dumpPath(nix, info.path),
    })),
  )
})
after(async () => {
  await builder[Symbol.asyncDispose]()
})

function pathsOf(output: FlakeOutput): readonly string[] {
  return output.outputs.map(({ path }) => path)
}

function outputOf(attribute: string): string {
  return outputs.find(output => output.attribute === attribute)?.outputs[0]?.path ?? ''
}

interface Served extends AsyncDisposable {
  readonly gateway: Gateway
  /** Of the cache of the release. */
  readonly url: string
  readonly folder: string
}

const offered = { release: undefined as GatewayRelease | undefined }

async function serve(port = 0): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'squid-gateway-'))
  const unknown = new SquidError('FLAKE_UNKNOWN', 'nobody published that')
  const gateway = await Gateway.start(
    {
      releases: {
        resolve: () =>
          offered.release === undefined ? Promise.reject(unknown) : Promise.resolve(offered.release),
      },
      policy: { accepts: () => Promise.resolve(true) },
      keys: () => keys,
      cache: await NarCache.open(join(folder, 'nars'), { limitBytes: 1024 ** 3 }),
      secret: 'shared',
      storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
      log: () => undefined,
    },
    { port, about: {} },
  )
  const { space, flakeName, version } = memory.release()
  return {
    gateway,
    folder,
    url: `${gateway.origin}/of/${space}.${flakeName}.${version}`,
    [Symbol.asyncDispose]: async () => {
      await gateway.stop()
      await rm(folder, { recursive: true })
    },
  }
}

/** An empty store that takes from one cache, and believes the key of the tests. */
async function guest(url: string, more: Readonly<Record<string, string>> = {}): Promise<NixEnvironment> {
  return await NixEnvironment.create({
    'max-jobs': '0',
    substituters: url,
    'trusted-public-keys': formatPublicKey(publicKeyOf(key)),
    'narinfo-cache-negative-ttl': '0',
    'narinfo-cache-positive-ttl': '0',
    ...more,
  })
}

async function get(url: string): Promise<{ status: number; text: string }> {
  const { host, port, pathname } = new URL(url)
  const call = request({ host: '127.0.0.1', port, path: pathname, headers: { host } }).end()
  const [response] = (await once(call, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  return { status: response.statusCode, text: Buffer.concat(parts).toString() }
}

test('listings and realisations are those that Nix writes, but for signatures', async () => {
  offered.release = memory.release()
  await using served = await serve()
  const nix = await builder.nix()
  const folder = join(builder.dir, 'cache')
  const drvs = outputs.flatMap(({ derivation }) => derivation ?? [])
  await nix.capture(['copy', '--to', `file://${folder}?write-nar-listing=true&compression=none`, ...drvs])
  await nix.capture([
    'copy',
    '--to',
    `file://${folder}?write-nar-listing=true&compression=none`,
    '--derivation',
    ...drvs,
  ])
  let listings = 0
  for (const name of (await readdir(folder)).filter(name => name.endsWith('.ls'))) {
    const { status, text } = await get(`${served.url}/${name}`)
    if (status === 404) continue // intermediates, which the release does not hold
    assert.deepEqual(JSON.parse(text), JSON.parse(await readFile(join(folder, name), 'utf8')), name)
    listings++
  }
  assert.ok(listings >= 10, `${listings} listings`)
  let realisations = 0
  for (const name of await readdir(join(folder, 'realisations'))) {
    const own = JSON.parse(await readFile(join(folder, 'realisations', name), 'utf8')) as { outPath: string }
    const { status, text } = await get(`${served.url}/realisations/${encodeURI(name)}`)
    const isNamed = outputs.some(output => pathsOf(output).some(path => path.endsWith(own.outPath)))
    assert.equal(status, isNamed ? 200 : 404, name)
    if (!isNamed) continue
    assert.deepEqual(
      { ...(JSON.parse(text) as object), signatures: [] },
      { dependentRealisations: {}, ...own, signatures: [] },
    )
    realisations++
  }
  assert.equal(realisations, outputs.flatMap(pathsOf).length)
})

test('Nix believes a realisation that this machine signed', async () => {
  offered.release = memory.release()
  await using served = await serve()
  await using bob = await guest(served.url, { 'experimental-features': 'nix-command flakes ca-derivations' })
  const [output] = outputs
  const nix = await bob.nix()
  const trace = await get(
    `${served.url}/build-trace-v2/${(output?.derivation ?? '').slice('/nix/store/'.length)}/out.doi`,
  )
  const { outPath, signatures } = JSON.parse(trace.text) as {
    outPath: string
    signatures: { keyName: string }[]
  }
  assert.equal(`/nix/store/${outPath}`, output?.outputs[0]?.path)
  assert.deepEqual(
    signatures.map(({ keyName }) => keyName),
    ['squid-test-1'],
  )
  await nix.capture(['copy', '--from', served.url, output?.derivation ?? ''])
  assert.ok(await isThere(nix, outputOf('hello')))
})

async function isThere(nix: Nix, path: string): Promise<boolean> {
  return await nix.store(['--check-validity', path]).then(
    () => true,
    () => false,
  )
}

test('Nix shows the log of a build that it did not make', async () => {
  offered.release = memory.release()
  await using served = await serve()
  await using bob = await guest(served.url)
  const derivation = outputs[0]?.derivation ?? ''
  const shown = await (await bob.nix()).capture(['log', '--store', served.url, derivation])
  assert.equal(shown, `printed by ${derivation}\n`)
})

test('Nix takes a closure compressed', async () => {
  offered.release = memory.release()
  await using served = await serve()
  await using bob = await guest(`${served.url}/zstd`)
  const nix = await bob.nix()
  await nix.store(['--realise', outputOf('files'), outputOf('hello')])
  assert.ok(await isThere(nix, outputOf('files')))
})

test('Nix sees listings and files inside of a path without taking it', async () => {
  offered.release = memory.release()
  await using served = await serve()
  const nix = await builder.nix()
  const text = await nix.capture([
    'store',
    'cat',
    '--store',
    served.url,
    `${outputOf('several')}/bin/several`,
  ])
  assert.match(text, /echo several/)
})

/** A server between Nix and the gateway that changes what it passes on. */
async function between(
  gateway: Gateway,
  change: (path: string, body: Buffer) => Buffer,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((incoming, response) => {
    const path = incoming.url ?? ''
    const headers = { host: 'localhost' }
    request(
      { host: '127.0.0.1', port: gateway.port, path, method: incoming.method ?? 'GET', headers },
      answer => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => {
          const body = change(path, Buffer.concat(parts))
          response.writeHead(answer.statusCode ?? 500, { 'content-length': body.length })
          response.end(incoming.method === 'HEAD' ? undefined : body)
        })
      },
    ).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

const TAMPERING: Readonly<Record<string, (path: string, body: Buffer) => Buffer>> = {
  'a byte of a NAR': (path, body) => {
    if (path.endsWith('.nar') && body.length > 120) body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1
    return body
  },
  'the end of a NAR': (path, body) => (path.endsWith('.nar') ? body.subarray(0, -8) : body),
  'another NAR hash': (path, body) =>
    narInfo(path, body, /^NarHash: .*$/m, `NarHash: sha256:${'0'.repeat(52)}`),
  'another size': (path, body) => narInfo(path, body, /^NarSize: \d+$/m, 'NarSize: 7'),
  'no references': (path, body) => narInfo(path, body, /^References: .+$/m, 'References: '),
  'no signature': (path, body) => narInfo(path, body, /^Sig: .*\n/m, ''),
  'a signature by somebody else under the same name': (path, body) =>
    narInfo(path, body, /^Sig: .*$/m, `Sig: squid-test-1:${Buffer.alloc(64, 7).toString('base64')}`),
  'another store path': (path, body) =>
    narInfo(path, body, /^(StorePath: \/nix\/store\/).{32}/m, `$1${'0'.repeat(32)}`),
}

function narInfo(path: string, body: Buffer, what: RegExp, by: string): Buffer {
  return path.endsWith('.narinfo') ? Buffer.from(body.toString().replace(what, by)) : body
}

for (const [what, change] of Object.entries(TAMPERING)) {
  test(`between the gateway and Nix: ${what} is refused, and nothing wrong is in the store`, async () => {
    offered.release = memory.release()
    await using served = await serve()
    const { server, port } = await between(served.gateway, change)
    try {
      await using bob = await guest(`http://127.0.0.1:${port}${new URL(served.url).pathname}`)
      const nix = await bob.nix()
      await assert.rejects(nix.store(['--realise', outputOf('hello')]), { code: 'NIX_FAILED' })
      assert.equal(await isThere(nix, outputOf('hello')), false)
      // Whatever came in before is what it says.
      await nix.store(['--verify', '--check-contents'])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
}

test('another program on the port: what it vouches for is not signed by the expected key', async () => {
  offered.release = memory.release()
  const impostor = await Gateway.start(
    {
      releases: { resolve: () => Promise.resolve(memory.release()) },
      policy: { accepts: () => Promise.resolve(true) },
      keys: () => [generateSecretKey('squid-test-1')],
      secret: 'of somebody else',
      storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
      log: () => undefined,
    },
    { port: 0, about: {} },
  )
  const { space, flakeName, version } = memory.release()
  try {
    await using bob = await guest(`${impostor.origin}/of/${space}.${flakeName}.${version}`)
    const nix = await bob.nix()
    await assert.rejects(nix.store(['--realise', outputOf('hello')]), { code: 'NIX_FAILED' })
    assert.equal(await isThere(nix, outputOf('hello')), false)
  } finally {
    await impostor.stop()
  }
})

test('what Nix once heard not to be there is found when it is, where answers are not kept', async () => {
  offered.release = undefined
  await using served = await serve()
  await using bob = await guest(served.url)
  const nix = await bob.nix()
  await assert.rejects(
    nix.with({ 'narinfo-cache-negative-ttl': '3600' }).store(['--realise', outputOf('hello')]),
  )
  offered.release = memory.release()
  // With Nix's own setting it goes on to believe that; with ours it does not.
  await assert.rejects(
    nix.with({ 'narinfo-cache-negative-ttl': '3600' }).store(['--realise', outputOf('hello')]),
  )
  await nix.store(['--realise', outputOf('hello')])
  assert.ok(await isThere(nix, outputOf('hello')))
})

test('a gateway that fails does not make a build fail', async () => {
  offered.release = memory.release({
    contents: () => Promise.reject(new SquidError('STORAGE_UNAVAILABLE', 'too few nodes answer')),
  })
  await using served = await serve()
  await using bob = await guest(served.url, { 'max-jobs': '1' })
  const nix = await bob.nix()
  const reference = await writeSampleFlake(join(bob.dir, 'sample'))
  const built = await nix.capture(['build', '--no-link', '--json', `${reference}#several`])
  assert.match(built, /-several-2\.0/)
})

test('squidd killed in the middle of a substitution: Nix goes on after its restart', async () => {
  await using home = await scratch()
  const first = await startChild(0, home.path)
  // A busy machine may need more than the four seconds that Nix goes on to try by itself.
  await using bob = await guest(first.url, { 'download-attempts': '10' })
  const nix = await bob.nix()
  const realising = nix.store(['--realise', first.path])
  realising.catch(() => undefined)
  await first.half
  first.child.kill('SIGKILL')
  await once(first.child, 'close')
  const second = await startChild(first.port, home.path)
  try {
    await realising
    assert.ok(await isThere(nix, first.path))
    await nix.store(['--verify', '--check-contents'])
    const leftovers = (await readdir(join(home.path, 'nars'))).filter(name => name.endsWith('.part'))
    assert.deepEqual(leftovers, [], 'what was half written is gone')
  } finally {
    second.child.stdin?.end()
    await once(second.child, 'close')
  }
})

async function scratch(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-killed-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

interface Child {
  readonly child: ChildProcess
  readonly port: number
  readonly url: string
  /** The one path that it serves. */
  readonly path: string
  /** When half of its NAR was handed out; it waits there. */
  readonly half: Promise<unknown>
}

/** A gateway in a process of its own, which stops in the middle of its NAR when it has none on disk. */
async function startChild(port: number, home: string): Promise<Child> {
  const program = join(import.meta.dirname, 'slow-gateway-process.ts')
  const child = spawn(process.execPath, [program, String(port), join(home, 'nars'), formatSecretKey(key)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)
  const [line] = (await once(lines, 'line')) as [string]
  const ready = JSON.parse(line) as { port: number; url: string; path: string }
  return { child, ...ready, half: once(lines, 'line') }
}
