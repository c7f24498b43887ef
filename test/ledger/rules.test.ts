/** The rules of programmable transactions: what commands may do with which values. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import { type Argument, Inputs, type Transaction, type TransactionArgument } from '@mysten/sui/transactions'
import { type ExecutedTransaction, SystemTransactionFailed, TransactionRefused } from '@squid/sui/ledger'
import { createdOf, ITEM, lastU64, RULES, SUI_COIN, World } from './world.ts'

let world: World
before(async () => {
  world = await World.open()
})
after(() => world.ledger.close())

type Program = (transaction: Transaction) => void

/** The failure of a transaction of alice's: `Kind` or `CommandArgumentError/Kind@index`, and the command. */
function failureOf({ error }: ExecutedTransaction): string {
  if (error === undefined) return 'success'
  const { status } = error
  const at = error.command === undefined ? '' : ` in ${error.command}`
  if (status.CommandArgumentError !== undefined) {
    return `${status.CommandArgumentError.kind.$kind}@${status.CommandArgumentError.argIdx}${at}`
  }
  if (status.TypeArgumentError !== undefined) {
    return `${status.TypeArgumentError.kind.$kind}@${status.TypeArgumentError.argumentIdx}${at}`
  }
  if (status.MoveAbort !== undefined) return `MoveAbort ${status.MoveAbort[1]}${at}`
  return `${status.$kind}${at}`
}

async function fails(program: Program, expected: string): Promise<void> {
  assert.equal(failureOf(await world.execute(world.alice, program)), expected)
}

async function passes(program: Program): Promise<void> {
  await succeeds(program)
}

async function succeeds(program: Program): Promise<ExecutedTransaction> {
  return world.succeed(world.alice, program)
}

/** A call of the test package. */
function call(
  transaction: Transaction,
  target: string,
  args: TransactionArgument[] = [],
  typeArguments: string[] = [],
): ReturnType<Transaction['moveCall']> {
  return transaction.moveCall({ target: `${RULES}::${target}`, arguments: args, typeArguments })
}

function raw(transaction: Transaction, bytes: Uint8Array): TransactionArgument {
  return transaction.pure(bytes)
}

suite('pure inputs', () => {
  const good: [string, Uint8Array][] = [
    ['text', bcs.string().serialize('grüße').toBytes()],
    ['ascii_text', bcs.string().serialize('plain').toBytes()],
    ['maybe', bcs.option(bcs.u64()).serialize(null).toBytes()],
    ['maybe', bcs.option(bcs.u64()).serialize(5n).toBytes()],
    ['texts', bcs.vector(bcs.string()).serialize(['a', 'ß']).toBytes()],
    ['named', bcs.Address.serialize('0x6').toBytes()],
    ['flag', Uint8Array.of(1)],
  ]
  for (const [name, bytes] of good) {
    test(`${name} takes ${Buffer.from(bytes).toString('hex').slice(0, 20)}`, () =>
      passes(t => call(t, `rights::${name}`, [raw(t, bytes)])))
  }
  const bad: [string, string, string][] = [
    ['text', '02c328', 'not UTF-8'],
    ['ascii_text', '02c3bc', 'not ASCII'],
    ['maybe', '0202', 'an option with a length of two'],
    ['maybe', '02' + '01'.repeat(16), 'an option of two'],
    ['texts', '0102c328', 'a nested string that is not UTF-8'],
    ['named', '06', 'a short address'],
    ['flag', '02', 'a boolean of 2'],
    ['flag', '0101', 'trailing bytes'],
    ['add', '01', 'a short number'],
  ]
  for (const [name, hex, what] of bad) {
    test(`${name} refuses ${what}`, () =>
      fails(t => {
        const bytes = raw(t, Buffer.from(hex, 'hex'))
        call(t, `rights::${name}`, name === 'add' ? [bytes, bytes] : [bytes])
      }, 'InvalidBCSBytes@0 in 0'))
  }
  test('structs of others cannot be made of bytes', async () => {
    await fails(t => call(t, 'rights::eat', [raw(t, new Uint8Array(8))]), 'InvalidUsageOfPureArg@0 in 0')
    await fails(t => call(t, 'item::value', [raw(t, new Uint8Array(40))]), 'InvalidUsageOfPureArg@0 in 0')
  })
  test('enums cannot be made of bytes', () =>
    fails(t => call(t, 'rights::shape', [raw(t, Uint8Array.of(0))]), 'InvalidUsageOfPureArg@0 in 0'))
  test('one input may be used at two types until it is borrowed mutably', async () => {
    await succeeds(t => {
      const eight = raw(t, new Uint8Array(8))
      call(t, 'rights::add', [eight, eight])
      call(t, 'rights::generic_copy', [eight], ['u64'])
    })
    await fails(t => {
      const number = raw(t, new Uint8Array(8))
      call(t, 'rights::bump', [number])
      call(t, 'rights::generic_copy', [number], ['vector<u8>'])
    }, 'TypeMismatch@0 in 1')
  })
  test('a mutable borrow changes the input for later commands', async () => {
    const result = world.ledger.simulate(
      await world.build(world.alice, t => {
        const number = t.pure.u64(41)
        call(t, 'rights::bump', [number])
        call(t, 'rights::add', [number, t.pure.u64(0)])
      }),
      { checks: true },
    )
    assert.deepEqual(result.commands[1]?.returnValues[0]?.bcs, bcs.u64().serialize(42).toBytes())
    assert.deepEqual(result.commands[0]?.mutatedByReference[0]?.bcs, bcs.u64().serialize(42).toBytes())
  })
})

