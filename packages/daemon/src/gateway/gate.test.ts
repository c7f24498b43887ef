import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from './gate.ts'

test('so many are inside, the others follow in order, and one who leaves the line is passed over', async () => {
  const gate = new Gate(2)
  const never = new AbortController().signal
  const impatient = new AbortController()
  const [a, b] = [await gate.enter(never), await gate.enter(never)]
  const order: string[] = []
  const enter = async (name: string, signal: AbortSignal): Promise<Disposable> => {
    const place = await gate.enter(signal)
    order.push(name)
    return place
  }
  const c = enter('c', impatient.signal)
  const d = enter('d', never)
  const e = enter('e', never)
  impatient.abort()
  await assert.rejects(c, { name: 'AbortError' })
  a[Symbol.dispose]()
  a[Symbol.dispose]() // twice is once
  await d
  assert.deepEqual(order, ['d'])
  b[Symbol.dispose]()
  await e
  assert.deepEqual(order, ['d', 'e'])
  await assert.rejects(gate.enter(impatient.signal), { name: 'AbortError' })
})
