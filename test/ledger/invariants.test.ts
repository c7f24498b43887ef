/** What holds after any transactions whatever: money, rollback, and that failures leave no trace. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Transaction, TransactionArgument } from '@mysten/sui/transactions'
import type { ExecutedTransaction, LedgerObject } from '@squid/sui/ledger'
import { ITEM, lastU64, type Person, RULES, SUI_COIN, World } from './world.ts'

const SUPPLY = 10n ** 19n
const SHELF = `${RULES}::item::Shelf`
const BOX = `${RULES}::item::Box`

/** One random step: `pick` chooses among objects, `value` is whatever a number is needed for. */
interface Step {
  readonly action: (typeof ACTIONS)[number]
  readonly who: boolean
  readonly pick: number
  readonly value: number
  readonly fails: boolean
  readonly lowBudget: boolean
}

const ACTIONS = [
  'make',
  'give',
  'set',
  'destroy',
  'wrap',
  'unwrap',
  'shelve',
  'unshelve',
  'put',
  'take',
  'change',
  'split',
  'merge',
  'freeze',
  'share',
  'blob',
  'send',
  'receive',
] as const

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  who: fc.boolean(),
  pick: fc.nat(1000),
  value: fc.nat(5),
  fails: fc.nat(3).map(value => value === 0),
  lowBudget: fc.nat(9).map(value => value === 0),
})

function call(
  t: Transaction,
  target: string,
  args: TransactionArgument[] = [],
): ReturnType<Transaction['moveCall']> {
  return t.moveCall({ target: `${RULES}::${target}`, arguments: args })
}

