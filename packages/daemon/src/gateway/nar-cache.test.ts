import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatBase32 } from '@squid/formats/base32'
import { sha256 } from '@squid/formats/hash'
import { NarCache } from './nar-cache.ts'

const MIB = 1024 * 1024

interface Folder extends AsyncDisposable {
  readonly path: string
}

async function folder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'squid-nars-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

function bytesOf(size: number, seed = 1): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * i * 31 + i * seed) % 251))
}

function nameOf(bytes: Uint8Array): string {
  return formatBase32(sha256(bytes))
}

/** Writes in pieces of odd sizes. */
async function keep(cache: NarCache, bytes: Uint8Array): Promise<string> {
  await using writing = await cache.write(nameOf(bytes), bytes.length)
  for (let at = 0; at < bytes.length; at += 100_003) await writing?.write(bytes.subarray(at, at + 100_003))
  await writing?.keep()
  return nameOf(bytes)
}

async function read(cache: NarCache, name: string, size: number, from = 0): Promise<Buffer | undefined> {
  const pieces = cache.read(name, size, from)
  if (pieces === undefined) return undefined
  const parts: Buffer[] = []
  for await (const piece of pieces) parts.push(Buffer.from(piece))
  return Buffer.concat(parts)
}

test('what was kept comes back, from any byte on, also after a restart', async () => {
  await using dir = await folder()
  for (const size of [0, 1, 262_143, 262_144, 262_145, 700_000]) {
    const bytes = bytesOf(size)
    const name = await keep(await NarCache.open(dir.path, { limitBytes: 8 * MIB }), bytes)
    const again = await NarCache.open(dir.path, { limitBytes: 8 * MIB })
    for (const from of [0, 1, 262_143, 262_144, 300_000, size].filter(from => from <= size)) {
      assert.deepEqual(await read(again, name, size, from), bytes.subarray(from), `${size} from ${from}`)
    }
  }
  const cache = await NarCache.open(dir.path, { limitBytes: 8 * MIB })
  assert.equal(cache.read('0'.repeat(52), 1), undefined)
})

test('what was not finished is not there, and nothing of it stays', async () => {
  await using dir = await folder()
  const cache = await NarCache.open(dir.path, { limitBytes: 8 * MIB })
  const bytes = bytesOf(1000)
  {
    await using writing = await cache.write(nameOf(bytes), bytes.length)
    await writing?.write(bytes)
  }
  assert.deepEqual([cache.has(nameOf(bytes)), await readdir(dir.path)], [false, []])
  await writeFile(join(dir.path, `${nameOf(bytes)}.1-2.part`), bytes) // as a killed process leaves it
  await NarCache.open(dir.path, { limitBytes: 8 * MIB })
  assert.deepEqual(await readdir(dir.path), [])
})

test('any damage is found before a wrong byte is handed out, and the file is removed', async () => {
  await using dir = await folder()
  const bytes = bytesOf(600_000)
  const harms: Record<string, (file: string) => Promise<void>> = {
    'a bit of the first block': file => flip(file, 5),
    'a bit of the second block': file => flip(file, 300_000),
    'a bit of the last block': file => flip(file, 599_999),
    'a bit of the sums': file => flip(file, 600_001),
    'a bit of the sum of the sums': file => flip(file, 600_000 + 3 * 4),
    'the end is missing': file => truncate(file, 400_000),
    'nothing is there': file => writeFile(file, ''),
    'the file is gone': file => rm(file),
  }
  for (const [what, harm] of Object.entries(harms)) {
    const cache = await NarCache.open(dir.path, { limitBytes: 8 * MIB })
    const name = await keep(cache, bytes)
    await harm(join(dir.path, name))
    const got: Buffer[] = []
    await assert.rejects(
      async () => {
        for await (const piece of cache.read(name, bytes.length) ?? []) got.push(Buffer.from(piece))
      },
      { code: 'CACHE_DAMAGED', message: new RegExp(name) },
      what,
    )
    const right = Buffer.concat(got)
    assert.deepEqual(right, bytes.subarray(0, right.length), what)
    assert.deepEqual([cache.has(name), cache.bytes, await readdir(dir.path)], [false, 0, []], what)
  }
  // The right bytes under a size that they do not have.
  const cache = await NarCache.open(dir.path, { limitBytes: 8 * MIB })
  await assert.rejects(read(cache, await keep(cache, bytes), 599_999), { code: 'CACHE_DAMAGED' })
})

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(file, bytes)
}

test('what was not used for the longest time goes first; what is too large is not kept', async () => {
  await using dir = await folder()
  const cache = await NarCache.open(dir.path, { limitBytes: MIB })
  const [a, b, c, d] = [1, 2, 3, 4].map(seed => bytesOf(300_000, seed)) as [Buffer, Buffer, Buffer, Buffer]
  const [nameA, nameB] = [await keep(cache, a), await keep(cache, b), await keep(cache, c)]
  await read(cache, nameA, a.length)
  await keep(cache, d)
  assert.deepEqual([cache.has(nameA), cache.has(nameB)], [true, false])
  assert.ok(cache.bytes <= MIB)
  assert.equal((await readdir(dir.path)).length, 3)
  const large = bytesOf(600_000)
  assert.equal(await cache.write(nameOf(large), large.length), undefined)
  // A smaller limit at the next start.
  const small = await NarCache.open(dir.path, { limitBytes: 400_000 })
  assert.ok(small.bytes <= 400_000 && small.bytes > 0)
})

test('a folder that can not be written to costs the cache, not the NAR', async () => {
  await using dir = await folder()
  const lines: string[] = []
  const cache = await NarCache.open(join(dir.path, 'x'), { limitBytes: MIB, log: line => lines.push(line) })
  await rm(join(dir.path, 'x'), { recursive: true })
  assert.equal(await cache.write(nameOf(bytesOf(10)), 10), undefined)
  assert.match(lines.join(), /cache of NARs does not work: ENOENT/)
})
