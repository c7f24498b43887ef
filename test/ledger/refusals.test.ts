/** What is not even executed: inputs, signatures, gas numbers, limits; and what people are told about failures. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { bcs } from '@mysten/sui/bcs'
import { fromBase64, toBase58 } from '@mysten/bcs'
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1'
import { Secp256r1Keypair } from '@mysten/sui/keypairs/secp256r1'
import { MultiSigPublicKey } from '@mysten/sui/multisig'
import { Transaction, type TransactionArgument } from '@mysten/sui/transactions'
import { type RefusalKind, TransactionRefused } from '@squid/sui/ledger'
import { createdOf, ITEM, RULES, type TransactionDataV1, World } from './world.ts'

let world: World
before(async () => {
  world = await World.open()
})
after(() => world.ledger.close())

type Program = (transaction: Transaction) => void

const nothing: Program = t => t.moveCall({ target: `${RULES}::rights::nothing` })

function call(
  transaction: Transaction,
  target: string,
  args: TransactionArgument[] = [],
): ReturnType<Transaction['moveCall']> {
  return transaction.moveCall({ target: `${RULES}::${target}`, arguments: args })
}

function is(kind: RefusalKind): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof TransactionRefused, String(error))
    assert.equal(error.kind, kind, error.message)
    return true
  }
}

/** Refused, and nothing changes. */
async function refused(kind: RefusalKind, run: () => Promise<unknown>): Promise<void> {
  world.gasOf(world.alice)
  world.gasOf(world.bob)
  const before = world.ledger.latestCheckpoint().digest
  await assert.rejects(run, is(kind))
  assert.equal(world.ledger.latestCheckpoint().digest, before)
}

function edited(
  kind: RefusalKind,
  program: Program,
  edit: (data: TransactionDataV1) => unknown,
): Promise<void> {
  return refused(kind, () => world.executeEdited(world.alice, program, edit))
}

/** Changes the reference of the only object input. */
function editReference(change: {
  version?: string
  digest?: string
  objectId?: string
}): (data: TransactionDataV1) => unknown {
  return ({ kind }) =>
    Object.assign(kind.ProgrammableTransaction?.inputs[0]?.Object?.ImmOrOwnedObject ?? {}, change)
}

