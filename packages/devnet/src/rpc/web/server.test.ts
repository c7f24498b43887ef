import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { GrpcTypes, SuiGrpcClient } from '@mysten/sui/grpc'
import { SquidError } from '@squid/formats/errors'
import { close, listen } from '../../http/listen.ts'
import { serverStream, unary, type Draft } from './method.ts'
import { createGrpcListener } from './server.ts'
import { GrpcError } from './status.ts'

const { LedgerService, StateService } = GrpcTypes
const stopping = new AbortController()
const bugs: unknown[] = []

const methods = [
  unary(
    LedgerService,
    'GetServiceInfo',
    GrpcTypes.GetServiceInfoRequest,
    GrpcTypes.GetServiceInfoResponse,
    () => ({
      chainId: 'chain',
      epoch: 3n,
    }),
  ),
  unary(
    LedgerService,
    'GetObject',
    GrpcTypes.GetObjectRequest,
    GrpcTypes.GetObjectResponse,
    ({ objectId }) => {
      if (objectId === 'grpc') throw new GrpcError('NOT_FOUND', 'no 100% möglich')
      if (objectId === 'ours') throw new SquidError('ANYTHING', 'badly asked')
      if (objectId === 'below') throw new RangeError('of the layer below')
      throw new TypeError('secret detail')
    },
  ),
  serverStream(
    LedgerService,
    'ListEvents',
    GrpcTypes.ListEventsRequest,
    GrpcTypes.ListEventsResponse,
    async function* (_, { signal }): AsyncGenerator<Draft<GrpcTypes.ListEventsResponse>> {
      for (let index = 0; !signal.aborted && index < 3; index++) yield { event: { eventIndex: index } }
      if (!signal.aborted) throw new GrpcError('RESOURCE_EXHAUSTED', 'enough')
    },
  ),
  serverStream(
    LedgerService,
    'ListTransactions',
    GrpcTypes.ListTransactionsRequest,
    GrpcTypes.ListTransactionsResponse,
    async function* (_, { signal }): AsyncGenerator<Draft<GrpcTypes.ListTransactionsResponse>> {
      yield { transaction: { digest: 'first' } }
      await new Promise<void>(resolve => {
        signal.addEventListener('abort', () => resolve())
      })
    },
  ),
]

const server = createServer(
  createGrpcListener({
    methods,
    services: [LedgerService, StateService],
    translate: error =>
      error instanceof RangeError ? new GrpcError('FAILED_PRECONDITION', error.message) : undefined,
    onInternalError: error => bugs.push(error),
    signal: stopping.signal,
  }),
)
let url = ''
let client: SuiGrpcClient

before(async () => {
  url = await listen(server, { host: '127.0.0.1', port: 0, purpose: 'a test' })
  client = new SuiGrpcClient({ network: 'localnet', baseUrl: url })
})
after(() => close(server))

function post(path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/grpc-web+proto', ...headers },
    body,
  })
}

/** Status and message in the trailers of an answer without data. */
async function outcome(response: Response): Promise<string> {
  return Buffer.from(await response.arrayBuffer())
    .subarray(5)
    .toString()
}

const SERVICE_INFO = 'sui.rpc.v2.LedgerService/GetServiceInfo'
const EMPTY = Uint8Array.of(0, 0, 0, 0, 0)

test('the official client gets a message', async () => {
  const { response } = await client.ledgerService.getServiceInfo({})
  assert.equal(response.chainId, 'chain')
  assert.equal(response.epoch, 3n)
})

test('the binary encoding works as well', async () => {
  const response = await post(SERVICE_INFO, EMPTY)
  assert.equal(response.headers.get('content-type'), 'application/grpc-web+proto')
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  const bytes = Buffer.from(await response.arrayBuffer())
  const length = bytes.readUInt32BE(1)
  assert.equal(GrpcTypes.GetServiceInfoResponse.fromBinary(bytes.subarray(5, 5 + length)).chainId, 'chain')
})

