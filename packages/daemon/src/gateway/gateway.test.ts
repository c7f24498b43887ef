import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { formatBase32 } from '@squid/formats/base32'
import { formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { sha256 } from '@squid/formats/hash'
import { parseNarInfo } from '@squid/formats/nar-info'
import {
  fingerprint,
  generateSecretKey,
  publicKeyOf,
  formatPublicKey,
  verifyText,
} from '@squid/formats/signature'
import { hashPart, pathHash, parseStorePath, sourcePath } from '@squid/formats/store-path'
import { formatReference, type Reference } from '@squid/client/references'
import {
  closure,
  derivationClosure,
  describeOutputs,
  build,
  dumpPath,
  flakeSource,
  programCommand,
} from '@squid/host/nix'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'
import type { GatewayRelease } from './contract.ts'
import { Gateway } from './gateway.ts'
import { type MemoryPath, MemoryRelease } from './memory-release.ts'
import { isProof } from './proof.ts'
import { ALICE, type Answer, ask, cacheOf, filePath, smallRelease } from './setting.ts'

const SYSTEM = 'x86_64-linux'
const MALLORY = `0x${'33'.repeat(32)}`
const key = generateSecretKey('squid-test-1')
const keys = [key]

/** What the releases of a test are, by reference without attribute. */
const offered = new Map<string, GatewayRelease | SquidError>()
let resolutions: string[] = []
let log: string[] = []
let isAccepted = true

/** What is offered under a reference, or as exactly this release. */
function offer(text: string): GatewayRelease | SquidError | undefined {
  const exact = ({ space, flakeName, version }: GatewayRelease): string =>
    `sui:${space}:${flakeName}?version=${version}`
  return (
    offered.get(text) ??
    [...offered.values()].find(release => !(release instanceof SquidError) && exact(release) === text)
  )
}

async function startGateway(publicBase?: string): Promise<Gateway> {
  return await Gateway.start(
    {
      releases: {
        resolve: reference => {
          const text = formatReference({ ...reference, attribute: undefined } satisfies Reference)
          resolutions.push(text)
          const release = offer(text)
          if (release === undefined) {
            return Promise.reject(new SquidError('FLAKE_UNKNOWN', `${text} is not known`))
          }
          return release instanceof SquidError ? Promise.reject(release) : Promise.resolve(release)
        },
      },
      policy: { accepts: () => Promise.resolve(isAccepted) },
      keys: () => keys,
      secret: 'shared',
      storage: () => ({ requests: 7, bytes: 8, setAside: [{ node: '3', reason: 'wrong bytes' }] }),
      log: line => log.push(line),
    },
    { port: 0, publicBase, about: { network: 'memory' } },
  )
}

beforeEach(() => {
  offered.clear()
  resolutions = []
  log = []
  isAccepted = true
})

test('only loopback names, GET and HEAD, and short URLs are answered', async () => {
  await using gateway = await startGateway()
  for (const host of ['squid.localhost', `localhost:${gateway.port}`, '127.0.0.1', 'SQUID.localhost:1']) {
    assert.equal((await ask(gateway, `${cacheOf({})}/nix-cache-info`, { host })).status, 200, host)
  }
  for (const host of ['evil.example', 'squid.localhost.evil.example', '[::1]', 'localhost:x']) {
    const { status, text } = await ask(gateway, `${cacheOf({})}/nix-cache-info`, { host })
    assert.equal(status, 421, host)
    assert.doesNotMatch(text, /StoreDir/)
  }
  assert.equal((await ask(gateway, `${cacheOf({})}/nix-cache-info`, { method: 'PUT' })).status, 405)
  assert.equal((await ask(gateway, `/${'x'.repeat(5000)}`)).status, 414)
  assert.equal((await ask(gateway, '//evil.example/')).status, 400)
})

test('pages of other sites are not answered', async () => {
  await using gateway = await startGateway()
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask(gateway, `${cacheOf({})}/nix-cache-info`, { headers })).status
  assert.equal(await status({ 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await status({ 'sec-fetch-site': 'same-site' }), 403)
  assert.equal(await status({ origin: 'https://evil.example' }), 403)
  assert.equal(await status({ origin: 'null' }), 403)
  assert.equal(
    await status({ 'sec-fetch-site': 'same-origin', origin: `http://squid.localhost:${gateway.port}` }),
    200,
  )
  assert.equal(await status({ 'sec-fetch-site': 'none' }), 200)
})

test('answers are proven to whoever asks for it, errors too, but for streams', async () => {
  offered.set('sui:@alice:hello', (await smallRelease()).release())
  await using gateway = await startGateway()
  const headers = { 'x-squid-nonce': 'once' }
  for (const target of [
    '/api/status?',
    '/api/resolve?ref=sui:@alice:hello',
    '/api/resolve?ref=x',
    '/api/x',
    `${cacheOf({})}/nix-cache-info`,
  ]) {
    const { status, headers: given, text } = await ask(gateway, target, { headers })
    const exchange = { nonce: 'once', target, status, body: text }
    assert.ok(isProof(given['x-squid-proof'], 'shared', exchange), target)
    assert.equal((await ask(gateway, target)).headers['x-squid-proof'], undefined)
  }
})

test('a system is two words, whatever pattern else it may be', async () => {
  offered.set('sui:@alice:hello', (await smallRelease()).release())
  await using gateway = await startGateway()
  for (const system of ['(a+)+$', '(', 'x86_64', 'x86_64-linux.x', `${'a'.repeat(33)}-linux`, '']) {
    const query = new URLSearchParams({ ref: `sui:@alice:hello#${'a'.repeat(60)}`, system })
    const { status, text } = await ask(gateway, `/api/program?${query.toString()}`)
    assert.equal(status, 400, system)
    assert.match(text, /a system looks like x86_64-linux/)
  }
})

test('a taken port is an error that says so', async () => {
  await using gateway = await startGateway()
  const { port } = gateway
  const again = Gateway.start(
    {
      releases: { resolve: () => Promise.reject(new Error('unused')) },
      policy: { accepts: () => Promise.resolve(true) },
      keys: () => keys,
      secret: 'shared',
      storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
      log: () => undefined,
    },
    { port, about: {} },
  )
  await assert.rejects(again, { code: 'PORT_TAKEN', message: new RegExp(`port ${port} is taken.*--port`) })
})

test('what is not there is 404 without details', async () => {
  await using gateway = await startGateway()
  for (const path of [
    '/x',
    '/nix-cache-info',
    `/${'0'.repeat(32)}.narinfo`,
    `/nar/${'0'.repeat(32)}-${'0'.repeat(52)}.nar`,
    `${cacheOf({})}/${'0'.repeat(32)}.narinfo`,
    `${cacheOf({})}/nar/${'0'.repeat(32)}-${'0'.repeat(52)}.nar`,
    `${cacheOf({})}/log/x.drv`,
    `${cacheOf({})}/realisations/sha256:x!out.doi`,
    '/api/x',
  ]) {
    const { status, text } = await ask(gateway, path)
    assert.equal(status, 404, path)
    assert.doesNotMatch(text, /\.ts|\n +at /)
  }
})

test('a narinfo is signed only where the policy accepts', async () => {
  const path = await filePath('thing', 100)
  const release = await smallRelease([path])
  offered.set('sui:@alice:hello', release.release())
  await using gateway = await startGateway()
  const address = `${cacheOf({})}/${hashPart(path.storePath)}.narinfo`
  const signed = parseNarInfo((await ask(gateway, address)).text)
  assert.equal(signed.storePath, path.storePath)
  assert.equal(signed.narSize, path.narSize)
  assert.equal(formatHex(signed.narHash), formatHex(path.narHash))
  assert.ok(verifyText([publicKeyOf(key)], fingerprint(signed), signed.signatures[0] ?? ''))
  const head = await ask(gateway, address, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.body.length, 0)
  isAccepted = false
  assert.deepEqual(parseNarInfo((await ask(gateway, address)).text).signatures, [])
})

test('a content address that does not give the path is refused', async () => {
  const path = await filePath('thing', 100)
  const other = await filePath('thing', 101)
  const release = await smallRelease([{ ...path, storePath: other.storePath }])
  offered.set('sui:@alice:hello', release.release())
  await using gateway = await startGateway()
  const { status, text } = await ask(gateway, `${cacheOf({})}/${hashPart(other.storePath)}.narinfo`)
  assert.equal(status, 404)
  assert.equal((await lastFailure(gateway)).code, 'CONTENT_ADDRESS')
  assert.match(text, /content address that belongs to another path/)
})

/** alice's release with a path, and mallory's that says something else of it. */
async function offerTruthAndLie(): Promise<MemoryPath> {
  const { ca: _, ...path } = await filePath('thing', 100)
  const { ca: __, ...lie } = { ...(await filePath('thing', 200)), storePath: path.storePath }
  offered.set('sui:@alice:hello', (await smallRelease([path])).release())
  offered.set('sui:@mallory:hello', (await smallRelease([lie])).release({ name: 'mallory', space: MALLORY }))
  return path
}

test('a release vouches only where it was asked for', async () => {
  const path = await offerTruthAndLie()
  await using gateway = await startGateway()
  const narInfo = async (cache: string): Promise<Answer> =>
    await ask(gateway, `${cache}/${hashPart(path.storePath)}.narinfo`)
  // Somebody looked at mallory's flake; in a later call only alice's was asked for.
  assert.equal((await ask(gateway, '/api/resolve?ref=sui:@mallory:hello')).status, 200)
  assert.equal((await narInfo(cacheOf({ space: MALLORY }))).status, 200)
  const { narHash } = parseNarInfo((await narInfo(cacheOf({}))).text)
  assert.equal(formatHex(narHash), formatHex(path.narHash))
  // What only mallory's release has is in no other's cache, and there is no cache of all.
  const own = await filePath('mallory', 7)
  offered.set('sui:@mallory:hello', (await smallRelease([own])).release({ space: MALLORY }))
  await ask(gateway, '/api/resolve?ref=sui:@mallory:hello')
  assert.equal(
    (await ask(gateway, `${cacheOf({ space: MALLORY })}/${hashPart(own.storePath)}.narinfo`)).status,
    200,
  )
  assert.equal((await ask(gateway, `${cacheOf({})}/${hashPart(own.storePath)}.narinfo`)).status, 404)
  assert.equal((await ask(gateway, `/${hashPart(own.storePath)}.narinfo`)).status, 404)
  const nar = `nar/${hashPart(own.storePath)}-${formatBase32(own.narHash)}.nar`
  assert.equal((await ask(gateway, `${cacheOf({ space: MALLORY })}/${nar}`)).status, 200)
  assert.equal((await ask(gateway, `${cacheOf({})}/${nar}`)).status, 404)
})

test('two releases of one call that disagree about a path: neither is served, both are named', async () => {
  const path = await offerTruthAndLie()
  await using gateway = await startGateway()
  await ask(gateway, '/api/resolve?ref=sui:@alice:hello')
  await ask(gateway, '/api/resolve?ref=sui:@mallory:hello')
  const both = cacheOf({}, { space: MALLORY })
  const { status, text } = await ask(gateway, `${both}/${hashPart(path.storePath)}.narinfo`)
  assert.equal(status, 409)
  assert.match(text, /sui:@alice:hello version 1 and sui:@mallory:hello version 1 disagree/)
})

test('an address of a cache that names no releases is refused', async () => {
  await using gateway = await startGateway()
  const many = Array.from({ length: 33 }, (_, index) => ({ version: BigInt(index + 1), space: '0x1' }))
  for (const cache of [
    '/of/hello',
    `/of/${ALICE}.hello`,
    `/of/${ALICE}.hello.0`,
    `/of/${ALICE}.hello.1.x`,
    `/of/@alice.hello.1`,
    `${cacheOf({})}~`,
    cacheOf(...many),
  ]) {
    const { status, text } = await ask(gateway, `${cache}/nix-cache-info`)
    assert.equal(status, 400, `${cache}: ${text}`)
  }
  assert.equal((await ask(gateway, `${cacheOf(...many.slice(1))}/nix-cache-info`)).status, 200)
})

test('a NAR is the very bytes; under another NAR hash there is none', async () => {
  const path = await filePath('thing', 600_000)
  const release = await smallRelease([path])
  offered.set('sui:@alice:hello', release.release())
  await using gateway = await startGateway()
  const narInfo = parseNarInfo(
    (await ask(gateway, `${cacheOf({})}/${hashPart(path.storePath)}.narinfo`)).text,
  )
  const url = `${cacheOf({})}/${narInfo.url}`
  const { status, body, headers } = await ask(gateway, url)
  assert.equal(status, 200)
  assert.equal(headers['content-length'], String(path.narSize))
  assert.equal(formatHex(sha256(body)), formatHex(path.narHash))
  const head = await ask(gateway, url, { method: 'HEAD' })
  assert.equal(head.headers['content-length'], String(path.narSize))
  const wrong = `${cacheOf({})}/nar/${hashPart(path.storePath)}-${formatBase32(new Uint8Array(32))}.nar`
  assert.equal((await ask(gateway, wrong)).status, 404)
})

for (const [what, index] of [
  ['the first', 0],
  ['a later', 3],
] as const) {
  test(`a damaged ${what} chunk is never served`, async () => {
    const path = await filePath('thing', 2_000_000)
    const release = await smallRelease([path])
    const entry = await release.lookupHash(pathHash(path.storePath))
    assert.ok(entry?.chunks.kind === 'inline' && entry.chunks.ids.length > 4)
    const id = formatHex(entry.chunks.ids[index] ?? new Uint8Array())
    const stored = release.chunks.get(id)
    assert.ok(stored)
    const bytes = stored.bytes.slice()
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    release.chunks.set(id, { ...stored, bytes })
    offered.set('sui:@alice:hello', release.release())
    await using gateway = await startGateway()
    const answer = await ask(
      gateway,
      `${cacheOf({})}/nar/${hashPart(path.storePath)}-${formatBase32(path.narHash)}.nar`,
    )
    if (index === 0) assert.equal(answer.status, 404)
    else {
      assert.ok(answer.isCut, 'the connection is cut')
      const parts: Uint8Array[] = []
      for await (const part of path.nar()) parts.push(part)
      const whole = Buffer.concat(parts)
      assert.ok(answer.body.length < whole.length)
      assert.ok(whole.subarray(0, answer.body.length).equals(answer.body), 'every byte that came is right')
    }
    assert.ok(log.length > 0)
  })
}

test('resolve tells the versioned URL and what Nix needs', async () => {
  const release = await smallRelease()
  offered.set('sui:@alice:hello', release.release({ version: 3n, warnings: ['careful'], yanked: true }))
  await using gateway = await startGateway()
  const { status, text } = await ask(gateway, '/api/resolve?ref=sui:@alice:hello%23x')
  assert.equal(status, 200)
  const report = JSON.parse(text) as Record<string, unknown>
  assert.equal(report['url'], `http://squid.localhost:${gateway.port}/@alice/hello/3.tar.gz`)
  assert.equal(report['version'], 3)
  assert.equal(report['yanked'], true)
  assert.deepEqual(report['warnings'], ['careful'])
  assert.equal(report['publicKey'], formatPublicKey(publicKeyOf(key)))
  assert.equal(report['substituter'], `http://squid.localhost:${gateway.port}/of/${ALICE}.hello.3`)
  assert.equal(report['scope'], `${ALICE}.hello.3`)
  for (const [query, code, status] of [
    ['ref=sui:@bob:hello', 'FLAKE_UNKNOWN', 404],
    ['ref=nonsense', 'REFERENCE', 400],
    ['', 'USAGE', 400],
  ] as const) {
    const answer = await ask(gateway, `/api/resolve?${query}`)
    assert.equal(answer.status, status)
    assert.equal((JSON.parse(answer.text) as { error: { code: string } }).error.code, code)
  }
})

test('a restart needs nothing: a cache says itself which releases it has; a revoked one is refused', async () => {
  const path = await filePath('thing', 100)
  offered.set('sui:@alice:hello', (await smallRelease([path])).release())
  const address = `${cacheOf({})}/${hashPart(path.storePath)}.narinfo`
  {
    await using gateway = await startGateway()
    assert.equal((await ask(gateway, address)).status, 200)
  }
  offered.set(`sui:${ALICE}:hello?version=1`, new SquidError('RELEASE_REVOKED', 'It was revoked.'))
  await using gateway = await startGateway()
  const { status, text } = await ask(gateway, address)
  assert.deepEqual([status, text], [410, 'error: It was revoked.\n'])
})

/** What the person is told. */
async function lastFailure(gateway: Gateway): Promise<{ code: string; message: string }> {
  const status = JSON.parse((await ask(gateway, '/api/status')).text) as {
    lastFailure: { code: string; message: string }
  }
  return { code: status.lastFailure.code, message: status.lastFailure.message }
}

test('a ledger that failed once is asked again', async () => {
  const path = await filePath('thing', 100)
  offered.set('sui:@alice:hello', (await smallRelease([path])).release())
  const exact = `sui:${ALICE}:hello?version=1`
  const address = `${cacheOf({})}/${hashPart(path.storePath)}.narinfo`
  await using gateway = await startGateway()
  for (const code of ['LEDGER_UNREACHABLE', 'INTERNAL']) {
    offered.set(exact, new SquidError(code, 'The ledger does not answer.'))
    const { status, text } = await ask(gateway, address)
    assert.deepEqual([status, text], [404, 'error: not in this cache now: The ledger does not answer.\n'])
    assert.deepEqual(await lastFailure(gateway), { code, message: 'The ledger does not answer.' })
  }
  offered.delete(exact)
  assert.equal((await ask(gateway, address)).status, 200)
})

test('what many ask for at once is resolved once', async () => {
  const path = await filePath('thing', 100)
  offered.set('sui:@alice:hello', (await smallRelease([path])).release())
  await using gateway = await startGateway()
  const address = `${cacheOf({})}/${hashPart(path.storePath)}.narinfo`
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, address)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(resolutions.length, 1)
})

test('a release of the same call that cannot be read does not hide what another has', async () => {
  const path = await filePath('thing', 100)
  offered.set('sui:@alice:hello', (await smallRelease([path])).release())
  const lost = (await smallRelease()).release({
    space: MALLORY,
    contents: () => Promise.reject(new SquidError('STORAGE_UNAVAILABLE', 'too few nodes answer')),
  })
  offered.set('sui:@mallory:hello', lost)
  await using gateway = await startGateway()
  const both = cacheOf({ space: MALLORY }, {})
  assert.equal((await ask(gateway, `${both}/${hashPart(path.storePath)}.narinfo`)).status, 200)
  assert.equal((await ask(gateway, `${both}/${'0'.repeat(32)}.narinfo`)).status, 404)
  assert.equal((await lastFailure(gateway)).code, 'STORAGE_UNAVAILABLE', 'it may be in there')
})

/** A stream that fails at once. */
function failing(error: Error): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }
}

