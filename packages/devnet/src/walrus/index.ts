/**
 * A Walrus network in this process: storage nodes on loopback ports, an upload relay, one store of blobs beneath, and
 * the objects on the ledger that the official client reads.
 * @module
 */
import type { Server } from 'node:http'
import { hkdfSync } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { SquidError } from '@squid/formats/errors'
import type { NodeFault, WalrusDeps, WalrusNetwork, WalrusOptions } from '../walrus-module.ts'
import { FileBlobStore, MemoryBlobStore } from './blob-store.ts'
import { deriveSecretKey, publicKey } from './bls.ts'
import { EventChain } from './chain.ts'
import { Coder } from './coder.ts'
import { type GenesisNode, type LedgerIds, nodeName, WalrusLedger } from './genesis.ts'
import { close } from '../http/listen.ts'
import { listen } from './http.ts'
import { createSeed, type NetworkRecord, readRecord, readSeed, writeRecord } from './network-files.ts'
import { NodeServer } from './node-server.ts'
import { createRelay } from './relay.ts'
import { Signer } from './signer.ts'
import { Storage } from './storage.ts'

const MAX_NODES = 150
const MIN_SHARDS = 4
const MAX_SHARDS = 1000

/**
 * Starts the network of a chain, and makes it first if the chain is new.
 * @throws {SquidError} `BAD_OPTIONS`; `WALRUS_DIR` when the folder does not belong to the chain
 */
export async function startWalrus(deps: WalrusDeps, options: WalrusOptions): Promise<WalrusNetwork> {
  assertOptions(options)
  const running = new RunningNetwork(deps, options)
  try {
    await running.start()
    return running
  } catch (error) {
    await running.stop()
    throw error
  }
}

function assertOptions({ nodes, shards }: WalrusOptions): void {
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MAX_NODES)
    throw new SquidError('BAD_OPTIONS', `A storage network has 1 to ${MAX_NODES} nodes, not ${nodes}`)
  const fewest = Math.max(MIN_SHARDS, nodes)
  if (!Number.isInteger(shards) || shards < fewest || shards > MAX_SHARDS)
    throw new SquidError(
      'BAD_OPTIONS',
      `${nodes} storage nodes share ${fewest} to ${MAX_SHARDS} shards, not ${shards}`,
    )
}

class RunningNetwork implements WalrusNetwork {
  readonly #deps: WalrusDeps
  readonly #options: WalrusOptions
  readonly #onLedger: WalrusLedger
  readonly #chain: EventChain
  readonly #coder: Coder
  #servers: NodeServer[] = []
  #relay: Server | undefined
  #ids: LedgerIds | undefined
  /** Base URLs, of the nodes and of the relay. */
  #urls: readonly string[] = []
  #relayUrl = ''

  constructor(deps: WalrusDeps, options: WalrusOptions) {
    this.#deps = deps
    this.#options = options
    this.#onLedger = new WalrusLedger({
      ledger: deps.ledger,
      admin: deps.genesisAddress,
      packageId: deps.walrusPackageId,
    })
    this.#chain = new EventChain(deps.ledger, deps.walrusPackageId)
    this.#coder = new Coder(options.shards)
  }

  async start(): Promise<void> {
    const { dir, genesis, nodes } = this.#options
    const seed = genesis ? await createSeed(dir) : await readSeed(dir)
    const record = genesis ? undefined : await readRecord(dir)
    const keys = Array.from({ length: nodes }, (_, index) => deriveSecretKey(seed, index))
    await this.#listen(keys, record)
    if (record) this.#moveAddresses(record)
    else this.#ids = this.#onLedger.create(this.#genesisNodes(seed, keys), this.#options.shards)
    await writeRecord(dir, { ids: this.#known, urls: this.#urls, relayUrl: this.#relayUrl })
  }

  get descriptor(): WalrusNetwork['descriptor'] {
    return {
      systemObjectId: this.#known.systemObjectId,
      stakingPoolId: this.#known.stakingPoolId,
      packageId: this.#deps.walrusPackageId,
      walPackageId: this.#deps.walPackageId,
      uploadRelay: this.#relayUrl,
    }
  }

  setFault(index: number, fault: NodeFault): void {
    const server = this.#servers[index]
    if (!server)
      throw new SquidError('BAD_NODE', `There is no storage node ${index}; there are ${this.#servers.length}`)
    server.fault = fault
  }

  advanceEpoch(): void {
    this.#onLedger.advanceEpoch(this.#known)
  }

  async stop(): Promise<void> {
    this.#chain.close()
    await Promise.all([...this.#servers.map(server => server.stop()), this.#coder.close()])
    if (this.#relay) await close(this.#relay)
  }

  get #known(): LedgerIds {
    if (!this.#ids) throw new SquidError('WALRUS_DIR', 'The storage network has not started')
    return this.#ids
  }

  /** On the ports of last time where they are free. */
  async #listen(keys: readonly bigint[], record: NetworkRecord | undefined): Promise<void> {
    const { dir, host, nodes, shards } = this.#options
    const store = dir === undefined ? new MemoryBlobStore() : await FileBlobStore.open(dir)
    const storage = new Storage({ chain: this.#chain, store, coder: this.#coder }, shardOwners(nodes, shards))
    const signer = new Signer(this.#coder, keys)
    this.#servers = keys.map((_, index) => new NodeServer(index, { storage, signer }))
    this.#urls = await Promise.all(
      this.#servers.map((server, index) => server.listen(host, portOf(record?.urls[index]))),
    )
    this.#relay = createRelay({ storage, signer, nodes: this.#servers })
    this.#relayUrl = await listen(this.#relay, host, portOf(record?.relayUrl))
  }

  #genesisNodes(seed: Uint8Array, keys: readonly bigint[]): GenesisNode[] {
    return keys.map((key, index) => ({
      name: nodeName(index),
      address: addressOf(this.#urls[index]),
      publicKey: publicKey(key),
      networkPublicKey: networkPublicKey(seed, index),
    }))
  }

  /** Tells the ledger where nodes are that did not get their old port again. */
  #moveAddresses({ ids, urls }: NetworkRecord): void {
    if (ids.nodes.length !== this.#servers.length)
      throw new SquidError(
        'WALRUS_DIR',
        `The network was made with ${ids.nodes.length} nodes, not ${this.#servers.length}`,
      )
    this.#ids = ids
    const moved = this.#urls.flatMap((url, index) =>
      url === urls[index] ? [] : [[index, addressOf(url)] as const],
    )
    if (moved.length > 0) this.#onLedger.setAddresses(ids, new Map(moved))
  }
}

/** `host:port` as pools publish it. */
function addressOf(url: string | undefined): string {
  return url === undefined ? '' : new URL(url).host
}

function portOf(url: string | undefined): number {
  return url === undefined ? 0 : Number(new URL(url).port)
}

/** The node of each shard, as `walrus::committee::deal` deals them. */
function shardOwners(nodes: number, shards: number): number[] {
  return Array.from({ length: shards }, (_, shard) => shard % nodes)
}

function networkPublicKey(seed: Uint8Array, index: number): Uint8Array {
  const wide = hkdfSync(
    'sha256',
    seed,
    new Uint8Array(0),
    `walrus network key ${index}`,
    p256.lengths.seed ?? 48,
  )
  return p256.getPublicKey(p256.utils.randomSecretKey(new Uint8Array(wide)), true)
}