test('errors reach the client with code and text', async () => {
  const get = (objectId: string): Promise<unknown> => client.ledgerService.getObject({ objectId }).response
  await assert.rejects(get('grpc'), { code: 'NOT_FOUND', message: 'no 100% möglich' })
  await assert.rejects(get('ours'), { code: 'INVALID_ARGUMENT', message: 'badly asked' })
  await assert.rejects(get('below'), { code: 'FAILED_PRECONDITION', message: 'of the layer below' })
  assert.deepEqual(bugs, [])
})

test('our bugs are reported to the log and hidden from the client', async () => {
  await assert.rejects(client.ledgerService.getObject({ objectId: 'bug' }).response, error => {
    assert.ok(error instanceof Error && !error.message.includes('secret'))
    return (error as Error & { code?: string }).code === 'INTERNAL'
  })
  assert.equal(bugs.length, 1)
  assert.ok(bugs.pop() instanceof TypeError)
})

test('a stream gives its messages and then its status', async () => {
  const call = client.ledgerService.listEvents({})
  const seen: (number | undefined)[] = []
  await assert.rejects(
    async () => {
      for await (const { event } of call.responses) seen.push(event?.eventIndex)
    },
    { code: 'RESOURCE_EXHAUSTED', message: 'enough' },
  )
  assert.deepEqual(seen, [0, 1, 2])
})

test('a stream ends when the deadline passes', async () => {
  const call = client.ledgerService.listTransactions({}, { timeout: 50 })
  const seen: (string | undefined)[] = []
  await assert.rejects(
    async () => {
      for await (const { transaction } of call.responses) seen.push(transaction?.digest)
    },
    { code: 'DEADLINE_EXCEEDED' },
  )
  assert.deepEqual(seen, ['first'])
})

test('known methods that are left out are refused by name, unknown ones as unknown', async () => {
  await assert.rejects(client.stateService.getBalance({}).response, {
    code: 'UNIMPLEMENTED',
    message: 'sui.rpc.v2.StateService/GetBalance is not supported by the embedded devnet',
  })
  const text = await outcome(await post('sui.rpc.v2.NoService/Nothing', EMPTY))
  assert.match(text, /grpc-status: 12\r\ngrpc-message: unknown method sui.rpc.v2.NoService\/Nothing/)
})

test('malformed requests are refused', async () => {
  assert.match(await outcome(await post(SERVICE_INFO, Uint8Array.of(0, 0, 0, 0, 9))), /grpc-status: 3/)
  const notProtobuf = Uint8Array.of(0, 0, 0, 0, 1, 0x0f)
  assert.match(await outcome(await post('sui.rpc.v2.LedgerService/GetObject', notProtobuf)), /grpc-status: 3/)
})

test('oversized bodies are refused', async () => {
  const response = await post(SERVICE_INFO, new Uint8Array(4 * 1024 * 1024 + 1))
  assert.match(await outcome(response), /grpc-status: 8\r\ngrpc-message: The request body is larger/)
})

test('anything but gRPC-Web is answered in words', async () => {
  const get = await fetch(url)
  assert.equal(get.status, 415)
  assert.match(await get.text(), /gRPC-Web/)
  const json = await post(SERVICE_INFO, EMPTY, { 'content-type': 'application/json' })
  assert.equal(json.status, 415)
  await json.body?.cancel()
})

test('browsers may ask from anywhere', async () => {
  const response = await fetch(`${url}/${SERVICE_INFO}`, {
    method: 'OPTIONS',
    headers: { origin: 'http://a.example' },
  })
  assert.equal(response.status, 204)
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
})

test('a misspelt method cannot be put into the table', () => {
  assert.throws(
    () =>
      unary(LedgerService, 'GetObjekt', GrpcTypes.GetObjectRequest, GrpcTypes.GetObjectResponse, () => ({})),
    TypeError,
  )
})

test('streams end when the server stops', async () => {
  const call = client.ledgerService.listTransactions({})
  await assert.rejects(
    async () => {
      for await (const { transaction } of call.responses) {
        assert.equal(transaction?.digest, 'first')
        stopping.abort()
      }
    },
    { code: 'UNAVAILABLE', message: 'the devnet is stopping' },
  )
})
