/**
 * Publisher and aggregator over HTTP, against what the official client writes and reads.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { WalrusFile } from '@mysten/walrus'
import { sampleBytes, WalrusTest } from './network.ts'

const KIB = 1024

let net: WalrusTest
let aggregator = ''
let publisher = ''
before(async () => {
  net = await WalrusTest.start({ nodes: 12, shards: 100 })
  aggregator = net.devnet.descriptor.walrus.aggregator ?? ''
  publisher = net.devnet.descriptor.walrus.publisher ?? ''
})
after(() => net[Symbol.asyncDispose]())

interface NewlyCreated {
  readonly blobObject: {
    readonly id: string
    readonly blobId: string
    readonly size: number
    readonly registeredEpoch: number
    readonly certifiedEpoch: number | null
    readonly encodingType: string
    readonly deletable: boolean
    readonly storage: {
      readonly id: string
      readonly startEpoch: number
      readonly endEpoch: number
      readonly storageSize: number
    }
  }
  readonly resourceOperation: unknown
  readonly cost: number
  readonly sharedBlobObject?: string
}

interface StoreResult {
  readonly newlyCreated?: NewlyCreated
  readonly alreadyCertified?: {
    readonly blobId: string
    readonly event?: unknown
    readonly object?: string
    readonly endEpoch: number
  }
}

async function put(bytes: Uint8Array<ArrayBuffer>, query = ''): Promise<StoreResult> {
  const response = await fetch(`${publisher}/v1/blobs${query}`, { method: 'PUT', body: bytes })
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as StoreResult
}

async function create(bytes: Uint8Array<ArrayBuffer>, query = ''): Promise<NewlyCreated> {
  const { newlyCreated } = await put(bytes, query)
  assert.ok(newlyCreated)
  return newlyCreated
}

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(aggregator + path, init)
}

/** Status and reason of a refusal. */
async function refusal(response: Response): Promise<readonly [number, unknown]> {
  const { error } = (await response.json()) as {
    error: { code: number; message: string; details: { reason: unknown }[] }
  }
  assert.equal(error.code, response.status)
  assert.ok(error.message.length > 0)
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.equal(response.headers.get('cache-control'), null)
  return [response.status, error.details[0]?.reason]
}

test('what the publisher stores, the official client reads', async () => {
  const bytes = sampleBytes(5 * KIB, 1)
  const { blobObject, resourceOperation, cost, ...rest } = await create(bytes, '?epochs=2')
  assert.deepEqual(rest, {})
  // 34 rows and 67 columns of symbols of 4 bytes: 100 (64 · 100 + 32) + 100 (34 + 67) 4.
  const encodedLength = 683_600
  assert.deepEqual(resourceOperation, { registerFromScratch: { encodedLength, epochsAhead: 2 } })
  // One unit for two epochs, and written once.
  assert.equal(cost, 2 * 100_000 + 20_000)
  assert.deepEqual(
    { ...blobObject, id: '', blobId: '', storage: { ...blobObject.storage, id: '' } },
    {
      id: '',
      blobId: '',
      size: 5 * KIB,
      encodingType: 'RS2',
      registeredEpoch: 1,
      certifiedEpoch: 1,
      deletable: true,
      storage: { id: '', startEpoch: 1, endEpoch: 3, storageSize: encodedLength },
    },
  )
  assert.deepEqual(await net.client().readBlob({ blobId: blobObject.blobId }), bytes)
  const onLedger = await net.client().getBlobObject(blobObject.id)
  assert.equal(onLedger.storage.id, blobObject.storage.id)
  assert.deepEqual(new Uint8Array(await (await get(`/v1/blobs/${blobObject.blobId}`)).arrayBuffer()), bytes)
})

