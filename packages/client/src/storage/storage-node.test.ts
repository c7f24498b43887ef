import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import type { StorageNode } from './committee.ts'
import { metadataBytes } from './metadata.ts'
import { StorageNodeClient, StorageNodeError } from './storage-node.ts'

const TIMEOUT_MS = 200
const SHARDS = 10
const blobId = new Uint8Array(32)

/** One connection to a node that answers so, and its metadata as that client gets it. */
async function nodeThat(
  answer: RequestListener,
): Promise<{ metadata: () => Promise<Uint8Array> } & AsyncDisposable> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const client = new StorageNodeClient({ timeoutMs: TIMEOUT_MS, connectionsPerNode: 1 })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const node: StorageNode = { id: '0', name: 'node-0', url }
  return {
    metadata: () => client.metadata(node, blobId, SHARDS),
    async [Symbol.asyncDispose]() {
      client.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const inTime = { name: 'StorageNodeError', message: /^Storage node node-0 does not answer in time$/ }

test('a node that sends nothing is given up', async () => {
  await using node = await nodeThat(() => undefined)
  await assert.rejects(node.metadata(), inTime)
})

test('waiting for a connection does not count while the node answers others', async () => {
  await using node = await nodeThat((_, response) => {
    void sleep(0.6 * TIMEOUT_MS).then(() => response.end(new Uint8Array(7)))
  })
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 4 }, () => node.metadata()))
  assert.deepEqual(
    answers.map(({ length }) => length),
    [7, 7, 7, 7],
  )
  assert.ok(performance.now() - began >= 2 * TIMEOUT_MS)
})

test('but with a silent one all who wait for it are given up', async () => {
  await using node = await nodeThat(() => undefined)
  const outcomes = await Promise.allSettled([node.metadata(), node.metadata(), node.metadata()])
  for (const outcome of outcomes) {
    assert.equal(outcome.status, 'rejected')
    assert.ok(outcome.reason instanceof StorageNodeError)
  }
})

test('an answer that never ends, byte by byte, is given up', async () => {
  await using node = await nodeThat((_, response) => {
    const drip = setInterval(() => response.write('x'), TIMEOUT_MS / 4)
    response.on('close', () => clearInterval(drip))
  })
  await assert.rejects(node.metadata(), inTime)
})

test('an answer longer than what was asked for is not read', async () => {
  await using node = await nodeThat((_, response) => response.end(new Uint8Array(metadataBytes(SHARDS) + 1)))
  await assert.rejects(node.metadata(), /sends more than was asked for/)
})
