/**
 * A whole Sui and Walrus network in one process, for programs that use the official clients.
 * @module
 */
import type { NetworkDescriptor } from './descriptor.ts'
import type { DevnetOptions } from './options.ts'
import type { NodeFault } from './walrus-module.ts'
import { SquidError } from '@squid/formats/errors'

/** A running network. Stop it with `stop()` or `await using`. */
export class Devnet {
  /** Base URLs, no trailing slash. */
  readonly rpcUrl: string
  readonly faucetUrl: string
  readonly adminUrl: string
  /** URL of the descriptor. */
  readonly networkUrl: string
  readonly descriptor: NetworkDescriptor

  private constructor(descriptor: NetworkDescriptor, adminUrl: string) {
    this.descriptor = descriptor
    this.rpcUrl = descriptor.rpc
    this.faucetUrl = adminUrl
    this.adminUrl = adminUrl
    this.networkUrl = `${adminUrl}/network.json`
  }

  /**
   * Opens (or makes) the chain, starts storage nodes, RPC, faucet and admin; resolves when all of them answer.
   * @throws {SquidError} `PORT_TAKEN`, `GENESIS_MISMATCH` (the folder holds a network made of other packages),
   *   `DIR_IN_USE`
   */
  static async start(options: DevnetOptions = {}): Promise<Devnet> {
    await Promise.resolve(options)
    throw new SquidError('UNSUPPORTED', 'the devnet is being assembled')
  }

  /** Moves the chain's clock forward by `ms` milliseconds and returns the new time in milliseconds. */
  advanceClock(ms: number): bigint {
    throw new SquidError('UNSUPPORTED', `cannot advance by ${ms} yet`)
  }

  /** Starts the next Sui epoch and the next Walrus epoch; returns the Sui epoch. */
  advanceEpoch(): bigint {
    throw new SquidError('UNSUPPORTED', 'cannot advance the epoch yet')
  }

  /** Makes storage node `index` (0-based) misbehave, or behave again with `null`. */
  setNodeFault(index: number, fault: NodeFault): void {
    throw new SquidError('UNSUPPORTED', `cannot set ${String(fault)} on ${index} yet`)
  }

  /** Gives `amount` MIST (default 1000 SUI) from the genesis supply; returns the new coin's id. */
  fundSui(recipient: string, amount?: bigint): string {
    throw new SquidError('UNSUPPORTED', `cannot fund ${recipient} with ${amount} yet`)
  }

  /** Gives `amount` FROST (default 1000 WAL); returns the new coin's id. */
  fundWal(recipient: string, amount?: bigint): string {
    throw new SquidError('UNSUPPORTED', `cannot fund ${recipient} with ${amount} yet`)
  }

  /** Ends every connection and closes the chain. Safe to call twice. */
  async stop(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
