import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { FileLock } from './lock.ts'

async function scratch(): Promise<{ file: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'squid-lock-'))
  return {
    file: join(path, 'below', 'lock'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
}

test('one holder at a time within a process, and its file is the owner’s alone', async () => {
  await using it = await scratch()
  const first = FileLock.tryAcquire(it.file)
  assert.ok(first)
  assert.equal((await stat(it.file)).mode & 0o777, 0o600)
  assert.equal(FileLock.tryAcquire(it.file), undefined)
  assert.equal(FileLock.tryAcquire(it.file), undefined, 'having tried does not end the lock')
  first[Symbol.dispose]()
  using second = FileLock.tryAcquire(it.file)
  assert.ok(second)
})

test('who waits gets it when it is free', async () => {
  await using it = await scratch()
  const first = FileLock.tryAcquire(it.file)
  const waiting = FileLock.acquire(it.file)
  setTimeout(() => first?.[Symbol.dispose](), 30)
  using second = await waiting
  assert.ok(second)
})

test('another process holds it until it is killed', async () => {
  await using it = await scratch()
  const program = `
    const { FileLock } = await import(${JSON.stringify(new URL('lock.ts', import.meta.url).href)})
    globalThis.lock = FileLock.tryAcquire(${JSON.stringify(it.file)})
    console.log('held')
    setInterval(() => globalThis.lock, 1000)`
  const child = spawn(
    process.execPath,
    ['--conditions=@squid/source', '--input-type=module', '--eval', program],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    await once(child.stdout, 'data')
    assert.equal(FileLock.tryAcquire(it.file), undefined)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  using lock = FileLock.tryAcquire(it.file)
  assert.ok(lock)
})
