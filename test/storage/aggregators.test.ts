/**
 * Aggregators through what squid is made of: with no storage node left they are asked, the person's own first, and
 * believed no more than nodes.
 */
import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, test } from 'node:test'

import { writeConfig } from '@squid/client/home'
import { openSession, type Session } from '../../apps/squid/src/compose.ts'

import { Published } from './published.ts'

let it: Published
before(async () => (it = await Published.make({ large: 3_000_000, small: 2_000 })))
after(() => it[Symbol.asyncDispose]())
afterEach(() => {
  it.devnet.setNodeFault('all', null)
  it.devnet.setNodeFault('aggregator', null)
})

/** What squid opens in alice's home. */
async function sessionWith(aggregators?: readonly string[]): Promise<Session> {
  const { networkUrl: network } = it.devnet
  const own = aggregators === undefined ? {} : { aggregators }
  await writeConfig(it.alice.home, { network, chainId: undefined, key: 'default', compare: [], ...own })
  return openSession(it.alice.home)
}

/** Passes everything on to the network's aggregator, and counts it. */
async function ownAggregator(): Promise<{ url: string; readonly requests: number } & AsyncDisposable> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    const { aggregator = '' } = it.devnet.descriptor.walrus
    get(aggregator + request.url, { headers: request.headers }, answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

test('with all nodes gone the aggregator of the network is enough', async () => {
  await using session = await sessionWith()
  it.devnet.setNodeFault('all', { kind: 'drop' })
  await it.readAll(session.storage)
})

test('it is not believed', async () => {
  await using session = await sessionWith()
  it.devnet.setNodeFault('all', { kind: 'drop' })
  it.devnet.setNodeFault('aggregator', 'tamper')
  await assert.rejects(it.readAll(session.storage), { code: 'BLOB_UNAVAILABLE' })
})

test("the person's own aggregators come first, and those that are gone do no harm", async () => {
  await using own = await ownAggregator()
  await using session = await sessionWith(['http://127.0.0.1:1', own.url])
  it.devnet.setNodeFault('all', { kind: 'drop' })
  await it.readAll(session.storage)
  assert.ok(own.requests > 0)
})

test('nobody asks an aggregator while nodes answer', async () => {
  await using own = await ownAggregator()
  await using session = await sessionWith([own.url])
  it.devnet.setNodeFault(1, 'tamper')
  it.devnet.setNodeFault(2, 'down')
  await it.readAll(session.storage)
  assert.equal(own.requests, 0)
})
