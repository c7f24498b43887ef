/** What transactions cost. Sizes are counted by hand: see `ITEM_BYTES`. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Transaction, TransactionArgument } from '@mysten/sui/transactions'
import type { ExecutedTransaction } from '@squid/sui/ledger'
import { createdOf, lastU64, RULES, World } from './world.ts'

/** MIST for a byte: 100 units at 76. */
const PER_BYTE = 7600n
/** Owner 40, digest 32, rebate 8, version 8, public transfer 1, and then type and contents. */
const OBJECT_BYTES = 40 + 32 + 8 + 8 + 1
/** Type: variant 1, address 32, "item" 5, "Item" 5, no arguments 1; contents: id 32, value 8. */
const ITEM_BYTES = BigInt(OBJECT_BYTES + 1 + 32 + 5 + 5 + 1 + 32 + 8)
/** Type: variant 1; contents: id 32, balance 8. */
const GAS_COIN_BYTES = BigInt(OBJECT_BYTES + 1 + 32 + 8)

let world: World
before(async () => {
  world = await World.open()
})
after(() => world.ledger.close())

function call(
  transaction: Transaction,
  target: string,
  args: TransactionArgument[] = [],
): ReturnType<Transaction['moveCall']> {
  return transaction.moveCall({ target: `${RULES}::${target}`, arguments: args })
}

function balanceOf(id: string): bigint {
  return lastU64(world.live(id))
}

/** A coin that has been used once, so that it has a storage rebate. */
async function usedCoin(mist: bigint): Promise<string> {
  const id = world.ledger.mint(world.alice.address, mist + 10_000_000n)
  const give = balanceOf(id) - mist
  await world.succeed(world.alice, t =>
    t.transferObjects([t.splitCoins(world.input(t, id), [give])], world.bob.address),
  )
  assert.equal(balanceOf(id), mist)
  return id
}

function net({ gasUsed }: ExecutedTransaction): bigint {
  return gasUsed.computationCost + gasUsed.storageCost - gasUsed.storageRebate
}

test('storage is paid for every byte of every object that is written, and 99 % comes back', async () => {
  const gas = await usedCoin(1_000_000_000n)
  const program = (t: Transaction): void =>
    void t.transferObjects([call(t, 'item::new', [t.pure.u64(1)])], world.alice.address)
  const made = await world.succeed(world.alice, program, { payment: [gas] })
  assert.equal(made.gasUsed.storageCost, (ITEM_BYTES + GAS_COIN_BYTES) * PER_BYTE)
  assert.equal(made.gasUsed.storageRebate, 978_120n) // 99 % of 130 bytes
  assert.equal(made.gasUsed.nonRefundableStorageFee, 9_880n)
  const item = createdOf(made.changes, `${RULES}::item::Item`)
  assert.equal(world.live(item).storageRebate, ITEM_BYTES * PER_BYTE)
  const before = balanceOf(gas)
  const deleted = await world.succeed(world.alice, t => call(t, 'item::destroy', [world.input(t, item)]), {
    payment: [gas],
  })
  assert.equal(deleted.gasUsed.storageCost, GAS_COIN_BYTES * PER_BYTE)
  assert.equal(deleted.gasUsed.storageRebate, ((ITEM_BYTES + GAS_COIN_BYTES) * PER_BYTE * 99n) / 100n)
  assert.equal(balanceOf(gas), before - net(deleted))
})

test('computation is rounded up to thousands of units', async () => {
  const cheap = await world.succeed(world.alice, t => call(t, 'rights::nothing'))
  assert.equal(cheap.gasUsed.computationCost, 1_000_000n)
  const dear = await world.succeed(world.alice, t => call(t, 'rights::nothing'), { price: 2500n })
  assert.equal(dear.gasUsed.computationCost, 2_500_000n)
  const heavy = await world.succeed(world.alice, t => call(t, 'work::spin', [t.pure.u64(20_000)]))
  assert.ok(heavy.gasUsed.computationCost > 1_000_000n)
  assert.equal(heavy.gasUsed.computationCost % 1_000_000n, 0n)
})

test('a loop without end costs the whole budget', async () => {
  const gas = await usedCoin(1_000_000_000n)
  const item = await world.item(world.alice, 3)
  const before = balanceOf(gas)
  const result = await world.execute(
    world.alice,
    t => {
      call(t, 'item::set', [world.input(t, item), t.pure.u64(4)])
      call(t, 'work::forever')
    },
    { payment: [gas], budget: 5_000_000n },
  )
  assert.equal(result.error?.status.$kind, 'InsufficientGas')
  assert.equal(result.error?.command, 1)
  assert.equal(result.gasUsed.computationCost, 5_000_000n)
  assert.equal(balanceOf(gas), before - net(result))
  assert.equal(lastU64(world.live(item)), 3n)
})

