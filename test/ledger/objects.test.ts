/** What transactions do to objects: effects, versions, wrapping, dynamic fields, receiving. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import { deriveDynamicFieldID } from '@mysten/sui/utils'
import type { Transaction, TransactionArgument } from '@mysten/sui/transactions'
import type { ExecutedTransaction } from '@squid/sui/ledger'
import { createdOf, ITEM, lastU64, RULES, World } from './world.ts'

const SHELF = `${RULES}::item::Shelf`
const BOX = `${RULES}::item::Box`

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

function run(program: (transaction: Transaction) => void): Promise<ExecutedTransaction> {
  return world.succeed(world.alice, program)
}

/** `input>output:operation` of one id in the effects. */
function changeOf({ effects }: ExecutedTransaction, id: string): string {
  const [, change] = effects.changedObjects.find(([changed]) => changed === id) ?? []
  if (change === undefined) return 'unchanged'
  return `${change.inputState.$kind}>${change.outputState.$kind}:${change.idOperation.$kind}`
}

async function shelf(): Promise<string> {
  return world.make(world.alice, SHELF, 'item::new_shelf')
}

async function boxed(): Promise<{ box: string; item: string }> {
  const item = await world.item(world.alice, 5)
  const result = await run(t =>
    t.transferObjects([call(t, 'item::wrap', [world.input(t, item)])], world.alice.address),
  )
  return { box: createdOf(result.changes, BOX), item }
}

suite('effects', () => {
  test('are what the SDK reads out of their bytes, and their digest is of these bytes', async () => {
    const result = await run(t => t.transferObjects([t.splitCoins(t.gas, [5])], world.bob.address))
    assert.deepEqual(bcs.TransactionEffects.parse(result.effectsBytes).V2, result.effects)
    const stored = world.ledger.transaction(result.digest)
    assert.deepEqual(stored?.effects, result.effects)
    assert.deepEqual(stored?.changes, result.changes)
    assert.deepEqual(stored?.balanceChanges, result.balanceChanges)
  })
  test('objects are what the SDK hashes', async () => {
    const id = await world.item(world.alice, 77)
    const { version, owner, data, previousTransaction, storageRebate, digest } = world.live(id)
    assert.equal(data.kind, 'move')
    const expected = bcs.Object.serialize({
      data: {
        Move: {
          type: { Other: { address: RULES, module: 'item', name: 'Item', typeParams: [] } },
          hasPublicTransfer: true,
          version,
          contents: bcs
            .struct('Item', { id: bcs.Address, value: bcs.u64() })
            .serialize({ id, value: 77n })
            .toBytes(),
        },
      },
      owner: { AddressOwner: owner.kind === 'address' ? owner.address : '' },
      previousTransaction,
      storageRebate,
    }).toBytes()
    assert.deepEqual(world.ledger.objectBytes(world.live(id)), expected)
    const { blake2b } = await import('@noble/hashes/blake2.js')
    const hash = blake2b(Buffer.concat([Buffer.from('Object::'), expected]), { dkLen: 32 })
    assert.equal(digest, (await import('@mysten/bcs')).toBase58(hash))
  })
  test('every owned and mutable input gets a new version, used or not; versions are one above the highest input', async () => {
    const [a, b] = [await world.item(world.alice), await world.item(world.alice)]
    const highest = [
      world.live(a).version,
      world.live(b).version,
      world.live(world.gasOf(world.alice)).version,
    ].reduce((x, y) => (x > y ? x : y))
    const result = await run(t => {
      world.input(t, b)
      call(t, 'item::value', [world.input(t, a)])
    })
    assert.equal(world.live(a).version, highest + 1n)
    assert.equal(world.live(b).version, highest + 1n)
    assert.equal(result.effects.lamportVersion, String(highest + 1n))
    assert.equal(changeOf(result, b), 'Exist>ObjectWrite:None')
  })
  test('a failed transaction changes versions and gas, nothing else', async () => {
    const id = await world.item(world.alice, 3)
    const result = await world.execute(world.alice, t => {
      call(t, 'item::set', [world.input(t, id), t.pure.u64(50)])
      call(t, 'item::check', [world.input(t, id), t.pure.u64(51)])
    })
    assert.equal(result.error?.abort?.code, 7n)
    assert.equal(result.error?.command, 1)
    assert.equal(lastU64(world.live(id)), 3n)
    assert.deepEqual(
      result.changes.map(change => change.idOperation),
      ['none', 'none'],
    )
    assert.equal(result.effects.eventsDigest, null)
  })
  test('dependencies are the transactions that wrote the inputs, in the order of their bytes', async () => {
    const id = await world.item(world.alice)
    const [gas, item, code] = [world.live(world.gasOf(world.alice)), world.live(id), world.live(RULES)]
    const result = await run(t => call(t, 'item::value', [world.input(t, id)]))
    const { fromBase58 } = await import('@mysten/bcs')
    const expected = [...new Set([gas, item, code].map(object => object.previousTransaction))].sort((x, y) =>
      Buffer.compare(fromBase58(x), fromBase58(y)),
    )
    assert.deepEqual(result.effects.dependencies, expected)
  })
  test('a made and deleted object leaves no trace', async () => {
    const result = await run(t => call(t, 'item::destroy', [call(t, 'item::new', [t.pure.u64(1)])]))
    assert.equal(result.changes.length, 1)
  })
})

