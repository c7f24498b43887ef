import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { PublishJournal } from './journal.ts'

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-journal-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const packed = { step: 'packed', pack: 0, size: 3, sha256: 'ab', blobId: 'id', rootHash: 'cd' } as const
const registered = { step: 'registered', pack: 0, blobObjectId: '0x1', digest: 'd', gas: '7' } as const

test('what was appended is there again after opening', async () => {
  await using it = await folder()
  {
    await using journal = await PublishJournal.open(it.path)
    await journal.append(packed)
    await journal.append(registered)
    assert.deepEqual(journal.packs, [{ packed, registered }])
  }
  await using again = await PublishJournal.open(it.path)
  assert.deepEqual(again.packs, [{ packed, registered }])
  assert.equal(again.releasing, undefined)
})

test('half a line, as a kill leaves it, is forgotten and overwritten', async () => {
  await using it = await folder()
  {
    await using journal = await PublishJournal.open(it.path)
    await journal.append(packed)
  }
  await appendFile(join(it.path, 'journal.jsonl'), '{"step":"registered","pa')
  {
    await using journal = await PublishJournal.open(it.path)
    assert.deepEqual(journal.packs, [{ packed }])
    await journal.append(registered)
  }
  const text = await readFile(join(it.path, 'journal.jsonl'), 'utf8')
  assert.equal(text, `${JSON.stringify(packed)}\n${JSON.stringify(registered)}\n`)
})

test('a second process is told who is at work', async () => {
  await using it = await folder()
  const sleeper = spawn('sleep', ['60'])
  try {
    await writeFile(join(it.path, 'lock'), String(sleeper.pid))
    await assert.rejects(PublishJournal.open(it.path), {
      code: 'PUBLISH_RUNNING',
      message: new RegExp(`process ${sleeper.pid};`),
    })
  } finally {
    sleeper.kill('SIGKILL')
    await once(sleeper, 'exit')
  }
  // The holder is no more: its lock does not count.
  await using journal = await PublishJournal.open(it.path)
  assert.deepEqual(journal.packs, [])
})

test('journal and packs are readable by their owner alone', async () => {
  await using it = await folder()
  await using journal = await PublishJournal.open(join(it.path, 'new'))
  await journal.append(packed)
  await journal.writePack(0, new Uint8Array(3))
  for (const name of ['journal.jsonl', 'pack-0', 'lock']) {
    assert.equal((await stat(join(journal.folder, name))).mode & 0o777, 0o600)
  }
})

test('finishing leaves nothing behind', async () => {
  await using it = await folder()
  {
    await using journal = await PublishJournal.open(join(it.path, 'new'))
    await journal.append(packed)
    await journal.finish()
  }
  await assert.rejects(stat(join(it.path, 'new')), { code: 'ENOENT' })
})
