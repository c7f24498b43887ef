import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReference } from '@squid/client/references'
import { parseNixCall } from './nix-call.ts'
import { lockedUrl, translate, urlFor } from './translate.ts'

const BASE = 'http://squid.localhost:7878'
const FOUND = { base: BASE, url: `${BASE}/@alice/hello/3.tar.gz`, narHash: 'sha256-a+b/c=' }
const LOCKED = `${FOUND.url}?narHash=sha256-a%2Bb%2Fc%3D`

for (const [text, use, url] of [
  ['sui:@alice:hello', 'evaluated', LOCKED],
  ['sui:@alice:hello#hello^out', 'started', `${LOCKED}#hello^out`],
  ['sui:@alice:hello?tag=stable#', 'evaluated', `${LOCKED}#`],
  ['sui:@alice:hello', 'recorded', 'http://squid.localhost:7878/@alice/hello.tar.gz'],
  ['sui:@alice:hello?tag=stable', 'recorded', 'http://squid.localhost:7878/@alice/hello/tag/stable.tar.gz'],
  ['sui:@alice:hello?version=3', 'recorded', LOCKED],
  ['sui:0x5', 'recorded', LOCKED],
] as const) {
  test(`${text}, ${use}`, () => {
    assert.equal(urlFor(parseReference(text), FOUND, use), url)
  })
}

test('a public base keeps its path', () => {
  const base = 'https://example.org/squid'
  const found = { ...FOUND, base, url: `${base}/@alice/hello/3.tar.gz` }
  const url = urlFor(parseReference('sui:@alice:hello?tag=stable#x'), found, 'recorded')
  assert.equal(url, 'https://example.org/squid/@alice/hello/tag/stable.tar.gz#x')
})

test('a URL is locked by the NAR hash, percent-encoded', () => {
  assert.equal(lockedUrl(FOUND, 'hello'), `${LOCKED}#hello`)
})

test('only the references are replaced', () => {
  const call = parseNixCall(['run', 'sui:@a:b', '--', 'sui:@a:b'])
  assert.deepEqual(translate(call, new Map([[1, 'http://x']])), ['run', 'http://x', '--', 'sui:@a:b'])
})
