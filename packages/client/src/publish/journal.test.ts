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

test('a second one is told who is at work, also within this process', async () => {
  await using it = await folder()
  {
    await using journal = await PublishJournal.open(it.path)
    for (const _ of [1, 2]) {
      await assert.rejects(PublishJournal.open(it.path), {
        code: 'PUBLISH_RUNNING',
        message: new RegExp(`process ${process.pid};`),
      })
    }
    await journal.append(packed)
  }
  await using again = await PublishJournal.open(it.path)
  assert.deepEqual(again.packs, [{ packed }])
})

test('what a process left that is no more, or whose id another has now, does not count', async () => {
  await using it = await folder()
  const sleeper = spawn('sleep', ['60'])
  try {
    await writeFile(join(it.path, 'lock'), '')
    await writeFile(join(it.path, 'holder'), String(sleeper.pid))
    await using journal = await PublishJournal.open(it.path)
    assert.deepEqual(journal.packs, [])
  } finally {
    sleeper.kill('SIGKILL')
    await once(sleeper, 'exit')
  }
})

test('of many that begin at once one goes on', async () => {
  await using it = await folder()
  const opened = await Promise.allSettled(Array.from({ length: 8 }, () => PublishJournal.open(it.path)))
  const journals = opened.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  assert.equal(journals.length, 1)
  for (const journal of journals) await journal[Symbol.asyncDispose]()
})

for (const line of [
  'what',
  '{}',
  'null',
  '{"step":"other"}',
  '{"step":"packed","pack":0}',
  '{"step":"packed","pack":-1,"size":3,"sha256":"ab","blobId":"id","rootHash":"cd"}',
  '{"step":"registering","pack":0}',
  '{"step":"registered","pack":1e9,"blobObjectId":"0x1","digest":"d","gas":"7"}',
  '{"step":"registered","pack":0,"blobObjectId":"0x1","digest":"d","gas":"lots"}',
  '{"step":"certified","pack":0,"certificate":{}}',
  '{"step":"certified","pack":0,"certificate":{"serializedMessage":"","signature":""}}',
  '{"step":"releasing","transaction":{"digest":"d"}}',
]) {
  test(`a journal with the line ${line} is damaged, and left as it is`, async () => {
    await using it = await folder()
    await writeFile(join(it.path, 'journal.jsonl'), `${JSON.stringify(packed)}\n${line}\n`)
    for (const _ of [1, 2])
      await assert.rejects(PublishJournal.open(it.path), {
        code: 'JOURNAL_DAMAGED',
        message: /remove that folder/,
      })
    assert.match(await readFile(join(it.path, 'journal.jsonl'), 'utf8'), /^\{"step":"packed".*\n.+\n$/)
  })
}

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
