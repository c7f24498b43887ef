import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { formatBase32 } from '@squid/formats/base32'
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { sha256 } from '@squid/formats/hash'
import type { NarEvent } from '@squid/formats/nar'
import { parseNarInfo } from '@squid/formats/nar-info'
import {
  fingerprint,
  generateSecretKey,
  publicKeyOf,
  type SecretKey,
  verifyText,
} from '@squid/formats/signature'
import { baseName, hashPart } from '@squid/formats/store-path'
import type { GatewayRelease, ReleaseContents } from './contract.ts'
import { Gateway } from './gateway.ts'
import type { MemoryPath } from './memory-release.ts'
import { NarCache } from './nar-cache.ts'
import { type Answer, ask, cacheOf, filePath, narPath, rawPath, smallRelease } from './setting.ts'

interface Setting extends AsyncDisposable {
  readonly gateway: Gateway
  /** Where NARs are kept. */
  readonly folder: string
  readonly log: string[]
  keys: readonly SecretKey[]
  get(path: string, options?: Parameters<typeof ask>[2]): Promise<Answer>
  lastFailure(): Promise<string | undefined>
}

/** A gateway over one release, with a cache on disk. */
async function serve(release: GatewayRelease | SquidError): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), 'squid-binary-cache-'))
  const log: string[] = []
  const setting = { keys: [generateSecretKey('squid-test-1')] as readonly SecretKey[] }
  const gateway = await Gateway.start(
    {
      releases: {
        resolve: () => (release instanceof SquidError ? Promise.reject(release) : Promise.resolve(release)),
      },
      policy: { accepts: () => Promise.resolve(true) },
      keys: () => setting.keys,
      cache: await NarCache.open(folder, { limitBytes: 64 * 1024 * 1024 }),
      secret: 'shared',
      storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
      log: line => log.push(line),
    },
    { port: 0, about: {} },
  )
  const get: Setting['get'] = (path, options) => ask(gateway, `${cacheOf({})}${path}`, options)
  return Object.assign(setting, {
    gateway,
    folder,
    log,
    get,
    lastFailure: async () => {
      const { text } = await ask(gateway, '/api/status')
      return (JSON.parse(text) as { lastFailure: { code: string } | null }).lastFailure?.code
    },
    [Symbol.asyncDispose]: async () => {
      await gateway.stop()
      await rm(folder, { recursive: true })
    },
  })
}

function narInfoPath({ storePath }: MemoryPath): string {
  return `/${hashPart(storePath)}.narinfo`
}

function narPathOf({ storePath, narHash }: MemoryPath): string {
  return `/nar/${hashPart(storePath)}-${formatBase32(narHash)}.nar`
}

async function bytesOf(path: MemoryPath): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of path.nar()) parts.push(part)
  return Buffer.concat(parts)
}

test('every key signs; another set of keys signs anew', async () => {
  const { ca: _, ...path } = await filePath('thing', 100)
  await using setting = await serve((await smallRelease([path])).release())
  const signed = async (): Promise<boolean[]> => {
    const info = parseNarInfo((await setting.get(narInfoPath(path))).text)
    return setting.keys.map(key =>
      info.signatures.some(signature => verifyText([publicKeyOf(key)], fingerprint(info), signature)),
    )
  }
  assert.deepEqual(await signed(), [true])
  setting.keys = [generateSecretKey('squid-test-2'), ...setting.keys]
  assert.deepEqual(await signed(), [true, true])
})

test('a NAR goes on where it was cut, large or small, from storage and from disk', async () => {
  for (const size of [1000, 3_000_000]) {
    const path = await filePath('thing', size)
    const bytes = await bytesOf(path)
    await using setting = await serve((await smallRelease([path])).release())
    for (const from of [bytes.length - 7, 5, 1]) {
      const part = await setting.get(narPathOf(path), { headers: { range: `bytes=${from}-` } })
      assert.equal(part.status, 206)
      assert.equal(part.headers['content-range'], `bytes ${from}-${bytes.length - 1}/${bytes.length}`)
      assert.ok(bytes.subarray(from).equals(part.body))
    }
    const whole = await setting.get(narPathOf(path))
    assert.deepEqual([whole.status, whole.headers['accept-ranges']], [200, 'bytes'])
    assert.ok(bytes.equals(whole.body))
    const beyond = await setting.get(narPathOf(path), { headers: { range: `bytes=${bytes.length}-` } })
    assert.equal(beyond.status, 416)
    for (const range of ['bytes=5-9', 'bytes=-5', 'bytes=1-,3-', 'items=5-', 'bytes=x-']) {
      assert.equal((await setting.get(narPathOf(path), { headers: { range } })).status, 200, range)
    }
  }
})

