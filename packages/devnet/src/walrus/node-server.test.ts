import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { bls12381_min_pk_verify } from '@mysten/walrus-wasm'
import type { BlobId } from './blob-id.ts'
import { MemoryBlobStore } from './blob-store.ts'
import { deriveSecretKey, publicKey } from './bls.ts'
import { Coder } from './coder.ts'
import { pairOfShard, type SliverKind } from './geometry.ts'
import { listen } from './http.ts'
import { NodeServer } from './node-server.ts'
import { createRelay } from './relay.ts'
import { Signer } from './signer.ts'
import { DEFAULT_LIMITS, Storage, type StorageLimits } from './storage.ts'
import { encodeOfficially, FakeChain, type OfficialEncoding, sampleBytes } from './testing.ts'

const SHARDS = 10
/** Node 0 has shards 0–2, node 1 3–5, node 2 6 and 7, node 3 8 and 9. */
const OWNERS = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
const NODES = [0, 1, 2, 3]
const OBJECT = `0x${'ab'.repeat(32)}`
const HOST = '127.0.0.1'

const coder = new Coder(SHARDS)
const keys = NODES.map(index => deriveSecretKey(Uint8Array.of(7), index))
after(() => coder.close())

/** A store as slow as a disk. */
class SlowBlobStore extends MemoryBlobStore {
  override async put(id: BlobId, blob: Uint8Array, metadata: Uint8Array): Promise<void> {
    await sleep(50)
    return super.put(id, blob, metadata)
  }
}

/** Four nodes and a relay over one store. */
async function network(limits: Partial<StorageLimits> = {}): Promise<TestNetwork> {
  const chain = new FakeChain()
  const store = new SlowBlobStore()
  const storage = new Storage({ chain, store, coder }, OWNERS, {
    ...DEFAULT_LIMITS,
    confirmationWaitMs: 300,
    ...limits,
  })
  const signer = new Signer(coder, keys)
  const nodes = NODES.map(index => new NodeServer(index, { storage, signer }))
  const urls = await Promise.all(nodes.map(node => node.listen(HOST, 0)))
  const relay = createRelay({ storage, signer, nodes })
  const relayUrl = await listen(relay, HOST, 0)
  return {
    chain,
    store,
    nodes,
    urls,
    relayUrl,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map(node => node.stop()))
      relay.closeAllConnections()
      relay.close()
    },
  }
}

interface TestNetwork extends AsyncDisposable {
  readonly chain: FakeChain
  readonly store: MemoryBlobStore
  readonly nodes: readonly NodeServer[]
  readonly urls: readonly string[]
  readonly relayUrl: string
}

interface Reply {
  readonly code: number
  readonly body: unknown
  readonly bytes: Uint8Array
}

async function call(url: string, method = 'GET', body?: Uint8Array<ArrayBuffer>): Promise<Reply> {
  const response = await fetch(url, body ? { method, body } : { method })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const isJson = response.headers.get('content-type') === 'application/json'
  return {
    code: response.status,
    bytes,
    body: isJson ? JSON.parse(Buffer.from(bytes).toString()) : undefined,
  }
}

function reasonOf({ body }: Reply): unknown {
  return (body as { error?: { details?: { reason: unknown }[] } }).error?.details?.[0]?.reason
}

function dataOf({ body }: Reply): unknown {
  return (body as { success: { data: unknown } }).success.data
}

function pairsOf(node: number, { id }: OfficialEncoding): number[] {
  return OWNERS.flatMap((owner, shard) => (owner === node ? [pairOfShard(id, shard, SHARDS)] : []))
}

function sliverUrl(
  net: TestNetwork,
  node: number,
  { id }: OfficialEncoding,
  pair: number,
  kind: SliverKind,
): string {
  return `${net.urls[node]}/v1/blobs/${id}/slivers/${pair}/${kind}`
}

