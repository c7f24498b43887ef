/**
 * The one place where the parts are wired to each other: home → network → ledger and storage → gateway.
 * @module
 */
import { join } from 'node:path'
import { type Config, type Home, readConfig } from '@squid/client/home'
import { loadKey } from '@squid/client/keys'
import {
  collectGarbage,
  deleteCondemned,
  epochsLeft,
  type LeaseFilter,
  lostChunks,
  readLeases,
  readReleasePins,
  renewLeases,
} from '@squid/client/leases'
import { connect, loadDescriptor, type Network } from '@squid/client/networks'
import type { Reference } from '@squid/client/references'
import { Resolver } from '@squid/client/resolve'
import { MAX_FILE_BYTES, parseSiteLabel, readPage, siteOfName } from '@squid/client/site'
import { WalrusStorage } from '@squid/client/storage'
import { type Account, createAccount } from '@squid/client/transactions'
import { MachineKeys } from '@squid/client/trust'
import { squid as squidPackage } from '@squid/contracts/squid'
import { walrusSite } from '@squid/contracts/walrus-site'
import { Gateway, type Log, NarCache, type Releases } from '@squid/daemon/gateway'
import { Keeper, type KeptSpace } from '@squid/daemon/keeper'
import { Portal } from '@squid/daemon/portal'
import { Uploads } from '@squid/daemon/uploads'
import type { Devnet, DevnetOptions, GenesisPackage } from '@squid/devnet'
import { SquidError } from '@squid/formats/errors'
import { gatewayRelease } from './gateway-release.ts'
import { homePolicy } from './home-policy.ts'
import { readSquiddState } from './squidd-client.ts'
import { subscriptionsOf } from './subscribed-releases.ts'

/** `Config.network` of a home whose network runs inside its own squidd. */
export const EMBEDDED = 'embedded'

/** The network, the person's key and what reads releases. */
export interface Session extends AsyncDisposable {
  readonly home: Home
  readonly config: Config
  readonly network: Network
  readonly resolver: Resolver
  readonly storage: WalrusStorage
}

/** This home was never initialised, or its network is not there. */
class SessionError extends SquidError {
  override name = 'SessionError'
}

/** @throws {SessionError} NOT_INITIALISED */
export async function requireConfig(home: Home): Promise<Config> {
  const config = await readConfig(home)
  if (config !== undefined) return config
  throw new SessionError('NOT_INITIALISED', 'this home has no key and no network yet; run: squid init')
}

/**
 * Where the descriptor of a home's network is.
 * @throws {SessionError} NO_SQUIDD for an embedded network whose squidd never ran
 */
async function descriptorSource(home: Home, config: Config): Promise<string> {
  if (config.network !== EMBEDDED) return config.network
  const state = await readSquiddState(home)
  if (state !== undefined) return state.network
  throw new SessionError(
    'NO_SQUIDD',
    'the embedded network runs inside squidd, which is not running; start it with: squidd',
  )
}

/** Connects a home to its network. */
export async function openSession(home: Home, signal?: AbortSignal): Promise<Session> {
  const config = await requireConfig(home)
  return await sessionOn(home, config, await descriptorSource(home, config), signal)
}

async function sessionOn(home: Home, config: Config, source: string, signal?: AbortSignal): Promise<Session> {
  const descriptor = await loadDescriptor(source, {
    chainId: config.chainId,
    contracts: config.contracts,
    signal,
  })
  const network = await connect(descriptor, { compare: config.compare, signal })
  const storage = openStorage(network, config)
  return {
    home,
    config,
    network,
    resolver: new Resolver({ network, home }),
    storage,
    [Symbol.asyncDispose]: () => storage.close(),
  }
}

/**
 * Storage nodes of public networks speak https; those of a devnet have no certificates. Of aggregators, which are believed
 * no more than nodes, the person's own come first.
 */
function openStorage({ sui, walrus, descriptor }: Network, config: Config): WalrusStorage {
  const isPublic = descriptor.network === 'mainnet' || descriptor.network === 'testnet'
  const { aggregator } = descriptor.walrus
  const aggregators = [...(config.aggregators ?? []), ...(aggregator === undefined ? [] : [aggregator])]
  return new WalrusStorage({ sui, walrus }, { scheme: isPublic ? 'https' : 'http', aggregators })
}

/** The person's own account. @throws {KeyError} */
export async function openAccount({ home, config, network }: Session): Promise<Account> {
  return createAccount(network, await loadKey(home, config.key))
}

/** The Space that stands for an address, undefined when there is none. */
export async function homeSpace(
  { resolver }: Session,
  address: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return await resolver.findSpace({ kind: 'id', id: address }, signal)
  } catch (error) {
    if (error instanceof SquidError && error.code === 'NO_HOME') return undefined
    throw error
  }
}

/** Squid's own package for the genesis of a devnet. */
const SQUID_PACKAGE: GenesisPackage = {
  name: 'squid',
  compiled: squidPackage,
  objects: { 'squid.registry': `${squidPackage.id}::registry::Registry` },
}

/** What a Walrus Site is made with; it needs SuiNS alone, which genesis has before. */
const SITE_PACKAGE: GenesisPackage = { name: 'walrus-site', compiled: walrusSite }