test('blobs that moved: what is open is read from the new place, within one answer', async () => {
  const path = await filePath('thing', 100)
  const memory = await smallRelease([path])
  const old: GatewayRelease = memory.release({
    locator: 'old',
    contents: () =>
      Promise.resolve({
        manifest: memory.manifest,
        lookupHash: (hash: Uint8Array) => memory.lookupHash(hash),
        list: () => memory.list(),
        log: () => failing(new Error('unused')),
        nar: () => failing(new SquidError('BLOB_UNAVAILABLE', 'the blob is gone')),
      }),
  })
  offered.set('sui:@alice:hello', old)
  await using gateway = await startGateway()
  const nar = `${cacheOf({})}/nar/${hashPart(path.storePath)}-${formatBase32(path.narHash)}.nar`
  assert.equal((await ask(gateway, nar)).status, 404, 'the ledger says the same place')
  assert.equal((await lastFailure(gateway)).code, 'BLOB_UNAVAILABLE')
  offered.set('sui:@alice:hello', memory.release({ locator: 'new' }))
  assert.equal((await ask(gateway, nar)).status, 200)
})

test('a manifest that moved is read from the new place', async () => {
  const path = await filePath('thing', 100)
  const memory = await smallRelease([path])
  const gone = (): Promise<never> => Promise.reject(new SquidError('BLOB_UNAVAILABLE', 'the blob is gone'))
  offered.set('sui:@alice:hello', memory.release({ locator: 'old', contents: gone }))
  await using gateway = await startGateway()
  const narInfo = `${cacheOf({})}/${hashPart(path.storePath)}.narinfo`
  assert.equal((await ask(gateway, narInfo)).status, 404)
  offered.set('sui:@alice:hello', memory.release({ locator: 'new' }))
  assert.equal((await ask(gateway, narInfo)).status, 200)
})

