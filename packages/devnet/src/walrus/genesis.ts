/**
 * The ledger's side of the network: makes `System`, `Staking` and a pool for each node, turns epochs, and publishes
 * addresses. All by system transactions of whoever owns the capabilities that `walrus::init` and
 * `walrus::devnet_genesis` hand out.
 * @module
 */
import {
  Transaction,
  type TransactionArgument as Argument,
  type TransactionResult,
} from '@mysten/sui/transactions'
import { SquidError } from '@squid/formats/errors'
import type { ExecutedTransaction, Ledger } from '@squid/sui/ledger'

const CLOCK = `0x${'6'.padStart(64, '0')}`
/** Fourteen days, as on the public network; told to clients, ended only by `advanceEpoch`. */
const EPOCH_MS = 14 * 24 * 3600 * 1000
const MAX_EPOCHS_AHEAD = 53
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
  readonly ledger: Pick<Ledger, 'executeSystem' | 'objectInput' | 'ownedObjects'>
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
    const tx = new Transaction()
    const adminCap = this.#object(tx, adminCapId)
    const staking = this.#object(tx, stakingPoolId)
    const capacity = CAPACITY / BigInt(nodes.length)
    const caps = nodes.map(node => this.#addNode(tx, adminCap, staking, node, capacity))
    this.#advanceEpoch(tx, adminCap, staking, this.#object(tx, systemObjectId))
    tx.transferObjects(
      caps.map(([cap]) => cap as Argument),
      this.#deps.admin,
    )
    const done = this.#execute(tx)
    return { systemObjectId, stakingPoolId, adminCapId, nodes: this.#nodeIds(done, nodes.length) }
  }

  /** Starts the next epoch. */
  advanceEpoch({ adminCapId, stakingPoolId, systemObjectId }: LedgerIds): void {
    const tx = new Transaction()
    const staking = this.#object(tx, stakingPoolId)
    this.#advanceEpoch(tx, this.#object(tx, adminCapId), staking, this.#object(tx, systemObjectId))
    this.#execute(tx)
  }

  /** Publishes new addresses, by node index. */
  setAddresses(ids: LedgerIds, addresses: ReadonlyMap<number, string>): void {
    const tx = new Transaction()
    const staking = this.#object(tx, ids.stakingPoolId)
    for (const [index, address] of addresses) {
      const capId = ids.nodes[index]?.capId
      if (capId === undefined) throw new SquidError('BAD_NODE', `There is no storage node ${index}`)
      this.#call(tx, 'staking::set_network_address', [
        staking,
        this.#object(tx, capId),
        tx.pure.string(address),
      ])
    }
    this.#execute(tx)
  }

  #createObjects(shards: number): Omit<LedgerIds, 'nodes'> {
    const { ledger, admin, packageId } = this.#deps
    const [initCap] = ledger.ownedObjects(admin, { type: `${packageId}::init::InitCap` }).items
    if (!initCap)
      throw new SquidError('GENESIS', 'The Walrus package was not installed with this genesis address')
    const tx = new Transaction()
    const [adminCap] = this.#call(tx, 'devnet_genesis::create', [
      this.#object(tx, initCap.id),
      tx.pure.u16(shards),
      tx.pure.u64(EPOCH_MS),
      tx.pure.u32(MAX_EPOCHS_AHEAD),
      this.#object(tx, CLOCK, false),
    ])
    tx.transferObjects([adminCap as Argument], admin)
    const done = this.#execute(tx)
    return {
      systemObjectId: this.#created(done, 'system::System')[0] as string,
      stakingPoolId: this.#created(done, 'staking::Staking')[0] as string,
      adminCapId: this.#created(done, 'devnet_genesis::DevnetAdminCap')[0] as string,
    }
  }

  #addNode(
    tx: Transaction,
    adminCap: Argument,
    staking: Argument,
    node: GenesisNode,
    capacity: bigint,
  ): TransactionResult {
    return this.#call(tx, 'devnet_genesis::add_node', [
      adminCap,
      staking,
      tx.pure.string(node.name),
      tx.pure.string(node.address),
      tx.pure.vector('u8', node.publicKey),
      tx.pure.vector('u8', node.networkPublicKey),
      tx.pure.u64(STORAGE_PRICE),
      tx.pure.u64(WRITE_PRICE),
      tx.pure.u64(capacity),
    ])
  }

  #advanceEpoch(tx: Transaction, adminCap: Argument, staking: Argument, system: Argument): void {
    this.#call(tx, 'devnet_genesis::advance_epoch', [
      adminCap,
      staking,
      system,
      this.#object(tx, CLOCK, false),
    ])
  }

  /** Caps carry the id of their node, and nodes were added in order, but effects list objects by id. */
  #nodeIds(done: ExecutedTransaction, count: number): LedgerIds['nodes'] {
    const pools = this.#createdObjects(done, 'staking_pool::StakingPool')
    const caps = this.#createdObjects(done, 'storage_node::StorageNodeCap')
    const nodes = Array.from({ length: count }, (_, index) => {
      const pool = pools.find(({ contents }) => poolName(contents) === nodeName(index))
      const cap = caps.find(({ contents }) => pool !== undefined && capNodeId(contents) === pool.id)
      if (!pool || !cap) throw new SquidError('GENESIS', `Storage node ${index} is missing from the ledger`)
      return { nodeId: pool.id, capId: cap.id }
    })
    return nodes
  }

  #created(done: ExecutedTransaction, type: string): string[] {
    return this.#createdObjects(done, type).map(({ id }) => id)
  }

  #createdObjects(done: ExecutedTransaction, type: string): { id: string; contents: Uint8Array }[] {
    return done.changes.flatMap(({ after, idOperation }) =>
      idOperation === 'created' &&
      after?.data.kind === 'move' &&
      after.data.type === `${this.#deps.packageId}::${type}`
        ? [{ id: after.id, contents: after.data.contents }]
        : [],
    )
  }

  #object(tx: Transaction, id: string, mutable = true): Argument {
    return tx.object(this.#deps.ledger.objectInput(id, { mutable }))
  }

  #call(tx: Transaction, target: string, args: Argument[]): TransactionResult {
    return tx.moveCall({ target: `${this.#deps.packageId}::${target}`, arguments: args })
  }

  #execute(tx: Transaction): ExecutedTransaction {
    const { inputs, commands } = tx.getData()
    return this.#deps.ledger.executeSystem(
      { inputs, commands } as Parameters<Ledger['executeSystem']>[0],
      this.#deps.admin,
    )
  }
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
