import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatSiteLabel, parseSiteLabel, siteAddress } from './address.ts'

const id = (hex: string): string => `0x${hex.padStart(64, '0')}`

// By hand: 35 is z, 36 is 10; each leading zero byte is a leading 0.
for (const [hex, label] of [
  ['23', `${'0'.repeat(31)}z`],
  ['24', `${'0'.repeat(31)}10`],
  ['0', '0'.repeat(32)],
] as const)
  test(`the site 0x…${hex} has the label ${label}`, () => {
    assert.equal(formatSiteLabel(id(hex)), label)
    assert.equal(parseSiteLabel(label), id(hex))
  })

test('every id has one label, which fits into a host name', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }), value => {
      const label = formatSiteLabel(id(value.toString(16)))
      assert.ok(label.length <= 63)
      assert.equal(parseSiteLabel(label), id(value.toString(16)))
    }),
  )
})

for (const label of [
  '',
  'alice',
  'A',
  `${'0'.repeat(31)}Z`,
  '0'.repeat(33),
  '9'.repeat(60),
  'z'.repeat(50),
  '0-0',
])
  test(`'${label}' is the label of no site`, () => assert.equal(parseSiteLabel(label), undefined))

test('a site is below the portal’s host', () => {
  assert.equal(siteAddress('https://wal.app', 'alice'), 'https://alice.wal.app')
  assert.equal(siteAddress('http://localhost:7879/', 'alice'), 'http://alice.localhost:7879')
})

for (const portal of [
  'wal.app',
  'ftp://wal.app',
  'https://wal.app/x',
  'http://127.0.0.1:80',
  'http://[::1]',
  'https://a:b@wal.app',
])
  test(`${portal} is no portal`, () => {
    assert.throws(() => siteAddress(portal, 'alice'), { code: 'PORTAL_URL' })
  })

test('what is no label of a host is refused', () => {
  for (const label of ['', 'a.b', 'a/b', '-a', 'a'.repeat(64)])
    assert.throws(() => siteAddress('https://wal.app', label), { code: 'PORTAL_URL' })
})
