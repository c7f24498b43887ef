import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { Pacer } from './pacer.ts'

const never = new AbortController().signal

/** A pacer between 100 and 1000 bytes, with a clock of its own. */
function setUp(): { readonly pacer: Pacer; readonly clock: { ms: number } } {
  const clock = { ms: 0 }
  return { pacer: new Pacer(() => clock.ms, { minBytes: 100, maxBytes: 1000 }), clock }
}

test('what does not fit waits until something has arrived', async () => {
  const { pacer } = setUp()
  await pacer.acquire(60, never)
  await pacer.acquire(40, never)
  let isIn = false
  const third = pacer.acquire(1, never).then(() => (isIn = true))
  await turn()
  assert.equal(isIn, false)
  pacer.release(40, 'unknown')
  await third
  assert.equal(isIn, true)
})

test('one request may always go, however large', async () => {
  const { pacer } = setUp()
  await pacer.acquire(5000, never)
})

test('who waits leaves when his signal aborts', async () => {
  const { pacer } = setUp()
  await pacer.acquire(100, never)
  const leaving = new AbortController()
  const waiting = pacer.acquire(100, leaving.signal)
  leaving.abort(new Error('gone'))
  await assert.rejects(waiting, /gone/)
})

test('while more at once brings more, the limit doubles, up to the largest', async () => {
  const { pacer, clock } = setUp()
  const limits: number[] = []
  await pacer.acquire(100, never)
  // 100 bytes in 10 ms are 10 a ms; then 200 in 10 ms are 20, 400 are 40, 800 are 80; at 1000 there is an end.
  for (const bytes of [100, 200, 400, 800, 1000]) {
    const next = pacer.acquire(Math.min(2 * bytes, 1000), never)
    clock.ms += 10
    pacer.release(bytes, 'arrived')
    await next
    limits.push(pacer.limit)
  }
  assert.deepEqual(limits, [200, 400, 800, 1000, 1000])
})

test('more that brings less than a twentieth more is not gone for', async () => {
  const it = setUp()
  await it.pacer.acquire(100, never)
  const second = it.pacer.acquire(200, never)
  it.clock.ms = 10
  // 10 bytes a ms.
  it.pacer.release(100, 'arrived')
  await second
  assert.equal(it.pacer.limit, 200)
  const third = it.pacer.acquire(200, never)
  // 200 bytes in 19.2 ms are 10.42 a ms, less than 10.5.
  it.clock.ms += 19.2
  it.pacer.release(200, 'arrived')
  await third
  assert.equal(it.pacer.limit, 200)
  const fourth = it.pacer.acquire(200, never)
  // The best now counts 9.9, and 200 bytes in 19 ms, 10.53 a ms, are more than 10.395.
  it.clock.ms += 19
  it.pacer.release(200, 'arrived')
  await fourth
  assert.equal(it.pacer.limit, 400)
})

test('a link that nobody fills tells nothing', async () => {
  const { pacer, clock } = setUp()
  for (const ms of [10, 5, 1]) {
    await pacer.acquire(100, never)
    clock.ms += ms
    pacer.release(100, 'arrived')
  }
  assert.equal(pacer.limit, 100)
})

test('a failure halves the limit, not below the smallest, and begins anew', async () => {
  const it = setUp()
  await it.pacer.acquire(100, never)
  const second = it.pacer.acquire(200, never)
  it.clock.ms = 1
  it.pacer.release(100, 'arrived')
  await second
  assert.equal(it.pacer.limit, 200)
  it.pacer.release(200, 'failed')
  assert.equal(it.pacer.limit, 100)
  await it.pacer.acquire(10, never)
  it.pacer.release(10, 'failed')
  assert.equal(it.pacer.limit, 100)
  // 100 bytes in 50 ms are less than the 100 a ms of before, which do not count any more.
  await it.pacer.acquire(100, never)
  const last = it.pacer.acquire(100, never)
  it.clock.ms += 50
  it.pacer.release(100, 'arrived')
  await last
  assert.equal(it.pacer.limit, 200)
})