test('a budget that does not pay for the storage: nothing is kept, computation and inputs are paid', async () => {
  const gas = await usedCoin(1_000_000_000n)
  const before = balanceOf(gas)
  const program = (t: Transaction): void =>
    void t.transferObjects([call(t, 'work::blob', [t.pure.u64(10_000)])], world.alice.address)
  const result = await world.execute(world.alice, program, { payment: [gas], budget: 20_000_000n })
  assert.equal(result.error?.status.$kind, 'InsufficientGas')
  assert.equal(result.gasUsed.storageCost, GAS_COIN_BYTES * PER_BYTE)
  assert.ok(result.gasUsed.computationCost < 20_000_000n)
  assert.equal(balanceOf(gas), before - net(result))
  assert.deepEqual(
    result.changes.map(({ id }) => id),
    [gas],
  )
})

test('a budget that does not even pay for the inputs: it is all taken, rebates stay', async () => {
  const gas = await usedCoin(1_000_000_000n)
  const { changes } = await world.succeed(
    world.alice,
    t => t.transferObjects([call(t, 'work::blob', [t.pure.u64(200_000)])], world.alice.address),
    { budget: 50_000_000_000n },
  )
  const blob = createdOf(changes, `${RULES}::work::Blob`)
  const { storageRebate } = world.live(blob)
  const before = balanceOf(gas)
  const result = await world.execute(
    world.alice,
    t => {
      world.input(t, blob)
      call(t, 'rights::nothing')
    },
    { payment: [gas], budget: 8_000_000n },
  )
  assert.equal(result.error?.status.$kind, 'InsufficientGas')
  assert.deepEqual(result.gasUsed, {
    computationCost: 8_000_000n,
    storageCost: 0n,
    storageRebate: 0n,
    nonRefundableStorageFee: 0n,
  })
  assert.equal(balanceOf(gas), before - 8_000_000n)
  assert.equal(world.live(blob).storageRebate, storageRebate)
})

suite('several gas coins', () => {
  test('become one', async () => {
    const coins = [await usedCoin(60_000_000n), await usedCoin(70_000_000n), await usedCoin(80_000_000n)]
    const [first = '', ...others] = coins
    const result = await world.succeed(world.alice, t => call(t, 'rights::nothing'), { payment: coins })
    assert.equal(balanceOf(first), 210_000_000n - net(result))
    for (const id of others) {
      assert.equal(world.ledger.object(id), undefined)
      assert.equal(result.changes.find(change => change.id === id)?.idOperation, 'deleted')
    }
    assert.equal(result.gasUsed.storageRebate, (3n * GAS_COIN_BYTES * PER_BYTE * 99n) / 100n)
  })
  test('even when the transaction fails', async () => {
    const coins = [await usedCoin(60_000_000n), await usedCoin(70_000_000n)]
    const result = await world.execute(world.alice, t => call(t, 'work::overflow'), { payment: coins })
    assert.equal(result.error?.status.$kind, 'MovePrimitiveRuntimeError')
    assert.equal(balanceOf(coins[0] ?? ''), 130_000_000n - net(result))
    assert.equal(world.ledger.object(coins[1] ?? ''), undefined)
  })
  test('are there for commands as one', async () => {
    const coins = [
      world.ledger.mint(world.alice.address, 100_000_000n),
      world.ledger.mint(world.alice.address, 50_000_000n),
    ]
    await world.succeed(
      world.alice,
      t => t.transferObjects([t.splitCoins(t.gas, [50_000_000n])], world.bob.address),
      { payment: coins },
    )
  })
})

test('a shrinking object gives money back', async () => {
  const terms = { budget: 50_000_000_000n }
  const { changes } = await world.succeed(
    world.alice,
    t => t.transferObjects([call(t, 'work::blob', [t.pure.u64(100_000)])], world.alice.address),
    terms,
  )
  const blob = createdOf(changes, `${RULES}::work::Blob`)
  const before = balanceOf(world.gasOf(world.alice))
  const result = await world.succeed(world.alice, t => call(t, 'work::shrink', [world.input(t, blob)]))
  assert.ok(net(result) < 0n)
  assert.equal(balanceOf(world.gasOf(world.alice)), before - net(result))
})
