/**
 * A reader that runs for longer than an epoch, as squidd does: it finds the storage nodes of the day.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { Devnet } from '@squid/devnet'

import { SQUID_PACKAGE } from '../publish/setting.ts'
import { Published } from './published.ts'

test('a reader that fails looks at the ledger for the epoch of now', async () => {
  await using it = await Published.make({ small: 2_000 })
  const storage = it.storage()
  const { epoch } = (await storage.open()).committee
  it.devnet.advanceEpoch()
  it.devnet.setNodeFault('all', 'down')
  await assert.rejects(it.readAll(storage), { code: 'BLOB_UNAVAILABLE' })
  it.devnet.setNodeFault('all', null)
  await it.readAll(storage)
  assert.equal((await storage.open()).committee.epoch, epoch + 1)
})

/** Keeps others from ports. */
async function occupy(ports: readonly number[]): Promise<AsyncDisposable> {
  const servers = await Promise.all(
    ports.map(async port => {
      const server: Server = createServer(socket => socket.destroy())
      await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
      return server
    }),
  )
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}

test('nodes that moved to other addresses are found there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'squid-moved-'))
  try {
    await using it = await Published.make({ large: 1_000_000, small: 2_000 }, { dir })
    const storage = it.storage({ sliverCacheBytes: 0, nodeCacheBytes: 0 })
    await it.readAll(storage)
    const { nodes } = (await storage.open()).committee
    const rpcPort = Number(new URL(it.devnet.rpcUrl).port)
    await it.devnet.stop()
    await using _ = await occupy(nodes.map(({ url = '' }) => Number(new URL(url).port)))
    await using _moved = await Devnet.start({ dir, rpcPort, adminPort: 0, packages: [SQUID_PACKAGE] })
    await it.readAll(storage)
    const { committee } = await storage.open()
    for (const [index, { url }] of committee.nodes.entries()) assert.notEqual(url, nodes[index]?.url)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
