/**
 * A whole Sui and Walrus network in one process, for programs that use the official clients.
 * @module
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import { SquidError } from '@squid/formats/errors'
import { Ledger } from '@squid/sui/ledger'
import { adminRoutes } from './admin/admin.ts'
import type { NetworkDescriptor } from './descriptor.ts'
import { Faucet, FAUCET_AMOUNT, faucetRoutes } from './faucet/faucet.ts'
import { GENESIS_ADDRESS, runGenesis, type GenesisIds } from './genesis/genesis.ts'
import { Home } from './genesis/home.ts'
import { allPackages, BUILT_IN, fingerprint } from './genesis/packages.ts'
import type { GenesisPackage } from './genesis-package.ts'
import { createJsonListener } from './http/json.ts'
import { close, listen } from './http/listen.ts'
import type { DevnetOptions } from './options.ts'
import { createRpcListener } from './rpc/server.ts'
import type { FaultTarget, NodeFault, StorageTerms, WalrusNetwork } from './walrus-module.ts'
import { startWalrus } from './walrus/index.ts'

/** A client that was busy may use a connection that late after its advertised end: closing it then would fail the call. */
const KEEP_ALIVE_BUFFER_MS = 30_000
const TEN_YEARS_MS = 315_360_000_000

/** What a running devnet is made of, all owned by it. */
interface Parts {
  readonly home: Home
  readonly ledger: Ledger
  readonly walrus: WalrusNetwork
  readonly faucet: Faucet
  readonly clock: ChainClock
  readonly descriptor: NetworkDescriptor
  readonly adminUrl: string
}

/** A running network. Stop it with `stop()` or `await using`. */
export class Devnet {
  readonly #parts: Parts
  readonly #resources: AsyncDisposableStack

  private constructor(parts: Parts, resources: AsyncDisposableStack) {
    this.#parts = parts
    this.#resources = resources
  }

  /**
   * Opens (or makes) the chain, starts storage nodes, RPC, faucet and admin; resolves when all of them answer.
   * @throws {SquidError} `PORT_TAKEN`, `DIR_IN_USE`, `GENESIS_MISMATCH` (the folder holds a network made of other
   *   packages), `NOT_A_DEVNET`, `DIR_IO`, `BAD_PACKAGE`, `BAD_OPTIONS`
   */
  static async start(options: DevnetOptions = {}): Promise<Devnet> {
    await using resources = new AsyncDisposableStack()
    const parts = await assemble(options, resources)
    const devnet = new Devnet(parts.parts, resources.move())
    parts.serve(devnet)
    return devnet
  }

  /** Base URLs, no trailing slash. */
  get rpcUrl(): string {
    return this.descriptor.rpc
  }

  get adminUrl(): string {
    return this.#parts.adminUrl
  }

  get faucetUrl(): string {
    return this.#parts.adminUrl
  }

  /** URL of the descriptor. */
  get networkUrl(): string {
    return `${this.#parts.adminUrl}/network.json`
  }

  get descriptor(): NetworkDescriptor {
    return this.#parts.descriptor
  }

  /** The chain's height and time, for monitors. */
  health(): { status: 'ok'; chainId: string; checkpoint: number; epoch: number; timestampMs: number } {
    const { ledger } = this.#parts
    return {
      status: 'ok',
      chainId: ledger.chainId,
      checkpoint: Number(ledger.latestCheckpoint().sequenceNumber),
      epoch: Number(ledger.epoch.number),
      timestampMs: Number(ledger.now()),
    }
  }

  /**
   * Moves the chain's clock forward by `ms` milliseconds and returns the new time in milliseconds.
   * @throws {SquidError} `BAD_CLOCK`
   */
  advanceClock(ms: number): bigint {
    const { clock, home, ledger } = this.#parts
    if (!Number.isInteger(ms) || ms < 0 || ms > TEN_YEARS_MS)
      throw new SquidError(
        'BAD_CLOCK',
        'The clock moves forward only, by whole milliseconds and ten years at most.',
      )
    clock.offsetMs += ms
    home.setClockOffset(clock.offsetMs)
    ledger.tick()
    return ledger.now()
  }

  /** Starts the next Sui epoch and the next Walrus epoch; returns the Sui epoch. */
  advanceEpoch(): bigint {
    const { number } = this.#parts.ledger.advanceEpoch()
    this.#parts.walrus.advanceEpoch()
    return number
  }

  /**
   * Makes a storage node (by index from 0), all of them or the aggregator misbehave, or behave again with `null`.
   * @throws {SquidError} `BAD_NODE`, `BAD_FAULT`
   */
  setNodeFault(target: FaultTarget, fault: NodeFault): void {
    this.#parts.walrus.setFault(target, fault)
  }

  /** Changes prices and capacity of storage, from the next Walrus epoch on. @throws {SquidError} `BAD_TERMS` */
  setStorageTerms(terms: StorageTerms): void {
    this.#parts.walrus.setTerms(terms)
  }

  /** Gives `amount` MIST (default 1000 SUI) from the genesis supply; returns the new coin's id. */
  fundSui(recipient: string, amount: bigint = FAUCET_AMOUNT): string {
    return this.#parts.faucet.giveSui(recipient, amount)
  }