test('a % that stands for no character, and a time that no tarball can say', async () => {
  offered.set('sui:@alice:hello', (await smallRelease()).release({ lastModified: 8n ** 11n }))
  await using gateway = await startGateway()
  const bad = await ask(gateway, '/@alice/%ff.tar.gz')
  assert.equal(bad.status, 400)
  assert.match(bad.text, /^error: [^\n]+%[^\n]+\n$/)
  const late = await ask(gateway, '/@alice/hello.tar.gz')
  assert.equal(late.status, 502)
  assert.match(late.text, /last modified at second 8589934592/)
  assert.doesNotMatch(log.join('\n'), /\n +at /)
})

test('an error inside is one sentence and a log line', async () => {
  offered.set('sui:@alice:hello', {
    ...(await smallRelease()).release(),
    contents: () => Promise.reject(new TypeError('secret detail')),
  })
  await using gateway = await startGateway()
  const { status, text } = await ask(gateway, '/@alice/hello.tar.gz')
  assert.equal(status, 500)
  assert.doesNotMatch(text, /secret|TypeError/)
  assert.match(log.join('\n'), /secret detail/)
})

test('status shows counters and nodes that were set aside', async () => {
  await using gateway = await startGateway()
  const status = JSON.parse((await ask(gateway, '/api/status')).text) as Record<string, unknown>
  assert.deepEqual(status['about'], { network: 'memory' })
  assert.deepEqual(status['storage'], {
    requests: 7,
    bytes: 8,
    setAside: [{ node: '3', reason: 'wrong bytes' }],
  })
})

