import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseList, parseSources } from './private-apt.ts'

test('entries of .list files', () => {
  const text = `# deb http://commented/ bookworm main
deb http://mirror.example/debian bookworm main contrib # a remark
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/security bookworm-security main
deb-src http://mirror.example/debian bookworm main
`
  assert.deepEqual(parseList(text), [
    { uris: 'http://mirror.example/debian', suites: ['bookworm'], components: 'main contrib', options: [] },
    {
      uris: 'http://mirror.example/security',
      suites: ['bookworm-security'],
      components: 'main',
      options: ['Signed-By: /k.gpg'],
    },
  ])
})

test('entries of .sources files', () => {
  const text = `Types: deb
# a remark
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN-----
 .

Types: deb-src
URIs: http://mirror.example/debian
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/
Suites: bookworm
Components: main
`
  assert.deepEqual(parseSources(text), [
    {
      uris: 'http://mirror.example/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: 'main',
      options: ['Signed-By: -----BEGIN-----\n .'],
    },
  ])
})
