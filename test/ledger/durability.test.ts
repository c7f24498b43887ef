/** The ledger on disk: restarts, crashes, one process at a time, foreign files. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { Ledger } from '@squid/sui/ledger'
import { RULES, World } from './world.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'squid-ledger-'))
})
after(() => rm(folder, { recursive: true }))

function contentsOf(ledger: Ledger): unknown {
  const objects = ['0x1', '0x2', RULES].flatMap(type => ledger.objectsOfType(type, { limit: 1000 }).items)
  const checkpoints = []
  for (let n = 0n; n <= ledger.latestCheckpoint().sequenceNumber; n++) checkpoints.push(ledger.checkpoint(n))
  const transactions = ledger.transactions({}, { limit: 1000 }).items
  const events = ledger.events({}, { limit: 1000 }).items
  return { chainId: ledger.chainId, epoch: ledger.epoch, objects, checkpoints, transactions, events }
}

test('a restart gives the same state, and the chain goes on', async () => {
  const path = join(folder, 'restart.db')
  let before: unknown
  {
    using world = await World.open({ path })
    const id = await world.item(world.alice, 4)
    await world.succeed(world.alice, t =>
      t.moveCall({ target: `${RULES}::work::emit`, arguments: [t.pure.u64(1)] }),
    )
    await world.execute(world.alice, t =>
      t.moveCall({ target: `${RULES}::item::set_small`, arguments: [world.input(t, id), t.pure.u64(100)] }),
    )
    world.nowMs += 5000n
    world.ledger.advanceEpoch()
    before = contentsOf(world.ledger)
  }
  using again = await World.open({ path })
  assert.deepEqual(contentsOf(again.ledger), before)
  const { sequenceNumber, digest } = again.ledger.latestCheckpoint()
  assert.equal(again.ledger.now(), again.ledger.latestCheckpoint().timestampMs, 'time does not go back')
  await again.item(again.bob)
  assert.equal(again.ledger.checkpoint(sequenceNumber + 1n)?.previousDigest, digest)
})

test('the same calls at the same times give the same chain', async () => {
  const digests = []
  for (const path of [join(folder, 'same.db'), ':memory:']) {
    using world = await World.open({ path })
    await world.item(world.alice, 4)
    digests.push(world.ledger.latestCheckpoint().digest)
  }
  assert.equal(digests[0], digests[1])
})

test('a process that is killed loses nothing that it acknowledged', async () => {
  const path = join(folder, 'killed.db')
  ;(await World.open({ path })).ledger.close()
  const child = spawn(
    process.execPath,
    ['--conditions=@squid/source', join(import.meta.dirname, 'minting.ts'), path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const coins: string[] = []
  for await (const line of createInterface(child.stdout)) {
    coins.push(line)
    if (coins.length === 150) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
  using world = await World.open({ path })
  for (const id of coins) assert.ok(world.ledger.object(id), `coin ${id} was acknowledged`)
  let previous: string | undefined
  for (let n = 0n; n <= world.ledger.latestCheckpoint().sequenceNumber; n++) {
    const checkpoint = world.ledger.checkpoint(n)
    assert.equal(checkpoint?.previousDigest, previous)
    for (const { digest } of checkpoint?.transactions ?? []) assert.ok(world.ledger.transaction(digest))
    previous = checkpoint?.digest
  }
  world.ledger.mint(world.alice.address, 1n)
})

test('one process at a time', async () => {
  const path = join(folder, 'shared.db')
  using world = await World.open({ path })
  assert.ok(world.ledger.chainId)
  assert.throws(() => Ledger.open({ path, now: () => 0n }), { code: 'LEDGER_IN_USE' })
})

test('files that are no ledgers are left alone', async () => {
  const text = join(folder, 'text.db')
  await writeFile(
    text,
    'nothing like a database, and longer than its header of one hundred bytes: '.repeat(3),
  )
  assert.throws(() => Ledger.open({ path: text, now: () => 0n }), { code: 'LEDGER_FORMAT' })
  const foreign = join(folder, 'foreign.db')
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE things (name TEXT)')
  database.close()
  assert.throws(() => Ledger.open({ path: foreign, now: () => 0n }), { code: 'LEDGER_FORMAT' })
  assert.throws(() => Ledger.open({ path: join(folder, 'no', 'folder.db'), now: () => 0n }), {
    code: 'LEDGER_IO',
  })
})

test('a genesis that fails leaves an empty ledger that can have another one', async () => {
  const { testPackages } = await import('./world.ts')
  const packages = await testPackages()
  using ledger = Ledger.open({ path: ':memory:', now: () => 1n })
  assert.ok(ledger.isEmpty)
  assert.throws(() => ledger.chainId, { code: 'GENESIS' })
  assert.throws(() => ledger.installGenesis({ packages: packages.slice(1) }), { code: 'GENESIS' })
  const [framework, ...others] = packages.toReversed()
  assert.throws(() => ledger.installGenesis({ packages: [framework ?? assert.fail(), ...others] }), {
    code: 'GENESIS',
  })
  assert.ok(ledger.isEmpty)
  const { id, dependencies, modules } = packages[2] ?? assert.fail()
  const damaged = modules.map(bytes => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 0xff : byte)))
  assert.throws(
    () =>
      ledger.installGenesis({ packages: [...packages.slice(0, 2), { id, dependencies, modules: damaged }] }),
    { code: 'GENESIS' },
  )
  const elsewhere = { id: `0x${'9'.repeat(64)}`, dependencies, modules }
  assert.throws(
    () => ledger.installGenesis({ packages: [...packages.slice(0, 2), elsewhere] }),
    /has the address/,
  )
  ledger.installGenesis({ packages })
  assert.ok(!ledger.isEmpty)
})
