/**
 * For the tests of this folder: a devnet with somebody who has SUI and WAL, and the official clients.
 * @module
 */
import { SuiGrpcClient } from '@mysten/sui/grpc'
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519'
import { coinWithBalance, type Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions'
import { WalrusClient, type WalrusClientConfig } from '@mysten/walrus'
import { Devnet, type DevnetOptions } from '@squid/devnet'

/** A devnet and its only user. */
export class WalrusTest {
  readonly devnet: Devnet
  readonly signer: Ed25519Keypair = new Ed25519Keypair()
  readonly sui: SuiGrpcClient

  private constructor(devnet: Devnet) {
    this.devnet = devnet
    this.sui = new SuiGrpcClient({ network: 'localnet', baseUrl: devnet.rpcUrl })
    const address = this.signer.toSuiAddress()
    devnet.fundSui(address)
    devnet.fundWal(address)
  }

  static async start(options: DevnetOptions = {}): Promise<WalrusTest> {
    return new WalrusTest(await Devnet.start({ rpcPort: 0, adminPort: 0, ...options }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.devnet.stop()
  }

  /** A client that knows nothing yet. */
  client(relay: Pick<WalrusClientConfig, 'uploadRelay'> = {}): WalrusClient {
    const { systemObjectId, stakingPoolId } = this.devnet.descriptor.walrus
    const suiClient = new SuiGrpcClient({ network: 'localnet', baseUrl: this.devnet.rpcUrl })
    const packageConfig = { systemObjectId, stakingPoolId }
    return new WalrusClient({ packageConfig, suiClient, storageNodeUrlScheme: 'http', ...relay })
  }

  /** Runs a transaction; returns what it failed with, for instance `MoveAbort … 'blob::delete' …`, or undefined. */
  async failureOf(transaction: Transaction): Promise<string | undefined> {
    transaction.setSenderIfNotSet(this.signer.toSuiAddress())
    try {
      const result = await this.signer.signAndExecuteTransaction({ transaction, client: this.sui })
      return result.FailedTransaction?.status.error?.message
    } catch (error) {
      if (error instanceof Error && 'executionError' in error) return error.message
      throw error
    }
  }

  /** A coin of WAL out of the user's, in a transaction of the user. */
  wal(tx: Transaction, balance: bigint): TransactionObjectArgument {
    const type = `${this.devnet.descriptor.walrus.walPackageId}::wal::WAL`
    return tx.add(coinWithBalance({ balance, type }))
  }

  async walBalance(): Promise<bigint> {
    const coinType = `${this.devnet.descriptor.walrus.walPackageId}::wal::WAL`
    const { balance } = await this.sui.core.getBalance({ owner: this.signer.toSuiAddress(), coinType })
    return BigInt(balance.balance)
  }
}

/** Bytes that do not repeat early, the same for the same seed. */
export function sampleBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[i] = state >>> 16
  }
  return bytes
}