suite('wrapping', () => {
  test('a wrapped object is gone, its id is not deleted', async () => {
    const item = await world.item(world.alice, 5)
    const result = await run(t =>
      t.transferObjects([call(t, 'item::wrap', [world.input(t, item)])], world.alice.address),
    )
    assert.equal(changeOf(result, item), 'Exist>NotExist:None')
    assert.equal(world.ledger.object(item), undefined)
    assert.ok(world.ledger.isGone(item))
  })
  test('an unwrapped object is back', async () => {
    const { box, item } = await boxed()
    const result = await run(t =>
      t.transferObjects([call(t, 'item::unwrap', [world.input(t, box)])], world.alice.address),
    )
    assert.equal(changeOf(result, item), 'NotExist>ObjectWrite:None')
    assert.equal(changeOf(result, box), 'Exist>NotExist:Deleted')
    assert.equal(lastU64(world.live(item)), 5n)
  })
  test('a wrapped object that is deleted', async () => {
    const { box, item } = await boxed()
    const result = await run(t => call(t, 'item::destroy_box', [world.input(t, box)]))
    assert.equal(changeOf(result, item), 'NotExist>NotExist:Deleted')
  })
  test('an object that is made and wrapped at once', async () => {
    const result = await run(t =>
      t.transferObjects(
        [call(t, 'item::wrap', [call(t, 'item::new', [t.pure.u64(1)])])],
        world.alice.address,
      ),
    )
    const made = result.effects.changedObjects.map(([id]) => changeOf(result, id)).sort()
    assert.deepEqual(made, [
      'Exist>ObjectWrite:None',
      'NotExist>NotExist:Created',
      'NotExist>ObjectWrite:Created',
    ])
  })
})

