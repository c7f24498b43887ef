/**
 * The ledger's side of the network: makes `System`, `Staking` and a pool for each node, turns epochs, and publishes
 * addresses. All by system transactions of whoever owns the capabilities that `walrus::init` and
 * `walrus::devnet_genesis` hand out.
 * @module
 */
import { bcs } from '@mysten/sui/bcs'
import type { TransactionArgument as Argument } from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import type { ExecutedTransaction, Ledger } from '@squid/sui/ledger'
import type { StorageTerms } from '../walrus-module.ts'
import { createdObjects, SystemCalls } from './system-calls.ts'

const CLOCK = `0x${'6'.padStart(64, '0')}`
/** Fourteen days, as on the public network; told to clients, ended only by `advanceEpoch`. */
const EPOCH_MS = 14 * 24 * 3600 * 1000
/** Epochs that are sold ahead. */
export const MAX_EPOCHS_AHEAD = 53
/** Base units of WAL for 1 MiB encoded: an epoch of storage, and writing once. */
const STORAGE_PRICE = 100_000
const WRITE_PRICE = 20_000
/** Encoded bytes of the whole network: 1 PiB. */
const CAPACITY = 2n ** 50n

/** Where things are on the ledger; kept in the network's folder. */
export interface LedgerIds {
  readonly systemObjectId: string
  readonly stakingPoolId: string
  readonly adminCapId: string
  readonly nodes: readonly { readonly nodeId: string; readonly capId: string }[]
}

/** A node as genesis enters it. */
export interface GenesisNode {
  readonly name: string
  /** `host:port` */
  readonly address: string
  /** Compressed G1, 48 bytes. */
  readonly publicKey: Uint8Array
  /** Compressed P-256, 33 bytes. */
  readonly networkPublicKey: Uint8Array
}

export interface WalrusLedgerDeps {
  readonly ledger: Pick<Ledger, 'executeSystem' | 'object' | 'objectInput' | 'ownedObjects'>
  /** Owner of the capabilities. */
  readonly admin: string
  readonly packageId: string
}

/** The network's transactions. */
export class WalrusLedger {
  readonly #deps: WalrusLedgerDeps

  constructor(deps: WalrusLedgerDeps) {
    this.#deps = deps
  }

  /** Makes everything and starts epoch 1. @throws {SquidError} `GENESIS` when the packages were not installed */
  create(nodes: readonly GenesisNode[], shards: number): LedgerIds {
    const { systemObjectId, stakingPoolId, adminCapId } = this.#createObjects(shards)
    const calls = this.#calls()
    const adminCap = calls.object(adminCapId)
    const staking = calls.object(stakingPoolId)
    const capacity = CAPACITY / BigInt(nodes.length)
    const caps = nodes.map(node => addNode(calls, adminCap, staking, node, capacity))
    turnEpoch(calls, adminCap, staking, calls.object(systemObjectId))
    calls.tx.transferObjects(caps, this.#deps.admin)
    const done = calls.execute()
    return { systemObjectId, stakingPoolId, adminCapId, nodes: this.#nodeIds(done, nodes.length) }
  }

  /** Starts the next epoch. */
  advanceEpoch({ adminCapId, stakingPoolId, systemObjectId }: LedgerIds): void {
    const calls = this.#calls()
    const staking = calls.object(stakingPoolId)
    turnEpoch(calls, calls.object(adminCapId), staking, calls.object(systemObjectId))
    calls.execute()
  }

  /** Publishes new addresses, by node index. */
  setAddresses(ids: LedgerIds, addresses: ReadonlyMap<number, string>): void {
    const calls = this.#calls()
    const staking = calls.object(ids.stakingPoolId)
    for (const [index, address] of addresses) {
      const capId = ids.nodes[index]?.capId
      if (capId === undefined) throw new SquidError('BAD_NODE', `There is no storage node ${index}`)
      calls.call('staking::set_network_address', [
        staking,
        calls.object(capId),
        calls.tx.pure.string(address),
      ])
    }
    calls.execute()
  }

  /** Has all nodes vote for other terms. @throws {SquidError} `BAD_TERMS` */
  setTerms({ adminCapId, stakingPoolId, nodes }: LedgerIds, terms: StorageTerms): void {
    const pool = this.#deps.ledger.object(nodes[0]?.nodeId ?? '')
    if (pool?.data.kind !== 'move')
      throw new SquidError('WALRUS_DIR', 'The pool of storage node 0 is missing')
    const now = Votes.parse(pool.data.contents)
    const votes = [
      terms.storagePrice ?? BigInt(now.storagePrice),
      terms.writePrice ?? BigInt(now.writePrice),
      terms.nodeCapacity ?? BigInt(now.nodeCapacity),
    ]
    for (const vote of votes) assertTerm(vote)
    const calls = this.#calls()
    calls.call('devnet_genesis::set_votes', [
      calls.object(adminCapId),
      calls.object(stakingPoolId),
      ...votes.map(vote => calls.tx.pure.u64(vote)),
    ])
    calls.execute()
  }

  #calls(): SystemCalls {
    const { ledger, admin, packageId } = this.#deps
    return new SystemCalls({ ledger, packageId, sender: admin })
  }

  #createObjects(shards: number): Omit<LedgerIds, 'nodes'> {
    const { ledger, admin, packageId } = this.#deps
    const [initCap] = ledger.ownedObjects(admin, { type: `${packageId}::init::InitCap` }).items
    if (!initCap)
      throw new SquidError('GENESIS', 'The Walrus package was not installed with this genesis address')
    const calls = this.#calls()
    const [adminCap] = calls.call('devnet_genesis::create', [
      calls.object(initCap.id),
      calls.tx.pure.u16(shards),
      calls.tx.pure.u64(EPOCH_MS),
      calls.tx.pure.u32(MAX_EPOCHS_AHEAD),
      calls.object(CLOCK, false),
    ])
    calls.tx.transferObjects([adminCap as Argument], admin)
    const done = calls.execute()
    const created = (type: string): string => createdObjects(done, `${packageId}::${type}`)[0]?.id as string
    return {
      systemObjectId: created('system::System'),
      stakingPoolId: created('staking::Staking'),
      adminCapId: created('devnet_genesis::DevnetAdminCap'),
    }
  }

