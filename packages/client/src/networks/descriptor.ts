/**
 * The network descriptor: everything that tells one network from another (ARCHITECTURE §5). Read strictly,
 * since what it says decides which contracts are believed.
 * @module
 */
import { readFile } from 'node:fs/promises'
import { encodeUtf8, formatHex } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { sha256 } from '@squid/formats/hash'

export interface NetworkDescriptor {
  readonly version: 1
  /** `mainnet`, `testnet`, `devnet`, `localnet`, … */
  readonly network: string
  /** Base58 digest of the genesis checkpoint. */
  readonly chainId: string
  /** gRPC-web endpoint of a full node. */
  readonly rpc: string
  readonly faucet?: string
  readonly walrus: {
    readonly systemObjectId: string
    readonly stakingPoolId: string
    readonly packageId: string
    readonly walPackageId: string
    /** Takes a blob and hands it to all storage nodes. */
    readonly uploadRelay?: string
    /** Gives blobs out; what it says is checked. */
    readonly aggregator?: string
    /** Stores blobs and pays for them. */
    readonly publisher?: string
  }
  readonly suins: {
    readonly packageId: string
    readonly suinsObjectId: string
    readonly registryTableId: string
  }
  /** Package name → id. */
  readonly packages: Readonly<Record<string, string>>
  /** `package.object` → id. */
  readonly objects: Readonly<Record<string, string>>
}

/** The network is not what it should be, or not there. */
export class NetworkError extends SquidError {
  override name = 'NetworkError'
}

const MAX_DESCRIPTOR_BYTES = 64 * 1024
const MAX_NAMES = 100
const TIMEOUT_MS = 10_000
const ID = /^0x[0-9a-f]{64}$/
const CHAIN_ID = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/
const NETWORK = /^[a-z][a-z0-9-]{0,31}$/
const NAME = /^[a-z][a-z0-9_.-]{0,63}$/

/**
 * Fetches or reads a descriptor.
 * @param source an http(s) URL, or the path of a file
 * @param options.chainId the chain to insist on
 * @param options.contracts the {@link contractsDigest} to insist on
 * @throws {NetworkError} NETWORK_UNREACHABLE, DESCRIPTOR, CHAIN_CHANGED, CONTRACTS_CHANGED
 */
export async function loadDescriptor(
  source: string,
  options: {
    readonly chainId?: string | undefined
    readonly contracts?: string | undefined
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<NetworkDescriptor> {
  const text = /^https?:\/\//.test(source) ? await download(source, options.signal) : await read(source)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new NetworkError('DESCRIPTOR', `${source} is not a network descriptor: it is not JSON.`, {
      cause: error,
    })
  }
  const descriptor = parseDescriptor(value)
  if (options.chainId !== undefined) assertChain(source, descriptor.chainId, options.chainId)
  if (options.contracts !== undefined) assertContracts(source, descriptor, options.contracts)
  return descriptor
}

/**
 * SHA-256 (hex) of everything in a descriptor that says which contracts are believed: who serves the descriptor
 * could otherwise put others of the same chain in their place.
 */
export function contractsDigest({ walrus, suins, packages, objects }: NetworkDescriptor): string {
  const { systemObjectId, stakingPoolId, packageId, walPackageId } = walrus
  const groups = {
    walrus: { systemObjectId, stakingPoolId, packageId, walPackageId },
    suins,
    packages,
    objects,
  }
  const lines = Object.entries(groups).flatMap(([group, ids]) =>
    Object.entries(ids).map(([name, id]) => `${group} ${name} ${id}`),
  )
  return formatHex(sha256(encodeUtf8(lines.toSorted().join('\n'))))
}

function assertContracts(source: string, descriptor: NetworkDescriptor, expected: string): void {
  if (contractsDigest(descriptor) === expected) return
  throw new NetworkError(
    'CONTRACTS_CHANGED',
    `${source} names other contracts than it did when this home joined: if you believe whoever runs it, run squid init again to accept them.`,
  )
}

/** @throws {NetworkError} CHAIN_CHANGED */
export function assertChain(source: string, found: string, expected: string): void {
  if (found === expected) return
  throw new NetworkError(
    'CHAIN_CHANGED',
    `${source} is on chain ${found}, but this home was initialised for chain ${expected}: use another SQUID_HOME for another network.`,
  )
}