suite('dynamic fields', () => {
  test('are objects of the parent, at the id that the SDK derives', async () => {
    const parent = await shelf()
    const result = await run(t =>
      call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(10)]),
    )
    const id = deriveDynamicFieldID(parent, 'u64', bcs.u64().serialize(1).toBytes())
    assert.equal(changeOf(result, id), 'NotExist>ObjectWrite:Created')
    assert.deepEqual(world.live(id).owner, { kind: 'object', parent })
    const [field] = world.ledger.dynamicFields(parent).items
    assert.deepEqual(
      [field?.kind, field?.fieldId, field?.nameType, field?.valueType],
      ['field', id, 'u64', 'u64'],
    )
    assert.deepEqual(field?.name, bcs.u64().serialize(1).toBytes())
    assert.deepEqual(field?.value, bcs.u64().serialize(10).toBytes())
  })
  test('reading or touching one does not change it; changing does, and not the parent’s contents', async () => {
    const parent = await shelf()
    await run(t => call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(10)]))
    const id = deriveDynamicFieldID(parent, 'u64', bcs.u64().serialize(1).toBytes())
    const looked = await run(t => call(t, 'item::look', [world.input(t, parent), t.pure.u64(1)]))
    assert.equal(changeOf(looked, id), 'unchanged')
    assert.deepEqual(
      looked.unchangedLoadedObjects.map(object => object.id),
      [id],
    )
    assert.equal(
      changeOf(await run(t => call(t, 'item::touch', [world.input(t, parent), t.pure.u64(1)])), id),
      'unchanged',
    )
    const changed = await run(t =>
      call(t, 'item::change', [world.input(t, parent), t.pure.u64(1), t.pure.u64(11)]),
    )
    assert.equal(changeOf(changed, id), 'Exist>ObjectWrite:None')
    assert.equal(lastU64(world.live(id)), 11n)
  })
  test('removed, and removed and added again', async () => {
    const parent = await shelf()
    await run(t => call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(10)]))
    const id = deriveDynamicFieldID(parent, 'u64', bcs.u64().serialize(1).toBytes())
    const again = await run(t => {
      call(t, 'item::take', [world.input(t, parent), t.pure.u64(1)])
      call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(12)])
    })
    assert.equal(changeOf(again, id), 'Exist>ObjectWrite:None')
    const removed = await run(t => call(t, 'item::take', [world.input(t, parent), t.pure.u64(1)]))
    assert.equal(changeOf(removed, id), 'Exist>NotExist:Deleted')
    assert.deepEqual(world.ledger.dynamicFields(parent).items, [])
  })
  test('abort with the codes of the framework', async () => {
    const parent = await shelf()
    await run(t => call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(10)]))
    const cases: [target: string, code: bigint][] = [
      ['put', 0n],
      ['look_as_text', 2n],
    ]
    for (const [target, code] of cases) {
      const result = await world.execute(world.alice, t =>
        call(t, `item::${target}`, [
          world.input(t, parent),
          t.pure.u64(1),
          ...(target === 'put' ? [t.pure.u64(1)] : []),
        ]),
      )
      assert.equal(result.error?.abort?.code, code, target)
    }
    for (const target of ['look', 'take']) {
      const result = await world.execute(world.alice, t =>
        call(t, `item::${target}`, [world.input(t, parent), t.pure.u64(2)]),
      )
      assert.equal(result.error?.abort?.code, 1n, target)
    }
  })
  test('of a child are undone with a failing transaction', async () => {
    const parent = await shelf()
    await run(t => call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(10)]))
    const result = await world.execute(world.alice, t => {
      call(t, 'item::change', [world.input(t, parent), t.pure.u64(1), t.pure.u64(11)])
      call(t, 'item::take', [world.input(t, parent), t.pure.u64(1)])
      call(t, 'work::overflow')
    })
    assert.equal(result.error?.status.$kind, 'MovePrimitiveRuntimeError')
    assert.equal(
      lastU64(world.live(deriveDynamicFieldID(parent, 'u64', bcs.u64().serialize(1).toBytes()))),
      10n,
    )
  })
  test('that are objects keep their id', async () => {
    const parent = await shelf()
    const item = await world.item(world.alice, 5)
    const put = await run(t =>
      call(t, 'item::put_item', [world.input(t, parent), t.pure.u64(1), world.input(t, item)]),
    )
    assert.equal(changeOf(put, item), 'Exist>ObjectWrite:None')
    const [field] = world.ledger.dynamicFields(parent).items
    assert.deepEqual(
      [field?.kind, field?.childId, field?.nameType, field?.valueType],
      ['object', item, 'u64', ITEM],
    )
    assert.deepEqual(world.live(item).owner, { kind: 'object', parent: field?.fieldId })
    await run(t => call(t, 'item::change_item', [world.input(t, parent), t.pure.u64(1), t.pure.u64(6)]))
    assert.equal(lastU64(world.live(item)), 6n)
    const taken = await run(t =>
      t.transferObjects(
        [call(t, 'item::take_item', [world.input(t, parent), t.pure.u64(1)])],
        world.bob.address,
      ),
    )
    assert.equal(changeOf(taken, item), 'Exist>ObjectWrite:None')
    assert.deepEqual(world.live(item).owner, { kind: 'address', address: world.bob.address })
  })
  test('move from one parent to another', async () => {
    const [from, to] = [await shelf(), await shelf()]
    const item = await world.item(world.alice, 5)
    await run(t => call(t, 'item::put_item', [world.input(t, from), t.pure.u64(1), world.input(t, item)]))
    const moved = await run(t =>
      call(t, 'item::move_item', [world.input(t, from), world.input(t, to), t.pure.u64(1)]),
    )
    assert.equal(changeOf(moved, item), 'Exist>ObjectWrite:None')
    assert.equal(world.ledger.dynamicFields(from).items.length, 0)
    assert.equal(world.ledger.dynamicFields(to).items[0]?.childId, item)
  })
  test('a child cannot be an input', async () => {
    const parent = await shelf()
    const item = await world.item(world.alice, 5)
    await run(t => call(t, 'item::put_item', [world.input(t, parent), t.pure.u64(1), world.input(t, item)]))
    await assert.rejects(
      world.execute(world.alice, t => call(t, 'item::value', [world.input(t, item)])),
      /InvalidChildObjectArgument/,
    )
  })
  test('of a shared object that goes away stay behind', async () => {
    const parent = await shelf()
    await run(t => call(t, 'item::put', [world.input(t, parent), t.pure.u64(1), t.pure.u64(10)]))
    const result = await run(t => call(t, 'item::destroy_shelf', [world.input(t, parent)]))
    const id = deriveDynamicFieldID(parent, 'u64', bcs.u64().serialize(1).toBytes())
    assert.equal(changeOf(result, id), 'unchanged')
    assert.ok(world.ledger.object(id))
  })
  test('too many in one transaction', async () => {
    const parent = await shelf()
    const put = (count: number) => (t: Transaction) =>
      call(t, 'item::put_many', [world.input(t, parent), t.pure.u64(0), t.pure.u64(count)])
    const terms = { budget: 50_000_000_000n }
    const result = await world.execute(world.alice, put(1001), terms)
    assert.match(result.error?.message ?? '', /more than 1000 dynamic fields/)
    await world.succeed(world.alice, put(1000), terms)
  })
})