suite('inputs', () => {
  test('an old version: the message tells the present one', async () => {
    const id = await world.item(world.alice)
    const { version } = world.live(id)
    const old = world.ledger.objectInput(id)
    await world.succeed(world.alice, t => call(t, 'item::value', [world.input(t, id)]))
    await assert.rejects(
      world.execute(world.alice, t => call(t, 'item::value', [t.object(old)])),
      new RegExp(
        `ObjectVersionUnavailableForConsumption: .*${id} version ${version} is not available for consumption, current version: ${world.live(id).version}`,
      ),
    )
  })
  test('a version of the future, another digest, no such object', async () => {
    const id = await world.item(world.alice)
    const program: Program = t => call(t, 'item::value', [world.input(t, id)])
    await edited('ObjectVersionUnavailableForConsumption', program, editReference({ version: '99999' }))
    await edited(
      'InvalidObjectDigest',
      program,
      editReference({ digest: toBase58(new Uint8Array(32).fill(1)) }),
    )
    await edited('ObjectNotFound', program, editReference({ objectId: `0x${'1'.repeat(64)}` }))
  })
  test('a deleted object', async () => {
    const id = await world.item(world.alice)
    const input = world.ledger.objectInput(id)
    await world.succeed(world.alice, t => call(t, 'item::destroy', [world.input(t, id)]))
    await refused('ObjectDeleted', () =>
      world.execute(world.alice, t => call(t, 'item::value', [t.object(input)])),
    )
  })
  test('shared as owned, owned as shared, another starting version', async () => {
    const { changes } = await world.succeed(world.alice, t =>
      call(t, 'item::share', [call(t, 'item::new', [t.pure.u64(1)])]),
    )
    const shared = world.live(createdOf(changes, ITEM))
    const owned = world.live(await world.item(world.alice))
    const reference = { objectId: shared.id, version: String(shared.version), digest: shared.digest }
    await refused('NotOwnedObjectError', () =>
      world.execute(world.alice, t => call(t, 'item::value', [t.objectRef(reference)])),
    )
    const asShared = { objectId: owned.id, initialSharedVersion: '1', mutable: true }
    await refused('NotSharedObjectError', () =>
      world.execute(world.alice, t => call(t, 'item::value', [t.sharedObjectRef(asShared)])),
    )
    const otherStart = { objectId: shared.id, initialSharedVersion: '1', mutable: true }
    await refused('SharedObjectStartingVersionMismatch', () =>
      world.execute(world.alice, t => call(t, 'item::value', [t.sharedObjectRef(otherStart)])),
    )
  })
  test('a package as an object, an object as a package, no package', async () => {
    const code = world.live(RULES)
    const reference = { objectId: code.id, version: String(code.version), digest: code.digest }
    await refused('MovePackageAsObject', () =>
      world.execute(world.alice, t => call(t, 'item::value', [t.objectRef(reference)])),
    )
    const id = await world.item(world.alice)
    await refused('MoveObjectAsPackage', () =>
      world.execute(world.alice, t => t.moveCall({ target: `${id}::item::value` })),
    )
    await refused('DependentPackageNotFound', () =>
      world.execute(world.alice, t => t.moveCall({ target: '0x7777::item::value' })),
    )
    await refused('DependentPackageNotFound', () =>
      world.execute(world.alice, t => t.makeMoveVec({ type: 'vector<0x7777::item::Item>', elements: [] })),
    )
  })
  test('an object twice', async () => {
    const id = await world.item(world.alice)
    await edited(
      'DuplicateObjectRefInput',
      t => call(t, 'item::value', [world.input(t, id)]),
      ({ kind }) => {
        const inputs = kind.ProgrammableTransaction?.inputs
        if (inputs?.[0] !== undefined) inputs.push(inputs[0])
      },
    )
    const gas = world.gasOf(world.alice)
    await refused('MutableObjectUsedMoreThanOnce', () =>
      world.execute(world.alice, t => call(t, 'item::value', [world.input(t, gas)])),
    )
    await refused('MutableObjectUsedMoreThanOnce', () =>
      world.execute(world.alice, nothing, { payment: [gas, gas] }),
    )
  })
})

suite('gas', () => {
  test('price and budget have limits', async () => {
    await refused('GasPriceUnderRGP', () => world.execute(world.alice, nothing, { price: 999n }))
    await refused('GasPriceTooHigh', () => world.execute(world.alice, nothing, { price: 100_000n }))
    await refused('GasBudgetTooLow', () => world.execute(world.alice, nothing, { budget: 999_999n }))
    await refused('GasBudgetTooHigh', () => world.execute(world.alice, nothing, { budget: 50_000_000_001n }))
  })
  test('the coins must hold the budget', async () => {
    const poor = world.ledger.mint(world.alice.address, 99_999_999n)
    await refused('GasBalanceTooLow', () => world.execute(world.alice, nothing, { payment: [poor] }))
    const more = world.ledger.mint(world.alice.address, 1n)
    await world.succeed(world.alice, nothing, { payment: [poor, more] })
  })
  test('only one’s own SUI coins pay', async () => {
    const item = await world.item(world.alice)
    await refused('InvalidGasObject', () => world.execute(world.alice, nothing, { payment: [item] }))
    await refused('IncorrectUserSignature', () =>
      world.execute(world.alice, nothing, { payment: [world.gasOf(world.bob)] }),
    )
    await edited('MissingGasPayment', nothing, ({ gasData }) => gasData.payment.splice(0))
    const coin = world.ledger.mint(world.alice.address, 1_000_000_000n)
    await world.succeed(world.alice, t =>
      t.moveCall({
        target: '0x2::transfer::public_freeze_object',
        typeArguments: ['0x2::coin::Coin<0x2::sui::SUI>'],
        arguments: [world.input(t, coin)],
      }),
    )
    await refused('GasObjectNotOwnedObject', () => world.execute(world.alice, nothing, { payment: [coin] }))
  })
})

