import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { concatBytes, encodeUtf8, equalBytes, formatHex } from '../bytes/index.ts'
import { DecodeError } from '../errors/index.ts'
import { readVector, readVectorJson } from '../testing/codec.ts'
import { hashNarOfPath, narFromPath, restoreNar } from './fs.ts'
import { encodeNar, type NarEvent } from './index.ts'

const { nars } = readVectorJson('nix/vectors.json') as { nars: Record<string, string> }

/** A folder that is removed again. */
async function inFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = fs.mkdtempSync(join(tmpdir(), 'squid-nar-'))
  try {
    await use(dir)
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return concatBytes(parts)
}

test('archives of real Nix survive the file system', async () => {
  await inFolder(async dir => {
    for (const [name, sha256] of Object.entries(nars)) {
      const bytes = readVector(`nar/${name}.nar`)
      const { hash, size } = await restoreNar([bytes], join(dir, name))
      assert.equal(formatHex(hash), sha256)
      assert.equal(size, BigInt(bytes.length))
      assert.deepEqual(await collect(narFromPath(join(dir, name))), bytes)
      assert.deepEqual(await hashNarOfPath(join(dir, name)), { hash, size })
    }
    assert.equal(fs.statSync(join(dir, 'tree/run')).mode & 0o111, 0o111 & ~process.umask())
    assert.equal(fs.readlinkSync(join(dir, 'tree/dir/abs')), '/abs')
  })
})

test('large files are dumped and restored in pieces', async () => {
  await inFolder(async dir => {
    const content = new Uint8Array(3 * 1024 * 1024 + 5).map((_, i) => i % 251)
    fs.writeFileSync(join(dir, 'big'), content)
    let largest = 0
    const pieces: Uint8Array[] = []
    for await (const piece of narFromPath(join(dir, 'big'))) {
      largest = Math.max(largest, piece.length)
      pieces.push(piece)
    }
    assert.ok(largest <= 512 * 1024)
    await restoreNar(pieces, join(dir, 'copy'))
    assert.ok(equalBytes(content, fs.readFileSync(join(dir, 'copy'))))
  })
})

test('what is neither file, directory nor link is refused', async () => {
  await inFolder(async dir => {
    const server = createServer().listen(join(dir, 'socket'))
    await once(server, 'listening')
    await assert.rejects(hashNarOfPath(dir), { code: 'NAR_FILE_TYPE' })
    await server[Symbol.asyncDispose]()
    await assert.rejects(hashNarOfPath(join(dir, 'missing')), { code: 'ENOENT' })
  })
})

test('a file that changes while it is read is refused', async () => {
  await inFolder(async dir => {
    const path = join(dir, 'log')
    for (const change of [() => fs.truncateSync(path, 10), () => fs.appendFileSync(path, 'more')]) {
      fs.writeFileSync(path, new Uint8Array(2 * 1024 * 1024))
      const pieces = narFromPath(path)
      await pieces.next()
      change()
      await assert.rejects(collect(pieces), { code: 'NAR_CHANGED' })
    }
  })
})

test('nothing is left of an archive that is refused', async () => {
  const bytes = readVector('nar/tree.nar')
  await inFolder(async dir => {
    const target = join(dir, 'tree')
    await assert.rejects(restoreNar([bytes.subarray(0, -8)], target), DecodeError)
    assert.ok(!fs.existsSync(target))
    await assert.rejects(restoreNar([bytes, Uint8Array.of(0)], target), DecodeError)
    assert.ok(!fs.existsSync(target))
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 2000)
      throw new Error('the network is gone')
    }
    await assert.rejects(restoreNar(failing(), target), /network/)
    assert.deepEqual(fs.readdirSync(dir), [])
  })
})

test('nothing that exists is overwritten, followed or removed', async () => {
  const bytes = readVector('nar/tree.nar')
  await inFolder(async dir => {
    fs.mkdirSync(join(dir, 'victim'))
    fs.writeFileSync(join(dir, 'victim/kept'), 'kept')
    fs.symlinkSync(join(dir, 'victim'), join(dir, 'link'))
    fs.symlinkSync(join(dir, 'new'), join(dir, 'dangling'))
    for (const target of ['victim', 'victim/kept', 'link', 'dangling']) {
      for (const archive of [bytes, readVector('nar/executable.nar'), readVector('nar/link.nar')]) {
        await assert.rejects(restoreNar([archive], join(dir, target)), { code: 'NAR_RESTORE' })
      }
    }
    assert.equal(fs.readFileSync(join(dir, 'victim/kept'), 'utf8'), 'kept')
    assert.deepEqual(fs.readdirSync(dir).toSorted(), ['dangling', 'link', 'victim'])
  })
})

test('a link can not be used as a directory by a later entry', async () => {
  const name = encodeUtf8('a')
  const events: NarEvent[] = [
    { kind: 'directory', name: new Uint8Array(0) },
    { kind: 'symlink', name, target: encodeUtf8('/tmp') },
    { kind: 'directory', name },
    { kind: 'end' },
    { kind: 'end' },
  ]
  await assert.rejects(collect(encodeNar(events)), { code: 'NAR_EVENTS' })
})
