/**
 * An embedded network with Squid's contracts in its genesis, and people with homes of their own on it.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { homeFrom, type Home } from '@squid/client/home'
import { createKey } from '@squid/client/keys'
import { connect, takeFromFaucet, type Network } from '@squid/client/networks'
import { parseReference } from '@squid/client/references'
import { Resolver, type Resolution } from '@squid/client/resolve'
import { createAccount, type Account } from '@squid/client/transactions'
import { squid } from '@squid/contracts/squid'
import { Devnet } from '@squid/devnet'
import { SquidError } from '@squid/formats/errors'

export interface Person {
  readonly home: Home
  readonly account: Account
  /** Resolves a reference as this person. */
  resolve(reference: string): Promise<Resolution>
}

export class World implements AsyncDisposable {
  readonly devnet: Devnet
  readonly network: Network
  readonly #folder: string

  constructor(devnet: Devnet, network: Network, folder: string) {
    this.devnet = devnet
    this.network = network
    this.#folder = folder
  }

  static async start(): Promise<World> {
    const objects = { 'squid.registry': `${squid.id}::registry::Registry` }
    const packages = [{ name: 'squid', compiled: squid, objects }]
    const devnet = await Devnet.start({ packages, rpcPort: 0, adminPort: 0 })
    const folder = await mkdtemp(join(tmpdir(), 'squid-client-'))
    return new World(devnet, await connect(devnet.descriptor), folder)
  }

  /** Somebody with a key, and with what the faucet gives unless `poor`. */
  async person(name: string, options: { readonly poor?: boolean } = {}): Promise<Person> {
    const home = homeFrom({ SQUID_HOME: join(this.#folder, name) })
    const account = createAccount(this.network, await createKey(home, 'default'))
    if (options.poor !== true) await takeFromFaucet(this.network, account.address)
    return { home, account, resolve: reference => this.resolveAs(home, reference) }
  }

  async resolveAs(home: Home, reference: string): Promise<Resolution> {
    return new Resolver({ network: this.network, home }).resolve(parseReference(reference))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.devnet.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** For `assert.rejects`: a SquidError with this code, whose sentence matches. */
export function fails(code: string, message: RegExp = /./): (error: unknown) => boolean {
  return error => error instanceof SquidError && error.code === code && message.test(error.message)
}