suite('arguments', () => {
  test('of another type', async () => {
    const box = await world.item(world.alice)
    await fails(t => call(t, 'item::destroy_shelf', [world.input(t, box)]), 'TypeMismatch@0 in 0')
    await fails(
      t => call(t, 'item::new', [call(t, 'rights::flag', [t.pure.bool(true)])]),
      'TypeMismatch@0 in 1',
    )
  })
  test('too many and too few', async () => {
    await fails(t => call(t, 'rights::add', [t.pure.u64(1)]), 'ArityMismatch in 0')
    await fails(t => call(t, 'rights::nothing', [t.pure.u64(1)]), 'ArityMismatch in 0')
  })
  test('that do not exist', async () => {
    const missing: Argument[] = [
      { $kind: 'Input', Input: 9 },
      { $kind: 'Result', Result: 0 },
      { $kind: 'NestedResult', NestedResult: [3, 0] },
    ]
    for (const argument of missing) {
      const edited = await world.executeEdited(
        world.alice,
        t => call(t, 'rights::flag', [t.pure.bool(true)]),
        ({ kind }) => kind.ProgrammableTransaction?.commands[0]?.MoveCall?.arguments.splice(0, 1, argument),
      )
      assert.equal(failureOf(edited), 'IndexOutOfBounds@0 in 0')
    }
    await fails(t => {
      call(t, 'rights::pair')
      call(t, 'rights::add', [t.pure.u64(1), { $kind: 'NestedResult', NestedResult: [0, 2] }])
    }, 'SecondaryIndexOutOfBounds@1 in 1')
  })
  test('a result that is two or none', async () => {
    await fails(t => {
      call(t, 'rights::pair')
      call(t, 'item::new', [{ $kind: 'Result', Result: 0 }])
    }, 'InvalidResultArity@0 in 1')
    await fails(t => {
      call(t, 'rights::nothing')
      call(t, 'item::new', [{ $kind: 'Result', Result: 0 }])
    }, 'InvalidResultArity@0 in 1')
  })
  test('several results are named one by one', () =>
    passes(t => {
      const [a, b] = call(t, 'rights::pair')
      call(t, 'rights::add', [a as TransactionArgument, b as TransactionArgument])
    }))
})