suite('signatures', () => {
  test('of others, of other bytes, none, too many', async () => {
    const bytes = await world.build(world.alice, nothing)
    const [alices, bobs] = [await world.alice.sign(bytes), await world.bob.sign(bytes)]
    await refused('SignerSignatureAbsent', async () => world.ledger.execute(bytes, [bobs]))
    await refused('SignerSignatureNumberMismatch', async () => world.ledger.execute(bytes, []))
    await refused('SignerSignatureNumberMismatch', async () => world.ledger.execute(bytes, [alices, bobs]))
    const flipped = alices.slice()
    flipped[10] = (flipped[10] ?? 0) ^ 1
    await refused('InvalidSignature', async () => world.ledger.execute(bytes, [flipped]))
    await refused('InvalidSignature', async () => world.ledger.execute(bytes, [alices.slice(0, 96)]))
    await refused('InvalidSignature', async () =>
      world.ledger.execute(bytes, [Uint8Array.of(9, ...alices.slice(1))]),
    )
    await refused('InvalidSignature', async () => world.ledger.execute(bytes, [new Uint8Array()]))
  })
  test('of a sponsor', async () => {
    const { effects } = await world.succeed(world.alice, nothing, { sponsor: world.bob })
    assert.equal(effects.changedObjects[effects.gasObjectIndex ?? -1]?.[0], world.gasOf(world.bob))
    const bytes = await world.build(world.alice, nothing, { sponsor: world.bob })
    await refused('SignerSignatureNumberMismatch', async () =>
      world.ledger.execute(bytes, [await world.alice.sign(bytes)]),
    )
    await refused('SignerSignatureAbsent', async () => {
      const twice = await world.alice.sign(bytes)
      return world.ledger.execute(bytes, [twice, twice])
    })
  })
  test('Move sees the sponsor', async () => {
    const sponsored = await world.build(world.alice, t => call(t, 'rights::sponsor'), { sponsor: world.bob })
    const own = await world.build(world.alice, t => call(t, 'rights::sponsor'))
    const option = bcs.option(bcs.Address)
    const answer = (bytes: Uint8Array): Uint8Array | undefined =>
      world.ledger.simulate(bytes, { checks: true }).commands[0]?.returnValues[0]?.bcs
    assert.deepEqual(answer(sponsored), option.serialize(world.bob.address).toBytes())
    assert.deepEqual(answer(own), option.serialize(null).toBytes())
  })
  for (const [name, keypair] of [
    ['secp256k1', Secp256k1Keypair.fromSecretKey(new Uint8Array(32).fill(5))],
    ['secp256r1', Secp256r1Keypair.fromSecretKey(new Uint8Array(32).fill(5))],
  ] as const) {
    test(name, async () => {
      const address = keypair.toSuiAddress()
      const coin = world.live(world.ledger.mint(address, 1_000_000_000n))
      const transaction = new Transaction()
      nothing(transaction)
      transaction.setSender(address)
      transaction.setGasPayment([{ objectId: coin.id, version: String(coin.version), digest: coin.digest }])
      transaction.setGasPrice(1000)
      transaction.setGasBudget(10_000_000)
      const bytes = await transaction.build()
      const signature = fromBase64((await keypair.signTransaction(bytes)).signature)
      const bad = signature.slice()
      bad[20] = (bad[20] ?? 0) ^ 1
      await refused('InvalidSignature', async () => world.ledger.execute(bytes, [bad]))
      assert.equal(world.ledger.execute(bytes, [signature]).error, undefined)
    })
  }
  test('multisig, zkLogin and passkeys are refused by name', async () => {
    const bytes = await world.build(world.alice, nothing)
    const multi = MultiSigPublicKey.fromPublicKeys({
      threshold: 1,
      publicKeys: [{ publicKey: world.alice.keypair.getPublicKey(), weight: 1 }],
    })
    const signature = multi.combinePartialSignatures([
      (await world.alice.keypair.signTransaction(bytes)).signature,
    ])
    await assert.rejects(
      async () => world.ledger.execute(bytes, [fromBase64(signature)]),
      /Unsupported: MultiSig/,
    )
    await assert.rejects(
      async () => world.ledger.execute(bytes, [Uint8Array.of(5, 1, 2)]),
      /Unsupported: zkLogin/,
    )
    await assert.rejects(
      async () => world.ledger.execute(bytes, [Uint8Array.of(6, 1, 2)]),
      /Unsupported: passkey/,
    )
  })
})

