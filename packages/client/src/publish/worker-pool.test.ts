import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

/** Closes a pool when its last answer has come, and was not looked at yet. */
const CLOSING = `
  import('./chunk-threads.ts').then(async ({ ChunkThreads }) => {
    const threads = new ChunkThreads()
    const cut = () => Array.fromAsync(threads.cut((async function* () {})(), [])).catch(() => undefined)
    await cut()
    const next = cut()
    const last = cut()
    await next
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    await threads.close()
    console.log('closed')
  })
`

test('a pool that is closed while its threads answer keeps the process until they have ended', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', CLOSING], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(stdout, 'closed\n', stderr)
})
