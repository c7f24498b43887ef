import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const CLOSING = `
  import { ChunkThreads } from './chunk-threads.ts'
  for (let i = 0; i < 6; i++) {
    const threads = new ChunkThreads()
    const jobs = [0, 1, 2].map(() => threads.compress(new ArrayBuffer(100_000), []).catch(() => undefined))
    await jobs[i % 2]
    await threads.close()
  }
  console.log('closed')
`

test('a pool that is closed while its threads answer keeps the process until they have ended', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', CLOSING], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(stdout, 'closed\n', stderr)
})