/** What the official client does at one node, less the confirmation. */
async function upload(net: TestNetwork, node: number, blob: OfficialEncoding): Promise<Reply[]> {
  const metadata = await call(
    `${net.urls[node]}/v1/blobs/${blob.id}/metadata`,
    'PUT',
    Uint8Array.from(blob.metadata),
  )
  const slivers = pairsOf(node, blob).flatMap(pair =>
    (['primary', 'secondary'] as const).map(kind =>
      call(sliverUrl(net, node, blob, pair, kind), 'PUT', Uint8Array.from(blob[kind][pair] ?? [])),
    ),
  )
  return [metadata, ...(await Promise.all(slivers))]
}

function confirm(
  net: TestNetwork,
  node: number,
  { id }: OfficialEncoding,
  kind = 'permanent',
): Promise<Reply> {
  return call(`${net.urls[node]}/v1/blobs/${id}/confirmation/${kind}`)
}

test('a blob is uploaded, confirmed with signatures that the official client accepts, and read back', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000), SHARDS)
  net.chain.register(blob.id, 5000)
  for (const replies of await Promise.all(NODES.map(node => upload(net, node, blob))))
    assert.deepEqual(new Set(replies.map(({ code }) => code)), new Set([201]))

  // Intent 1, version 0, application 3; epoch 1; the id; permanent.
  const message = Buffer.concat([
    Buffer.from('01000301000000', 'hex'),
    Buffer.from(blob.id, 'base64url'),
    Buffer.of(0),
  ])
  for (const node of NODES) {
    const { signed } = dataOf(await confirm(net, node, blob)) as { signed: Record<string, string> }
    assert.equal(signed['serializedMessage'], message.toString('base64'))
    const signature = Buffer.from(signed['signature'] ?? '', 'base64')
    assert.ok(bls12381_min_pk_verify(signature, publicKey(keys[node] ?? 0n), message))
  }
  for (const node of NODES)
    for (const pair of pairsOf(node, blob))
      for (const kind of ['primary', 'secondary'] as const) {
        assert.deepEqual((await call(sliverUrl(net, node, blob, pair, kind))).bytes, blob[kind][pair])
        assert.equal(dataOf(await call(`${sliverUrl(net, node, blob, pair, kind)}/status`)), 'Stored')
      }
  const metadata = await call(`${net.urls[1]}/v1/blobs/${blob.id}/metadata`)
  assert.deepEqual(
    Buffer.from(metadata.bytes),
    Buffer.concat([Buffer.from(blob.id, 'base64url'), blob.metadata]),
  )
  const again = await upload(net, 2, blob)
  assert.deepEqual(new Set(again.map(({ code }) => code)), new Set([200]))
})

test('plain rows are served without the cache, others encoded again', async () => {
  await using net = await network({ cacheBytes: 0 })
  const first = encodeOfficially(sampleBytes(5000), SHARDS)
  const second = encodeOfficially(sampleBytes(4000, 2), SHARDS)
  for (const blob of [first, second]) {
    net.chain.register(blob.id, blob.blob.length)
    await Promise.all(NODES.map(node => upload(net, node, blob)))
    await confirm(net, 0, blob)
  }
  for (const node of NODES)
    for (const pair of pairsOf(node, first))
      assert.deepEqual((await call(sliverUrl(net, node, first, pair, 'primary'))).bytes, first.primary[pair])
})

test('parity slivers decode too: a node that is down is not needed', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000, 3), SHARDS)
  net.chain.register(blob.id, 5000, { deletable: true })
  const withoutRowZero = NODES.filter(node => !pairsOf(node, blob).includes(0))
  await Promise.all(withoutRowZero.map(node => upload(net, node, blob)))
  for (const node of withoutRowZero)
    assert.equal((await confirm(net, node, blob, `deletable/${OBJECT}`)).code, 200)
  const absent = NODES.find(node => !withoutRowZero.includes(node)) ?? -1
  assert.equal(reasonOf(await confirm(net, absent, blob, `deletable/${OBJECT}`)), 'MISSING_SLIVERS')
  assert.equal((await call(sliverUrl(net, absent, blob, 0, 'primary'))).code, 404)

  // Later it gets its own; the others are not asked again.
  await upload(net, absent, blob)
  assert.equal((await confirm(net, absent, blob, `deletable/${OBJECT}`)).code, 200)
})