suite('bytes', () => {
  test('that are no transaction', async () => {
    const bytes = await world.build(world.alice, nothing)
    const signatures = [await world.alice.sign(bytes)]
    await refused('MalformedTransaction', async () => world.ledger.execute(new Uint8Array(), signatures))
    await refused('MalformedTransaction', async () => world.ledger.execute(bytes.slice(0, -1), signatures))
    await refused('MalformedTransaction', async () =>
      world.ledger.execute(Uint8Array.of(...bytes, 0), signatures),
    )
    await refused('MalformedTransaction', async () =>
      world.ledger.execute(Uint8Array.of(1, ...bytes.slice(1)), signatures),
    )
  })
  test('of kinds that only the system makes', async () => {
    const genesis = world.ledger.checkpoint(0n)?.transactions[0]?.digest ?? ''
    const bytes = world.ledger.transaction(genesis)?.bytes ?? new Uint8Array()
    await refused('Unsupported', async () => world.ledger.execute(Uint8Array.of(...bytes, 0), []))
    await refused('SizeLimitExceeded', async () => world.ledger.execute(new Uint8Array(131_073), []))
    const coin = world.ledger.mint(world.alice.address, 1n)
    const minted = world.ledger.transaction(world.live(coin).previousTransaction)?.bytes ?? new Uint8Array()
    const another = minted.slice()
    another[another.length - 1] = (another.at(-1) ?? 0) ^ 1
    await assert.rejects(
      async () => world.ledger.execute(another, []),
      /Unsupported: a ProgrammableSystemTransaction/,
    )
  })
  test('of commands that are not supported', async () => {
    await assert.rejects(
      world.execute(world.alice, t => t.publish({ modules: [[1]], dependencies: [] })),
      /Unsupported: publishing packages/,
    )
    await assert.rejects(
      world.execute(world.alice, t =>
        t.upgrade({ modules: [[1]], dependencies: [], package: RULES, ticket: t.gas }),
      ),
      /Unsupported: upgrading packages/,
    )
  })
  test('over the limits', async () => {
    await refused('SizeLimitExceeded', () =>
      world.execute(world.alice, t => call(t, 'rights::texts', [t.pure(new Uint8Array(16_385))])),
    )
    await refused('SizeLimitExceeded', () =>
      world.execute(world.alice, t => {
        for (let i = 0; i < 1025; i++) nothing(t)
      }),
    )
    await refused('SizeLimitExceeded', () =>
      world.execute(world.alice, t =>
        t.makeMoveVec({ type: 'u64', elements: Array.from({ length: 513 }, () => t.pure.u64(1)) }),
      ),
    )
    await refused('SizeLimitExceeded', () =>
      world.execute(world.alice, t => {
        for (let i = 0; i < 9; i++) t.pure(new Uint8Array(16_000).fill(i))
        nothing(t)
      }),
    )
    const deep = `${'vector<'.repeat(17)}u8${'>'.repeat(17)}`
    await refused('SizeLimitExceeded', () =>
      world.execute(world.alice, t => t.makeMoveVec({ type: deep, elements: [] })),
    )
  })
  test('with commands that do nothing', async () => {
    const empty: [Program, string][] = [
      [t => t.transferObjects([], world.alice.address), 'objects'],
      [t => t.splitCoins(t.gas, []), 'amounts'],
      [t => t.mergeCoins(t.gas, []), 'sources'],
    ]
    for (const [program] of empty)
      await refused('EmptyCommandInput', () => world.execute(world.alice, program))
    await refused('EmptyCommandInput', () => world.execute(world.alice, t => t.makeMoveVec({ elements: [] })))
    await world.succeed(world.alice, () => undefined)
  })
  test('with names that are no identifiers', async () => {
    await edited('InvalidIdentifier', nothing, ({ kind }) =>
      Object.assign(kind.ProgrammableTransaction?.commands[0]?.MoveCall ?? {}, { function: 'a-b' }),
    )
  })
})