/** @throws {NetworkError} DESCRIPTOR, naming the field */
export function parseDescriptor(value: unknown): NetworkDescriptor {
  const top = record(value, 'it')
  only(top, ['version', 'network', 'chainId', 'rpc', 'faucet', 'walrus', 'suins', 'packages', 'objects'], '')
  if (top['version'] !== 1) throw bad('version is not 1')
  const walrus = record(top['walrus'], 'walrus')
  const gateways = ['uploadRelay', 'aggregator', 'publisher'] as const
  only(walrus, ['systemObjectId', 'stakingPoolId', 'packageId', 'walPackageId', ...gateways], 'walrus.')
  const suins = record(top['suins'], 'suins')
  only(suins, ['packageId', 'suinsObjectId', 'registryTableId'], 'suins.')
  return {
    version: 1,
    network: matching(top['network'], NETWORK, 'network', 'a lower-case word'),
    chainId: matching(top['chainId'], CHAIN_ID, 'chainId', 'a base58 digest'),
    rpc: url(top['rpc'], 'rpc'),
    ...(top['faucet'] === undefined ? {} : { faucet: url(top['faucet'], 'faucet') }),
    walrus: {
      systemObjectId: id(walrus, 'systemObjectId', 'walrus.'),
      stakingPoolId: id(walrus, 'stakingPoolId', 'walrus.'),
      packageId: id(walrus, 'packageId', 'walrus.'),
      walPackageId: id(walrus, 'walPackageId', 'walrus.'),
      ...Object.fromEntries(
        gateways.flatMap(name =>
          walrus[name] === undefined ? [] : [[name, url(walrus[name], `walrus.${name}`)]],
        ),
      ),
    },
    suins: {
      packageId: id(suins, 'packageId', 'suins.'),
      suinsObjectId: id(suins, 'suinsObjectId', 'suins.'),
      registryTableId: id(suins, 'registryTableId', 'suins.'),
    },
    packages: ids(top['packages'], 'packages'),
    objects: ids(top['objects'], 'objects'),
  }
}

async function download(source: string, signal: AbortSignal | undefined): Promise<string> {
  const limit = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(source, {
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`it answered ${response.status}`)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await bodyOf(response))
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(source, error)
  }
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > MAX_DESCRIPTOR_BYTES) throw new Error(`it sends more than ${MAX_DESCRIPTOR_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function read(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > MAX_DESCRIPTOR_BYTES) throw new Error(`it is larger than ${MAX_DESCRIPTOR_BYTES} bytes`)
    return text
  } catch (error) {
    throw unreachable(path, error)
  }
}

function unreachable(source: string, error: unknown): NetworkError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new NetworkError(
    'NETWORK_UNREACHABLE',
    `Cannot get the network descriptor from ${source} (${reason}): is the network running?`,
    { cause: error },
  )
}

function bad(problem: string): NetworkError {
  return new NetworkError('DESCRIPTOR', `This is not a network descriptor: ${problem}.`)
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw bad(`${name} is not an object`)
}

function only(value: Readonly<Record<string, unknown>>, fields: readonly string[], prefix: string): void {
  const unknown = Object.keys(value).find(name => !fields.includes(name))
  if (unknown !== undefined) throw bad(`the field ${prefix}${unknown} is unknown`)
}

function matching(value: unknown, pattern: RegExp, name: string, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw bad(`${name} is not ${what}`)
}

function id(from: Readonly<Record<string, unknown>>, field: string, prefix: string): string {
  return matching(from[field], ID, prefix + field, 'an object id of 0x and 64 lower-case hex digits')
}

function ids(value: unknown, name: string): Readonly<Record<string, string>> {
  const found = record(value, name)
  const keys = Object.keys(found)
  if (keys.length > MAX_NAMES) throw bad(`${name} has more than ${MAX_NAMES} names`)
  const odd = keys.find(key => !NAME.test(key))
  if (odd !== undefined) throw bad(`${name} has the odd name ${JSON.stringify(odd.slice(0, 80))}`)
  return Object.fromEntries(keys.map(key => [key, id(found, key, `${name}.`)]))
}

/** Without trailing slash. */
function url(value: unknown, name: string): string {
  const parsed = typeof value === 'string' ? URL.parse(value) : null
  if (
    parsed === null ||
    !['http:', 'https:'].includes(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.hash !== ''
  ) {
    throw bad(`${name} is not an http or https URL`)
  }
  return parsed.href.replace(/\/+$/, '')
}