test('a certified blob is held by all', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000, 4), SHARDS)
  const registration = net.chain.register(blob.id, 5000)
  await Promise.all([0, 1, 2].map(node => upload(net, node, blob)))
  await confirm(net, 0, blob)
  const [pair = 0] = pairsOf(3, blob)
  assert.equal((await call(sliverUrl(net, 3, blob, pair, 'secondary'))).code, 404)
  registration.certifiedEpoch = 1
  assert.deepEqual((await call(sliverUrl(net, 3, blob, pair, 'secondary'))).bytes, blob.secondary[pair])
})

test('a sliver that is not part of the blob is not confirmed', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000, 5), SHARDS)
  net.chain.register(blob.id, 5000)
  const pair = pairsOf(1, blob).find(candidate => candidate >= 4) ?? -1
  const primary = blob.primary.map((sliver, i) => (i === pair ? flipped(sliver) : sliver))
  await Promise.all(NODES.map(node => upload(net, node, node === 1 ? { ...blob, primary } : blob)))
  assert.equal((await confirm(net, 0, blob)).code, 200)
  assert.equal(reasonOf(await confirm(net, 1, blob)), 'MISSING_SLIVERS')
  const refused = await call(sliverUrl(net, 1, blob, pair, 'primary'), 'PUT', flipped(blob.primary[pair]))
  assert.equal(reasonOf(refused), 'INVALID_SLIVER')
  assert.equal(
    (await call(sliverUrl(net, 1, blob, pair, 'primary'), 'PUT', Uint8Array.from(blob.primary[pair] ?? [])))
      .code,
    201,
  )
  assert.equal((await confirm(net, 1, blob)).code, 200)
})

test('slivers that do not decode to the id are refused by every node', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000, 6), SHARDS)
  const other = encodeOfficially(sampleBytes(5000, 7), SHARDS)
  net.chain.register(blob.id, 5000)
  await Promise.all(NODES.map(node => upload(net, node, { ...other, id: blob.id, metadata: blob.metadata })))
  for (const node of NODES) assert.notEqual((await confirm(net, node, blob)).code, 200)
  assert.equal(net.store.get(blob.id), undefined)
  await Promise.all(NODES.map(node => upload(net, node, blob)))
  for (const node of NODES) assert.equal((await confirm(net, node, blob)).code, 200)
})

test('nothing is taken in or confirmed that is not registered', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(100), SHARDS)
  const replies = await upload(net, 0, blob)
  assert.deepEqual(new Set(replies.map(reasonOf)), new Set(['NOT_REGISTERED']))
  assert.equal(reasonOf(await confirm(net, 0, blob)), 'NOT_REGISTERED')
  net.chain.register(blob.id, 100, { deletable: true })
  await Promise.all(NODES.map(node => upload(net, node, blob)))
  assert.equal(reasonOf(await confirm(net, 0, blob)), 'NOT_REGISTERED')
  assert.equal(reasonOf(await confirm(net, 0, blob, `deletable/0x${'cd'.repeat(32)}`)), 'NOT_REGISTERED')
  assert.equal((await confirm(net, 0, blob, `deletable/${OBJECT}`)).code, 200)
})

test('what expires is gone', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(100), SHARDS)
  net.chain.register(blob.id, 100)
  await Promise.all(NODES.map(node => upload(net, node, blob)))
  await confirm(net, 0, blob)
  assert.equal(dataOf(await call(`${net.urls[0]}/v1/blobs/${blob.id}/metadata/status`)), 'Stored')
  net.chain.advance(2)
  await sleep(10)
  assert.equal(net.store.get(blob.id), undefined)
  assert.equal(dataOf(await call(`${net.urls[0]}/v1/blobs/${blob.id}/status`)), 'nonexistent')
  assert.equal(reasonOf(await call(`${net.urls[0]}/v1/blobs/${blob.id}/metadata`)), 'METADATA_NOT_FOUND')
})

