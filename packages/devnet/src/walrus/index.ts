/**
 * A Walrus network in this process: storage nodes on loopback ports, upload relay, aggregator and publisher, one store
 * of blobs beneath, and the objects on the ledger that the official client reads.
 * @module
 */
import type { Server } from 'node:http'
import { hkdfSync } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { SquidError } from '@squid/formats/errors'
import type {
  FaultRule,
  FaultTarget,
  NodeFault,
  StorageTerms,
  WalrusDeps,
  WalrusNetwork,
  WalrusOptions,
} from '../walrus-module.ts'
import { createAggregator } from './aggregator.ts'
import { FileBlobStore, MemoryBlobStore } from './blob-store.ts'
import { deriveSecretKey, publicKey } from './bls.ts'
import { EventChain } from './chain.ts'
import { Coder } from './coder.ts'
import { Faults } from './faults.ts'
import { type GenesisNode, type LedgerIds, nodeName, WalrusLedger } from './genesis.ts'
import { close } from '../http/listen.ts'
import { listen } from './http.ts'
import {
  createSeed,
  type NetworkRecord,
  type NetworkUrls,
  readRecord,
  readSeed,
  writeRecord,
} from './network-files.ts'
import { NodeServer } from './node-server.ts'
import { createPublisher } from './publisher.ts'
import { createRelay } from './relay.ts'
import { Signer } from './signer.ts'
import { DEFAULT_LIMITS, Storage } from './storage.ts'
import { PublisherWallet } from './wallet.ts'

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

