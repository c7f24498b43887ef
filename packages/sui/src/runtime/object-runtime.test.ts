/** The rare ways of objects that no test contract can bring about. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DatatypeType, Value } from '@squid/move/vm'
import { CircularOwnership, ObjectRuntime } from './object-runtime.ts'

const TYPE: DatatypeType = {
  kind: 'struct',
  address: '0x1',
  module: 'm',
  name: 'T',
  typeArguments: [],
  abilities: 12,
  key: '0x1::m::T',
}

function runtime(): ObjectRuntime {
  const unused = (): never => assert.fail('nothing is stored')
  return new ObjectRuntime(
    { read: () => undefined, type: unused, decode: unused, encode: () => new Uint8Array() },
    new Map(),
    new Map(),
  )
}

function object(id: string): Value {
  return [[[id]], 0n]
}

test('objects that own each other are refused', () => {
  const objects = runtime()
  assert.ok(objects.addChild('a', TYPE, object('b')))
  assert.ok(objects.addChild('b', TYPE, object('c')))
  assert.ok(objects.addChild('c', TYPE, object('a')))
  assert.throws(
    () => objects.finish([]),
    (error: unknown) => error instanceof CircularOwnership && ['a', 'b', 'c'].includes(error.object),
  )
})

test('an object that owns itself is refused', () => {
  const objects = runtime()
  objects.addChild('a', TYPE, object('a'))
  assert.throws(() => objects.finish([]), CircularOwnership)
})

test('a long chain is no circle', () => {
  const objects = runtime()
  for (let i = 0; i < 900; i++) objects.addChild(`o${i}`, TYPE, object(`o${i + 1}`))
  assert.equal(objects.finish([]).writes.size, 900)
})

test('a child that is there cannot be added again', () => {
  const objects = runtime()
  assert.equal(objects.addChild('a', TYPE, object('b')), true)
  assert.equal(objects.addChild('a', TYPE, object('b')), false)
  assert.ok(typeof objects.removeChild('a', 'b', TYPE) === 'object')
  assert.equal(objects.removeChild('a', 'b', TYPE), 'missing')
  assert.equal(objects.addChild('a', TYPE, object('b')), true)
})

test('an id that is deleted and made again is neither', () => {
  const objects = runtime()
  objects.deleteId('a')
  objects.newId('a')
  objects.newId('b')
  objects.deleteId('b')
  const { created, deleted } = objects.finish([])
  assert.deepEqual([[...created], [...deleted]], [[], []])
})