suite('borrowing', () => {
  test('a moved object is gone', async () => {
    const id = await world.item(world.alice)
    await fails(t => {
      const item = world.input(t, id)
      call(t, 'item::destroy', [item])
      call(t, 'item::value', [item])
    }, 'InvalidValueUsage@0 in 1')
  })
  test('two mutable borrows of one object', async () => {
    const id = await world.item(world.alice)
    await fails(t => {
      const item = world.input(t, id)
      call(t, 'item::swap', [item, item])
    }, 'InvalidValueUsage@1 in 0')
  })
  test('a mutable and an immutable borrow', async () => {
    const id = await world.item(world.alice)
    await fails(t => {
      const item = world.input(t, id)
      call(t, 'item::set_from', [item, item])
    }, 'InvalidValueUsage@1 in 0')
  })
  test('two immutable borrows are fine', async () => {
    const id = await world.item(world.alice)
    await succeeds(t => {
      const item = world.input(t, id)
      call(t, 'item::add_values', [item, item])
    })
  })
  test('a result and the same result by index are one value', () =>
    fails(t => {
      const item = call(t, 'item::new', [t.pure.u64(1)])
      call(t, 'item::swap', [item, { $kind: 'NestedResult', NestedResult: [0, 0] }])
    }, 'InvalidValueUsage@1 in 1'))
  test('merging a coin into itself', () =>
    fails(t => {
      const [coin] = t.splitCoins(t.gas, [5])
      t.mergeCoins(coin, [coin])
    }, 'InvalidValueUsage@1 in 1'))
  test('a copyable value can be used again', () =>
    passes(t => {
      const plain = call(t, 'rights::plain')
      call(t, 'rights::eat', [plain])
      call(t, 'rights::eat', [plain])
    }))
  test('changes through a mutable borrow are seen by the next command', async () => {
    const id = await world.item(world.alice, 1)
    await succeeds(t => {
      const item = world.input(t, id)
      call(t, 'item::set', [item, t.pure.u64(9)])
      call(t, 'item::check', [item, t.pure.u64(9)])
    })
    assert.equal(lastU64(world.live(id)), 9n)
  })
})

suite('values that must be used', () => {
  test('a hot potato left over', () => fails(t => call(t, 'rights::hot'), 'UnusedValueWithoutDrop'))
  test('the failure says which result', async () => {
    const { error } = await world.execute(world.alice, t => {
      call(t, 'rights::pair')
      call(t, 'rights::hot')
    })
    assert.deepEqual(error?.status.UnusedValueWithoutDrop, { resultIdx: 1, secondaryIdx: 0 })
  })
  test('a hot potato that is used up', () => passes(t => call(t, 'rights::cool', [call(t, 'rights::hot')])))
  test('an object left over', () =>
    fails(t => call(t, 'item::new', [t.pure.u64(1)]), 'UnusedValueWithoutDrop'))
  test('a split coin left over', () => fails(t => t.splitCoins(t.gas, [1]), 'UnusedValueWithoutDrop'))
  test('what has copy but no drop: its last use must take it', async () => {
    await fails(t => call(t, 'rights::sticky'), 'UnusedValueWithoutDrop')
    await succeeds(t => call(t, 'rights::unstick', [call(t, 'rights::sticky')]))
    await fails(t => {
      const sticky = call(t, 'rights::sticky')
      call(t, 'rights::unstick', [sticky])
      call(t, 'rights::look_at_sticky', [sticky])
    }, 'UnusedValueWithoutDrop')
  })
  test('a vector of objects left over', () =>
    fails(
      t => t.makeMoveVec({ elements: [call(t, 'item::new', [t.pure.u64(1)])] }),
      'UnusedValueWithoutDrop',
    ))
})