test('a permanent blob that lasts long enough is not stored twice', async () => {
  const bytes = sampleBytes(100, 2)
  const { blobObject } = await create(bytes, '?permanent=true&epochs=3')
  assert.equal(blobObject.deletable, false)
  for (const query of ['?epochs=3', '?epochs=2&permanent=true']) {
    const { alreadyCertified } = await put(bytes, query)
    assert.equal(alreadyCertified?.blobId, blobObject.blobId)
    assert.equal(alreadyCertified.endEpoch, 4)
    assert.ok(alreadyCertified.event)
  }
  assert.notEqual((await create(bytes, '?permanent=true&epochs=4')).blobObject.id, blobObject.id)
  assert.notEqual((await create(bytes, '?force=true&epochs=3')).blobObject.id, blobObject.id)
})

test('a deletable blob counts for the publisher that owns it, and for a permanent one not at all', async () => {
  const bytes = sampleBytes(100, 3)
  const { blobObject } = await create(bytes)
  assert.equal((await put(bytes)).alreadyCertified?.object, blobObject.id)
  assert.equal((await create(bytes, '?permanent=true')).blobObject.deletable, false)
})

test('a blob object is sent to whom it is for, who may delete it', async () => {
  const address = net.signer.toSuiAddress()
  const { blobObject } = await create(sampleBytes(100, 4), `?send_object_to=${address}`)
  const { object } = await net.sui.core.getObject({ objectId: blobObject.id })
  assert.deepEqual(object.owner.AddressOwner, address)
  await net.client().executeDeleteBlobTransaction({ blobObjectId: blobObject.id, signer: net.signer })
  assert.deepEqual(await refusal(await get(`/v1/blobs/${blobObject.blobId}`)), [404, 'BLOB_NOT_FOUND'])
})

test('a shared blob is read by its object', async () => {
  const bytes = sampleBytes(100, 5)
  const { sharedBlobObject, blobObject } = await create(bytes, '?share=true')
  assert.ok(sharedBlobObject)
  const { object } = await net.sui.core.getObject({ objectId: sharedBlobObject })
  assert.ok(object.owner.Shared)
  const response = await get(`/v1/blobs/by-object-id/${sharedBlobObject}`)
  assert.equal(response.headers.get('etag'), `"${blobObject.blobId}"`)
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes)
})

const badQueries: readonly (readonly [string, string, number, string])[] = [
  ['both deletable and permanent', '?deletable=true&permanent=true', 400, 'INVALID_PARAMETERS'],
  ['both shared and sent', '?share=true&send_object_to=0x1', 400, 'INVALID_PARAMETERS'],
  ['no epoch', '?epochs=0', 400, 'INVALID_PARAMETERS'],
  ['more epochs than are sold', '?epochs=54', 400, 'INVALID_PARAMETERS'],
  ['epochs that are no number', '?epochs=max', 400, 'MALFORMED_REQUEST'],
  ['an address that is none', '?send_object_to=alice', 400, 'MALFORMED_REQUEST'],
  ['a flag that is no flag', '?permanent=yes', 400, 'MALFORMED_REQUEST'],
  ['an unknown encoding', '?encoding_type=RedStuff', 400, 'MALFORMED_REQUEST'],
  ['reused resources', '?reuse_resources=true', 501, 'UNSUPPORTED'],
]
for (const [what, query, status, reason] of badQueries)
  test(`the publisher refuses ${what}`, async () => {
    const response = await fetch(`${publisher}/v1/blobs${query}`, { method: 'PUT', body: 'x' })
    assert.deepEqual(await refusal(response), [status, reason])
  })

test('an empty blob is a blob', async () => {
  const { blobObject } = await create(new Uint8Array(0))
  const response = await get(`/v1/blobs/${blobObject.blobId}`)
  assert.equal(response.headers.get('content-length'), '0')
  assert.deepEqual(await refusal(await get(`/v1/blobs/${blobObject.blobId}`, range('0-0'))), [
    416,
    'RANGE_NOT_SATISFIABLE',
  ])
})