suite('receiving', () => {
  async function sent(): Promise<{ parent: string; item: string }> {
    const parent = await shelf()
    const item = await world.item(world.alice, 5)
    await run(t => t.transferObjects([world.input(t, item)], parent))
    return { parent, item }
  }
  test('what was sent to an object', async () => {
    const { parent, item } = await sent()
    const result = await run(t => {
      const received = call(t, 'item::receive', [
        world.input(t, parent),
        world.input(t, item, { receiving: true }),
      ])
      t.transferObjects([received], world.alice.address)
    })
    assert.equal(changeOf(result, item), 'Exist>ObjectWrite:None')
    assert.deepEqual(world.live(item).owner, { kind: 'address', address: world.alice.address })
  })
  test('a ticket that is not used changes nothing', async () => {
    const { item } = await sent()
    const result = await run(t => {
      world.input(t, item, { receiving: true })
      call(t, 'rights::nothing')
    })
    assert.equal(changeOf(result, item), 'unchanged')
  })
  test('by another parent', async () => {
    const { item } = await sent()
    const other = await shelf()
    const result = await world.execute(world.alice, t => {
      const received = call(t, 'item::receive', [
        world.input(t, other),
        world.input(t, item, { receiving: true }),
      ])
      t.transferObjects([received], world.alice.address)
    })
    assert.equal(result.error?.abort?.code, 3n)
  })
  test('as another type', async () => {
    const { parent, item } = await sent()
    const result = await world.execute(world.alice, t => {
      const received = call(t, 'item::receive_shelf', [
        world.input(t, parent),
        world.input(t, item, { receiving: true }),
      ])
      t.transferObjects([received], world.alice.address)
    })
    assert.equal(result.error?.abort?.code, 2n)
  })
  test('twice', async () => {
    const { parent, item } = await sent()
    const result = await world.execute(world.alice, t => {
      const ticket = world.input(t, item, { receiving: true })
      for (let i = 0; i < 2; i++)
        t.transferObjects([call(t, 'item::receive', [world.input(t, parent), ticket])], world.alice.address)
    })
    assert.equal(result.error?.status.CommandArgumentError?.kind.$kind, 'InvalidValueUsage')
  })
  test('an old version, or what is not owned by an address', async () => {
    const { parent, item } = await sent()
    const ticket = world.ledger.objectInput(item, { receiving: true })
    await run(t => {
      const received = call(t, 'item::receive', [world.input(t, parent), t.object(ticket)])
      t.transferObjects([received], parent)
    })
    const receive = (t: Transaction): void => {
      t.transferObjects(
        [call(t, 'item::receive', [world.input(t, parent), t.object(ticket)])],
        world.alice.address,
      )
    }
    await assert.rejects(world.execute(world.alice, receive), /ObjectVersionUnavailableForConsumption/)
    const frozen = await world.item(world.alice)
    await run(t => call(t, 'item::freeze_it', [world.input(t, frozen)]))
    await assert.rejects(
      world.execute(world.alice, t =>
        call(t, 'item::receive', [world.input(t, parent), world.input(t, frozen, { receiving: true })]),
      ),
      /NotOwnedObjectError/,
    )
  })
  test('an object cannot be its own owner in the end', async () => {
    const [outer, inner] = [await shelf(), await shelf()]
    const result = await world.execute(world.alice, t => {
      call(t, 'item::put_shelf', [world.input(t, outer), t.pure.u64(1), world.input(t, inner)])
    })
    assert.equal(result.error, undefined)
  })
})