suite('functions', () => {
  test('private and package ones cannot be called', async () => {
    await fails(t => call(t, 'rights::hidden'), 'NonEntryFunctionInvoked in 0')
    await fails(t => call(t, 'rights::hidden_in_package'), 'NonEntryFunctionInvoked in 0')
    await fails(t => call(t, 'witness::init'), 'NonEntryFunctionInvoked in 0')
  })
  test('unknown ones', async () => {
    await fails(t => call(t, 'rights::missing'), 'FunctionNotFound in 0')
    await fails(t => call(t, 'nowhere::missing'), 'FunctionNotFound in 0')
  })
  test('plain transfers and events belong to the module of the type', async () => {
    const id = await world.item(world.alice)
    for (const name of ['transfer', 'share_object', 'freeze_object']) {
      await fails(t => {
        const args = [world.input(t, id), ...(name === 'transfer' ? [t.pure.address(world.bob.address)] : [])]
        t.moveCall({ target: `0x2::transfer::${name}`, typeArguments: [ITEM], arguments: args })
      }, 'NonEntryFunctionInvoked in 0')
    }
    await fails(
      t => t.moveCall({ target: '0x2::event::emit', typeArguments: ['u64'], arguments: [t.pure.u64(1)] }),
      'NonEntryFunctionInvoked in 0',
    )
  })
  test('their public variants are for everybody', async () => {
    const id = await world.item(world.alice)
    await succeeds(t =>
      t.moveCall({
        target: '0x2::transfer::public_transfer',
        typeArguments: [ITEM],
        arguments: [world.input(t, id), t.pure.address(world.bob.address)],
      }),
    )
    assert.deepEqual(world.live(id).owner, { kind: 'address', address: world.bob.address })
  })
  test('the public variants ask for store', async () => {
    const { changes } = await succeeds(t =>
      call(t, 'item::give_sealed', [
        call(t, 'item::new_sealed', [t.pure.u64(1)]),
        t.pure.address(world.alice.address),
      ]),
    )
    const id = createdOf(changes, `${RULES}::item::Sealed`)
    await fails(
      t =>
        t.moveCall({
          target: '0x2::transfer::public_transfer',
          typeArguments: [`${RULES}::item::Sealed`],
          arguments: [world.input(t, id), t.pure.address(world.bob.address)],
        }),
      'ConstraintNotSatisfied@0 in 0',
    )
    await fails(t => t.transferObjects([world.input(t, id)], world.bob.address), 'InvalidTransferObject in 0')
  })
  test('results that are references', () =>
    fails(
      t => call(t, 'item::reference', [call(t, 'item::new', [t.pure.u64(1)])]),
      'InvalidPublicFunctionReturnType in 1',
    ))
  test('type arguments', async () => {
    await fails(t => call(t, 'rights::generic_copy', [t.pure.u64(1)]), 'TypeArityMismatch in 0')
    await fails(
      t => call(t, 'rights::generic_copy', [t.pure.u64(1)], ['u64', 'u64']),
      'TypeArityMismatch in 0',
    )
    await fails(
      t => call(t, 'rights::generic_copy', [t.pure.u64(1)], [`${RULES}::rights::Nothing`]),
      'TypeNotFound@0 in 0',
    )
    await fails(
      t => call(t, 'rights::generic_copy', [t.pure.u64(1)], [ITEM]),
      'ConstraintNotSatisfied@0 in 0',
    )
    await fails(
      t => call(t, 'rights::generic_key', [t.pure.u64(1)], ['u64']),
      'ConstraintNotSatisfied@0 in 0',
    )
    await fails(t => call(t, 'rights::coin_value', [t.gas], ['u64', 'u64']), 'TypeArityMismatch in 0')
  })
  test('the context is not an argument, wherever it comes from', async () => {
    const bytes = await world.build(world.alice, t => call(t, 'rights::who'))
    const { commands } = world.ledger.simulate(bytes, { checks: true })
    assert.deepEqual(commands[0]?.returnValues[0]?.bcs, bcs.Address.serialize(world.alice.address).toBytes())
  })
})