test('a body that is too large is refused before it is read', async () => {
  // 34 · 67 symbols of at most 65,534 bytes.
  const headers = { 'content-length': 34 * 67 * 65_534 + 1 }
  const asking = request(`${publisher}/v1/blobs`, { method: 'PUT', headers })
  asking.flushHeaders()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  assert.equal(response.statusCode, 413)
  assert.match((await response.toArray()).join(''), /BODY_TOO_LARGE/)
  asking.destroy()
})

function range(bytes: string): RequestInit {
  return { headers: { range: `bytes=${bytes}` } }
}

test('parts of a blob', async () => {
  // Longer than what is sent at once.
  const bytes = sampleBytes(2500 * KIB, 6)
  const { blobObject } = await create(bytes)
  const path = `/v1/blobs/${blobObject.blobId}`
  const last = bytes.length - 1
  for (const [asked, start, end] of [
    ['0-0', 0, 0],
    ['1000-1099', 1000, 1099],
    ['1000000-2200000', 1_000_000, 2_200_000],
    ['2000000-', 2_000_000, last],
    ['-5', last - 4, last],
    [`10-${10 * bytes.length}`, 10, last],
  ] as const) {
    const response = await get(path, range(asked))
    assert.equal(response.status, 206)
    assert.equal(response.headers.get('content-range'), `bytes ${start}-${end}/${bytes.length}`)
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes.slice(start, end + 1))
  }
  for (const asked of [`${bytes.length}-`, `${bytes.length}-${bytes.length + 5}`, '-0']) {
    const response = await get(path, range(asked))
    assert.equal(response.headers.get('content-range'), `bytes */${bytes.length}`)
    assert.deepEqual(await refusal(response), [416, 'RANGE_NOT_SATISFIABLE'])
  }
  for (const asked of ['5-2', '0-1,5-6', 'x', '-']) {
    const response = await get(path, range(asked))
    assert.equal(response.status, 200)
    await response.body?.cancel()
  }

  const part = await get(`${path}/byte-range?start=7&length=9`)
  assert.equal(part.status, 200)
  assert.deepEqual(new Uint8Array(await part.arrayBuffer()), bytes.slice(7, 16))
  for (const [query, status] of [
    ['start=0&length=0', 400],
    ['start=0', 400],
    ['start=-1&length=1', 400],
    [`start=0&length=${bytes.length + 1}`, 416],
  ] as const)
    assert.deepEqual(await refusal(await get(`${path}/byte-range?${query}`)), [status, 'INVALID_BYTE_RANGE'])
})

test('headers of a blob, with and without its bytes', async () => {
  const { blobObject } = await create(sampleBytes(300, 7))
  for (const method of ['GET', 'HEAD']) {
    const response = await get(`/v1/blobs/${blobObject.blobId}`, { method })
    assert.equal(response.status, 200)
    const header = (name: string): string | null => response.headers.get(name)
    assert.equal(header('content-length'), '300')
    assert.equal(header('content-type'), 'application/octet-stream')
    assert.equal(header('x-content-type-options'), 'nosniff')
    assert.equal(header('etag'), `"${blobObject.blobId}"`)
    assert.equal(header('cache-control'), 'public, max-age=86400, stale-while-revalidate=3600')
    assert.equal(header('accept-ranges'), 'bytes')
    assert.equal(header('access-control-allow-origin'), '*')
    assert.equal((await response.arrayBuffer()).byteLength, method === 'GET' ? 300 : 0)
  }
})

test('pages of any origin may ask', async () => {
  for (const url of [`${publisher}/v1/blobs`, `${aggregator}/v1/blobs/x`]) {
    const response = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'PUT' },
    })
    assert.equal(response.status, 200)
    for (const name of ['origin', 'methods', 'headers'])
      assert.equal(response.headers.get(`access-control-allow-${name}`), '*')
  }
})

