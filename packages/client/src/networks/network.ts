/**
 * A network that was connected to: the official clients, and the ids that everything else needs.
 * @module
 */
import { SuiGrpcClient } from '@mysten/sui/grpc'
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet'
import { WalrusClient } from '@mysten/walrus'
import { assertChain, NetworkError, type NetworkDescriptor } from './descriptor.ts'

export interface Network {
  readonly descriptor: NetworkDescriptor
  readonly sui: SuiGrpcClient
  readonly walrus: WalrusClient
  /** Further full nodes, which must tell the same as the first. */
  readonly compare: readonly SuiGrpcClient[]
  /** Squid's own package and the object that knows everybody's home. */
  readonly squid: { readonly packageId: string; readonly registryId: string }
}

/**
 * Connects to the full nodes and makes sure that each is on the descriptor's chain.
 * @param options.compare RPC URLs of further full nodes
 * @throws {NetworkError} NETWORK_UNREACHABLE, CHAIN_CHANGED, NO_SQUID
 */
export async function connect(
  descriptor: NetworkDescriptor,
  options: {
    readonly compare?: readonly string[] | undefined
    readonly signal?: AbortSignal | undefined
  } = {},
): Promise<Network> {
  const packageId = descriptor.packages['squid']
  const registryId = descriptor.objects['squid.registry']
  if (packageId === undefined || registryId === undefined) {
    throw new NetworkError(
      'NO_SQUID',
      'The network descriptor does not name the package squid and its object squid.registry.',
    )
  }
  const urls = [descriptor.rpc, ...(options.compare ?? [])]
  const [sui, ...compare] = await Promise.all(urls.map(rpc => connectNode(rpc, descriptor, options.signal)))
  if (sui === undefined) throw new Error('no node')
  return {
    descriptor,
    sui,
    walrus: createWalrusClient(descriptor, sui),
    compare,
    squid: { packageId, registryId },
  }
}

/**
 * Takes SUI and WAL for `address` from the network's faucet.
 * @throws {NetworkError} NO_FAUCET, FAUCET
 */
export async function takeFromFaucet(network: Network, address: string): Promise<void> {
  const { faucet } = network.descriptor
  if (faucet === undefined) {
    throw new NetworkError(
      'NO_FAUCET',
      `${network.descriptor.network} has no faucet: send SUI and WAL to ${address}.`,
    )
  }
  try {
    await requestSuiFromFaucetV2({ host: faucet, recipient: address })
    await takeWal(faucet, address)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new NetworkError('FAUCET', `The faucet ${faucet} gave nothing: ${reason}.`, { cause: error })
  }
}

/** The embedded network's faucet speaks of WAL as the official one does of SUI. */
async function takeWal(faucet: string, recipient: string): Promise<void> {
  const response = await fetch(`${faucet}/v2/wal`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ FixedAmountRequest: { recipient } }),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`it answered ${response.status} when asked for WAL`)
}

async function connectNode(
  rpc: string,
  descriptor: NetworkDescriptor,
  signal: AbortSignal | undefined,
): Promise<SuiGrpcClient> {
  const client = new SuiGrpcClient({ network: descriptor.network, baseUrl: rpc })
  let chainId: string
  try {
    chainId = (await client.core.getChainIdentifier(signal === undefined ? {} : { signal })).chainIdentifier
  } catch (error) {
    signal?.throwIfAborted()
    throw new NetworkError(
      'NETWORK_UNREACHABLE',
      `The full node ${rpc} does not answer: is the network running?`,
      {
        cause: error,
      },
    )
  }
  assertChain(rpc, chainId, descriptor.chainId)
  return client
}

function createWalrusClient(descriptor: NetworkDescriptor, suiClient: SuiGrpcClient): WalrusClient {
  const { systemObjectId, stakingPoolId, uploadRelay } = descriptor.walrus
  return new WalrusClient({
    packageConfig: { systemObjectId, stakingPoolId },
    suiClient,
    storageNodeUrlScheme: isPublic(descriptor.network) ? 'https' : 'http',
    ...(uploadRelay === undefined ? {} : { uploadRelay: { host: uploadRelay } }),
  })
}

/** Storage nodes of public networks speak https; those of an embedded one have no certificates. */
function isPublic(network: string): boolean {
  return network === 'mainnet' || network === 'testnet'
}