test('narinfos of a cache below /zstd lead to compressed NARs', async () => {
  const path = await filePath('thing', 700_000)
  await using setting = await serve((await smallRelease([path])).release())
  const info = parseNarInfo((await setting.get(`/zstd${narInfoPath(path)}`)).text)
  assert.deepEqual([info.compression, info.url], ['zstd', `${narPathOf(path).slice(1)}.zst`])
  assert.equal((await setting.get('/zstd/nix-cache-info')).status, 200)
  const { body, headers } = await setting.get(`/zstd/${info.url}`)
  assert.equal(headers['content-type'], 'application/zstd')
  assert.ok((await bytesOf(path)).equals(zstdDecompressSync(body)))
  assert.equal(parseNarInfo((await setting.get(narInfoPath(path))).text).compression, 'none')
})

/** The file of the one NAR that is kept, once it is. */
async function onlyKept(folder: string): Promise<string> {
  for (;;) {
    const [name] = (await readdir(folder)).filter(file => !file.endsWith('.part'))
    if (name !== undefined) return name
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('a NAR that was damaged on disk is read from storage again', async () => {
  const path = await filePath('thing', 3_000_000)
  const bytes = await bytesOf(path)
  await using setting = await serve((await smallRelease([path])).release())
  assert.ok(bytes.equals((await setting.get(narPathOf(path))).body))
  for (const at of [100, 2_000_000]) {
    const file = join(setting.folder, await onlyKept(setting.folder))
    const damaged = await readFile(file)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    await writeFile(file, damaged)
    const { body, isCut } = await setting.get(narPathOf(path))
    assert.deepEqual([isCut, bytes.equals(body)], [false, true])
  }
})

test('who asked for a narinfo finds the NAR loaded; what many ask for at once is read once', async () => {
  const path = await filePath('thing', 5000)
  const memory = await smallRelease([path])
  let reads = 0
  const contents: ReleaseContents = {
    manifest: memory.manifest,
    lookupHash: hash => memory.lookupHash(hash),
    list: () => memory.list(),
    log: entry => memory.log(entry),
    nar: entry => {
      reads++
      return memory.nar(entry)
    },
  }
  await using setting = await serve(memory.release({ contents: () => Promise.resolve(contents) }))
  assert.equal((await setting.get(narInfoPath(path), { method: 'HEAD' })).status, 200)
  assert.equal(reads, 0, 'to look is not to want')
  await setting.get(narInfoPath(path))
  assert.equal(reads, 1)
  const answers = await Promise.all(Array.from({ length: 20 }, () => setting.get(narPathOf(path))))
  const bytes = await bytesOf(path)
  assert.ok(answers.every(({ body }) => bytes.equals(body)))
  assert.equal(reads, 1)
})

test('paths of a release are known once they were read: then no question reads anything', async () => {
  const path = await filePath('thing', 10)
  const memory = await smallRelease([path])
  let lookups = 0
  const contents: ReleaseContents = {
    manifest: memory.manifest,
    lookupHash: hash => {
      lookups++
      return memory.lookupHash(hash)
    },
    list: () => memory.list(),
    log: entry => memory.log(entry),
    nar: entry => memory.nar(entry),
  }
  await using setting = await serve(memory.release({ contents: () => Promise.resolve(contents) }))
  await setting.get(narInfoPath(path)) // while they are read
  const before = lookups
  for (let i = 0; i < 50; i++)
    assert.equal((await setting.get(`/${'0'.repeat(31)}${i % 10}.narinfo`)).status, 404)
  assert.equal((await setting.get(narInfoPath(path))).status, 200)
  assert.equal(lookups, before)
})

test('addresses that climb or hide are nothing', async () => {
  const path = await filePath('thing', 10)
  await using setting = await serve((await smallRelease([path])).release())
  const hash = hashPart(path.storePath)
  for (const address of [
    '/../../../../etc/passwd',
    '/nar/../../../../etc/passwd',
    '/nar/%2e%2e/%2e%2e/etc/passwd',
    `/nar/..%2f${hash}.nar`,
    `/${hash}.narinfo/`,
    `//${hash}.narinfo`,
    `/${hash}%00.narinfo`,
    `/${hash.toUpperCase()}.narinfo`,
    `/${'e'.repeat(32)}.narinfo`,
    `/${hash}.narinfo.narinfo`,
    '/zstd/zstd/nix-cache-info',
    '/log/../x.drv',
    '/realisations/sha256:x!out.doi',
    `/build-trace-v2/../out.doi`,
    '/debuginfo/x',
  ]) {
    const { status, text } = await setting.get(address)
    assert.equal(status, 404, address)
    assert.doesNotMatch(text, /root:|StorePath|\.ts/)
  }
})

const NAME = encodeUtf8
const open = (name = ''): NarEvent => ({ kind: 'directory', name: NAME(name) })
const END: NarEvent = { kind: 'end' }
const empty = (name: string): NarEvent => ({ kind: 'file', name: NAME(name), executable: false, size: 0 })

test('names of 255 bytes, of either case, and links that lead anywhere are served as they are', async () => {
  const path = await narPath('odd', [
    open(),
    empty('A'),
    { kind: 'symlink', name: NAME('B'), target: NAME('../../../../etc/passwd') },
    empty('a'),
    { kind: 'symlink', name: NAME('b'), target: NAME('.') },
    empty('x'.repeat(255)),
    END,
  ])
  await using setting = await serve((await smallRelease([path])).release())
  const { body } = await setting.get(narPathOf(path))
  assert.equal(formatHex(sha256(body)), formatHex(path.narHash))
  const listing = JSON.parse((await setting.get(`/${hashPart(path.storePath)}.ls`)).text) as {
    root: { entries: Record<string, { type: string; target?: string }> }
  }
  assert.deepEqual(Object.keys(listing.root.entries), ['A', 'B', 'a', 'b', 'x'.repeat(255)])
  assert.equal(listing.root.entries['B']?.target, '../../../../etc/passwd')
})

/** An archive of one folder with one entry, whose name no NAR may have. */
async function withName(name: string): Promise<Buffer> {
  const stand = 'n'.repeat(name.length)
  const right = await bytesOf(await narPath('x', [open(), empty(stand), END]))
  return Buffer.from(right.toString('latin1').replace(stand, name), 'latin1')
}

test('a NAR that is none has no listing; its bytes are what the release says', async () => {
  for (const nar of [
    await withName('..'),
    await withName('.'),
    await withName('a/b'),
    await withName('\0'),
    await withName('\xff'),
    Buffer.from('no archive at all'),
    (await bytesOf(await filePath('x', 100))).subarray(0, -8),
    Buffer.concat([await bytesOf(await filePath('x', 100)), Buffer.from('more')]),
  ]) {
    const path = rawPath('evil', nar)
    await using setting = await serve((await smallRelease([path])).release())
    const { status, text } = await setting.get(`/${hashPart(path.storePath)}.ls`)
    assert.deepEqual([status, text.split(':')[1]], [404, ' this NAR has no listing'], nar.toString('latin1'))
    assert.ok(nar.equals((await setting.get(narPathOf(path))).body))
    assert.deepEqual(setting.log, [])
  }
})

test('five hundred connections at once get the right bytes, others are slow meanwhile', async () => {
  const path = await filePath('thing', 300_000)
  const bytes = await bytesOf(path)
  await using setting = await serve((await smallRelease([path])).release())
  const address = `${cacheOf({})}${narPathOf(path)}`
  const slow = Array.from({ length: 100 }, (_, i) => {
    const socket = connect(setting.gateway.port, '127.0.0.1')
    socket.on('error', () => undefined)
    // Some say nothing, some never finish their question, some do not read the answer.
    if (i % 3 === 1) socket.write('GET / HTTP/1.1\r\nHost: ')
    if (i % 3 === 2) socket.pause().write(`GET ${address} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    return socket
  })
  const answers = await Promise.all(Array.from({ length: 500 }, () => setting.get(narPathOf(path))))
  assert.ok(answers.every(({ status, body }) => status === 200 && bytes.equals(body)))
  for (const socket of slow) socket.destroy()
  assert.deepEqual(setting.log, [])
})

test('what keeps a release from being read is told to the person, and a miss to Nix', async () => {
  for (const code of ['LEDGER_UNREACHABLE', 'DECODE', 'RELEASE_REVOKED']) {
    await using setting = await serve(new SquidError(code, 'It is so.'))
    for (const path of [
      `/${'0'.repeat(32)}.narinfo`,
      `/${'0'.repeat(32)}.ls`,
      `/realisations/sha256:${'0'.repeat(64)}!out.doi`,
    ]) {
      const { status, text } = await setting.get(path)
      assert.equal(status, code === 'RELEASE_REVOKED' ? 410 : 404, path) // both are misses to Nix
      assert.match(text, /^error: [^\n]*It is so\.\n$/)
    }
    assert.equal((await setting.get('/nix-cache-info')).status, 200)
    assert.equal(await setting.lastFailure(), code)
  }
})

test('a path that refers to one outside of the release is served, the other is a miss', async () => {
  const outside = await filePath('outside', 1)
  const path = await filePath('thing', 10, [outside.storePath])
  await using setting = await serve((await smallRelease([path])).release())
  const info = parseNarInfo((await setting.get(narInfoPath(path))).text)
  assert.deepEqual(info.references, [outside.storePath])
  assert.equal((await setting.get(narInfoPath(outside))).status, 404)
})

test('the log of a derivation, where the release holds it, and of nothing else', async () => {
  const content = encodeUtf8('Derive')
  const path = (name: string, printed?: string): MemoryPath => ({
    ...rawPath(name, content),
    ...(printed === undefined ? {} : { printed }),
  })
  const [logged, silent] = [path('a.drv', 'checking for gcc… yes\n'), path('b.drv')]
  await using setting = await serve((await smallRelease([logged, silent])).release())
  const { status, text, headers } = await setting.get(`/log/${baseName(logged.storePath)}`)
  assert.deepEqual([status, text], [200, 'checking for gcc… yes\n'])
  assert.match(String(headers['content-type']), /^text\/plain/)
  for (const name of [
    baseName(silent.storePath),
    `${hashPart(logged.storePath)}-b.drv`,
    hashPart(logged.storePath),
    `${'0'.repeat(32)}-a.drv`,
  ]) {
    assert.equal((await setting.get(`/log/${name}`)).status, 404, name)
  }
})
