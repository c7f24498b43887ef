import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { getFromLoopback, type LoopbackAnswer, type LoopbackGet } from './loopback-get.ts'

/** What is asked of a server that writes just this. */
async function answerOf(
  write: (socket: Socket) => unknown,
  options: Partial<LoopbackGet> = {},
): Promise<LoopbackAnswer> {
  await using server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => write(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const limits = { timeoutMs: 2000, maxBytes: 1000 }
  return await getFromLoopback({ port, target: '/x', headers: { host: 'a' }, ...limits, ...options })
}

test('it is understood by the server of Node, and understands it', async () => {
  await using server = createHttpServer((request, response) => {
    const body = JSON.stringify([request.method, request.url, request.headers['host'], 'ü'.repeat(40_000)])
    response.writeHead(404, { 'content-length': Buffer.byteLength(body), 'x-squid-proof': 'p' }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { status, headers, body } = await getFromLoopback({
    port,
    target: '/a?b=%20',
    headers: { host: 'squid.localhost' },
    timeoutMs: 2000,
    maxBytes: 100_000,
  })
  assert.equal(status, 404)
  assert.equal(headers.get('x-squid-proof'), 'p')
  assert.deepEqual(JSON.parse(body), ['GET', '/a?b=%20', 'squid.localhost', 'ü'.repeat(40_000)])
})

test('an answer may come byte by byte', async () => {
  const { body } = await answerOf(async socket => {
    for (const byte of Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc')) {
      socket.write(Buffer.of(byte))
      await new Promise(setImmediate)
    }
  })
  assert.equal(body, 'abc')
})

for (const [what, text] of [
  ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['no length', 'HTTP/1.1 200 OK\r\n\r\nabc'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\nabc'],
  ['chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc'],
  ['too long a body', 'HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n'],
  ['too long a header', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(17_000)}`],
  ['an early end', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc'],
  ['nothing', ''],
] as const) {
  test(`${what} is refused`, async () => {
    await assert.rejects(answerOf(socket => socket.end(text)))
  })
}

test('it ends when nothing comes, and when it is told to', async () => {
  await assert.rejects(
    answerOf(() => undefined, { timeoutMs: 20 }),
    /no answer/,
  )
  const stopping = new AbortController()
  const asked = answerOf(() => stopping.abort(new Error('stop')), { signal: stopping.signal })
  await assert.rejects(asked, /stop/)
  await assert.rejects(
    answerOf(() => undefined, { signal: stopping.signal }),
    /stop/,
  )
  await assert.rejects(getFromLoopback({ port: 1, target: '/', headers: {}, timeoutMs: 9, maxBytes: 9 }))
})