// From here on with real Nix on both ends: built in one store, taken through the gateway into an empty one.
let builder: NixEnvironment
let real: MemoryRelease
let program: string

before(async () => {
  builder = await NixEnvironment.create()
  const nix = await builder.nix()
  const source = await flakeSource(nix, await writeSampleFlake(join(builder.dir, 'sample')))
  const outputs = await describeOutputs(nix, source, ['hello', 'several', 'files', 'library'], SYSTEM)
  await build(nix, outputs)
  const infos = await Promise.all([
    closure(nix, [source.sourcePath, ...outputs.flatMap(output => output.outputs.map(({ path }) => path))]),
    derivationClosure(
      nix,
      outputs.flatMap(output => output.derivation ?? []),
    ),
  ])
  const paths = new Map(infos.flat().map(info => [info.path, info]))
  real = await MemoryRelease.of(
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
            ...(output.attribute === 'library' ? {} : { mainProgram: output.program }),
          })),
        },
      ],
      holds: { sources: false, buildClosure: false },
    },
    [...paths.values()].map(info => ({
      storePath: parseStorePath(info.path),
      narHash: info.narHash,
      narSize: info.narSize,
      references: info.references.map(parseStorePath),
      ...(info.deriver === null ? {} : { deriver: parseStorePath(info.deriver) }),
      ...(info.contentAddress === null ? {} : { ca: info.contentAddress }),
      nar: () => dumpPath(nix, info.path),
    })),
  )
  program = outputs[0]?.program ?? ''
})
after(async () => {
  await builder[Symbol.asyncDispose]()
})

