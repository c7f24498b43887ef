import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DecodeError } from '@squid/formats/errors'
import { readSitePack, SitePackWriter } from './pack.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

test('a pack is its site, its files and their index', () => {
  const writer = new SitePackWriter('0x5', 1000)
  writer.tryAdd(text('hello'))
  writer.tryAdd(text('world!'))
  const digest = (value: string): string => createHash('sha256').update(value).digest('hex')
  const index = `${digest('hello')} 15 19\n${digest('world!')} 20 25\n`
  const length = new Uint8Array([index.length, 0, 0, 0])
  const expected = Buffer.concat([Buffer.from(`squid-site 0x5\nhelloworld!${index}`), length])
  assert.deepEqual(Buffer.from(writer.finish()), expected)
  assert.deepEqual(
    readSitePack(expected).map(({ start, end }) => expected.subarray(start, end + 1).toString()),
    ['hello', 'world!'],
  )
})

test('no pack is larger than its limit, and what was taken is in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 })),
      fc.integer({ min: 50, max: 900 }),
      (files, limit) => {
        const writer = new SitePackWriter('0x5', limit)
        const taken = files.filter(file => writer.tryAdd(file) !== undefined)
        const pack = writer.finish()
        if (taken.length > 0) assert.ok(pack.length <= limit)
        const found = readSitePack(pack).map(({ start, end }) => pack.slice(start, end + 1))
        assert.deepEqual(found, taken)
      },
    ),
  )
})

test('any bytes are a pack of a site or are refused', () => {
  for (const bytes of [
    new Uint8Array(3),
    new Uint8Array([1, 0, 0, 0]),
    Buffer.concat([text('nonsense\n'), new Uint8Array([9, 0, 0, 0])]),
    Buffer.concat([text(`${'0'.repeat(64)} 5 4\n`), new Uint8Array([69, 0, 0, 0])]),
    Buffer.concat([text(`${'0'.repeat(64)} 0 4\n`), new Uint8Array([69, 0, 0, 0])]),
  ])
    assert.throws(() => readSitePack(bytes), DecodeError)
})