suite('versions', () => {
  test('old ones can be read', async () => {
    const id = await world.item(world.alice, 1)
    const first = world.live(id)
    await run(t => call(t, 'item::set', [world.input(t, id), t.pure.u64(2)]))
    assert.deepEqual(world.ledger.object(id, first.version), first)
    await run(t => call(t, 'item::destroy', [world.input(t, id)]))
    assert.deepEqual(world.ledger.object(id, first.version), first)
    assert.equal(world.ledger.object(id), undefined)
    assert.equal(world.ledger.object(id, first.version + 100n), undefined)
  })
})

suite('lists', () => {
  test('of owned objects come in pages, filtered by type, module or package', async () => {
    const carol = new (await import('./world.ts')).Person(9)
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push(await world.item(world.alice, i))
    await run(t =>
      t.transferObjects(
        ids.map(id => world.input(t, id)),
        carol.address,
      ),
    )
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = world.ledger.ownedObjects(carol.address, { type: ITEM, cursor, limit: 2 })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
    assert.deepEqual(seen, ids.toSorted())
    for (const type of [RULES, `${RULES}::item`, ITEM])
      assert.equal(world.ledger.ownedObjects(carol.address, { type }).items.length, 5, type)
    for (const type of ['0x2', `${RULES}::ite`, `${ITEM}s`])
      assert.equal(world.ledger.ownedObjects(carol.address, { type }).items.length, 0, type)
    world.ledger.mint(carol.address, 7n)
    world.ledger.mint(carol.address, 8n)
    assert.deepEqual(world.ledger.balance(carol.address, '0x2::sui::SUI').total, 15n)
    assert.equal(world.ledger.balances(carol.address)[0]?.coins, 2)
    assert.equal(world.ledger.ownedObjects(carol.address, { type: '0x2::coin::Coin' }).items.length, 2)
    assert.equal(
      world.ledger.ownedObjects(carol.address, { type: '0x2::coin::Coin<0x2::sui::SUI>' }).items.length,
      2,
    )
  })
  test('limits are checked', () => {
    assert.throws(() => world.ledger.ownedObjects(world.alice.address, { limit: 0 }), { code: 'PAGE_LIMIT' })
    assert.throws(() => world.ledger.events({}, { cursor: 'x' }), { code: 'CURSOR' })
  })
})

