import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blobIdFromInt } from '@mysten/walrus'
import { assert as check, bigInt, property, uint8Array } from 'fast-check'
import { blobIdBytes, blobIdOf, blobIdOfInteger, parseBlobId } from './blob-id.ts'

test('an id on the ledger is the id of the official client', () => {
  check(
    property(bigInt({ min: 0n, max: 2n ** 256n - 1n }), value => {
      assert.equal(blobIdOfInteger(value), blobIdFromInt(value))
    }),
  )
})

test('bytes and text are each other', () => {
  check(
    property(uint8Array({ minLength: 32, maxLength: 32 }), bytes => {
      const id = blobIdOf(bytes)
      assert.equal(parseBlobId(id), id)
      assert.deepEqual(Uint8Array.from(blobIdBytes(id)), bytes)
    }),
  )
})

test('any other text is no id', () => {
  const id = blobIdOf(new Uint8Array(32))
  for (const text of [
    '',
    id.slice(1),
    `${id}A`,
    `${id}=`,
    `${id.slice(1)}+`,
    `${id.slice(1)}/`,
    `${id.slice(0, 42)}B`,
  ])
    assert.equal(parseBlobId(text), undefined)
})