test('real Nix takes a closure through the gateway and runs it, with nothing built', async () => {
  offered.set('sui:@alice:hello', real.release())
  await using gateway = await startGateway()
  await using bob = await NixEnvironment.create({ 'max-jobs': '0' })
  const nix = (await bob.nix()).with({
    substituters: gateway.origin + cacheOf({}),
    'trusted-public-keys': formatPublicKey(publicKeyOf(key)),
  })
  const report = JSON.parse(
    (await ask(gateway, `/api/program?ref=sui:@alice:hello%23hello&system=${SYSTEM}`)).text,
  ) as { program: string; paths: string[]; closure: { path: string; narHash: string }[] }
  assert.equal(report.program, program)
  await nix.store(['--realise', ...report.paths])
  assert.deepEqual(
    report.closure.map(({ path }) => path),
    (await nix.store(['-qR', ...report.paths])).trim().split('\n').sort(),
  )
  const ran = await bob.run(...splitCommand(programCommand(nix, report.paths[0] ?? '', program, ['x'])))
  assert.equal(ran.stdout, 'hello x\n', ran.stderr)
})

function splitCommand([command, ...args]: readonly [string, ...string[]]): [string, string[]] {
  return [command, args]
}

test('real Nix refuses what the policy does not accept', async () => {
  isAccepted = false
  offered.set('sui:@alice:hello', real.release())
  await using gateway = await startGateway()
  await using bob = await NixEnvironment.create({ 'max-jobs': '0' })
  const nix = (await bob.nix()).with({
    substituters: gateway.origin + cacheOf({}),
    'trusted-public-keys': formatPublicKey(publicKeyOf(key)),
  })
  await assert.rejects(nix.store(['--realise', program.split('/').slice(0, 4).join('/')]), {
    code: 'NIX_FAILED',
    message: /signature|lacks|failed/,
  })
})

