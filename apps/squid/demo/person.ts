/**
 * A network and the persons on it, each with programs, home and Nix store of their own.
 * @module
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { StatusReport } from '@squid/daemon/gateway'
import { NixEnvironment } from '@squid/host/nix/testing'
import { bytes } from './steps.ts'

const BIN = join(import.meta.dirname, '../../../bin')

type Environment = Readonly<Record<string, string | undefined>>

/** What a program left. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; its standard error is shown as it comes unless `isQuiet`. */
async function attempt(
  program: string,
  args: readonly string[],
  env: Environment,
  isQuiet: boolean,
): Promise<Outcome> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    if (!isQuiet) process.stdout.write(text.replace(/^(?=.)/gm, '    '))
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

/** What it writes to standard error is shown only when it fails: persons say what matters of it. */
export class Service implements AsyncDisposable {
  /** What it printed when it was ready. */
  readonly ready: Readonly<Record<string, string>>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>

  private constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    ready: Readonly<Record<string, string>>,
  ) {
    this.#child = child
    this.ready = ready
  }

  /** Starts it and waits for its line of JSON. */
  static async start(program: string, args: readonly string[], env: Environment): Promise<Service> {
    const child = spawn(join(BIN, program), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-8192)))
    const lines = createInterface(child.stdout)
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'close').then(() => [undefined]),
    ])) as [string | undefined]
    if (line === undefined) throw new Error(`${program} did not start: ${errors}`)
    return new Service(child, JSON.parse(line) as Record<string, string>)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'close')
  }
}

/** A devnet in a process of its own. */
export class Network implements AsyncDisposable {
  readonly nodes = 12
  readonly #service: Service

  private constructor(service: Service) {
    this.#service = service
  }

  static async start(dir: string): Promise<Network> {
    const args = ['devnet', '--json', '--rpc-port', '0', '--admin-port', '0', '--dir', join(dir, 'network')]
    return new Network(
      await Service.start('squid', args, { ...process.env, SQUID_HOME: join(dir, 'nobody') }),
    )
  }

  /** URL of the network descriptor. */
  get descriptor(): string {
    return this.#service.ready['network'] ?? ''
  }

  /** Makes a storage node, or the aggregator, misbehave. */
  async setFault(node: number | 'aggregator', fault: 'tamper' | 'down' | null): Promise<void> {
    const target = node === 'aggregator' ? node : `nodes/${node}`
    const url = `${this.#service.ready['admin']}/walrus/${target}`
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fault }),
    })
    if (!response.ok)
      throw new Error(`the network does not let ${target} be ${fault}: ${await response.text()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]()
  }
}

/** Somebody with a home, a Nix store, and nothing shared with others but the network. */
export class Person implements AsyncDisposable {
  readonly name: string
  readonly network: Network
  nix: NixEnvironment
  readonly #home: string
  #squidd: Service | undefined

  constructor(name: string, dir: string, network: Network, nix: NixEnvironment) {
    this.name = name
    this.network = network
    this.nix = nix
    this.#home = join(dir, name)
  }

  get #env(): Environment {
    return {
      ...this.nix.env,
      SQUID_HOME: this.#home,
      // Of Squid's own code: no part of what is forgotten.
      NODE_COMPILE_CACHE: `${this.#home}-code`,
      PATH: [join(this.#home, 'bin'), BIN, process.env['PATH'] ?? ''].join(delimiter),
    }
  }

  /** Runs a program and returns what it printed. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const { status, stdout } = await attempt(program, args, this.#env, false)
    if (status !== 0) throw new Error(`${this.name}: ${program} ${args.join(' ')} failed`)
    return stdout
  }

  /** Runs a program that may fail. */
  async attempt(program: string, ...args: readonly string[]): Promise<Outcome> {
    return await attempt(program, args, this.#env, true)
  }

  async squid(...args: readonly string[]): Promise<string> {
    return await this.run('squid', ...args)
  }

  /** Starts squidd and installs the shim. */
  async start(): Promise<void> {
    await mkdir(this.#home, { recursive: true })
    await this.squid('shim', 'install', join(this.#home, 'bin'))
    this.#squidd = await Service.start('squidd', ['--port', '0', '--json'], this.#env)
  }

  /** Empties the Nix store and every cache; squidd starts anew. */
  async forget(): Promise<void> {
    await this.#squidd?.[Symbol.asyncDispose]()
    await this.nix[Symbol.asyncDispose]()
    await rm(join(this.#home, 'cache'), { recursive: true, force: true })
    this.nix = await NixEnvironment.create({ 'max-jobs': '0' })
    await this.start()
  }

  async status(): Promise<StatusReport> {
    return JSON.parse(await this.squid('status', '--json')) as StatusReport
  }

  showFolders(): void {
    console.log(
      `    ${this.name}: home ${this.#home}, cache ${join(this.#home, 'cache')}, Nix store ${this.nix.physical('/nix/store')}`,
    )
  }

  async showCounters(): Promise<void> {
    const { served, storage } = await this.status()
    console.log(
      `    gateway: ${served.nars} NARs, ${bytes(served.narBytes)} to Nix${served.tarballs === 0 ? '' : `, ${served.tarballs} source tarballs`}; ` +
        `${storage.requests} requests to storage nodes, ${bytes(storage.bytes)} from them`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#squidd?.[Symbol.asyncDispose]()
    await this.nix[Symbol.asyncDispose]()
  }
}
