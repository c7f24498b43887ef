import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keeper, type KeeperDeps, type KeptSpace } from './index.ts'

const DAY_MS = 86_400_000

interface Recorded {
  readonly deps: KeeperDeps
  readonly calls: string[]
  readonly lines: string[]
  /** What `look` finds. */
  epochs: readonly number[]
  clock: number
  failing: boolean
}

function record(...epochs: readonly number[]): Recorded {
  const recorded: Recorded = {
    calls: [],
    lines: [],
    epochs,
    clock: 0,
    failing: false,
    deps: {
      look: async (): Promise<KeptSpace> => {
        if (recorded.failing) throw new Error('the full node does not answer')
        return {
          space: '0x1',
          leases: recorded.epochs.map(epochsLeft => ({ epochsLeft, condemned: false })),
          epochMs: 14n * BigInt(DAY_MS),
        }
      },
      renew: async (space, epochs) => {
        recorded.calls.push(`renew ${space} ${epochs}`)
        return 'renewed'
      },
      collect: async space => {
        recorded.calls.push(`collect ${space}`)
        return undefined
      },
      log: line => recorded.lines.push(line),
      now: () => recorded.clock,
    },
  }
  return recorded
}

const { signal } = new AbortController()

test('a lease is renewed when four epochs are left, before there are fewer', async () => {
  const five = record(5, 9)
  await new Keeper(five.deps).round(signal)
  assert.deepEqual(five.calls, [])
  const four = record(5, 4)
  await new Keeper(four.deps).round(signal)
  assert.deepEqual(four.calls, ['renew 0x1 12'])
  assert.deepEqual(four.lines, ['keeper: renewed'])
})

test('what is condemned or has expired is not renewed', async () => {
  const recorded = record(0)
  await new Keeper(recorded.deps).round(signal)
  assert.deepEqual(recorded.calls, [])
  assert.match(recorded.lines.join(), /1 of 1 blobs have expired/)
  const condemned: KeeperDeps = {
    ...recorded.deps,
    look: async () => ({ space: '0x1', leases: [{ epochsLeft: 1, condemned: true }], epochMs: 1n }),
  }
  await new Keeper(condemned).round(signal)
  assert.deepEqual(recorded.calls, [])
})

test('it warns weeks before a lease ends', async () => {
  const recorded = record(3, 8)
  await new Keeper(recorded.deps).round(signal)
  assert.match(recorded.lines.join('\n'), /a lease ends within 42 days/)
})

test('it collects once a day', async () => {
  const recorded = record(9)
  const keeper = new Keeper(recorded.deps)
  await keeper.round(signal)
  assert.deepEqual(recorded.calls, [])
  for (const hours of [23, 24, 25, 48]) {
    recorded.clock = (hours / 24) * DAY_MS
    await keeper.round(signal)
  }
  assert.deepEqual(recorded.calls, ['collect 0x1', 'collect 0x1'])
})

test('what fails is logged, and the next round tries again', async () => {
  const recorded = record(4)
  const keeper = new Keeper(recorded.deps)
  recorded.failing = true
  await keeper.round(signal)
  assert.deepEqual(recorded.calls, [])
  assert.match(recorded.lines.join(), /the full node does not answer/)
  recorded.failing = false
  await keeper.round(signal)
  assert.deepEqual(recorded.calls, ['renew 0x1 12'])
})

test('it ends when it is told to', async () => {
  const recorded = record(9)
  const controller = new AbortController()
  const running = new Keeper(recorded.deps, { pauseMs: 60_000 }).run(controller.signal)
  controller.abort()
  await running
})
