import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageOf } from './page.ts'

const resource = { path: '/a', headers: [], blobId: 1n, blobHash: 256n, range: { start: 5n, end: 6n } }

test('numbers of a resource are bytes, the first the lowest', () => {
  const page = pageOf(resource)
  assert.deepEqual([page?.place.blobId[0], page?.sha256[1], page?.sha256.length], [1, 1, 32])
  assert.deepEqual(page?.place.range, { start: 5, end: 6 })
  assert.equal(pageOf({ ...resource, range: null })?.place.range, undefined)
})

for (const [what, range] of [
  ['without an end', { start: 5n, end: null }],
  ['without a start', { start: null, end: 5n }],
  ['that runs backwards', { start: 6n, end: 5n }],
  ['beyond any blob', { start: 0n, end: 1n << 60n }],
] as const)
  test(`a range ${what} is no page`, () => assert.equal(pageOf({ ...resource, range }), undefined))
