/**
 * The storage nodes of the current Walrus epoch, read from the ledger: who holds which shard, at which address.
 *
 * Layouts: `walrus::staking_inner::StakingInnerV1`, `walrus::staking_pool::StakingPool`.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import type { SuiGrpcClient } from '@mysten/sui/grpc'
import type { WalrusClient } from '@mysten/walrus'

import { SquidError } from '@squid/formats/errors'

/** What reading from Walrus needs: clients of the two networks. */
export interface StorageNetwork {
  readonly sui: SuiGrpcClient
  readonly walrus: WalrusClient
}

export interface StorageNode {
  /** Object id of its staking pool. */
  readonly id: string
  readonly name: string
  /** `http://host:port`, without trailing slash. */
  readonly url: string
}

export interface Committee {
  readonly epoch: number
  readonly shards: number
  readonly nodes: readonly StorageNode[]
  /** Shard index → the node that holds it. */
  readonly byShard: readonly StorageNode[]
}

/** The first fields of a staking pool: BCS has no lengths to skip by, and the rest is not needed. */
const StakingPoolHead = bcs.struct('StakingPool', {
  id: bcs.Address,
  state: bcs.enum('PoolState', { Active: null, Withdrawing: bcs.u32(), Withdrawn: null }),
  voting_params: bcs.struct('VotingParams', {
    storage_price: bcs.u64(),
    write_price: bcs.u64(),
    node_capacity: bcs.u64(),
  }),
  node_info: bcs.struct('StorageNodeInfo', {
    name: bcs.string(),
    node_id: bcs.Address,
    network_address: bcs.string(),
  }),
})

/** `host:port` as Walrus registers it; anything else could smuggle a path or credentials into a URL. */
const NETWORK_ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/

const MAX_SHOWN_NAME = 64

/**
 * Reads the committee.
 * @param scheme how storage nodes are spoken to; public networks use `https`
 * @throws {SquidError} `LEDGER_UNREACHABLE`, `COMMITTEE` when the ledger's records are incomplete or malformed
 */
export async function loadCommittee(network: StorageNetwork, scheme: 'http' | 'https'): Promise<Committee> {
  const { staking, objects } = await readPools(network)
  const shardsByNode = staking.committee[0].contents
  const nodes = objects.map(object => {
    if (object instanceof Error)
      throw new SquidError('COMMITTEE', 'A Walrus staking pool is missing from the ledger', { cause: object })
    return nodeOf(object.content, scheme)
  })
  const byShard: StorageNode[] = []
  shardsByNode.forEach((entry, index) => {
    for (const shard of entry.value) byShard[shard] = nodes[index] as StorageNode
  })
  for (let shard = 0; shard < staking.n_shards; shard++) {
    if (byShard[shard] === undefined)
      throw new SquidError('COMMITTEE', `Walrus shard ${shard} is assigned to no storage node`)
  }
  return { epoch: staking.epoch, shards: staking.n_shards, nodes, byShard }
}

async function readPools({ walrus, sui }: StorageNetwork) {
  try {
    const staking = await walrus.stakingState()
    const ids = staking.committee[0].contents.map(entry => entry.key)
    const { objects } = await sui.core.getObjects({ objectIds: ids, include: { content: true } })
    return { staking, objects }
  } catch (cause) {
    throw new SquidError(
      'LEDGER_UNREACHABLE',
      'The storage nodes of Walrus cannot be read from the ledger: is the network running?',
      { cause },
    )
  }
}

function nodeOf(content: Uint8Array, scheme: string): StorageNode {
  const { node_info: info } = StakingPoolHead.parse(content)
  if (!NETWORK_ADDRESS.test(info.network_address))
    throw new SquidError(
      'COMMITTEE',
      `Storage node ${info.node_id} has the malformed address ${JSON.stringify(info.network_address)}`,
    )
  return { id: info.node_id, name: shownName(info.name), url: `${scheme}://${info.network_address}` }
}

/** Operators choose the names of their nodes, and people read them in logs and on terminals. */
function shownName(name: string): string {
  return name.slice(0, MAX_SHOWN_NAME).replaceAll(/[^ -~]/g, '?')
}
