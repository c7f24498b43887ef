import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Latencies } from './latencies.ts'

function learnt(taken: readonly number[], bytes = 1000): Latencies {
  const latencies = new Latencies({ firstMs: 1000, minMs: 50 })
  for (const ms of taken) latencies.add(bytes, ms)
  return latencies
}

const tens = Array.from({ length: 16 }, (_, i) => 10 * (i + 1))

test('fifteen answers tell too little', () => {
  assert.equal(learnt([]).lateAfterMs(1000), 1000)
  assert.equal(learnt(tens.slice(0, 15)).lateAfterMs(1000), 1000)
})

test('late is twice what nineteen of twenty take', () => {
  // Of 16, in order, the one at 0.95 of 15, which is the 15th: 150 ms.
  assert.equal(learnt(tens).lateAfterMs(1000), 300)
  assert.equal(learnt(tens.toReversed()).lateAfterMs(1000), 300)
})

test('never sooner than the least', () => {
  assert.equal(learnt(tens.map(ms => ms / 10)).lateAfterMs(1000), 50)
})

test('each power of two of sizes is learnt for itself', () => {
  const latencies = learnt(tens)
  assert.equal(latencies.lateAfterMs(512), 300)
  assert.equal(latencies.lateAfterMs(1023), 300)
  assert.equal(latencies.lateAfterMs(1024), 1000)
  assert.equal(latencies.lateAfterMs(511), 1000)
})

test('what was more than 128 answers ago is forgotten', () => {
  const slow = Array.from({ length: 50 }, () => 5000)
  // Of 128 the one at 0.95 of 127, the 121st: with 8 slow ones left it is one of them, with 7 it is not.
  assert.equal(learnt([...slow, ...Array.from({ length: 120 }, () => 100)]).lateAfterMs(1000), 10_000)
  assert.equal(learnt([...slow, ...Array.from({ length: 121 }, () => 100)]).lateAfterMs(1000), 200)
})
