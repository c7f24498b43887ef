import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { siteKey, siteKeyPath } from './site-keys.ts'

const SPACE = `0x${'ab'.repeat(32)}`
let keys: string

before(async () => {
  keys = await mkdtemp(join(tmpdir(), 'squid-site-keys-'))
})
after(() => rm(keys, { recursive: true }))

test('a key is made once, and nobody else reads it', async () => {
  const [one, two] = await Promise.all([siteKey({ keys }, SPACE), siteKey({ keys }, SPACE)])
  assert.equal(one.name, 'squid-site-abababababababab-1')
  assert.deepEqual(one, two)
  assert.deepEqual(await siteKey({ keys }, SPACE), one)
  assert.equal((await stat(siteKeyPath({ keys }, SPACE))).mode & 0o777, 0o600)
})

test('a key that others may read, or that is none, is refused', async () => {
  const other = `0x${'cd'.repeat(32)}`
  await writeFile(siteKeyPath({ keys }, other), 'nonsense', { mode: 0o600 })
  await assert.rejects(siteKey({ keys }, other), { code: 'KEY_FORMAT' })
  await chmod(siteKeyPath({ keys }, other), 0o644)
  await assert.rejects(siteKey({ keys }, other), { code: 'KEY_MODE' })
})
