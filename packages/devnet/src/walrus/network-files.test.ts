import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createSeed, type NetworkRecord, readRecord, readSeed, writeRecord } from './network-files.ts'

const record: NetworkRecord = {
  ids: {
    systemObjectId: '0x1',
    stakingPoolId: '0x2',
    adminCapId: '0x3',
    nodes: [{ nodeId: '0x4', capId: '0x5' }],
  },
  urls: ['http://127.0.0.1:4711'],
  relayUrl: 'http://127.0.0.1:4712',
  aggregatorUrl: 'http://127.0.0.1:4713',
  publisherUrl: 'http://127.0.0.1:4714',
}

async function withDir(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'network-files-'))
  try {
    await run(dir)
  } finally {
    await rm(dir, { recursive: true })
  }
}

test('seed and record are read back; the seed is for its owner only', () =>
  withDir(async dir => {
    const seed = await createSeed(dir)
    assert.deepEqual(await readSeed(dir), seed)
    assert.equal((await stat(join(dir, 'seed'))).mode & 0o777, 0o600)
    await writeRecord(dir, record)
    assert.deepEqual(await readRecord(dir), record)
  }))

test('a folder that holds no network, or a damaged one, is refused', () =>
  withDir(async dir => {
    await assert.rejects(readSeed(dir), { code: 'WALRUS_DIR' })
    await assert.rejects(readRecord(dir), { code: 'WALRUS_DIR' })
    await writeFile(join(dir, 'seed'), 'short')
    await assert.rejects(readSeed(dir), { code: 'WALRUS_DIR' })
    await writeRecord(dir, record)
    const text = await readFile(join(dir, 'network.json'), 'utf8')
    await writeFile(join(dir, 'network.json'), text.slice(1))
    await assert.rejects(readRecord(dir), { code: 'WALRUS_DIR' })
  }))

test('without a folder nothing is kept', async () => {
  assert.equal((await createSeed(undefined)).length, 32)
  await writeRecord(undefined, record)
  await assert.rejects(readSeed(undefined), { code: 'WALRUS_DIR' })
  await assert.rejects(readRecord(undefined), { code: 'WALRUS_DIR' })
})
