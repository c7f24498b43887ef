import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { concatBytes, encodeUtf8, formatHex } from '../bytes/index.ts'
import { sha256 } from '../hash/index.ts'
import { type NarEvent, parseNar } from '../nar/index.ts'
import { hashNarOfPath } from '../nar/fs.ts'
import { readVector } from '../testing/codec.ts'
import { sourceTarball, type TarballOptions } from './index.ts'

const TREE = readVector('nar/tree.nar')
const OPTIONS = { lastModified: 1_700_000_000 }

async function tarball(
  events: AsyncIterable<NarEvent> | Iterable<NarEvent>,
  options: TarballOptions,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of sourceTarball(events, options)) parts.push(part)
  return concatBytes(parts)
}

/** Unpacks by the system's tar and looks at what came out. */
async function unpacked(bytes: Uint8Array, look: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = fs.mkdtempSync(join(tmpdir(), 'squid-tar-'))
  try {
    execFileSync('tar', ['-xzf', '-', '-C', dir], { input: bytes })
    await look(dir)
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
}

test('GNU tar unpacks the very tree', async () => {
  await unpacked(await tarball(parseNar([TREE]), OPTIONS), async dir => {
    assert.deepEqual(fs.readdirSync(dir), ['source'])
    const { hash } = await hashNarOfPath(join(dir, 'source'))
    assert.equal(formatHex(hash), formatHex(sha256(TREE)))
    for (const name of ['.', 'run', 'dir', 'dir/empty', 'link']) {
      assert.equal(fs.lstatSync(join(dir, 'source', name)).mtimeMs, OPTIONS.lastModified * 1000, name)
    }
    assert.equal(fs.statSync(join(dir, 'source/run')).mode & 0o777, 0o755)
    assert.equal(fs.statSync(join(dir, 'source/one')).mode & 0o777, 0o644)
  })
})

test('the same source gives the same bytes, another time other ones', async () => {
  const first = await tarball(parseNar([TREE]), OPTIONS)
  assert.deepEqual(await tarball(parseNar([TREE.subarray(0, 999), TREE.subarray(999)]), OPTIONS), first)
  assert.notDeepEqual(await tarball(parseNar([TREE]), { lastModified: 1 }), first)
  // gzip header: no time, no name (RFC 1952, section 2.3).
  assert.deepEqual(first.subarray(0, 8), Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0))
  assert.equal(gunzipSync(first).length % 512, 0)
})

test('long names, long links and large files go through extended headers', async () => {
  const long = 'n'.repeat(200)
  const target = 't'.repeat(300)
  const size = 3 * 1024 * 1024 + 1
  const piece = new Uint8Array(size)
  const events: NarEvent[] = [
    { kind: 'directory', name: new Uint8Array(0) },
    { kind: 'directory', name: encodeUtf8(long) },
    { kind: 'file', name: encodeUtf8('f'), executable: false, size },
    { kind: 'data', bytes: piece.subarray(0, 1000) },
    { kind: 'data', bytes: piece.subarray(1000) },
    { kind: 'symlink', name: encodeUtf8('l'), target: encodeUtf8(target) },
    { kind: 'end' },
    { kind: 'end' },
  ]
  await unpacked(await tarball(events, { ...OPTIONS, prefix: 'top', level: 1 }), dir => {
    assert.equal(fs.statSync(join(dir, 'top', long, 'f')).size, size)
    assert.equal(fs.readlinkSync(join(dir, 'top', long, 'l')), target)
  })
})

test('a tree deeper than systems unpack is refused, before its paths fill the disk', async () => {
  const name = encodeUtf8('d'.repeat(255))
  const deep = function* (): Generator<NarEvent> {
    yield { kind: 'directory', name: new Uint8Array(0) }
    for (let depth = 0; depth < 2000; depth++) yield { kind: 'directory', name }
  }
  await assert.rejects(tarball(deep(), OPTIONS), { code: 'TARBALL_PATH' })
})

test('a source that fails fails the tarball', async () => {
  await assert.rejects(tarball(parseNar([TREE.subarray(0, 2000)]), OPTIONS), { code: 'DECODE' })
  for (const lastModified of [-1, 0.5, NaN, 8 ** 11]) {
    await assert.rejects(tarball(parseNar([TREE]), { lastModified }), RangeError)
  }
})

test('a reader that stops early leaves nothing running', async () => {
  const large = function* (): Generator<NarEvent> {
    yield { kind: 'file', name: new Uint8Array(0), executable: false, size: 1 << 30 }
    for (;;) yield { kind: 'data', bytes: crypto.getRandomValues(new Uint8Array(1 << 16)) }
  }
  for await (const piece of sourceTarball(large(), OPTIONS)) {
    assert.ok(piece.length > 0)
    break
  }
})

test('a source of many files warns of nothing', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  try {
    const many: NarEvent[] = Array.from({ length: 200 }, (_, i) => [
      { kind: 'file' as const, name: encodeUtf8(`${i}`.padStart(3, '0')), executable: false, size: 1 << 15 },
      { kind: 'data' as const, bytes: crypto.getRandomValues(new Uint8Array(1 << 15)) },
    ]).flat()
    await tarball([{ kind: 'directory', name: new Uint8Array(0) }, ...many, { kind: 'end' }], OPTIONS)
    await new Promise(resolve => setImmediate(resolve))
  } finally {
    process.off('warning', note)
  }
  assert.deepEqual(warnings, [])
})
