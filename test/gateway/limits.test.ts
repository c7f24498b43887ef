/**
 * What is absurd, at its full size: through a real gateway, without Nix.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatBase32 } from '@squid/formats/base32'
import { encodeUtf8 } from '@squid/formats/bytes'
import { encodeNar, hashStream } from '@squid/formats/nar'
import { hashPart, sourcePath, type StorePath } from '@squid/formats/store-path'
import { generateSecretKey } from '@squid/formats/signature'
import { Gateway, NarCache, type ReleaseContents } from '@squid/daemon/gateway'
import { MemoryRelease } from '@squid/daemon/gateway/testing'

const MIB = 1024 * 1024

interface Setting extends AsyncDisposable {
  readonly port: number
  /** Where NARs are kept. */
  readonly folder: string
  /** Path of the cache of the one release. */
  readonly cache: string
}

interface Path {
  readonly storePath: StorePath
  readonly narHash: Uint8Array
  readonly narSize: bigint
  readonly nar: () => AsyncIterable<Uint8Array>
}

/** A gateway over a release with one path, whose NAR is made while it is read. */
async function serve(path: Path, open?: Promise<never>): Promise<Setting> {
  const { nar, ...facts } = path
  const memory = await MemoryRelease.of(
    {
      sourceNarHash: path.narHash,
      flake: { lastModified: 0n },
      systems: [],
      holds: { sources: false, buildClosure: false },
    },
    [{ ...facts, references: [], nar: async function* () {} }],
  )
  const contents: ReleaseContents = {
    manifest: memory.manifest,
    lookupHash: hash => memory.lookupHash(hash),
    list: () => memory.list(),
    log: async function* () {},
    nar,
  }
  const release = memory.release({ contents: () => open ?? Promise.resolve(contents) })
  const folder = await mkdtemp(join(tmpdir(), 'squid-limits-'))
  const keys = [generateSecretKey('squid-test-1')]
  const gateway = await Gateway.start(
    {
      releases: { resolve: () => Promise.resolve(release) },
      policy: { accepts: () => Promise.resolve(true) },
      keys: () => keys,
      cache: await NarCache.open(folder, { limitBytes: 64 * MIB }),
      secret: 'shared',
      storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
      log: () => undefined,
    },
    { port: 0, about: {} },
  )
  return {
    port: gateway.port,
    folder,
    cache: `/of/${release.space}.${release.flakeName}.${release.version}`,
    [Symbol.asyncDispose]: async () => {
      await gateway.stop()
      await rm(folder, { recursive: true })
    },
  }
}

interface Received {
  readonly head: string
  /** Bytes behind the header. */
  readonly size: number
  readonly bytes: Buffer
  /** Bytes of memory that this process took meanwhile, at most. */
  readonly memory: number
}

/** Reads an answer, and keeps only its beginning. */
async function receive({ port, cache }: Setting, path: string, keep = MIB): Promise<Received> {
  const before = process.memoryUsage.rss()
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${cache}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  const kept: Buffer[] = []
  let [size, memory] = [0, 0]
  socket.on('data', (part: Buffer) => {
    if (size < keep) kept.push(part)
    size += part.length
    memory = Math.max(memory, process.memoryUsage.rss() - before)
  })
  await once(socket, 'close')
  const bytes = Buffer.concat(kept)
  const end = bytes.indexOf('\r\n\r\n') + 4
  return { head: bytes.toString('latin1', 0, end), size: size - end, bytes: bytes.subarray(end), memory }
}

test('a NAR of 4 GiB passes through, and memory stays', async () => {
  const size = 4 * 1024 ** 3 + 1
  const narHash = new Uint8Array(32).fill(7)
  const zeros = new Uint8Array(8 * MIB)
  const nar = async function* (): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; left -= zeros.length) yield zeros.subarray(0, left)
  }
  const storePath = sourcePath(narHash, 'huge')
  await using setting = await serve({ storePath, narHash, narSize: BigInt(size), nar })
  const received = await receive(setting, `/nar/${hashPart(storePath)}-${formatBase32(narHash)}.nar`)
  assert.match(received.head, /^HTTP\/1\.1 200 /)
  assert.match(received.head, new RegExp(`content-length: ${size}\r\n`, 'i'))
  assert.equal(received.size, size)
  assert.ok(received.memory < 256 * MIB, `${received.memory >> 20} MiB more`)
  assert.deepEqual(await readdir(setting.folder), [], 'too large to keep')
})

const NUMBER = '00000000'

/** An archive of a folder with so many empty files, put together from the parts of a small one. */
async function* manyEntries(count: number): AsyncGenerator<Uint8Array> {
  const archive = (names: readonly string[]): AsyncIterable<Uint8Array> =>
    encodeNar([
      { kind: 'directory', name: encodeUtf8('') },
      ...names.map(name => ({ kind: 'file', name: encodeUtf8(name), executable: false, size: 0 }) as const),
      { kind: 'end' },
    ])
  const none = await all(archive([]))
  const one = await all(archive([NUMBER]))
  const end = 16 // the last )
  yield none.subarray(0, -end)
  const entry = one.subarray(none.length - end, -end)
  const numberAt = entry.indexOf(NUMBER)
  for (let i = 0; i < count; i += 1000) {
    const piece = Buffer.concat(Array.from({ length: 1000 }, () => entry))
    for (let k = 0; k < 1000; k++) {
      piece.write(String(i + k).padStart(NUMBER.length, '0'), k * entry.length + numberAt, 'latin1')
    }
    yield piece
  }
  yield none.subarray(-end)
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}

test('a NAR of a million entries passes through, and its listing comes as a stream', async () => {
  const count = 1_000_000
  const nar = (): AsyncIterable<Uint8Array> => manyEntries(count)
  const { hash: narHash, size: narSize } = await hashStream(nar())
  const storePath = sourcePath(narHash, 'many')
  await using setting = await serve({ storePath, narHash, narSize, nar })
  const archive = await receive(setting, `/nar/${hashPart(storePath)}-${formatBase32(narHash)}.nar`)
  assert.equal(archive.size, Number(narSize))
  const listing = await receive(setting, `/${hashPart(storePath)}.ls`, Infinity)
  assert.match(listing.head, /^HTTP\/1\.1 200 /)
  const text = listing.bytes.toString()
  assert.equal(text.match(/"type":"regular"/g)?.length, count)
  assert.ok(archive.memory < 256 * MIB, `${archive.memory >> 20} MiB more`)
})

test('a release that does not open does not hold Nix for more than ten seconds', async () => {
  const narHash = new Uint8Array(32)
  const path = { storePath: sourcePath(narHash), narHash, narSize: 0n, nar: async function* () {} }
  await using setting = await serve(path, new Promise<never>(() => undefined))
  const began = performance.now()
  const { head, bytes } = await receive(setting, `/${'0'.repeat(32)}.narinfo`)
  const seconds = (performance.now() - began) / 1000
  assert.match(head, /^HTTP\/1\.1 404 /)
  assert.match(bytes.toString(), /did not answer within 10 s/)
  assert.ok(seconds >= 9 && seconds < 20, `${seconds} s`)
})
