import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blobIdOf } from './blob-id.ts'
import { EncodedCache, type Slivers } from './encoded-cache.ts'

const ids = [0, 1, 2].map(first => blobIdOf(Uint8Array.from([first, ...new Uint8Array(31)])))
const [a, b, c] = ids as [(typeof ids)[0], (typeof ids)[0], (typeof ids)[0]]

function slivers(bytes: number): Slivers {
  return { primary: new ArrayBuffer(bytes / 2), secondary: new ArrayBuffer(bytes / 2) }
}

test('what was not used for longest goes first', () => {
  const cache = new EncodedCache(100)
  cache.set(a, slivers(40))
  cache.set(b, slivers(40))
  cache.get(a)
  cache.set(c, slivers(40))
  assert.ok(cache.get(a))
  assert.equal(cache.get(b), undefined)
  assert.ok(cache.get(c))
})

test('one blob larger than the limit is kept alone', () => {
  const cache = new EncodedCache(100)
  cache.set(a, slivers(40))
  cache.set(b, slivers(400))
  assert.equal(cache.get(a), undefined)
  assert.ok(cache.get(b))
  cache.set(c, slivers(20))
  assert.equal(cache.get(b), undefined)
})

test('replacing and deleting free their bytes', () => {
  const cache = new EncodedCache(100)
  for (let i = 0; i < 5; i++) cache.set(a, slivers(60))
  cache.set(b, slivers(40))
  assert.ok(cache.get(a))
  cache.delete(a)
  cache.delete(a)
  cache.set(c, slivers(60))
  assert.ok(cache.get(b))
})