suite('events', () => {
  test('are attributed to the called module, hashed, and found by type, emitter and sender', async () => {
    const result = await run(t => {
      call(t, 'work::emit', [t.pure.u64(5)])
      call(t, 'work::emit_many', [t.pure.u64(2)])
    })
    assert.deepEqual(
      result.events.map(({ packageId, module, type, sender }) => [packageId, module, type, sender]),
      Array.from({ length: 3 }, () => [RULES, 'work', `${RULES}::work::Happened`, world.alice.address]),
    )
    assert.deepEqual(result.events[0]?.contents, bcs.u64().serialize(5).toBytes())
    // TransactionEvents { data: vector<Event> } by the SDK's pieces.
    const event = bcs.struct('Event', {
      packageId: bcs.Address,
      module: bcs.string(),
      sender: bcs.Address,
      type: bcs.StructTag,
      contents: bcs.byteVector(),
    })
    const bytes = bcs
      .vector(event)
      .serialize(
        result.events.map(({ packageId, module, sender, contents }) => ({
          packageId,
          module,
          sender,
          type: { address: RULES, module: 'work', name: 'Happened', typeParams: [] },
          contents,
        })),
      )
      .toBytes()
    assert.deepEqual(result.eventsBytes, bytes)
    const { blake2b } = await import('@noble/hashes/blake2.js')
    const digest = blake2b(Buffer.concat([Buffer.from('TransactionEvents::'), bytes]), { dkLen: 32 })
    assert.equal(result.effects.eventsDigest, (await import('@mysten/bcs')).toBase58(digest))
    const find = (filter: Parameters<typeof world.ledger.events>[0]): string[] =>
      world.ledger.events(filter, { limit: 1000 }).items.map(item => item.transactionDigest)
    for (const filter of [
      { type: `${RULES}::work::Happened` },
      { emitter: `${RULES}::work` },
      { sender: world.alice.address },
      { transaction: result.digest },
    ]) {
      assert.equal(find(filter).filter(found => found === result.digest).length, 3, JSON.stringify(filter))
    }
    assert.equal(find({ type: `${RULES}::work::Other` }).length, 0)
    assert.deepEqual(world.ledger.transaction(result.digest)?.events, result.events)
  })
  test('come in pages, both ways', async () => {
    await run(t => call(t, 'work::emit_many', [t.pure.u64(7)]))
    const filter = { type: `${RULES}::work::Happened` }
    const all = world.ledger.events(filter, { limit: 1000 }).items
    for (const descending of [false, true]) {
      const seen = []
      let cursor: string | undefined
      do {
        const page = world.ledger.events(filter, { limit: 3, cursor, descending })
        seen.push(...page.items)
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.deepEqual(seen, descending ? all.toReversed() : all)
    }
  })
  test('limits', async () => {
    const terms = { budget: 50_000_000_000n }
    const many = await world.execute(world.alice, t => call(t, 'work::emit_many', [t.pure.u64(1025)]), terms)
    assert.match(many.error?.message ?? '', /more than 1024 events/)
    const large = await world.execute(
      world.alice,
      t => call(t, 'work::emit_large', [t.pure.u64(256_001)]),
      terms,
    )
    assert.match(large.error?.message ?? '', /an event of/)
  })
})

suite('limits of objects', () => {
  const terms = { budget: 50_000_000_000n }
  test('250 KiB and no more', async () => {
    const blob = (bytes: number) => (t: Transaction) =>
      t.transferObjects(
        [t.moveCall({ target: `${RULES}::work::blob`, arguments: [t.pure.u64(bytes)] })],
        world.alice.address,
      )
    const overhead = 32 + 3 // id and length
    await world.succeed(world.alice, blob(256_000 - overhead), terms)
    const result = await world.execute(world.alice, blob(256_001 - overhead), terms)
    assert.deepEqual(result.error?.status.MoveObjectTooBig, { objectSize: '256001', maxObjectSize: '256000' })
  })
  test('2048 new ids', async () => {
    await world.succeed(world.alice, t => call(t, 'work::make_ids', [t.pure.u64(3000)]), terms)
    const result = await world.execute(
      world.alice,
      t => call(t, 'work::make_blobs', [t.pure.u64(2049)]),
      terms,
    )
    assert.match(result.error?.message ?? '', /more than 2048 new object ids/)
  })
})