suite('entry functions', () => {
  test('take objects that nothing is owed for', async () => {
    const id = await world.item(world.alice)
    await succeeds(t => {
      call(t, 'item::set', [world.input(t, id), t.pure.u64(1)])
      call(t, 'rights::private_entry', [world.input(t, id), t.pure.u64(2)])
      call(t, 'rights::private_entry_plain', [call(t, 'rights::plain')])
    })
  })
  for (const name of ['private_entry', 'package_entry']) {
    test(`${name} refuses what is entangled with a hot potato`, async () => {
      const id = await world.item(world.alice)
      const args = (t: Transaction): TransactionArgument[] => [
        world.input(t, id),
        ...(name === 'private_entry' ? [t.pure.u64(2)] : []),
      ]
      await fails(t => {
        const potato = call(t, 'rights::hot_with', [world.input(t, id)])
        call(t, `rights::${name}`, args(t))
        call(t, 'rights::cool', [potato])
      }, 'InvalidArgumentToPrivateEntryFunction@0 in 1')
      await succeeds(t => {
        call(t, 'rights::cool', [call(t, 'rights::hot_with', [world.input(t, id)])])
        call(t, `rights::${name}`, args(t))
      })
    })
  }
  test('a public entry function takes it all the same', async () => {
    const id = await world.item(world.alice)
    await succeeds(t => {
      const potato = call(t, 'rights::hot_with', [world.input(t, id)])
      call(t, 'rights::public_entry', [world.input(t, id), t.pure.u64(2)])
      call(t, 'rights::cool', [potato])
    })
  })
  test('entanglement passes on through other commands', async () => {
    const [a, b] = [await world.item(world.alice), await world.item(world.alice)]
    await fails(t => {
      const potato = call(t, 'rights::hot_with', [world.input(t, a)])
      call(t, 'item::swap', [world.input(t, a), world.input(t, b)])
      call(t, 'rights::private_entry', [world.input(t, b), t.pure.u64(2)])
      call(t, 'rights::cool', [potato])
    }, 'InvalidArgumentToPrivateEntryFunction@0 in 2')
  })
  test('what was made with a consumed shared object stays entangled', async () => {
    const id = await shared()
    await fails(t => {
      const other = call(t, 'item::new', [
        call(t, 'item::total', [t.makeMoveVec({ elements: [world.input(t, id)] })]),
      ])
      call(t, 'rights::private_entry', [other, t.pure.u64(1)])
      call(t, 'item::destroy', [other])
    }, 'InvalidArgumentToPrivateEntryFunction@0 in 3')
  })
})

suite('the gas coin', () => {
  test('can be split and merged into', () =>
    passes(t => {
      const [coin] = t.splitCoins(t.gas, [5])
      t.mergeCoins(t.gas, [coin])
    }))
  test('can be borrowed', () => passes(t => call(t, 'rights::coin_value', [t.gas], ['0x2::sui::SUI'])))
  test('cannot be taken by value', async () => {
    await fails(t => call(t, 'rights::keep_coin', [t.gas], ['0x2::sui::SUI']), 'InvalidGasCoinUsage@0 in 0')
    await fails(t => {
      const [coin] = t.splitCoins(t.gas, [5])
      t.mergeCoins(coin, [t.gas])
    }, 'InvalidGasCoinUsage@1 in 1')
    await fails(t => t.makeMoveVec({ elements: [t.gas] }), 'InvalidGasCoinUsage@0 in 0')
  })
  test('can be transferred as a whole, and still pays', async () => {
    const coin = world.ledger.mint(world.alice.address, 1_000_000_000n)
    const result = await world.succeed(world.alice, t => t.transferObjects([t.gas], world.bob.address), {
      payment: [coin],
    })
    const { owner, data } = world.live(coin)
    assert.deepEqual(owner, { kind: 'address', address: world.bob.address })
    const { computationCost, storageCost, storageRebate } = result.gasUsed
    assert.equal(
      Buffer.from(data.contents).readBigUInt64LE(32),
      1_000_000_000n - computationCost - storageCost + storageRebate,
    )
  })
  test('holds the budget back while commands run', async () => {
    const coin = world.ledger.mint(world.alice.address, 200_000_000n)
    const split = (amount: bigint) => (t: Transaction) =>
      t.transferObjects([t.splitCoins(t.gas, [amount])], world.alice.address)
    const tooMuch = await world.execute(world.alice, split(100_000_001n), { payment: [coin] })
    assert.equal(failureOf(tooMuch), 'InsufficientCoinBalance in 0')
    const before = Buffer.from(world.live(coin).data.contents).readBigUInt64LE(32)
    await world.succeed(world.alice, split(before - 100_000_000n), { payment: [coin] })
  })
})

suite('coins', () => {
  test('only coins are split and merged', async () => {
    const id = await world.item(world.alice)
    await fails(t => t.splitCoins(world.input(t, id), [1]), 'TypeMismatch@0 in 0')
    await fails(t => t.mergeCoins(t.gas, [world.input(t, id)]), 'TypeMismatch@1 in 0')
    await fails(t => t.splitCoins(t.gas, [t.pure.bool(true)]), 'InvalidBCSBytes@1 in 0')
  })
  test('a merged coin is deleted and its balance moves', async () => {
    const [a, b] = [world.ledger.mint(world.alice.address, 30n), world.ledger.mint(world.alice.address, 12n)]
    const { changes } = await succeeds(t => t.mergeCoins(world.input(t, a), [world.input(t, b)]))
    assert.equal(lastU64(world.live(a)), 42n)
    assert.equal(world.ledger.object(b), undefined)
    assert.equal(changes.find(({ id }) => id === b)?.idOperation, 'deleted')
  })
  test('too many coins for a u64', async () => {
    // The supply is 10^19: two halves of it do not overflow, so this is checked with the limit of SplitCoins instead.
    await fails(
      t => t.transferObjects([t.splitCoins(t.gas, [2n ** 63n])], world.alice.address),
      'InsufficientCoinBalance in 0',
    )
  })
})