test('attributes become headers when a blob is read by its object', async () => {
  const attributes = {
    'content-type': 'text/html; charset=utf-8',
    'content-disposition': 'inline',
    'content-encoding': 'identity',
    'content-language': 'en',
    'content-location': '/index.html',
    link: '<https://a.example/3.tar.gz>; rel="immutable"',
    'set-cookie': 'no=1',
  }
  const blob = sampleBytes(300, 8)
  const { blobId, blobObject } = await net.client().writeBlob({
    blob,
    attributes,
    epochs: 1,
    deletable: true,
    signer: net.signer,
  })
  const response = await get(`/v1/blobs/by-object-id/${blobObject.id}`, range('1-5'))
  assert.equal(response.status, 206)
  for (const [name, value] of Object.entries(attributes))
    assert.equal(response.headers.get(name), name === 'set-cookie' ? null : value)
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), blob.slice(1, 6))
  const plain = await get(`/v1/blobs/${blobId}`)
  assert.equal(plain.headers.get('content-type'), 'application/octet-stream')
  await plain.body?.cancel()

  await net.client().executeWriteBlobAttributesTransaction({
    blobObjectId: blobObject.id,
    signer: net.signer,
    attributes: { link: 'a\r\nset-cookie: b' },
  })
  const forged = await get(`/v1/blobs/by-object-id/${blobObject.id}`)
  assert.equal(forged.status, 200)
  assert.equal(forged.headers.get('link'), null)
  assert.equal(forged.headers.get('set-cookie'), null)
  await forged.body?.cancel()
})

const MISSING = 'A'.repeat(43)
const wrongPaths: readonly (readonly [string, number, string])[] = [
  [`/v1/blobs/${MISSING}`, 404, 'BLOB_NOT_FOUND'],
  [`/v1/blobs/${MISSING}?strict_consistency_check=true`, 501, 'UNSUPPORTED'],
  ['/v1/blobs/short', 400, 'MALFORMED_REQUEST'],
  ['/v1/blobs/%E0%A4%A', 400, 'MALFORMED_REQUEST'],
  [`/v1/blobs/by-object-id/0x${'1'.repeat(64)}`, 404, 'BLOB_NOT_FOUND'],
  ['/v1/blobs/by-object-id/0x6', 404, 'BLOB_NOT_FOUND'],
  ['/v1/blobs/by-object-id/alice', 400, 'MALFORMED_REQUEST'],
  ['/v1/blobs/by-quilt-patch-id/short', 400, 'MALFORMED_REQUEST'],
  [`/v1/blobs/by-quilt-id/${MISSING}/a`, 404, 'BLOB_NOT_FOUND'],
  [`/v1alpha/blobs/${MISSING}/stream`, 501, 'UNSUPPORTED'],
  ['/v1/nothing', 404, 'NOT_FOUND'],
]
for (const [path, status, reason] of wrongPaths)
  test(`the aggregator answers ${status} to ${path.replace(MISSING, 'ID')}`, async () => {
    assert.deepEqual(await refusal(await get(path)), [status, reason])
  })

test('aggregators do not store, publishers do not give out', async () => {
  assert.deepEqual(await refusal(await get('/v1/blobs', { method: 'PUT', body: 'x' })), [404, 'NOT_FOUND'])
  assert.deepEqual(await refusal(await fetch(`${publisher}/v1/blobs/${MISSING}`)), [404, 'NOT_FOUND'])
  for (const url of [publisher, aggregator]) assert.equal(await (await fetch(`${url}/status`)).text(), 'OK')
})

interface QuiltResult {
  readonly blobStoreResult: StoreResult
  readonly storedQuiltBlobs: readonly { readonly identifier: string; readonly quiltPatchId: string }[]
}

async function putQuilt(form: FormData): Promise<QuiltResult> {
  const response = await fetch(`${publisher}/v1/quilts`, { method: 'PUT', body: form })
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as QuiltResult
}

