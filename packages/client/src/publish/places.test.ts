import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Places } from './places.ts'

test('who finds no place waits until one is given back, in the order of coming', async () => {
  const places = new Places(1)
  const first = await places.take()
  assert.equal(places.hasFree, false)
  const order: string[] = []
  const later = ['second', 'third'].map(async name => {
    using _ = await places.take()
    order.push(name)
  })
  await Promise.resolve()
  assert.deepEqual(order, [])
  first[Symbol.dispose]()
  await Promise.all(later)
  assert.deepEqual(order, ['second', 'third'])
  assert.equal(places.hasFree, true)
})

test('a place that is given back twice counts once', async () => {
  const places = new Places(1)
  const place = await places.take()
  place[Symbol.dispose]()
  place[Symbol.dispose]()
  await places.take()
  assert.equal(places.hasFree, false)
})