suite('expiration', () => {
  test('after its epoch', async () => {
    using other = await World.open()
    await other.succeed(other.alice, nothing, { expiration: { Epoch: 0 } })
    const late = await other.build(other.alice, nothing, { expiration: { Epoch: 0 } })
    other.nowMs += 1000n
    assert.equal(other.ledger.advanceEpoch().number, 1n)
    assert.equal(other.ledger.epoch.startMs, other.nowMs)
    await assert.rejects(
      async () => other.ledger.execute(late, [await other.alice.sign(late)]),
      is('TransactionExpired'),
    )
    const bytes = await other.build(other.alice, t => call(t, 'rights::epoch'), { expiration: { Epoch: 1 } })
    assert.deepEqual(
      other.ledger.simulate(bytes, { checks: true }).commands[0]?.returnValues[0]?.bcs,
      bcs.u64().serialize(1).toBytes(),
    )
  })
  test('in a window of time on this chain', async () => {
    const during =
      (change: object): ((data: TransactionDataV1) => unknown) =>
      data =>
        Object.assign(data, {
          expiration: {
            $kind: 'ValidDuring',
            ValidDuring: {
              minEpoch: null,
              maxEpoch: null,
              minTimestamp: null,
              maxTimestamp: null,
              chain: world.ledger.chainId,
              nonce: 1,
              ...change,
            },
          },
        })
    const done = await world.executeEdited(
      world.alice,
      nothing,
      during({ minEpoch: '0', maxEpoch: '0', maxTimestamp: String(world.nowMs) }),
    )
    assert.equal(done.error, undefined)
    await edited('InvalidChainId', nothing, during({ chain: toBase58(new Uint8Array(32).fill(7)) }))
    await edited('InvalidExpiration', nothing, during({ minTimestamp: String(world.nowMs + 1n) }))
    await edited('TransactionExpired', nothing, during({ maxTimestamp: String(world.nowMs - 1n) }))
  })
})

suite('the same transaction again', () => {
  test('gives the stored result and changes nothing', async () => {
    const bytes = await world.build(world.alice, t =>
      t.transferObjects([t.splitCoins(t.gas, [5])], world.bob.address),
    )
    const signatures = [await world.alice.sign(bytes)]
    const first = world.ledger.execute(bytes, signatures)
    const { digest } = world.ledger.latestCheckpoint()
    const second = world.ledger.execute(bytes, signatures)
    assert.equal(world.ledger.latestCheckpoint().digest, digest)
    assert.deepEqual({ ...second, unchangedLoadedObjects: [] }, { ...first, unchangedLoadedObjects: [] })
  })
})

suite('what people are told', () => {
  test('an #[error] constant: its name and text', async () => {
    const id = await world.item(world.alice)
    const { error, digest } = await world.execute(world.alice, t =>
      call(t, 'item::set_small', [world.input(t, id), t.pure.u64(100)]),
    )
    assert.equal(error?.abort?.clever?.constantName, 'ETooLarge')
    assert.equal(error?.abort?.clever?.rendered, 'The value is too large')
    assert.equal(error?.abort?.clever?.constantType, 'vector<u8>')
    assert.deepEqual(error?.abort?.clever?.raw, bcs.string().serialize('The value is too large').toBytes())
    assert.match(error?.message ?? '', /'ETooLarge': 'The value is too large'/)
    assert.deepEqual(world.ledger.transaction(digest)?.error, error)
  })
  test('an assertion without a code: its line', async () => {
    const { readFile } = await import('node:fs/promises')
    const source = await readFile(`${import.meta.dirname}/move/rules/sources/item.move`, 'utf8')
    const line = source.split('\n').findIndex(text => text.includes('fun check_without_code')) + 1
    const id = await world.item(world.alice)
    const { error } = await world.execute(world.alice, t =>
      call(t, 'item::check_without_code', [world.input(t, id), t.pure.u64(1)]),
    )
    assert.equal(error?.abort?.clever?.lineNumber, line)
    assert.equal(error?.abort?.clever?.constantName, undefined)
  })
  test('a plain code: function and place', async () => {
    const id = await world.item(world.alice)
    const { error, digest } = await world.execute(world.alice, t =>
      call(t, 'item::check', [world.input(t, id), t.pure.u64(1)]),
    )
    assert.deepEqual(
      [error?.abort?.code, error?.abort?.module, error?.abort?.functionName, error?.abort?.clever],
      [7n, 'item', 'check', undefined],
    )
    assert.deepEqual(world.ledger.transaction(digest)?.error, error)
  })
  test('arithmetic, indices and depth', async () => {
    for (const [name, text] of [
      ['overflow', /work::bump/],
      ['out_of_range', /work::out_of_range/],
    ] as const) {
      const { error } = await world.execute(world.alice, t => call(t, `work::${name}`))
      assert.equal(error?.status.$kind, 'MovePrimitiveRuntimeError')
      assert.match(error?.message ?? '', text)
    }
    const { error } = await world.execute(world.alice, t => call(t, 'work::recurse', [t.pure.u64(5000)]))
    assert.equal(error?.status.$kind, 'MovePrimitiveRuntimeError')
  })
})

