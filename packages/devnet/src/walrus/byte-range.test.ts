import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseRange } from './byte-range.ts'
import { NodeError } from './errors.ts'

test('any header gives bytes of the blob, everything, or a refusal', () => {
  const header = fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,6}-\d{0,6}$/))
  fc.assert(
    fc.property(header, fc.nat({ max: 1000 }), (text, size) => {
      try {
        const range = parseRange(text, size)
        if (range) assert.ok(range.start >= 0 && range.start < range.end && range.end <= size)
      } catch (error) {
        assert.ok(error instanceof NodeError && error.httpCode === 416)
      }
    }),
  )
})

test('no header, no range', () => {
  assert.equal(parseRange(undefined, 10), undefined)
})
