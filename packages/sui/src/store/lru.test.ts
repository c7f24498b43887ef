import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lru } from './lru.ts'

test('forgets what was used longest ago', () => {
  const lru = new Lru<string, number>(2)
  lru.set('a', 1)
  lru.set('b', 2)
  assert.equal(lru.get('a'), 1)
  lru.set('c', 3)
  assert.equal(lru.get('b'), undefined)
  assert.deepEqual([lru.get('a'), lru.get('c')], [1, 3])
  lru.delete('a')
  assert.equal(lru.get('a'), undefined)
  lru.clear()
  assert.equal(lru.get('c'), undefined)
})