test('metadata of another blob or length is refused, slivers before metadata too', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(100), SHARDS)
  const other = encodeOfficially(sampleBytes(100, 2), SHARDS)
  net.chain.register(blob.id, 100)
  const url = `${net.urls[0]}/v1/blobs/${blob.id}/metadata`
  assert.equal(reasonOf(await call(url, 'PUT', Uint8Array.from(other.metadata))), 'INVALID_METADATA')
  assert.equal(reasonOf(await call(url, 'PUT', Uint8Array.from(blob.metadata.slice(1)))), 'INVALID_LENGTH')
  assert.equal(
    reasonOf(await call(url, 'PUT', new Uint8Array(blob.metadata.length).fill(255))),
    'INVALID_METADATA',
  )
  const [pair = 0] = pairsOf(0, blob)
  const sliver = Uint8Array.from(blob.primary[pair] ?? [])
  assert.equal(
    reasonOf(await call(sliverUrl(net, 0, blob, pair, 'primary'), 'PUT', sliver)),
    'METADATA_NOT_FOUND',
  )
  assert.equal((await call(url, 'PUT', Uint8Array.from(blob.metadata))).code, 201)
  const secondary = Uint8Array.from(blob.secondary[pair] ?? [])
  assert.equal(
    reasonOf(await call(sliverUrl(net, 0, blob, pair, 'primary'), 'PUT', secondary)),
    'INVALID_LENGTH',
  )
  const misplaced = Uint8Array.from(blob.primary[(pair + 1) % SHARDS] ?? [])
  assert.equal(
    reasonOf(await call(sliverUrl(net, 0, blob, pair, 'primary'), 'PUT', misplaced)),
    'INVALID_SLIVER',
  )
})

test('a wrong registered size is refused', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(100), SHARDS)
  net.chain.register(blob.id, 99)
  const reply = await call(
    `${net.urls[0]}/v1/blobs/${blob.id}/metadata`,
    'PUT',
    Uint8Array.from(blob.metadata),
  )
  assert.equal(reasonOf(reply), 'INVALID_METADATA')
})

test('malformed paths are refused by name', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(100), SHARDS)
  net.chain.register(blob.id, 100)
  const cases: [path: string, code: number, reason: string][] = [
    ['/', 404, 'NOT_FOUND'],
    ['/v1/blobs', 400, 'MALFORMED_REQUEST'],
    ['/v1/blobs/short/metadata', 400, 'MALFORMED_REQUEST'],
    [`/v1/blobs/${blob.id}/nothing`, 404, 'NOT_FOUND'],
    [`/v1/blobs/${blob.id}/metadata/more`, 404, 'NOT_FOUND'],
    [`/v1/blobs/${blob.id}/slivers/x/primary`, 400, 'MALFORMED_REQUEST'],
    [`/v1/blobs/${blob.id}/slivers/-1/primary`, 400, 'MALFORMED_REQUEST'],
    [`/v1/blobs/${blob.id}/slivers/70000/primary`, 400, 'MALFORMED_REQUEST'],
    [`/v1/blobs/${blob.id}/slivers/0/tertiary`, 400, 'MALFORMED_REQUEST'],
    [`/v1/blobs/${blob.id}/slivers/10/primary`, 400, 'INDEX_OUT_OF_RANGE'],
    [`/v1/blobs/${blob.id}/slivers/${pairsOf(1, blob)[0]}/primary`, 400, 'SHARD_NOT_ASSIGNED'],
    [`/v1/blobs/${blob.id}/confirmation/deletable/xyz`, 400, 'MALFORMED_REQUEST'],
    [`/v1/blobs/${blob.id}/confirmation/forever`, 404, 'NOT_FOUND'],
  ]
  for (const [path, code, reason] of cases) {
    const reply = await call(`${net.urls[0]}${path}`)
    assert.deepEqual([path, reply.code, reasonOf(reply)], [path, code, reason])
  }
})

test('uploads beyond the memory set aside for them are refused', async () => {
  await using net = await network({ uploadBytes: 6000 })
  const [first, second] = [
    encodeOfficially(sampleBytes(5000, 8), SHARDS),
    encodeOfficially(sampleBytes(5000, 9), SHARDS),
  ]
  for (const blob of [first, second]) net.chain.register(blob.id, 5000)
  const put = ({ id, metadata }: OfficialEncoding): Promise<Reply> =>
    call(`${net.urls[0]}/v1/blobs/${id}/metadata`, 'PUT', Uint8Array.from(metadata))
  assert.equal((await put(first)).code, 201)
  assert.equal(reasonOf(await put(second)), 'CACHE_SATURATED')
})

