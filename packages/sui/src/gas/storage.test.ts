import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitRebate, storageCost } from './storage.ts'

// A SUI coin has 130 charged bytes: 988,000 MIST, of which 978,120 come back. As on the public networks.
test('a coin of SUI', () => {
  assert.equal(storageCost(130), 988_000n)
  assert.deepEqual(splitRebate(988_000n), { rebate: 978_120n, nonRefundable: 9_880n })
})

test('the rebate is rounded to the nearest MIST', () => {
  assert.deepEqual(splitRebate(49n), { rebate: 49n, nonRefundable: 0n })
  assert.deepEqual(splitRebate(51n), { rebate: 50n, nonRefundable: 1n })
  assert.deepEqual(splitRebate(0n), { rebate: 0n, nonRefundable: 0n })
})
