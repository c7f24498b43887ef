import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bcs } from '@mysten/sui/bcs'

import { loadCommittee, type StorageNetwork } from './committee.ts'

const idOf = (digit: number): string => `0x${String(digit).repeat(64)}`

/** First fields of `walrus::staking_pool::StakingPool`, as the ledger has them. */
function pool(digit: number, name: string, address: string): Uint8Array {
  return Uint8Array.from([
    ...bcs.Address.serialize(idOf(digit)).toBytes(),
    0, // PoolState::Active
    ...bcs.u64().serialize(1).toBytes(),
    ...bcs.u64().serialize(1).toBytes(),
    ...bcs.u64().serialize(1).toBytes(),
    ...bcs.string().serialize(name).toBytes(),
    ...bcs.Address.serialize(idOf(digit)).toBytes(),
    ...bcs.string().serialize(address).toBytes(),
    ...new Uint8Array(100),
  ])
}

/** Four shards, one for each pool. */
function networkOf(pools: readonly (Uint8Array | Error)[]): StorageNetwork {
  const contents = pools.map((_, shard) => ({ key: idOf(shard + 1), value: [shard] }))
  const staking = { epoch: 7, n_shards: pools.length, committee: [{ contents }] }
  const objects = pools.map(found => (found instanceof Error ? found : { content: found }))
  const network = {
    walrus: { stakingState: async () => staking, reset: () => undefined },
    sui: { core: { getObjects: async () => ({ objects }) } },
  }
  return network as unknown as StorageNetwork
}

const good = [1, 2, 3].map(digit => pool(digit, `node-${digit}`, `127.0.0.1:${9000 + digit}`))

test('shards have their holders', async () => {
  const { epoch, byShard } = await loadCommittee(networkOf(good), 'http')
  assert.equal(epoch, 7)
  assert.deepEqual(
    byShard.map(({ name, url }) => [name, url]),
    [
      ['node-1', 'http://127.0.0.1:9001'],
      ['node-2', 'http://127.0.0.1:9002'],
      ['node-3', 'http://127.0.0.1:9003'],
    ],
  )
})

for (const [what, bad] of [
  ['credentials', pool(4, 'evil', 'user:secret@host:1')],
  ['a path', pool(4, 'evil', 'host:1/path')],
  ['a line', pool(4, 'evil', 'host:1\nx')],
  ['nothing', pool(4, 'evil', '')],
  ['a record that is cut off', pool(4, 'evil', 'host:1').slice(0, 60)],
  ['no record', new Error('notExists')],
] as const) {
  test(`a node that registered ${what} is as if down; the others are there`, async () => {
    const { byShard } = await loadCommittee(networkOf([...good, bad]), 'http')
    assert.equal(byShard[3]?.url, undefined)
    assert.equal(byShard[0]?.url, 'http://127.0.0.1:9001')
  })
}

test('the name that an operator chose cannot command a terminal', async () => {
  const evil = pool(4, `\u001b[2J\nerror: all is well${'x'.repeat(1000)}`, 'host:1')
  const { byShard } = await loadCommittee(networkOf([...good, evil]), 'http')
  assert.match(byShard[3]?.name ?? '', /^\?\[2J\?error: all is wellx+$/)
  assert.ok((byShard[3]?.name ?? '').length <= 64)
})

test('a shard that belongs to nobody, and a ledger that does not answer, are refused by name', async () => {
  const network = networkOf(good)
  const staking = await network.walrus.stakingState()
  const holes = {
    ...network,
    walrus: { stakingState: async () => ({ ...staking, n_shards: 4 }), reset: () => undefined },
  }
  await assert.rejects(loadCommittee(holes as unknown as StorageNetwork, 'http'), { code: 'COMMITTEE' })
  const away = {
    ...network,
    walrus: { stakingState: () => Promise.reject(new Error('fetch failed')), reset: () => undefined },
  }
  await assert.rejects(loadCommittee(away as unknown as StorageNetwork, 'http'), {
    code: 'LEDGER_UNREACHABLE',
  })
})