function assertOptions({ nodes, shards, encodedCacheBytes: cacheBytes }: WalrusOptions): void {
  if (cacheBytes !== undefined && !(Number.isSafeInteger(cacheBytes) && cacheBytes >= 0))
    throw new SquidError('BAD_OPTIONS', `encodedCacheBytes is a number of bytes, not ${cacheBytes}`)
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
  readonly #aggregatorFaults = new Faults()
  readonly #stopping = new AbortController()
  #servers: NodeServer[] = []
  /** Relay, aggregator and publisher. */
  #gateways: Server[] = []
  #ids: LedgerIds | undefined
  #urls: NetworkUrls = { urls: [], relayUrl: '', aggregatorUrl: '', publisherUrl: '' }

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
    const storage = await this.#storage()
    const signer = new Signer(this.#coder, keys)
    this.#servers = keys.map((_, index) => new NodeServer(index, { storage, signer }))
    const urls = await this.#listenNodes(record)
    if (record) this.#moveAddresses(record, urls)
    else this.#ids = this.#onLedger.create(genesisNodes(seed, keys, urls), this.#options.shards)
    this.#urls = { urls, ...(await this.#listenGateways(storage, signer, record)) }
    await writeRecord(dir, { ids: this.#known, ...this.#urls })
  }

  get descriptor(): WalrusNetwork['descriptor'] {
    return {
      systemObjectId: this.#known.systemObjectId,
      stakingPoolId: this.#known.stakingPoolId,
      packageId: this.#deps.walrusPackageId,
      walPackageId: this.#deps.walPackageId,
      uploadRelay: this.#urls.relayUrl,
      aggregator: this.#urls.aggregatorUrl,
      publisher: this.#urls.publisherUrl,
    }
  }

  setFault(target: FaultTarget, fault: NodeFault): void {
    if (target === 'aggregator') return setAggregatorFault(this.#aggregatorFaults, fault)
    for (const server of this.#targets(target)) server.setFault(fault)
  }

  #targets(target: number | 'all'): readonly NodeServer[] {
    if (target === 'all') return this.#servers
    const server = this.#servers[target]
    if (server) return [server]
    throw new SquidError('BAD_NODE', `There is no storage node ${target}; there are ${this.#servers.length}`)
  }

  setTerms(terms: StorageTerms): void {
    this.#onLedger.setTerms(this.#known, terms)
  }

  advanceEpoch(): void {
    this.#onLedger.advanceEpoch(this.#known)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#chain.close()
    await Promise.all([
      ...this.#gateways.map(close),
      ...this.#servers.map(server => server.stop()),
      this.#coder.close(),
    ])
  }

  get #known(): LedgerIds {
    if (!this.#ids) throw new SquidError('WALRUS_DIR', 'The storage network has not started')
    return this.#ids
  }

  async #storage(): Promise<Storage> {
    const { dir, nodes, shards, encodedCacheBytes: cacheBytes = DEFAULT_LIMITS.cacheBytes } = this.#options
    const store = dir === undefined ? new MemoryBlobStore() : await FileBlobStore.open(dir)
    const deps = { chain: this.#chain, store, coder: this.#coder }
    return new Storage(deps, shardOwners(nodes, shards), { ...DEFAULT_LIMITS, cacheBytes })
  }

  /** On the ports of last time where they are free. */
  #listenNodes(record: NetworkRecord | undefined): Promise<string[]> {
    const { host } = this.#options
    return Promise.all(this.#servers.map((server, index) => server.listen(host, portOf(record?.urls[index]))))
  }

  async #listenGateways(
    storage: Storage,
    signer: Signer,
    record: NetworkRecord | undefined,
  ): Promise<Omit<NetworkUrls, 'urls'>> {
    const { ledger, walrusPackageId: packageId, walPackageId, genesisAddress: treasurer } = this.#deps
    const { systemObjectId } = this.#known
    const committee = this.#servers.length
    const wallet = new PublisherWallet({
      ledger,
      treasurer,
      packageId,
      walPackageId,
      systemObjectId,
      committee,
    })
    const nodes = this.#servers
    const { signal } = this.#stopping
    const faults = this.#aggregatorFaults
    return {
      relayUrl: await this.#open(createRelay({ storage, signer, nodes }), record?.relayUrl),
      aggregatorUrl: await this.#open(
        createAggregator({ storage, ledger, packageId, nodes, faults, signal }),
        record?.aggregatorUrl,
      ),
      publisherUrl: await this.#open(
        createPublisher({ storage, signer, wallet, nodes }),
        record?.publisherUrl,
      ),
    }
  }

  #open(server: Server, lastUrl: string | undefined): Promise<string> {
    this.#gateways.push(server)
    return listen(server, this.#options.host, portOf(lastUrl))
  }

  /** Tells the ledger where nodes are that did not get their old port again. */
  #moveAddresses({ ids, urls: before }: NetworkRecord, urls: readonly string[]): void {
    if (ids.nodes.length !== this.#servers.length)
      throw new SquidError(
        'WALRUS_DIR',
        `The network was made with ${ids.nodes.length} nodes, not ${this.#servers.length}`,
      )
    this.#ids = ids
    const moved = urls.flatMap((url, index) =>
      url === before[index] ? [] : [[index, addressOf(url)] as const],
    )
    if (moved.length > 0) this.#onLedger.setAddresses(ids, new Map(moved))
  }
}

/** The aggregator sends blobs, so rules about slivers would never apply. */
function setAggregatorFault(faults: Faults, fault: NodeFault): void {
  const rules = Array.isArray(fault) ? (fault as readonly FaultRule[]) : [fault]
  for (const rule of rules)
    if (typeof rule === 'object' && rule !== null && ('sliver' in rule || 'pairs' in rule))
      throw new SquidError(
        'BAD_FAULT',
        'The aggregator sends blobs, not slivers: leave sliver and pairs out.',
      )
  faults.set(fault)
}

function genesisNodes(seed: Uint8Array, keys: readonly bigint[], urls: readonly string[]): GenesisNode[] {
  return keys.map((key, index) => ({
    name: nodeName(index),
    address: addressOf(urls[index]),
    publicKey: publicKey(key),
    networkPublicKey: networkPublicKey(seed, index),
  }))
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