suite('vectors', () => {
  test('of objects, by value', async () => {
    const ids = [await world.item(world.alice, 1), await world.item(world.alice, 2)]
    const bytes = await world.build(world.alice, t => {
      call(t, 'item::total', [t.makeMoveVec({ elements: ids.map(id => world.input(t, id)) })])
    })
    const { commands } = world.ledger.simulate(bytes, { checks: true })
    assert.deepEqual(commands[1]?.returnValues[0]?.bcs, bcs.u64().serialize(3).toBytes())
  })
  test('without a type only of objects', () =>
    fails(t => t.makeMoveVec({ elements: [t.pure.u64(1)] }), 'InvalidMakeMoveVecNonObjectArgument@0 in 0'))
  test('of one type', async () => {
    const [item, shelf] = [
      await world.item(world.alice),
      await world.make(world.alice, `${RULES}::item::Shelf`, 'item::new_shelf'),
    ]
    await fails(
      t => t.makeMoveVec({ elements: [world.input(t, item), world.input(t, shelf)] }),
      'TypeMismatch@1 in 0',
    )
    await fails(
      t => t.makeMoveVec({ type: `${RULES}::item::Nothing`, elements: [world.input(t, item)] }),
      'TypeNotFound@0 in 0',
    )
  })
  test('empty ones need a type', () =>
    passes(t => call(t, 'item::total', [t.makeMoveVec({ type: ITEM, elements: [] })])))
  test('of pure values', () =>
    passes(t =>
      call(t, 'rights::texts', [
        t.makeMoveVec({ type: '0x1::string::String', elements: [t.pure.string('a')] }),
      ]),
    ))
})

suite('objects of others and of nobody', () => {
  test('somebody else’s object', async () => {
    const id = await world.item(world.bob)
    await assert.rejects(
      world.execute(world.alice, t => call(t, 'item::value', [world.input(t, id)])),
      refusal('IncorrectUserSignature'),
    )
  })
  test('a frozen object may only be read', async () => {
    const id = await world.item(world.alice)
    await succeeds(t => call(t, 'item::freeze_it', [world.input(t, id)]))
    await world.succeed(world.bob, t => call(t, 'item::value', [world.input(t, id)]))
    await fails(
      t => call(t, 'item::set', [world.input(t, id), t.pure.u64(1)]),
      'InvalidObjectByMutRef@0 in 0',
    )
    await fails(t => call(t, 'item::destroy', [world.input(t, id)]), 'InvalidObjectByValue@0 in 0')
    await fails(
      t => t.transferObjects([world.input(t, id)], world.alice.address),
      'InvalidObjectByValue@0 in 0',
    )
  })
  test('a shared object that is named as read-only', async () => {
    const id = await shared()
    const readOnly = { mutable: false }
    const result = await succeeds(t => call(t, 'item::value', [world.input(t, id, readOnly)]))
    assert.equal(result.effects.unchangedConsensusObjects[0]?.[0], id)
    await fails(
      t => call(t, 'item::set', [world.input(t, id, readOnly), t.pure.u64(1)]),
      'InvalidObjectByMutRef@0 in 0',
    )
    await fails(t => call(t, 'item::destroy', [world.input(t, id, readOnly)]), 'InvalidObjectByValue@0 in 0')
  })
  test('a shared object taken by value must be shared again or deleted', async () => {
    const id = await shared()
    await fails(t => call(t, 'item::freeze_it', [world.input(t, id)]), 'SharedObjectOperationNotAllowed')
    await fails(
      t => call(t, 'item::give', [world.input(t, id), t.pure.address(world.alice.address)]),
      'SharedObjectOperationNotAllowed',
    )
    await fails(
      t => t.transferObjects([world.input(t, id)], world.alice.address),
      'SharedObjectOperationNotAllowed',
    )
    await fails(
      t => t.transferObjects([call(t, 'item::wrap', [world.input(t, id)])], world.alice.address),
      'SharedObjectOperationNotAllowed',
    )
    const { owner } = world.live(id)
    await succeeds(t => call(t, 'item::share', [world.input(t, id)]))
    assert.deepEqual(world.live(id).owner, owner, 'the first version of sharing stays')
    await succeeds(t => call(t, 'item::destroy', [world.input(t, id)]))
    assert.equal(world.ledger.object(id), undefined)
  })
  test('an object that was not made just now cannot be shared', async () => {
    const id = await world.item(world.alice)
    await succeeds(t => call(t, 'item::share', [call(t, 'item::new', [t.pure.u64(1)])]))
    const { error } = await world.execute(world.alice, t => call(t, 'item::share', [world.input(t, id)]))
    assert.equal(error?.abort?.code, 0n)
    assert.equal(error?.abort?.module, 'transfer')
  })
  test('the clock is read, never written', async () => {
    const bytes = await world.build(world.alice, t => call(t, 'rights::time', [t.object.clock()]))
    const { commands } = world.ledger.simulate(bytes, { checks: true })
    assert.deepEqual(commands[0]?.returnValues[0]?.bcs, bcs.u64().serialize(world.nowMs).toBytes())
    await fails(t => call(t, 'rights::set_clock', [t.object.clock()]), 'InvalidObjectByMutRef@0 in 0')
    const mutable = Inputs.SharedObjectRef({ objectId: '0x6', initialSharedVersion: 1, mutable: true })
    await assert.rejects(
      world.execute(world.alice, t => call(t, 'rights::time', [t.object(mutable)])),
      refusal('ImmutableParameterExpectedError'),
    )
  })
})

