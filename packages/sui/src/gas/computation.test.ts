/** Expected values by hand from the tiers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { affordableInstructions, computationCost, instructionCost, internalBudget } from './computation.ts'

test('instructions get dearer by tiers', () => {
  assert.equal(instructionCost(0), 0)
  assert.equal(instructionCost(20_000), 120_000)
  assert.equal(instructionCost(50_000), 120_000 + 30_000 * 7)
  assert.equal(instructionCost(100_000), 330_000 + 50_000 * 15)
  assert.equal(instructionCost(200_001), 1_080_000 + 100_000 * 55 + 105)
})

test('what is affordable is affordable, and one more is not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5_000_000_000 }), internal => {
      const instructions = affordableInstructions(internal)
      assert.ok(instructionCost(instructions) <= internal)
      assert.ok(instructionCost(instructions + 1) > internal)
    }),
  )
})

test('units are rounded up to thousands; nothing costs a thousand', () => {
  assert.equal(computationCost(0, 1000n), 1_000_000n)
  assert.equal(computationCost(999_999, 1000n), 1_000_000n)
  assert.equal(computationCost(1_000_000, 1000n), 1_000_000n)
  assert.equal(computationCost(1_001_000, 1000n), 2_000_000n)
  assert.equal(computationCost(5_000_000_000, 750n), 3_750_000_000n)
})

test('a budget buys at most five million units', () => {
  assert.equal(internalBudget(10_000_000n, 1000n), 10_000_000)
  assert.equal(internalBudget(50_000_000_000n, 1000n), 5_000_000_000)
})
