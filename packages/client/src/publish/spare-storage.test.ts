/**
 * Which spare storage becomes that of which blob. Sizes are small numbers for bytes; the epoch is 10, leases are to
 * last until 15.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import type { Spare } from '../leases/leases.ts'
import { planStorage, type StoragePlan } from './spare-storage.ts'

let names = 0

function spare(size: bigint, endEpoch: number, startEpoch = 10): Spare {
  return { objectId: `0x${++names}`, size, startEpoch, endEpoch }
}

function plan(spares: readonly Spare[], ...sizes: readonly bigint[]): StoragePlan {
  return planStorage(spares, sizes, 10, 15)
}

test('without spare storage everything is bought', () => {
  assert.deepEqual(plan([], 5n, 6n), { pieces: [], blobs: [undefined, undefined], left: [] })
})

test('what has the size is taken as it is', () => {
  const right = spare(5n, 15)
  assert.deepEqual(plan([spare(9n, 15), right], 5n), {
    pieces: [{ kind: 'taken', spare: right, cutAt: undefined }],
    blobs: [{ pieces: [0], cutTo: undefined, size: 5n, buy: undefined }],
    left: [],
  })
})

test('what is too large is split, and the rest serves the next blob', () => {
  const large = spare(12n, 20)
  assert.deepEqual(plan([large], 5n, 4n), {
    pieces: [
      { kind: 'taken', spare: large, cutAt: undefined },
      { kind: 'rest', of: 0 },
      { kind: 'rest', of: 1 },
    ],
    blobs: [
      { pieces: [0], cutTo: 5n, size: 5n, buy: undefined },
      { pieces: [1], cutTo: 4n, size: 4n, buy: undefined },
    ],
    left: [2],
  })
})

test('what is too small is joined, when it ends together', () => {
  const [a, b, alone] = [spare(3n, 15), spare(4n, 15), spare(6n, 14)]
  assert.deepEqual(plan([a, alone, b], 7n), {
    pieces: [
      { kind: 'taken', spare: a, cutAt: undefined },
      { kind: 'taken', spare: b, cutAt: undefined },
    ],
    blobs: [{ pieces: [1, 0], cutTo: undefined, size: 7n, buy: undefined }],
    left: [],
  })
  assert.deepEqual(plan([a, alone], 7n).blobs, [undefined])
})

test('epochs that are over are cut off, and those that are missing are bought', () => {
  const old = spare(5n, 12, 3)
  assert.deepEqual(plan([old], 5n), {
    pieces: [{ kind: 'taken', spare: old, cutAt: 10 }],
    blobs: [{ pieces: [0], cutTo: undefined, size: 5n, buy: { from: 12, to: 15 } }],
    left: [],
  })
})

test('what has ended, or not begun, is left', () => {
  assert.deepEqual(plan([spare(5n, 10, 3), spare(5n, 20, 11)], 5n), {
    pieces: [],
    blobs: [undefined],
    left: [],
  })
})

test('no byte is used twice, and none is lost', () => {
  const sizes = fc.bigInt({ min: 1n, max: 20n })
  const spares = fc.array(fc.tuple(sizes, fc.integer({ min: 11, max: 14 }), fc.integer({ min: 8, max: 10 })))
  fc.assert(
    fc.property(spares, fc.array(sizes), (found, wanted) => {
      const { pieces, blobs, left } = planStorage(
        found.map(([size, end, start]) => spare(size, end, start)),
        wanted,
        10,
        15,
      )
      const held = pieces.map(piece => (piece.kind === 'taken' ? piece.spare.size : undefined))
      const end = pieces.map(piece => (piece.kind === 'taken' ? piece.spare.endEpoch : undefined))
      for (const [index, blob] of blobs.entries()) {
        if (blob === undefined) continue
        assert.equal(blob.size, wanted[index])
        const [head = -1] = blob.pieces
        const sum = blob.pieces.reduce((total, piece) => total + (held[piece] ?? 0n), 0n)
        assert.equal(new Set(blob.pieces.map(piece => end[piece])).size, 1)
        assert.deepEqual(blob.buy, { from: end[head], to: 15 })
        for (const piece of blob.pieces) held[piece] = undefined
        const rest = pieces.findIndex(piece => piece.kind === 'rest' && piece.of === head)
        assert.equal(sum > blob.size, rest >= 0)
        assert.equal(blob.cutTo, rest >= 0 ? blob.size : undefined)
        if (rest < 0) continue
        held[rest] = sum - blob.size
        end[rest] = end[head]
      }
      const kept = held.flatMap((size, index) => (size === undefined ? [] : [index]))
      assert.deepEqual(new Set(left), new Set(kept))
    }),
  )
})