async function shared(): Promise<string> {
  const { changes } = await succeeds(t => call(t, 'item::share', [call(t, 'item::new', [t.pure.u64(1)])]))
  return createdOf(changes, ITEM)
}

/** Matches a refusal by its kind. */
function refusal(kind: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof TransactionRefused, String(error))
    assert.equal(error.kind, kind, error.message)
    return true
  }
}

suite('the system', () => {
  test('may call what users may not', () => {
    world.ledger.executeSystem(
      {
        inputs: [],
        commands: [
          {
            MoveCall: {
              package: RULES,
              module: 'rights',
              function: 'hidden',
              typeArguments: [],
              arguments: [],
            },
          },
        ],
      },
      world.alice.address,
    )
  })
  test('a failing system transaction changes nothing', () => {
    const { digest } = world.ledger.latestCheckpoint()
    assert.throws(
      () =>
        world.ledger.executeSystem(
          {
            inputs: [],
            commands: [
              {
                MoveCall: {
                  package: RULES,
                  module: 'work',
                  function: 'overflow',
                  typeArguments: [],
                  arguments: [],
                },
              },
            ],
          },
          world.alice.address,
        ),
      SystemTransactionFailed,
    )
    assert.equal(world.ledger.latestCheckpoint().digest, digest)
  })
  test('the gas coin is not there for the system', () => {
    const commands = [{ TransferObjects: { objects: [{ GasCoin: true as const }], address: { Input: 0 } } }]
    const inputs = [{ Pure: { bytes: bcs.Address.serialize('0x1').toBytes() } }]
    assert.throws(() => world.ledger.executeSystem({ inputs, commands }, world.alice.address), /no gas coin/)
  })
  test('init ran with its one-time witness as the sender of genesis', () => {
    const [proof] = world.ledger.objectsOfType(`${RULES}::witness::Proof`).items
    assert.ok(proof)
    const expected = [
      ...bcs.Address.serialize(proof.id).toBytes(),
      1,
      ...bcs.Address.serialize(world.alice.address).toBytes(),
    ]
    assert.deepEqual([...proof.data.contents], expected)
    assert.deepEqual(proof.owner, { kind: 'immutable' })
  })
  test('coins of SUI are what people own', () => {
    assert.ok(world.ledger.ownedObjects(world.bob.address, { type: SUI_COIN }).items.length > 0)
  })
})