test('a quilt of the publisher is read by the official client and by the aggregator', async () => {
  const large = sampleBytes(40 * KIB, 9)
  const form = new FormData()
  form.append('ä.bin', new Blob([large]), 'a.bin')
  form.append('greeting', 'hello')
  const tags = { 'content-type': 'text/plain', 'set-cookie': 'no=1' }
  form.append('_metadata', JSON.stringify([{ identifier: 'greeting', tags }]))
  const { blobStoreResult, storedQuiltBlobs } = await putQuilt(form)
  const quilt = blobStoreResult.newlyCreated?.blobObject.blobId ?? ''
  assert.deepEqual(
    storedQuiltBlobs.map(({ identifier }) => identifier),
    ['greeting', 'ä.bin'],
  )
  const [greetingId = '', largeId = ''] = storedQuiltBlobs.map(({ quiltPatchId }) => quiltPatchId)

  const [greeting, other] = await net.client().getFiles({ ids: [greetingId, largeId] })
  assert.equal(await greeting?.text(), 'hello')
  assert.deepEqual(await greeting?.getTags(), tags)
  assert.deepEqual(await other?.bytes(), large)

  const byId = await get(`/v1/blobs/by-quilt-patch-id/${greetingId}`)
  assert.equal(byId.headers.get('x-quilt-patch-identifier'), 'greeting')
  assert.equal(byId.headers.get('etag'), `"${greetingId}"`)
  assert.equal(byId.headers.get('content-type'), 'text/plain')
  assert.equal(byId.headers.get('set-cookie'), null)
  assert.equal(await byId.text(), 'hello')
  const byName = await get(`/v1/blobs/by-quilt-id/${quilt}/${encodeURIComponent('ä.bin')}`, range('0-9'))
  assert.equal(byName.status, 206)
  assert.equal(byName.headers.get('etag'), `"${quilt}"`)
  const identifier = byName.headers.get('x-quilt-patch-identifier') ?? ''
  assert.equal(Buffer.from(identifier, 'latin1').toString(), 'ä.bin')
  assert.deepEqual(new Uint8Array(await byName.arrayBuffer()), large.slice(0, 10))

  assert.deepEqual(await (await get(`/v1/quilts/${quilt}/patches`)).json(), [
    { identifier: 'greeting', patch_id: greetingId, tags },
    { identifier: 'ä.bin', patch_id: largeId, tags: {} },
  ])
  assert.deepEqual(await refusal(await get(`/v1/blobs/by-quilt-id/${quilt}/nobody`)), [
    404,
    'QUILT_PATCH_NOT_FOUND',
  ])
  const elsewhere = Buffer.from(largeId, 'base64url')
  elsewhere.writeUInt16LE(60, 35)
  assert.deepEqual(
    await refusal(await get(`/v1/blobs/by-quilt-patch-id/${elsewhere.toString('base64url')}`)),
    [404, 'QUILT_PATCH_NOT_FOUND'],
  )
})

test('a quilt of the official client is read by the aggregator', async () => {
  const files = Array.from({ length: 60 }, (_, i) =>
    WalrusFile.from({
      contents: sampleBytes(i * 20, i),
      identifier: `file ${i}`,
      tags: { number: String(i) },
    }),
  )
  const written = await net.client().writeFiles({ files, epochs: 1, deletable: true, signer: net.signer })
  const quilt = written[0]?.blobId ?? ''
  const patches = (await (await get(`/v1/quilts/${quilt}/patches`)).json()) as {
    identifier: string
    patch_id: string
    tags: { number: string }
  }[]
  assert.equal(patches.length, 60)
  assert.deepEqual(patches.map(({ patch_id }) => patch_id).toSorted(), written.map(({ id }) => id).toSorted())
  for (const { identifier, patch_id: id, tags } of patches) {
    const i = Number(tags.number)
    assert.equal(identifier, `file ${i}`)
    const bytes = await (await get(`/v1/blobs/by-quilt-patch-id/${id}`)).arrayBuffer()
    assert.deepEqual(new Uint8Array(bytes), sampleBytes(i * 20, i))
  }
})