suite('simulation', () => {
  test('changes nothing', async () => {
    const bytes = await world.build(world.alice, t =>
      t.transferObjects([t.splitCoins(t.gas, [5])], world.bob.address),
    )
    const before = [world.ledger.latestCheckpoint().digest, world.live(world.gasOf(world.alice)).version]
    const simulated = world.ledger.simulate(bytes, { checks: true })
    assert.deepEqual(
      [world.ledger.latestCheckpoint().digest, world.live(world.gasOf(world.alice)).version],
      before,
    )
    const executed = world.ledger.execute(bytes, [await world.alice.sign(bytes)])
    assert.deepEqual(simulated.effects, executed.effects)
  })
  test('without a payment a coin is made up', async () => {
    const data = bcs.TransactionData.parse(
      await world.build(world.alice, t =>
        t.transferObjects([t.splitCoins(t.gas, [600_000_000_000n])], world.bob.address),
      ),
    )
    data.V1.gasData.payment = []
    const result = world.ledger.simulate(bcs.TransactionData.serialize(data).toBytes(), { checks: true })
    assert.equal(result.error, undefined)
    const { computationCost, storageCost, storageRebate } = result.gasUsed
    assert.equal(result.suggestedGasBudget, computationCost + 1_000_000n + storageCost - storageRebate)
  })
  test('with checks, everything is checked but signatures', async () => {
    const bytes = await world.build(world.alice, nothing, { price: 1n })
    assert.throws(() => world.ledger.simulate(bytes, { checks: true }), is('GasPriceUnderRGP'))
  })
  test('without checks, private functions run, references and left-over values come back', async () => {
    const id = await world.item(world.bob, 44)
    const bytes = await world.build(world.alice, t => {
      call(t, 'rights::hidden')
      call(t, 'item::reference', [world.input(t, id)])
      call(t, 'rights::hot')
      call(t, 'rights::eat', [t.pure(new Uint8Array(8).fill(1))])
    })
    assert.throws(() => world.ledger.simulate(bytes, { checks: true }), is('IncorrectUserSignature'))
    const data = bcs.TransactionData.parse(bytes)
    Object.assign(data.V1.gasData, { payment: [], price: '0', budget: '0' })
    assert.equal(
      world.ledger.simulate(bcs.TransactionData.serialize(data).toBytes(), { checks: false }).error,
      undefined,
    )
    const { error, commands } = world.ledger.simulate(bytes, { checks: false })
    assert.equal(error, undefined)
    assert.deepEqual(commands[1]?.returnValues, [{ type: 'u64', bcs: bcs.u64().serialize(44).toBytes() }])
  })
})