test('real Nix evaluates the tarball to the very derivation that was built', async () => {
  offered.set('sui:@alice:hello', real.release())
  await using gateway = await startGateway()
  await using bob = await NixEnvironment.create({ 'max-jobs': '0' })
  const nix = (await bob.nix()).with({
    substituters: gateway.origin + cacheOf({}),
    'trusted-public-keys': formatPublicKey(publicKeyOf(key)),
  })
  const url = `${gateway.origin}/@alice/hello.tar.gz`
  const data = JSON.parse(await nix.capture(['flake', 'metadata', '--json', url])) as { path: string }
  assert.equal(data.path, sourcePath(real.manifest.sourceNarHash))
  const ran = await nix.capture(['run', `${url}#hello`, '--', 'from a tarball'])
  assert.equal(ran, 'hello from a tarball\n')
  const { headers } = await ask(gateway, '/@alice/hello.tar.gz', { method: 'HEAD' })
  assert.match(
    String(headers['link']),
    /^<http:\/\/squid\.localhost:\d+\/@alice\/hello\/1\.tar\.gz\?narHash=sha256-[^&]+&lastModified=\d+>; rel="immutable"$/,
  )
  const wrong = await ask(gateway, '/@alice/hello.tar.gz?narHash=sha256-AAAA')
  assert.equal(wrong.status, 404)
})

