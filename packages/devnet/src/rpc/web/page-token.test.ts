import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatPageToken, pageSizeOf, parsePageToken } from './page-token.ts'
import { GrpcError } from './status.ts'

test('a token gives back its key, and only to its own list', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'grapheme' }), fc.string(), (query, key, other) => {
      const token = formatPageToken(query, key)
      assert.equal(parsePageToken(query, token), key)
      if (other !== query) assert.throws(() => parsePageToken(other, token), { code: 'INVALID_ARGUMENT' })
    }),
  )
})

test('arbitrary bytes are no token', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), bytes => {
      assert.throws(() => parsePageToken('query', bytes), GrpcError)
    }),
  )
})

test('no token is the first page', () => {
  assert.equal(parsePageToken('query', undefined), undefined)
  assert.equal(parsePageToken('query', new Uint8Array()), undefined)
})

test('page sizes have a default and a limit', () => {
  assert.equal(pageSizeOf(undefined), 50)
  assert.equal(pageSizeOf(0), 50)
  assert.equal(pageSizeOf(7), 7)
  assert.equal(pageSizeOf(4_000_000_000), 1000)
})