/** Starts a devnet that has Squid and Walrus Sites in its genesis. */
export async function startDevnet(options: Omit<DevnetOptions, 'packages'>): Promise<Devnet> {
  const { Devnet } = await import('@squid/devnet')
  return await Devnet.start({ ...options, packages: [SQUID_PACKAGE, SITE_PACKAGE] })
}

/** Where the embedded network of a home lies. */
export function embeddedDir(home: Home): string {
  return join(home.state, 'devnet')
}

function ledgerReleases({ resolver, storage }: Session): Releases {
  return {
    resolve: async (reference: Reference, signal?: AbortSignal) =>
      gatewayRelease(storage, await resolver.resolve(reference, signal)),
  }
}

/** How to start the gateway of a home. */
export interface GatewayStart {
  readonly session: Session
  readonly port: number
  /** Of `GatewayOptions`. */
  readonly socket: number | undefined
  /** Of `SquiddState`. */
  readonly secret: string
  /** Bytes of assembled NARs to keep on disk. */
  readonly cacheBytes: number
  /** Of `GatewayOptions`. */
  readonly publicBase: string | undefined
  readonly log: Log
}

/** Starts the gateway on a session. @throws {PortTakenError} */
export async function startGateway(start: GatewayStart): Promise<Gateway> {
  const { session, port, socket, secret, cacheBytes, publicBase, log } = start
  const { home, storage, network } = session
  const keys = await MachineKeys.load(home, error =>
    log(error instanceof Error ? error.message : String(error)),
  )
  return await Gateway.start(
    {
      releases: ledgerReleases(session),
      subscriptions: subscriptionsOf(session, log),
      uploads: new Uploads(home.state),
      policy: homePolicy(home, network.descriptor.chainId),
      keys: () => keys.current(),
      cache: await NarCache.open(join(home.cache, 'nars'), { limitBytes: cacheBytes, log }),
      secret,
      storage: () => ({
        ...storage.counters,
        setAside: storage.setAside.map(({ node, reason }) => ({ node: node.name, reason })),
      }),
      log,
    },
    {
      port,
      socket,
      publicBase,
      about: { network: network.descriptor.network, chainId: network.descriptor.chainId },
    },
  )
}

/** Starts a portal of Walrus Sites on a session. @throws {SquidError} PORT_TAKEN */
export async function startPortal({ network, storage }: Session, port: number, log: Log): Promise<Portal> {
  return await Portal.start(
    {
      findSite: async (label, signal) => parseSiteLabel(label) ?? (await siteOfName(network, label, signal)),
      findPage: async (site, path, signal) => {
        const page = await readPage(network, site, path, signal)
        if (page === undefined) return undefined
        const { headers, sha256, place } = page
        const file = { ...place, sha256, maxBytes: MAX_FILE_BYTES }
        return { headers, read: reading => storage.readFile(file, reading) }
      },
      log,
    },
    { port },
  )
}

/** Connects to a network given by the source of its descriptor, for a home that may not be initialised. */
export async function openSessionOn(home: Home, source: string, signal?: AbortSignal): Promise<Session> {
  const config = (await readConfig(home)) ?? {
    network: EMBEDDED,
    chainId: undefined,
    key: 'default',
    compare: [],
  }
  return await sessionOn(home, config, source, signal)
}

/** Everything that is to be kept. */
const isKept: LeaseFilter = ({ condemnedMs }) => condemnedMs === undefined

/** The keeper of the home Space of a session's key. It does nothing while there is no key or no Space. */
export function createKeeper(session: Session, log: Log): Keeper {
  const { home, network, resolver, storage } = session
  const account = (): Promise<Account> => openAccount(session)
  return new Keeper({
    look: async signal => {
      const owner = await account().catch(() => undefined)
      return owner && (await lookAtHome(network, resolver, owner.address, signal))
    },
    renew: async (space, epochs, signal) => {
      const { blobs, until, wal } = await renewLeases(await account(), space, epochs, isKept, signal)
      return blobs === 0
        ? undefined
        : `renewed ${blobs} blobs until epoch ${until} for ${Number(wal) / 1e9} WAL`
    },
    collect: async (space, signal) => {
      const deps = { account: await account(), home, storage }
      const options = { pinned: await readReleasePins(home), signal }
      const collected = await collectGarbage(deps, space, options)
      const { condemned, repacked, healed, lost, unreadable } = collected
      const deleted = await deleteCondemned(deps, space, options)
      if (condemned + healed + lost + deleted === 0) return undefined
      const needs = lost === 0 ? '' : `; ${lostChunks(lost, unreadable)}`
      return `condemned ${condemned} blobs (${repacked} repacked), deleted ${deleted}, found ${healed} chunks again${needs}`
    },
    log,
    now: () => performance.now(),
  })
}

async function lookAtHome(
  network: Network,
  resolver: Resolver,
  owner: string,
  signal: AbortSignal,
): Promise<KeptSpace | undefined> {
  let space: string
  try {
    space = await resolver.findSpace({ kind: 'id', id: owner }, signal)
  } catch (error) {
    if (error instanceof SquidError && error.code === 'NO_HOME') return undefined
    throw error
  }
  const { leases, terms } = await readLeases(network, space, signal)
  return {
    space,
    leases: leases.map(lease => ({
      epochsLeft: epochsLeft(lease, terms),
      condemned: lease.condemnedMs !== undefined,
    })),
    epochMs: terms.epochMs,
  }
}