test('URLs of releases begin with the public base, the cache stays this machine’s', async () => {
  offered.set('sui:@alice:hello', real.release())
  offered.set('sui:@alice:hello?version=1', real.release())
  const base = 'https://example.org/some/squid'
  await using gateway = await startGateway(base)
  const { headers } = await ask(gateway, '/@alice/hello.tar.gz', { method: 'HEAD' })
  assert.match(
    String(headers['link']),
    /^<https:\/\/example\.org\/some\/squid\/@alice\/hello\/1\.tar\.gz\?narHash=/,
  )
  const report = JSON.parse((await ask(gateway, '/api/resolve?ref=sui:@alice:hello')).text) as Record<
    string,
    string
  >
  const exact = await ask(gateway, '/@alice/hello/1.tar.gz', { method: 'HEAD' })
  assert.deepEqual([exact.status, exact.headers['link']], [200, undefined], 'a version stays at its address')
  assert.equal(report['base'], base)
  assert.equal(report['url'], `${base}/@alice/hello/1.tar.gz`)
  assert.equal(report['substituter']?.startsWith(`${gateway.origin}/of/`), true)
})

test('a program is told from the manifest alone, or refused by name', async () => {
  offered.set('sui:@alice:hello', real.release())
  await using gateway = await startGateway()
  const program = async (attribute: string, system = SYSTEM): Promise<Answer> =>
    await ask(gateway, `/api/program?ref=sui:@alice:hello%23${attribute}&system=${system}`)
  const long = JSON.parse((await program(`packages.${SYSTEM}.hello`)).text) as { attribute: string }
  assert.equal(long.attribute, 'hello')
  assert.equal((JSON.parse((await program('library')).text) as { program: unknown }).program, null)
  const unknown = await program('helo')
  assert.equal(unknown.status, 404)
  assert.match(unknown.text, /has no 'helo' for x86_64-linux; it holds .*hello/)
  assert.match((await program('hello', 'aarch64-linux')).text, /nothing for aarch64-linux/)
})