test('a blob that is no quilt has no patches', async () => {
  for (const bytes of [sampleBytes(100, 10), new Uint8Array(34 * 67 * 2).fill(1)]) {
    const { blobObject } = await create(bytes)
    assert.deepEqual(await refusal(await get(`/v1/quilts/${blobObject.blobId}/patches`)), [
      404,
      'QUILT_PATCH_NOT_FOUND',
    ])
  }
})

const badForms: readonly (readonly [string, (form: FormData) => void, string])[] = [
  ['without a file', form => form.append('_metadata', '[]'), 'INVALID_QUILT'],
  ['with a reserved identifier', form => form.append('_a', 'x'), 'INVALID_QUILT'],
  [
    'with an identifier twice',
    form => {
      form.append('a', 'x')
      form.append('a', 'y')
    },
    'INVALID_QUILT',
  ],
  [
    'with tags of no file',
    form => {
      form.append('a', 'x')
      form.append('_metadata', '[{"identifier":"b"}]')
    },
    'INVALID_QUILT',
  ],
  [
    'with tags that are no text',
    form => {
      form.append('a', 'x')
      form.append('_metadata', '[{"identifier":"a","tags":{"b":1}}]')
    },
    'MALFORMED_REQUEST',
  ],
  [
    'with tags that are no JSON',
    form => {
      form.append('a', 'x')
      form.append('_metadata', '[')
    },
    'MALFORMED_REQUEST',
  ],
  [
    'with more files than columns',
    form => {
      for (let i = 0; i < 67; i++) form.append(`f${i}`, 'x')
    },
    'INVALID_QUILT',
  ],
]
for (const [what, fill, reason] of badForms)
  test(`the publisher refuses a quilt ${what}`, async () => {
    const form = new FormData()
    fill(form)
    const response = await fetch(`${publisher}/v1/quilts`, { method: 'PUT', body: form })
    assert.deepEqual(await refusal(response), [400, reason])
  })

test('the publisher refuses a quilt that is no form', async () => {
  for (const type of ['text/plain', 'multipart/form-data', 'multipart/form-data; boundary=b']) {
    const init = { method: 'PUT', body: 'x', headers: { 'content-type': type } }
    const response = await fetch(`${publisher}/v1/quilts`, init)
    assert.deepEqual(await refusal(response), [400, 'MALFORMED_REQUEST'])
  }
})

test('twenty at once are stored, each with its own object', async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => create(sampleBytes(200, 100 + i))))
  assert.equal(new Set(results.map(({ blobObject }) => blobObject.id)).size, 20)
  for (const { blobObject } of results) assert.equal(blobObject.certifiedEpoch, 1)
})

test('a thousand shards, and a restart: the same blob, the same purse', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gateways-'))
  try {
    const bytes = sampleBytes(4 * KIB, 11)
    const publish = async (url: string): Promise<StoreResult> =>
      (await (await fetch(`${url}/v1/blobs`, { method: 'PUT', body: bytes })).json()) as StoreResult
    const first = await WalrusTest.start({ dir, shards: 1000 })
    const { newlyCreated } = await publish(first.devnet.descriptor.walrus.publisher ?? '')
    await first.devnet.stop()

    await using second = await WalrusTest.start({ dir, shards: 1000 })
    const urls = second.devnet.descriptor.walrus
    const blobId = newlyCreated?.blobObject.blobId ?? ''
    const response = await fetch(`${urls.aggregator}/v1/blobs/${blobId}`)
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes)
    const { alreadyCertified } = await publish(urls.publisher ?? '')
    assert.equal(alreadyCertified?.object, newlyCreated?.blobObject.id)
  } finally {
    await rm(dir, { recursive: true })
  }
})
