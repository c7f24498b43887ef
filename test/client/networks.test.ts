/** Connecting to embedded networks: the right one, another one, none. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, loadDescriptor, takeFromFaucet } from '@squid/client/networks'
import { Resolver } from '@squid/client/resolve'
import { fails, World } from './world.ts'

let world: World
before(async () => {
  world = await World.start()
})
after(() => world[Symbol.asyncDispose]())

test('the descriptor that the network serves is the one that it connects by', async () => {
  const descriptor = await loadDescriptor(world.devnet.networkUrl, {
    chainId: world.network.descriptor.chainId,
  })
  assert.deepEqual(descriptor, world.devnet.descriptor)
  const network = await connect(descriptor)
  assert.equal((await network.walrus.systemState()).committee.n_shards, 100)
})

test('another chain than the one pinned is refused, whoever is on it', async () => {
  await using other = await World.start()
  const pinned = world.network.descriptor.chainId
  await assert.rejects(
    loadDescriptor(other.devnet.networkUrl, { chainId: pinned }),
    fails('CHAIN_CHANGED', new RegExp(pinned)),
  )
  const mixed = { ...world.network.descriptor, rpc: other.devnet.rpcUrl }
  await assert.rejects(connect(mixed), fails('CHAIN_CHANGED'))
  await assert.rejects(
    connect(world.network.descriptor, { compare: [other.devnet.rpcUrl] }),
    fails('CHAIN_CHANGED'),
  )
})

test('a node that is not there is said to be so', async () => {
  await assert.rejects(
    connect({ ...world.network.descriptor, rpc: 'http://127.0.0.1:9' }),
    fails('NETWORK_UNREACHABLE'),
  )
  await assert.rejects(loadDescriptor('http://127.0.0.1:9/network.json'), fails('NETWORK_UNREACHABLE'))
})

test('a network without Squid, or without faucet, is said to be so', async () => {
  await assert.rejects(connect({ ...world.network.descriptor, packages: {} }), fails('NO_SQUID'))
  const { faucet: _, ...bare } = world.network.descriptor
  await assert.rejects(takeFromFaucet(await connect(bare), `0x${'1'.repeat(64)}`), fails('NO_FAUCET'))
  const dead = await connect({ ...bare, faucet: 'http://127.0.0.1:9' })
  await assert.rejects(takeFromFaucet(dead, `0x${'1'.repeat(64)}`), fails('FAUCET'))
})

test('several nodes that agree are as good as one', async () => {
  const { rpcUrl } = world.devnet
  const network = await connect(world.network.descriptor, { compare: [rpcUrl, rpcUrl] })
  const { home } = await world.person('walter')
  const resolver = new Resolver({ network, home })
  await assert.rejects(resolver.findSpace({ kind: 'name', name: 'nobody' }), fails('NAME_UNKNOWN'))
})
