/** Names on a real embedded network: claimed, taken, expired, bound again. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Transaction } from '@mysten/sui/transactions'
import { claimName } from '@squid/client/names'
import { Resolver, readRoles } from '@squid/client/resolve'
import { execute, type Account } from '@squid/client/transactions'
import { readPins, setPin } from '@squid/client/trust'
import { fails, World, type Person } from './world.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let world: World
before(async () => {
  world = await World.start()
})
after(() => world[Symbol.asyncDispose]())

/** The Space that a name or id stands for, as `person` sees it. */
async function spaceOf(person: Person, subject: string): Promise<string> {
  const resolver = new Resolver({ network: world.network, home: person.home })
  return resolver.findSpace(
    subject.startsWith('0x') ? { kind: 'id', id: subject } : { kind: 'name', name: subject },
  )
}

async function setTarget(account: Account, registration: string, target: string | null): Promise<void> {
  const { packageId, suinsObjectId } = account.network.descriptor.suins
  const transaction = new Transaction()
  transaction.moveCall({
    target: `${packageId}::controller::set_target_address`,
    arguments: [
      transaction.object(suinsObjectId),
      transaction.object(registration),
      transaction.pure.option('address', target),
      transaction.object.clock(),
    ],
  })
  await execute(account, transaction)
}

test('a claimed name stands for a Space of its owner, who has it as home', async () => {
  const [alice, bob] = [await world.person('alice'), await world.person('bob')]
  await assert.rejects(spaceOf(bob, 'alice'), fails('NAME_UNKNOWN', /Nobody has registered @alice/))
  const claimed = await claimName(alice.account, 'alice')
  assert.equal(claimed.transactions.length, 1)
  assert.equal(await spaceOf(bob, 'alice'), claimed.space)
  assert.equal(await spaceOf(bob, claimed.space), claimed.space)
  assert.equal(await spaceOf(bob, alice.account.address), claimed.space)
  assert.equal(await readRoles(world.network, claimed.space, alice.account.address), 1)
  assert.equal(await readRoles(world.network, claimed.space, bob.account.address), 0)

  const again = await claimName(alice.account, 'alice')
  assert.deepEqual(again, { ...claimed, transactions: [] })
  await assert.rejects(claimName(bob.account, 'alice'), fails('NAME_TAKEN', /belongs to somebody else/))
})

test('who has no SUI is told so', async () => {
  const poor = await world.person('poor', { poor: true })
  await assert.rejects(
    claimName(poor.account, 'poor'),
    fails('NO_GAS', new RegExp(`No SUI for gas: ${poor.account.address}`)),
  )
  await assert.rejects(spaceOf(poor, 'poor'), fails('NAME_UNKNOWN'))
})

test('an owner without home, a package and an unknown id are no Spaces', async () => {
  const carol = await world.person('carol')
  await assert.rejects(
    spaceOf(carol, carol.account.address),
    fails('NO_HOME', /neither a Space nor an owner/),
  )
  await assert.rejects(spaceOf(carol, world.network.squid.packageId), fails('OBJECT_KIND', /a package/))
  await assert.rejects(
    spaceOf(carol, world.network.squid.registryId),
    fails('OBJECT_KIND', /registry::Registry/),
  )
})

test('a name that comes to mean another Space stops until it is accepted', async () => {
  const [dora, erin] = [await world.person('dora'), await world.person('erin')]
  const first = await claimName(dora.account, 'dora')
  assert.equal(await spaceOf(erin, 'dora'), first.space)
  const second = await claimName(dora.account, 'dora-2')
  await setTarget(dora.account, first.registration, second.space)

  const both = new RegExp(`${first.space}.*${second.space}.*squid trust accept @dora`)
  await assert.rejects(spaceOf(erin, 'dora'), fails('NAME_REBOUND', both))
  await assert.rejects(erin.resolve('sui:@dora:hello'), fails('NAME_REBOUND'))
  const { chainId } = world.network.descriptor
  assert.equal((await readPins(erin.home, chainId)).get('dora'), first.space)

  const current = await new Resolver({ network: world.network, home: erin.home }).currentSpace('dora')
  assert.equal(current, second.space)
  await setPin(erin.home, chainId, 'dora', current)
  assert.equal(await spaceOf(erin, 'dora'), second.space)
})

test('a name follows its owner home, and may point nowhere', async () => {
  const frank = await world.person('frank')
  const claimed = await claimName(frank.account, 'frank')
  await setTarget(frank.account, claimed.registration, frank.account.address)
  assert.equal(await spaceOf(frank, 'frank'), claimed.space)
  await setTarget(frank.account, claimed.registration, null)
  await assert.rejects(spaceOf(frank, 'frank'), fails('NAME_WITHOUT_TARGET', /points nowhere/))
  await setTarget(frank.account, claimed.registration, `0x${'5'.repeat(64)}`)
  await assert.rejects(spaceOf(frank, 'frank'), fails('NO_HOME', /@frank points to 0x5/))
})

test('a name whose target is elsewhere is claimed again with a new Space', async () => {
  const grace = await world.person('grace')
  const claimed = await claimName(grace.account, 'grace')
  await setTarget(grace.account, claimed.registration, null)
  const again = await claimName(grace.account, 'grace')
  assert.equal(again.registration, claimed.registration)
  assert.notEqual(again.space, claimed.space)
  assert.equal(await spaceOf(grace, 'grace'), again.space)
})

// The ones below move the network's clock.

test('an expired name leads nowhere until it is renewed', async () => {
  const [henry, iris] = [await world.person('henry'), await world.person('iris')]
  const claimed = await claimName(henry.account, 'henry')
  assert.equal(await spaceOf(iris, 'henry'), claimed.space)
  world.devnet.advanceClock(366 * DAY_MS)
  await assert.rejects(spaceOf(iris, 'henry'), fails('NAME_EXPIRED', /expired on 20\d\d-\d\d-\d\d/))
  assert.equal(await spaceOf(iris, claimed.space), claimed.space)
  await assert.rejects(claimName(iris.account, 'henry'), fails('NAME_TAKEN'))

  const renewed = await claimName(henry.account, 'henry')
  assert.equal(renewed.transactions.length, 1)
  assert.equal(renewed.space, claimed.space)
  assert.equal(await spaceOf(iris, 'henry'), claimed.space)
})

test('a name that was let go is taken by somebody else, and who knew it is warned', async () => {
  const [judy, kim, leo] = [await world.person('judy'), await world.person('kim'), await world.person('leo')]
  const first = await claimName(judy.account, 'judy')
  assert.equal(await spaceOf(leo, 'judy'), first.space)
  world.devnet.advanceClock((365 + 32) * DAY_MS)
  const second = await claimName(kim.account, 'judy')
  assert.notEqual(second.space, first.space)
  await assert.rejects(spaceOf(leo, 'judy'), fails('NAME_REBOUND'))
  assert.equal(await spaceOf(kim, 'judy'), second.space)
})
