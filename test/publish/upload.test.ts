/**
 * Ways onto Walrus: relays that fail, lie or want money; nodes that are down; more packs than one transaction takes.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'

import { connect, loadDescriptor } from '@squid/client/networks'
import { publish, type PublishEvent, type PublishOptions, type PublishResult } from '@squid/client/publish'
import { type Account, createAccount } from '@squid/client/transactions'
import type { Devnet } from '@squid/devnet'

import {
  bytesOf,
  createPerson,
  noise,
  openContents,
  type Person,
  publicationOf,
  startNetwork,
} from './setting.ts'

let devnet: Devnet
let alice: Person

before(async () => {
  devnet = await startNetwork()
  alice = await createPerson(devnet.networkUrl, 'alice')
})

after(async () => {
  await alice[Symbol.asyncDispose]()
  await devnet.stop()
})

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A relay that takes every blob and gives an answer of ours. */
async function startRelay(tip: string, answer: Answer): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    if (request.url === '/v1/tip-config') {
      response.end(tip)
      return
    }
    request.resume()
    request.once('end', () => answer(request, response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function accountWithRelay(url: string): Promise<Account> {
  const descriptor = await loadDescriptor(devnet.networkUrl)
  const network = await connect({ ...descriptor, walrus: { ...descriptor.walrus, uploadRelay: url } })
  return createAccount(network, alice.account.signer)
}

async function publishAs(
  account: Account,
  name: string,
  bytes: number,
  options: PublishOptions = {},
): Promise<{ result: PublishResult; events: PublishEvent[] }> {
  const events: PublishEvent[] = []
  const publication = await publicationOf(alice.space, name, [[name, noise(name, bytes)]])
  const deps = { account, storage: alice.storage(), home: alice.home }
  const result = await publish(deps, publication, { ...options, onProgress: event => events.push(event) })
  return { result, events }
}

async function assertReadable({ space, flake, version }: PublishResult): Promise<void> {
  const contents = await openContents(alice.account, alice.storage(), space, flake, version)
  for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
}

function forged(request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? '/', 'http://relay')
  const certificate = {
    signers: Array.from({ length: 12 }, (_, index) => index),
    serialized_message: Array.from({ length: 72 }, () => 0),
    signature: Buffer.alloc(96, 1).toString('base64url'),
  }
  response.end(
    JSON.stringify({ blob_id: searchParams.get('blob_id'), confirmation_certificate: certificate }),
  )
}

const RELAYS: readonly (readonly [what: string, tip: string, answer: Answer, reason: RegExp])[] = [
  ['fails', '"no_tip"', (_, response) => response.writeHead(500).end('{}'), /500|error|request/i],
  ['gives a certificate that is none', '"no_tip"', forged, /certificate/],
  [
    'wants money',
    '{"send_tip":{"address":"0x1","kind":{"const":5}}}',
    (_, response) => response.writeHead(500).end('{}'),
    /tip/,
  ],
]

for (const [what, tip, answer, reason] of RELAYS) {
  test(`a relay that ${what} is told of, and the nodes take the blob`, async () => {
    await using relay = await startRelay(tip, answer)
    const account = await accountWithRelay(relay.url)
    const { result, events } = await publishAs(account, what.replaceAll(' ', '-'), 50_000)
    const lost = events.filter(event => event.stage === 'relay-lost')
    assert.equal(lost.length, 1)
    assert.match(lost[0]?.reason ?? '', reason)
    await assertReadable(result)
  })
}

test('nodes that are down or refuse to write do not stop an upload, as long as enough are left', async () => {
  for (const node of [2, 5, 9]) devnet.setNodeFault(node, 'down')
  try {
    const { result } = await publishAs(alice.account, 'three-down', 50_000, { upload: 'nodes' })
    await assertReadable(result)
    devnet.setNodeFault(10, 'down')
    devnet.setNodeFault(11, 'down')
    await assert.rejects(publishAs(alice.account, 'five-down', 50_000, { upload: 'nodes' }), {
      code: 'STORAGE_UNAVAILABLE',
    })
  } finally {
    for (const node of [2, 5, 9, 10, 11]) devnet.setNodeFault(node, null)
  }
  // The same again goes on where it stopped.
  const { result } = await publishAs(alice.account, 'five-down', 50_000, { upload: 'nodes' })
  await assertReadable(result)
})

test('more packs than one transaction takes: registered together, certified in two steps', async () => {
  const { result } = await publishAs(alice.account, 'many', 9_000_000, { packBytes: 270_000 })
  assert.ok(result.packs > 33, `${result.packs} packs`)
  assert.ok(result.transactions.length < result.packs / 2, `${result.transactions.length} transactions`)
  assert.equal(new Set(result.transactions).size, result.transactions.length)
  const { objects } = await alice.account.network.sui.core.listOwnedObjects({
    owner: alice.account.address,
    type: `${alice.account.network.descriptor.walrus.packageId}::blob::Blob`,
  })
  // Nothing was paid for in vain: the Space has all of them.
  assert.deepEqual(objects, [])
  await assertReadable(result)
})