  /** Gives `amount` FROST (default 1000 WAL); returns the new coin's id. */
  fundWal(recipient: string, amount: bigint = FAUCET_AMOUNT): string {
    return this.#parts.faucet.giveWal(recipient, amount)
  }

  /** Ends every connection and closes the chain. Safe to call twice. */
  async stop(): Promise<void> {
    await this.#resources.disposeAsync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** The chain's time: the machine's, moved forward by what `advanceClock` was told. */
class ChainClock {
  offsetMs: number

  constructor(offsetMs: number) {
    this.offsetMs = offsetMs
  }

  now(): bigint {
    return BigInt(Date.now() + this.offsetMs)
  }
}

/** Puts a devnet together; whatever is acquired goes onto `resources`, which undoes it in reverse order. */
async function assemble(
  options: DevnetOptions,
  resources: AsyncDisposableStack,
): Promise<{ parts: Parts; serve: (devnet: Devnet) => void }> {
  const {
    dir,
    packages: extra = [],
    host = '127.0.0.1',
    shards = 100,
    nodes = 12,
    encodedCacheBytes,
  } = options
  const packages = allPackages(extra)
  const print = fingerprint(packages, extra, { shards, nodes })
  const home = Home.open(dir, print)
  const rpc = doorOf(resources)
  const admin = doorOf(resources)
  const rpcUrl = await listen(rpc.server, {
    host,
    port: options.rpcPort ?? 9000,
    purpose: 'its RPC (--rpc-port)',
  })
  const adminUrl = await listen(admin.server, {
    host,
    port: options.adminPort ?? 9123,
    purpose: 'its faucet and admin (--admin-port)',
  })

  const clock = new ChainClock(home.clockOffsetMs)
  const genesis = home.ids === undefined
  const ledger = openLedger(home, clock, print, dir)
  resources.defer(() => ledger.close())
  const ids = home.ids ?? runGenesis(ledger, packages, extra)
  const walrus = await startWalrus(
    { ledger, genesisAddress: GENESIS_ADDRESS, walrusPackageId: BUILT_IN.walrus, walPackageId: BUILT_IN.wal },
    { host, dir: home.walrusDir(), nodes, shards, encodedCacheBytes, genesis },
  )
  resources.defer(() => walrus.stop())
  if (genesis) home.endGenesis(ids)

  const descriptor = describe(ledger, ids, walrus, extra, { rpc: rpcUrl, faucet: adminUrl })
  const faucet = new Faucet({ ledger, genesisAddress: GENESIS_ADDRESS, walCoinId: ids.walCoinId })
  const stopping = new AbortController()
  // Nobody may ask a ledger that is closed, so the doors, first to open, are also first to close.
  resources.defer(() => Promise.all([close(rpc.server), close(admin.server)]).then(() => undefined))
  resources.defer(() => stopping.abort())
  const names = { ...ids.suins, reverseTableId: ids.reverseTableId }
  return {
    parts: { home, ledger, walrus, faucet, clock, descriptor, adminUrl },
    serve: devnet => {
      rpc.open(createRpcListener({ ledger, names, onInternalError, signal: stopping.signal }))
      admin.open(
        createJsonListener([...faucetRoutes(faucet, ledger), ...adminRoutes(devnet)], onInternalError),
      )
    },
  }
}

/** A server that takes its port at once and asks callers to wait until there is something to serve. */
function doorOf(resources: AsyncDisposableStack): {
  server: Server
  open: (listener: RequestListener) => void
} {
  let listener: RequestListener = (request, response) => {
    request.resume()
    response
      .writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' })
      .end('The devnet is starting.\n')
  }
  const server = createServer({ keepAliveTimeoutBuffer: KEEP_ALIVE_BUFFER_MS }, (request, response) => {
    listener(request, response)
  })
  resources.defer(() => close(server))
  return {
    server,
    open: ready => {
      listener = ready
    },
  }
}

function openLedger(home: Home, clock: ChainClock, print: string, dir: string | undefined): Ledger {
  const open = (): Ledger => Ledger.open({ path: home.ledgerPath, now: () => clock.now() })
  try {
    if (home.ids !== undefined) return open()
    home.beginGenesis(print)
    // Opened once only to find out whether another process is at it.
    open().close()
    home.discardUnfinished()
    return open()
  } catch (error) {
    if (error instanceof SquidError && error.code === 'LEDGER_IN_USE')
      throw new SquidError(
        'DIR_IN_USE',
        `${dir} is in use by another devnet: stop it or choose another folder.`,
        {
          cause: error,
        },
      )
    throw error
  }
}

function describe(
  ledger: Ledger,
  ids: GenesisIds,
  walrus: WalrusNetwork,
  extra: readonly GenesisPackage[],
  urls: { rpc: string; faucet: string },
): NetworkDescriptor {
  return {
    version: 1,
    network: 'localnet',
    chainId: ledger.chainId,
    ...urls,
    walrus: walrus.descriptor,
    suins: ids.suins,
    packages: Object.fromEntries(extra.map(({ name, compiled }) => [name, compiled.id])),
    objects: ids.objects,
  }
}

/** A bug of ours reached the edge: the client only learns that, the log gets the rest. */
function onInternalError(error: unknown, path: string): void {
  console.error(`devnet: ${path} failed`, error)
}
