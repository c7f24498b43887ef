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
  /** `http://host:port`, without trailing slash. Undefined when what it registered is no address: it is as if down. */
  readonly url: string | undefined
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
 * Reads the committee, as the ledger has it now.
 * @param scheme how storage nodes are spoken to; public networks use `https`
 * @throws {SquidError} `LEDGER_UNREACHABLE`, `COMMITTEE` when a shard belongs to nobody
 */
export async function loadCommittee(network: StorageNetwork, scheme: 'http' | 'https'): Promise<Committee> {
  const { staking, objects } = await readPools(network)
  const shardsByNode = staking.committee[0].contents
  const nodes = shardsByNode.map(({ key }, index) => {
    const object = objects[index]
    return object === undefined || object instanceof Error
      ? { id: key, name: key, url: undefined }
      : nodeOf(key, object.content, scheme)
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
    walrus.reset() // it keeps what it read for ever, also over the end of an epoch
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

// What one operator registered must not keep anybody from reading from the others.
function nodeOf(id: string, content: Uint8Array, scheme: string): StorageNode {
  try {
    const { node_info: info } = StakingPoolHead.parse(content)
    const isAddress = NETWORK_ADDRESS.test(info.network_address)
    return {
      id: info.node_id,
      name: shownName(info.name),
      url: isAddress ? `${scheme}://${info.network_address}` : undefined,
    }
  } catch {
    return { id, name: id, url: undefined }
  }
}

/** Operators choose the names of their nodes, and people read them in logs and on terminals. */
function shownName(name: string): string {
  return name.slice(0, MAX_SHOWN_NAME).replaceAll(/[^ -~]/g, '?')
}
