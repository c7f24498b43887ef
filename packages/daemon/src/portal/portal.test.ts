import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { SquidError } from '@squid/formats/errors'
import { Portal, type PortalPage } from './index.ts'

/** What the site `mine` has. */
const pages = new Map<string, PortalPage>()
const log: string[] = []
let portal: Portal

before(async () => {
  portal = await Portal.start(
    {
      findSite: label => Promise.resolve(label === 'mine' ? '0x1' : undefined),
      findPage: (site, path) => Promise.resolve(site === '0x1' ? pages.get(path) : undefined),
      log: line => log.push(line),
    },
    { port: 0 },
  )
})
after(() => portal[Symbol.asyncDispose]())

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

async function ask(path: string, options: { host?: string; method?: string } = {}): Promise<Answer> {
  const { host = 'mine.localhost', method = 'GET' } = options
  const { port } = new URL(portal.origin)
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { host } }).end()
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
  let body = ''
  for await (const piece of response.setEncoding('utf8')) body += String(piece)
  return { status: response.statusCode, headers: response.headers, body }
}

function page(text: string, headers: Readonly<Record<string, string>> = {}): PortalPage {
  return {
    headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
    read: () => Promise.resolve(new TextEncoder().encode(text)),
  }
}

test('a page is served with the headers that pages may have', async () => {
  pages.set('/a b', page('hello', { Link: '<x>; rel="immutable"', 'set-cookie': 'a=b', server: 'x' }))
  const { status, headers, body } = await ask('/a%20b?query=1')
  assert.deepEqual([status, body], [200, 'hello'])
  assert.equal(headers['link'], '<x>; rel="immutable"')
  assert.equal(headers['content-type'], 'application/octet-stream')
  assert.equal(headers['content-length'], '5')
  assert.deepEqual([headers['set-cookie'], headers['server']], [undefined, undefined])
})

test('HEAD tells the same without the bytes', async () => {
  pages.set('/head', page('hello'))
  const { status, headers, body } = await ask('/head', { method: 'HEAD' })
  assert.deepEqual([status, headers['content-length'], body], [200, '5', ''])
})

test('the front page is index.html', async () => {
  pages.set('/index.html', page('front'))
  assert.equal((await ask('/')).body, 'front')
})

test('a header that would break the answer is left out', async () => {
  pages.set('/break', page('x', { link: 'a\r\nset-cookie: b' }))
  const { status, headers } = await ask('/break')
  assert.deepEqual([status, headers['link'], headers['set-cookie']], [200, undefined, undefined])
})

for (const [what, path, options, expected] of [
  ['a page that is not there', '/none', {}, 404],
  ['a site that is not there', '/head', { host: 'other.localhost' }, 404],
  ['the portal itself', '/head', { host: 'localhost' }, 404],
  ['no host', '/head', { host: '' }, 404],
  ['a path that decodes to nothing', '/%ff', {}, 404],
  ['a path without end', `/${'a'.repeat(2000)}`, {}, 404],
  ['a change', '/head', { method: 'PUT' }, 405],
] as const)
  test(`${what} is refused`, async () => {
    assert.equal((await ask(path, options)).status, expected)
  })

test('bytes that are not those of the site are not served, and noted', async () => {
  const wrong = (): Promise<never> => Promise.reject(new SquidError('BLOB_CONTENT', 'not what the site says'))
  pages.set('/wrong', { headers: [], read: wrong })
  const { status, body } = await ask('/wrong')
  assert.deepEqual([status, body], [502, 'not what the site says\n'])
  assert.ok(log.includes('/wrong: not what the site says'))
})

test('a fault of the portal tells nothing about it', async () => {
  pages.set('/fault', { headers: [], read: () => Promise.reject(new Error('secret')) })
  const { status, body } = await ask('/fault')
  assert.deepEqual([status, body], [500, 'the portal failed\n'])
})

test('many pages at once are read a few at a time, and all served', async () => {
  let now = 0
  let most = 0
  const read = async (): Promise<Uint8Array> => {
    most = Math.max(most, ++now)
    await new Promise(resolve => setImmediate(resolve))
    now--
    return new Uint8Array(1)
  }
  pages.set('/many', { headers: [], read })
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask('/many')))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.ok(most <= 16)
})

test('a taken port is said to be so', async () => {
  const port = Number(new URL(portal.origin).port)
  const none = {
    findSite: () => Promise.resolve(undefined),
    findPage: () => Promise.resolve(undefined),
    log: () => undefined,
  }
  await assert.rejects(Portal.start(none, { port }), { code: 'PORT_TAKEN' })
})
