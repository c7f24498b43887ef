import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type GatewayResponse, type Handler, HttpFrame } from './http.ts'

async function listen(handler: Handler, idleMs?: number): Promise<HttpFrame> {
  const more = idleMs === undefined ? {} : { idleMs }
  return await HttpFrame.listen(handler, { port: 0, secret: 'shared', log: () => undefined, ...more })
}

/** Asks on a socket of our own, so that it can be left or not read. */
async function ask(frame: HttpFrame): Promise<Socket> {
  const socket = connect(frame.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  return socket
}

function answer(body: AsyncIterable<Uint8Array>): GatewayResponse {
  return { status: 200, type: 'text/plain', body }
}

const SECOND = 1000

/** Waits, at most a few seconds. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>(resolve => (timer = setTimeout(() => resolve(false), 5 * SECOND)))
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

test('a client that leaves before the first piece: what the body holds is let go', async () => {
  const asked = Promise.withResolvers<undefined>()
  const gone = Promise.withResolvers<undefined>()
  const left = Promise.withResolvers<undefined>()
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      asked.resolve(undefined)
      await gone.promise
      for (;;) yield new Uint8Array(1000)
    } finally {
      left.resolve(undefined)
    }
  }
  const frame = await listen(({ signal }) => {
    signal.addEventListener('abort', () => setImmediate(() => gone.resolve(undefined)), { once: true })
    return Promise.resolve(answer(body()))
  })
  try {
    const socket = await ask(frame)
    await asked.promise
    socket.destroy()
    assert.ok(await settled(left.promise), 'the body’s finally ran')
  } finally {
    await frame.close()
  }
})

test('a client that reads nothing is cut', async () => {
  const left = Promise.withResolvers<undefined>()
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield new Uint8Array(1 << 20)
        await new Promise(resolve => setImmediate(resolve))
      }
    } finally {
      left.resolve(undefined)
    }
  }
  const frame = await listen(() => Promise.resolve(answer(body())), 300)
  try {
    const socket = await ask(frame)
    socket.pause()
    socket.on('error', () => undefined)
    assert.ok(await settled(left.promise), 'the connection was cut')
    socket.destroy()
  } finally {
    await frame.close()
  }
})

test('a client that reads slowly is not', async () => {
  const pieces = 40
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < pieces; piece++) {
      await new Promise(resolve => setTimeout(resolve, 25))
      yield new Uint8Array(100)
    }
  }
  const frame = await listen(() => Promise.resolve({ ...answer(body()), length: pieces * 100 }), 300)
  try {
    const socket = await ask(frame)
    let size = 0
    socket.on('data', part => (size += part.length))
    await once(socket, 'close')
    assert.ok(size > pieces * 100, 'the whole answer came')
  } finally {
    await frame.close()
  }
})
