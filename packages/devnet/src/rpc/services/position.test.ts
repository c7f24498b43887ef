import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { checkpointOf, END, endOf, positionOf, readCursor, START, writeCursor } from './position.ts'

test('a cursor is a version byte and three big-endian numbers', () => {
  const cursor = writeCursor(positionOf(0x0102n, 3, 4))
  assert.equal(Buffer.from(cursor).toString('hex'), '0100000000000001020000000300000004')
})

test('cursors give their place back, and places order as their numbers', () => {
  const part = fc.nat({ max: 0xffff_ffff })
  const place = fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 63n }), part, part)
  fc.assert(
    fc.property(place, place, (a, b) => {
      const [left, right] = [positionOf(...a), positionOf(...b)]
      assert.equal(readCursor(writeCursor(left)), left)
      assert.equal(checkpointOf(left), a[0])
      const order = a[0] !== b[0] ? a[0] < b[0] : a[1] !== b[1] ? a[1] < b[1] : a[2] < b[2]
      assert.equal(left < right, order)
      assert.ok(START < left && left < END && left <= endOf(a[0]) && endOf(a[0]) < positionOf(a[0] + 1n))
    }),
  )
})

for (const bytes of [
  [],
  [1],
  [2, ...Array.from({ length: 16 }, () => 0)],
  Array.from({ length: 18 }, () => 1),
])
  test(`${bytes.length} bytes starting with ${bytes[0]} are no cursor`, () => {
    assert.throws(() => readCursor(Uint8Array.from(bytes)), { code: 'INVALID_ARGUMENT' })
  })