suite('looking up', () => {
  test('what is no digest is not found', () => {
    for (const text of ['', 'x', '0OIl', '1'.repeat(44), 'z'.repeat(44), 'A'.repeat(1000)]) {
      assert.equal(world.ledger.transaction(text), undefined)
      assert.equal(world.ledger.checkpoint(text), undefined)
      assert.deepEqual(world.ledger.events({ transaction: text }).items, [])
    }
  })
  test('checkpoints by number and digest', () => {
    const latest = world.ledger.latestCheckpoint()
    assert.deepEqual(world.ledger.checkpoint(latest.sequenceNumber), latest)
    assert.deepEqual(world.ledger.checkpoint(latest.digest), latest)
    assert.equal(world.ledger.checkpoint(latest.sequenceNumber + 1n), undefined)
    assert.equal(world.ledger.checkpoint(2n ** 64n - 1n), undefined)
  })
  test('transactions by sender, changed object and called function', async () => {
    const id = await world.item(world.bob)
    const { digest } = await world.succeed(world.bob, t =>
      call(t, 'item::check', [world.input(t, id), t.pure.u64(0)]),
    )
    const find = (filter: Parameters<typeof world.ledger.transactions>[0]): string[] =>
      world.ledger.transactions(filter, { limit: 1000 }).items.map(item => item.digest)
    assert.equal(find({ sender: world.bob.address }).at(-1), digest)
    assert.equal(find({ changedObject: id }).length, 2)
    assert.equal(find({ changedObject: id }).at(-1), digest)
    for (const calledFunction of [RULES, `${RULES}::item`, `${RULES}::item::check`])
      assert.ok(find({ calledFunction }).includes(digest))
    assert.ok(!find({ calledFunction: `${RULES}::item::chec` }).includes(digest))
    const newest = world.ledger.transactions({ sender: world.bob.address }, { limit: 1, descending: true })
    assert.equal(newest.items[0]?.digest, digest)
    const { checkpoint } = newest.items[0] ?? assert.fail()
    assert.equal(world.ledger.transactions({}, { fromCheckpoint: checkpoint }).items.length, 1)
    assert.equal(world.ledger.transactions({}, { fromCheckpoint: checkpoint + 1n }).items.length, 0)
    const before = world.ledger.transactions({}, { beforeCheckpoint: 1n }).items
    assert.deepEqual(
      before.map(item => item.checkpoint),
      [0n],
    )
  })
  test('listeners hear of everything that became final, in order', async () => {
    const heard: string[] = []
    const stop = world.ledger.subscribe(({ digest }) => heard.push(digest))
    world.nowMs += 1n
    const { digest } = await world.succeed(world.alice, t => call(t, 'rights::time', [t.object.clock()]))
    stop()
    await world.succeed(world.alice, nothing)
    assert.equal(heard.length, 2, 'the prologue and the transaction')
    assert.equal(heard[1], digest)
    const { transactions } =
      world.ledger.checkpoint(world.ledger.latestCheckpoint().sequenceNumber - 1n) ?? assert.fail()
    assert.deepEqual(
      transactions.map(transaction => transaction.digest),
      heard,
    )
  })
  test('the clock ticks on request', () => {
    world.nowMs += 5000n
    assert.equal(world.ledger.tick(), world.nowMs)
    assert.equal(Buffer.from(world.live('0x6').data.contents).readBigUInt64LE(32), world.nowMs)
    const { sequenceNumber } = world.ledger.latestCheckpoint()
    world.ledger.tick()
    assert.equal(world.ledger.latestCheckpoint().sequenceNumber, sequenceNumber, 'once is enough')
  })
  test('functions and types', () => {
    const fn = world.ledger.functionDescriptor(RULES, 'rights', 'coin_value')
    const coin = `0x${'2'.padStart(64, '0')}::coin::Coin`
    assert.deepEqual(fn?.parameters, [
      {
        reference: 'immutable',
        body: { kind: 'datatype', typeName: coin, typeArguments: [{ kind: 'typeParameter', index: 0 }] },
      },
    ])
    assert.deepEqual(fn?.returns, [{ reference: 'none', body: { kind: 'u64' } }])
    assert.deepEqual([fn?.visibility, fn?.isEntry], ['public', false])
    const item = world.ledger.datatypeDescriptor(RULES, 'item', 'Item')
    assert.deepEqual([item?.kind, item?.fields.map(({ name }) => name)], ['struct', ['id', 'value']])
    const shape = world.ledger.datatypeDescriptor(RULES, 'rights', 'Shape')
    assert.deepEqual([shape?.kind, shape?.variants.map(({ name }) => name)], ['enum', ['Circle', 'Square']])
    assert.deepEqual(world.ledger.moduleNames(RULES), ['item', 'rights', 'witness', 'work'])
    assert.equal(world.ledger.functionDescriptor(RULES, 'rights', 'missing'), undefined)
    assert.equal(world.ledger.datatypeDescriptor(RULES, 'missing', 'Item'), undefined)
    assert.throws(() => world.ledger.type('0x2::coin::Coins'), { code: 'MOVE_TYPE' })
  })
})

suite('genesis', () => {
  test('only once', () => {
    assert.throws(() => world.ledger.installGenesis({ packages: [] }), { code: 'GENESIS' })
  })
})
