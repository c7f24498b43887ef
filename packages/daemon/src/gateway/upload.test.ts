import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import type { Uploads } from './contract.ts'
import { HttpFrame, NotFoundError } from './http.ts'
import { ask } from './setting.ts'
import { answerUpload } from './upload.ts'

/** What was asked for last, and with which token. */
const seen = {
  path: '',
  token: undefined as string | undefined,
  bytes: 0,
  encoding: undefined as string | undefined,
}

/** Takes files of up to 100 bytes from whoever says `right`. */
const uploads: Uploads = {
  read: async (path, token) => {
    check(path, token)
    return path.endsWith('/there') ? { type: 'text/plain', size: 5, body: Buffer.from('there') } : undefined
  },
  write: async (path, token, incoming) => {
    check(path, token)
    try {
      await take(incoming)
      ended.resolve(undefined)
    } catch (error) {
      ended.resolve(error)
      throw error
    }
  },
}

/** How the last file ended, where a test wants to know. */
let ended = Promise.withResolvers<unknown>()

async function take({ body, encoding }: Parameters<Uploads['write']>[2]): Promise<void> {
  Object.assign(seen, { bytes: 0, encoding })
  for await (const piece of body) {
    seen.bytes += piece.length
    if (seen.bytes > 100) throw new SquidError('UPLOAD_TOO_LARGE', 'that is too large')
  }
}

function check(path: string, token: string | undefined): void {
  Object.assign(seen, { path, token })
  if (token !== 'right') throw new SquidError('UPLOAD_DENIED', 'who are you')
}

const BASIC = `Basic ${Buffer.from('squid:right').toString('base64')}`

let frame: HttpFrame
before(async () => {
  const options = { port: 0, secret: 'shared', log: () => undefined }
  frame = await HttpFrame.listen(request => {
    if (request.path.startsWith('/upload/')) return answerUpload(uploads, request)
    throw new NotFoundError('nothing')
  }, options)
})
after(() => frame.close())

interface Answer {
  readonly status: number | undefined
  readonly text: string
  readonly connection: string | undefined
  readonly challenge: string | undefined
}

/** @param waits for `100 Continue`, as Nix does, before anything of the body is sent */
async function put(
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = { authorization: BASIC },
  waits = true,
): Promise<Answer & { readonly isSent: boolean }> {
  const call = request({
    host: '127.0.0.1',
    port: frame.port,
    path,
    method: 'PUT',
    headers: {
      host: `squid.localhost:${frame.port}`,
      'content-length': String(body.length),
      ...(waits ? { expect: '100-continue' } : {}),
      ...headers,
    },
    agent: false,
  })
  let isSent = !waits
  if (waits) {
    call.once('continue', () => {
      isSent = true
      call.end(body)
    })
    call.flushHeaders()
  } else call.end(body)
  const [response] = (await once(call, 'response')) as [
    AsyncIterable<Buffer> & { statusCode?: number; headers: Record<string, string | undefined> },
  ]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  call.destroy()
  const { connection, 'www-authenticate': challenge } = response.headers
  return { status: response.statusCode, text: Buffer.concat(parts).toString(), connection, challenge, isSent }
}

test('a file is taken from whoever has the token, as netrc or bearer', async () => {
  const taken = await put('/upload/@alice/hello/a%21b', 'some text')
  assert.deepEqual([taken.status, taken.isSent, seen.path, seen.bytes], [201, true, '@alice/hello/a!b', 9])
  const bearer = await put('/upload/@alice/hello/x', 'text', { authorization: 'Bearer right' }, false)
  assert.deepEqual([bearer.status, seen.token, seen.encoding], [201, 'right', undefined])
  await put('/upload/@alice/hello/x', 'text', { authorization: BASIC, 'content-encoding': 'br' })
  assert.equal(seen.encoding, 'br')
})

test('whoever has none is told so before anything is sent, and how to say who one is', async () => {
  for (const authorization of [
    '',
    'Basic',
    'Basic !',
    'Basic c3F1aWQ6d3Jvbmc=',
    'Digest right',
    'Bearer wrong',
  ]) {
    const { status, text, isSent, connection, challenge } = await put('/upload/@alice/hello/x', 'text', {
      authorization,
    })
    assert.deepEqual([status, text, isSent, connection], [401, 'error: who are you\n', false, 'close'])
    assert.match(challenge ?? '', /^Basic realm=/)
  }
})

test('a refusal in the middle is heard', async () => {
  const { status, text } = await put('/upload/@alice/hello/x', 'x'.repeat(1 << 20))
  assert.deepEqual([status, text], [413, 'error: that is too large\n'])
})

test('what a refusal leaves unread does not become the next request', async () => {
  const socket = connect(frame.port, '127.0.0.1')
  await once(socket, 'connect')
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  const head = (name: string, length: number): string =>
    `PUT /upload/@alice/hello/${name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${BASIC}\r\nContent-Length: ${length}\r\n`
  socket.write(`${head('x', 300)}\r\n${'x'.repeat(300)}${head('y', 4)}Connection: close\r\n\r\nbody`)
  await once(socket, 'close')
  assert.deepEqual(text.match(/^HTTP\/1\.1 \d+/gm), ['HTTP/1.1 413', 'HTTP/1.1 201'])
})

test('reading', async () => {
  const headers = { authorization: BASIC }
  const found = await ask(frame, '/upload/@alice/hello/there', { headers })
  assert.deepEqual([found.status, found.text, found.headers['content-length']], [200, 'there', '5'])
  const head = await ask(frame, '/upload/@alice/hello/there', { headers, method: 'HEAD' })
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '5'])
  assert.equal((await ask(frame, '/upload/@alice/hello/x', { headers })).status, 404)
  assert.equal((await ask(frame, '/upload/@alice/hello/there')).status, 401)
  assert.equal((await ask(frame, '/upload/%zz', { headers })).status, 400)
})

test('nothing else is written to, nor by other names of this machine', async () => {
  assert.equal((await put('/other', 'x')).status, 405)
  assert.equal((await put('/upload', 'x')).status, 405)
  assert.equal((await ask(frame, '/upload/@alice/hello/x', { method: 'DELETE' })).status, 405)
  assert.equal(
    (await put('/upload/@alice/hello/x', 'x', { authorization: BASIC, host: 'evil.example' })).status,
    421,
  )
  const origin = { authorization: BASIC, origin: 'http://evil.example' }
  assert.equal((await put('/upload/@alice/hello/x', 'x', origin)).status, 403)
})

test('one who leaves in the middle has uploaded nothing', async () => {
  const socket = connect(frame.port, '127.0.0.1')
  await once(socket, 'connect')
  ended = Promise.withResolvers()
  const head = `PUT /upload/@alice/hello/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${BASIC}\r\nContent-Length: 50\r\n\r\n`
  socket.write(`${head}only this`)
  while (seen.bytes !== 9) await new Promise(resolve => setImmediate(resolve))
  socket.destroy()
  assert.ok((await ended.promise) instanceof Error)
})
