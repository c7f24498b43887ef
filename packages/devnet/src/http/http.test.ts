import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { createJsonListener } from './json.ts'
import { close, listen } from './listen.ts'

const bugs: unknown[] = []
const server = createServer(
  createJsonListener(
    [
      { method: 'GET', path: /^\/open$/, anyOrigin: true, handle: () => ({ open: true }) },
      { method: 'POST', path: /^\/echo\/(\d+)$/, anyOrigin: false, handle: ([n], body) => ({ n, body }) },
      {
        method: 'POST',
        path: /^\/bad$/,
        anyOrigin: false,
        handle: () => {
          throw new SquidError('BAD_THING', 'That is bad.')
        },
      },
      {
        method: 'POST',
        path: /^\/bug$/,
        anyOrigin: false,
        handle: () => {
          throw new TypeError('secret')
        },
      },
    ],
    error => bugs.push(error),
  ),
)
let url = ''
before(async () => {
  url = await listen(server, { host: '127.0.0.1', port: 0, purpose: 'a test' })
})
after(() => close(server))

async function ask(path: string, init: RequestInit = {}): Promise<readonly [status: number, body: unknown]> {
  const response = await fetch(url + path, init)
  return [response.status, await response.json()]
}

test('routes get their parameters and the body', async () => {
  assert.deepEqual(await ask('/open?query'), [200, { open: true }])
  assert.deepEqual(await ask('/echo/7', { method: 'POST', body: '[1]' }), [200, { n: '7', body: [1] }])
})

test('errors are objects with code and message', async () => {
  const post = { method: 'POST', body: '{}' }
  assert.deepEqual(await ask('/bad', post), [400, { error: { code: 'BAD_THING', message: 'That is bad.' } }])
  assert.equal((await ask('/nowhere'))[0], 404)
  assert.equal((await ask('/open', post))[0], 405)
  assert.equal((await ask('/echo/7', { method: 'POST', body: '{' }))[0], 400)
  assert.equal((await ask('/echo/7', { method: 'POST', body: 'x'.repeat(70_000) }))[0], 413)
})

test('our bugs are hidden from the caller', async () => {
  const [status, body] = await ask('/bug', { method: 'POST', body: '{}' })
  assert.equal(status, 500)
  assert.ok(!JSON.stringify(body).includes('secret'))
  assert.ok(bugs.pop() instanceof TypeError)
})

test('pages of strangers may read what is open and control nothing', async () => {
  const from = (origin: string): RequestInit => ({ headers: { origin } })
  assert.equal((await ask('/open', from('https://evil.example')))[0], 200)
  assert.equal(
    (await ask('/echo/1', { method: 'POST', body: '{}', ...from('https://evil.example') }))[0],
    403,
  )
  assert.equal(
    (await ask('/echo/1', { method: 'POST', body: '{}', ...from('http://localhost.evil.example') }))[0],
    403,
  )
  assert.equal(
    (await ask('/echo/1', { method: 'POST', body: '{}', ...from('http://squid.localhost:7878') }))[0],
    200,
  )
})

test('a taken port is an error that names it and what to do', async () => {
  const port = Number(new URL(url).port)
  const second = createServer()
  await assert.rejects(listen(second, { host: '127.0.0.1', port, purpose: 'its RPC (--rpc-port)' }), {
    code: 'PORT_TAKEN',
    message: new RegExp(`Port ${port} on 127.0.0.1 is taken.*--rpc-port.*another port`),
  })
  await close(second)
})

test('an address that is not of this machine is an error', async () => {
  await assert.rejects(listen(createServer(), { host: '192.0.2.1', port: 0, purpose: 'a test' }), {
    code: 'CANNOT_LISTEN',
  })
})