test('bodies beyond the memory set aside for them are refused', async () => {
  await using net = await network({ bodyBytes: 700 })
  const blob = encodeOfficially(sampleBytes(5000, 12), SHARDS)
  net.chain.register(blob.id, 5000)
  const [metadata, ...slivers] = await upload(net, 0, blob)
  assert.equal(metadata?.code, 201)
  assert.deepEqual(new Set(slivers.map(({ code }) => code)), new Set([503]))
})

test('faults: a liar changes slivers, a dead node answers nothing, and both recover', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000), SHARDS)
  net.chain.register(blob.id, 5000)
  await Promise.all(NODES.map(node => upload(net, node, blob)))
  await confirm(net, 0, blob)
  const [node] = net.nodes
  const [pair = 0] = pairsOf(0, blob)
  assert.ok(node)
  const read = (): Promise<Reply> => call(sliverUrl(net, 0, blob, pair, 'primary'))
  node.setFault('tamper')
  const lie = (await read()).bytes
  assert.equal(lie.length, blob.primary[pair]?.length)
  assert.notDeepEqual(lie, blob.primary[pair])
  node.setFault('down')
  await assert.rejects(read())
  node.setFault(null)
  assert.deepEqual((await read()).bytes, blob.primary[pair])
})

test('the relay stores a blob and answers with a certificate of those that are up', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(5000, 10), SHARDS)
  net.chain.register(blob.id, 5000, { deletable: true })
  const [down] = net.nodes
  assert.ok(down)
  down.setFault('down')
  const tip = await call(`${net.relayUrl}/v1/tip-config`)
  assert.equal(tip.body, 'no_tip')
  const url = `${net.relayUrl}/v1/blob-upload-relay?blob_id=${blob.id}&deletable_blob_object=${OBJECT}&encoding_type=RS2`
  const { code, body } = await call(url, 'POST', blob.blob)
  assert.equal(code, 200)
  const { confirmation_certificate: certificate } = body as {
    confirmation_certificate: { signers: number[]; serialized_message: number[]; signature: string }
  }
  assert.deepEqual(certificate.signers, [1, 2, 3])
  // The key of the sum is the sum of the keys.
  const key = publicKey(keys.slice(1).reduce((sum, secret) => sum + secret, 0n) % ORDER)
  const signature = Buffer.from(certificate.signature, 'base64url')
  assert.ok(bls12381_min_pk_verify(signature, key, Uint8Array.from(certificate.serialized_message)))
})

/** Order of the scalars of BLS12-381. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

test('the relay refuses what is not registered, not the blob, or malformed', async () => {
  await using net = await network()
  const blob = encodeOfficially(sampleBytes(500, 11), SHARDS)
  const url = `${net.relayUrl}/v1/blob-upload-relay?blob_id=${blob.id}`
  assert.equal(reasonOf(await call(url, 'POST', blob.blob)), 'NOT_REGISTERED')
  net.chain.register(blob.id, 500)
  assert.equal(reasonOf(await call(url, 'POST', flipped(blob.blob))), 'INVALID_BLOB')
  assert.equal(reasonOf(await call(url, 'POST', blob.blob.slice(1))), 'INVALID_LENGTH')
  assert.equal(reasonOf(await call(`${url}&encoding_type=RedStuff`, 'POST', blob.blob)), 'MALFORMED_REQUEST')
  assert.equal(reasonOf(await call(`${url}&deletable_blob_object=x`, 'POST', blob.blob)), 'MALFORMED_REQUEST')
  assert.equal(
    reasonOf(await call(`${net.relayUrl}/v1/blob-upload-relay?blob_id=x`, 'POST', blob.blob)),
    'MALFORMED_REQUEST',
  )
  assert.equal(reasonOf(await call(`${net.relayUrl}/`)), 'NOT_FOUND')
})

function flipped(bytes: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes ?? [])
  copy[10] = (copy[10] ?? 0) ^ 1
  return copy
}