  /** Caps carry the id of their node, and nodes were added in order, but effects list objects by id. */
  #nodeIds(done: ExecutedTransaction, count: number): LedgerIds['nodes'] {
    const { packageId } = this.#deps
    const pools = createdObjects(done, `${packageId}::staking_pool::StakingPool`)
    const caps = createdObjects(done, `${packageId}::storage_node::StorageNodeCap`)
    return Array.from({ length: count }, (_, index) => {
      const pool = pools.find(({ contents }) => poolName(contents) === nodeName(index))
      const cap = caps.find(({ contents }) => pool !== undefined && capNodeId(contents) === pool.id)
      if (!pool || !cap) throw new SquidError('GENESIS', `Storage node ${index} is missing from the ledger`)
      return { nodeId: pool.id, capId: cap.id }
    })
  }
}

function addNode(
  calls: SystemCalls,
  adminCap: Argument,
  staking: Argument,
  node: GenesisNode,
  capacity: bigint,
): Argument {
  const { pure } = calls.tx
  return calls.call('devnet_genesis::add_node', [
    adminCap,
    staking,
    pure.string(node.name),
    pure.string(node.address),
    pure.vector('u8', node.publicKey),
    pure.vector('u8', node.networkPublicKey),
    pure.u64(STORAGE_PRICE),
    pure.u64(WRITE_PRICE),
    pure.u64(capacity),
  ])[0] as Argument
}

function turnEpoch(calls: SystemCalls, adminCap: Argument, staking: Argument, system: Argument): void {
  calls.call('devnet_genesis::advance_epoch', [adminCap, staking, system, calls.object(CLOCK, false)])
}

/** A pool's first fields. */
const Votes = bcs.struct('StakingPool', {
  id: bcs.Address,
  /** Active: a variant without fields. */
  state: bcs.u8(),
  storagePrice: bcs.u64(),
  writePrice: bcs.u64(),
  nodeCapacity: bcs.u64(),
})

/** Far from what sums of products could overflow. */
const MAX_TERM = 2n ** 50n

function assertTerm(vote: bigint): void {
  if (vote >= 0n && vote <= MAX_TERM) return
  throw new SquidError('BAD_TERMS', `Prices and capacity are whole numbers from 0 to ${MAX_TERM}.`)
}

/** What node `index` is called. */
export function nodeName(index: number): string {
  return `node-${index}`
}

/** Pool: id, state (active: one byte), three `u64` votes, then the name with its length of one byte. */
function poolName(contents: Uint8Array): string {
  const at = 32 + 1 + 24
  return Buffer.from(contents.subarray(at + 1, at + 1 + (contents[at] ?? 0))).toString()
}

/** Cap: id, then the node's id. */
function capNodeId(contents: Uint8Array): string {
  return `0x${Buffer.from(contents.subarray(32, 64)).toString('hex')}`
}