function liveObjects(world: World): LedgerObject[] {
  const objects: LedgerObject[] = []
  for (const type of ['0x1', '0x2', RULES]) {
    let cursor: string | undefined
    do {
      const page = world.ledger.objectsOfType(type, { cursor, limit: 1000 })
      objects.push(...page.items)
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  return objects
}

/** An object of a type that the person may use, or undefined. */
function choose(world: World, person: Person, type: string, pick: number): string | undefined {
  const { items } = world.ledger.ownedObjects(person.address, { type, limit: 1000 })
  const usable = items.filter(({ id }) => id !== world.gasOf(person))
  return usable[pick % usable.length]?.id
}

/** Adds the step's commands; false when there is nothing that it could be done with. */
function program(world: World, t: Transaction, { action, pick, value }: Step, me: Person): boolean {
  const other = me === world.alice ? world.bob : world.alice
  const item = (): string | undefined => choose(world, me, ITEM, pick)
  const shelf = (): string | undefined => choose(world, me, SHELF, value)
  const on = (id: string | undefined, use: (object: TransactionArgument) => void): boolean => {
    if (id === undefined) return false
    use(world.input(t, id))
    return true
  }
  const onBoth = (
    first: string | undefined,
    second: string | undefined,
    use: (a: TransactionArgument, b: TransactionArgument) => void,
  ): boolean => first !== second && on(first, a => on(second, b => use(a, b))) && second !== undefined
  const name = t.pure.u64(value)
  switch (action) {
    case 'make':
      t.transferObjects(
        [call(t, value > 2 ? 'item::new' : 'item::new_shelf', value > 2 ? [name] : [])],
        me.address,
      )
      return true
    case 'give':
      return on(item(), object => t.transferObjects([object], other.address))
    case 'set':
      return on(item(), object => call(t, 'item::set', [object, name]))
    case 'destroy':
      return on(item(), object => call(t, 'item::destroy', [object]))
    case 'wrap':
      return on(item(), object => t.transferObjects([call(t, 'item::wrap', [object])], me.address))
    case 'unwrap':
      return on(choose(world, me, BOX, pick), box =>
        value > 3
          ? call(t, 'item::destroy_box', [box])
          : t.transferObjects([call(t, 'item::unwrap', [box])], me.address),
      )
    case 'shelve':
      return onBoth(shelf(), item(), (holder, object) => call(t, 'item::put_item', [holder, name, object]))
    case 'unshelve':
      return on(shelf(), holder =>
        t.transferObjects([call(t, 'item::take_item', [holder, name])], me.address),
      )
    case 'put':
    case 'change':
      return on(shelf(), holder => call(t, `item::${action}`, [holder, name, t.pure.u64(pick)]))
    case 'take':
      return on(shelf(), holder => call(t, 'item::take', [holder, name]))
    case 'split':
      for (let i = 0; i <= value; i++) t.transferObjects([t.splitCoins(t.gas, [pick])], other.address)
      return true
    case 'merge':
      return onBoth(choose(world, me, SUI_COIN, pick), choose(world, me, SUI_COIN, pick + 1), (into, from) =>
        t.mergeCoins(into, [from]),
      )
    case 'freeze':
      return on(item(), object => call(t, 'item::freeze_it', [object]))
    case 'share':
      call(t, 'item::share', [call(t, 'item::new', [name])])
      return true
    case 'blob':
      t.transferObjects([call(t, 'work::blob', [t.pure.u64(pick * 20)])], me.address)
      return true
    case 'send':
      return onBoth(undefined, undefined, () => undefined) || sendTo(world, t, shelf(), item())
    case 'receive':
      return receiveBy(world, t, shelf(), me)
  }
}

function sendTo(world: World, t: Transaction, shelf: string | undefined, item: string | undefined): boolean {
  if (shelf === undefined || item === undefined) return false
  t.transferObjects([world.input(t, item)], shelf)
  return true
}

function receiveBy(world: World, t: Transaction, shelf: string | undefined, me: Person): boolean {
  const sent = shelf === undefined ? undefined : world.ledger.ownedObjects(shelf, { type: ITEM }).items[0]
  if (shelf === undefined || sent === undefined) return false
  const received = call(t, 'item::receive', [
    world.input(t, shelf),
    world.input(t, sent.id, { receiving: true }),
  ])
  t.transferObjects([received], me.address)
  return true
}

/** Gives a person some of everything, so that most steps can be taken; returns the fees. */
async function furnish(world: World, me: Person): Promise<bigint> {
  const { changes, gasUsed } = await world.succeed(me, t => {
    for (let i = 0; i < 6; i++) {
      const item = call(t, 'item::new', [t.pure.u64(i)])
      t.transferObjects([i < 2 ? call(t, 'item::wrap', [item]) : item], me.address)
    }
    for (let i = 0; i < 2; i++) {
      const shelf = call(t, 'item::new_shelf')
      call(t, 'item::put', [shelf, t.pure.u64(i), t.pure.u64(i)])
      call(t, 'item::put_item', [shelf, t.pure.u64(i + 2), call(t, 'item::new', [t.pure.u64(i)])])
      t.transferObjects([shelf], me.address)
    }
  })
  const shelf =
    changes.find(({ after }) => after?.data.kind === 'move' && after.data.type === SHELF)?.id ?? ''
  const item = choose(world, me, ITEM, 0) ?? ''
  const sent = await world.succeed(me, t => t.transferObjects([world.input(t, item)], shelf))
  return [gasUsed, sent.gasUsed].reduce(
    (sum, gas) => sum + gas.computationCost + gas.nonRefundableStorageFee,
    0n,
  )
}

/** Everything but versions: what a failed transaction must not change. */
function valuesOf(objects: readonly LedgerObject[], except: string): Map<string, unknown> {
  return new Map(
    objects.filter(({ id }) => id !== except).map(({ id, owner, data }) => [id, { owner, data }]),
  )
}

async function play(world: World, each: Step): Promise<ExecutedTransaction | undefined> {
  const me = each.who ? world.alice : world.bob
  let possible = true
  const gas = world.gasOf(me)
  world.nowMs += BigInt(each.value)
  const bytes = await world.build(
    me,
    t => {
      possible = program(world, t, each, me)
      if (each.fails) call(t, 'work::emit_and_abort')
    },
    { budget: each.lowBudget ? 2_500_000n : 1_000_000_000n },
  )
  if (!possible) return undefined
  const before = liveObjects(world)
  const result = world.ledger.execute(bytes, [await me.sign(bytes)])
  if (each.fails) assert.notEqual(result.error, undefined)
  if (result.error !== undefined) {
    assert.deepEqual(
      valuesOf(liveObjects(world), gas),
      valuesOf(before, gas),
      `a failed ${each.action} left a trace`,
    )
    assert.deepEqual(result.events, [])
  }
  return result
}

test('SUI is conserved, failures leave no trace, and versions only grow', async () => {
  const succeeded = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 80 }), async steps => {
      using world = await World.open()
      let fees = (await furnish(world, world.alice)) + (await furnish(world, world.bob))
      const versions = new Map<string, bigint>()
      for (const each of steps) {
        const result = await play(world, each)
        if (result === undefined) continue
        if (result.error === undefined) succeeded.set(each.action, (succeeded.get(each.action) ?? 0) + 1)
        fees += result.gasUsed.computationCost + result.gasUsed.nonRefundableStorageFee
        for (const { id, after } of result.changes) {
          if (after === undefined) continue
          assert.ok(after.version > (versions.get(id) ?? 0n), `${id} did not grow`)
          versions.set(id, after.version)
        }
      }
      const objects = liveObjects(world)
      const coins = objects.filter(({ data }) => data.kind === 'move' && data.type === SUI_COIN)
      const held = coins.reduce((sum, coin) => sum + lastU64(coin), 0n)
      const rebates = objects.reduce((sum, object) => sum + object.storageRebate, 0n)
      assert.equal(held + rebates + fees, SUPPLY)
      for (const object of objects) {
        assert.deepEqual(world.ledger.object(object.id, object.version), object)
      }
    }),
    { numRuns: 12 },
  )
  assert.deepEqual(
    [...succeeded.keys()].sort(),
    [...ACTIONS].sort(),
    'every kind of step was taken with success',
  )
})
