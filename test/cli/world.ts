/**
 * A network in this process, and people who use the real programs: `bin/squid`, `bin/squidd`, the `nix` shim.
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Devnet } from '@squid/devnet'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'
import { startDevnet } from '@squid/squid/compose'

const BIN = join(import.meta.dirname, '../../bin')

/** What a program left. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs until it is stopped. */
export class Service implements AsyncDisposable {
  readonly child: ChildProcess
  /** Its first line. */
  readonly line: string
  /** Its standard error so far. */
  log = ''

  private constructor(child: ChildProcess, line: string) {
    this.child = child
    this.line = line
  }

  static async start(program: string, args: readonly string[], env: Environment): Promise<Service> {
    const child = spawn(join(BIN, program), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const errors: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text))
    const lines = createInterface(child.stdout)
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'close').then(() => [undefined]),
    ])) as [string | undefined]
    if (line === undefined) throw new Error(`${program} did not start: ${errors.join('')}`)
    const service = new Service(child, line)
    service.log = errors.join('')
    child.stderr.on('data', (text: string) => (service.log += text))
    return service
  }

  /** Ends it and gives its exit status. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    this.child.kill(signal)
    const [status] = (await once(this.child, 'close')) as [number | null]
    return status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Somebody at a machine of their own. */
export class Person implements AsyncDisposable {
  readonly home: string
  readonly nix: NixEnvironment
  squidd: Service | undefined

  constructor(home: string, nix: NixEnvironment) {
    this.home = home
    this.nix = nix
  }

  get env(): Environment {
    const path = [join(this.home, 'shim'), BIN, process.env['PATH'] ?? ''].join(delimiter)
    // One cache of compiled code for all, so that not every new home compiles the SDKs anew.
    const code = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/node') }
    return { ...this.nix.env, ...code, SQUID_HOME: this.home, PATH: path, NODE_OPTIONS: undefined }
  }

  /** Runs a program. */
  async run(program: string, ...args: readonly string[]): Promise<Outcome> {
    return await this.runWith({}, program, ...args)
  }

  /** Runs a program with a changed environment. */
  async runWith(env: Environment, program: string, ...args: readonly string[]): Promise<Outcome> {
    return await runProgram(program, args, { ...this.env, ...env }, this.home)
  }

  async squid(...args: readonly string[]): Promise<Outcome> {
    return await this.run('squid', ...args)
  }

  /** Runs squid, which must succeed, and reads its last line as JSON. */
  async json(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await this.squid(...args, '--json')
    if (status !== 0) throw new Error(`squid ${args.join(' ')}: ${stderr}`)
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
  }

  /** Runs a program and kills it with SIGKILL as soon as its standard error matches. @throws when it never does */
  async killedAt(pattern: RegExp, program: string, ...args: readonly string[]): Promise<void> {
    const child = spawn(program, args, { env: this.env, cwd: this.home, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (pattern.test(stderr)) child.kill('SIGKILL')
    })
    const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    if (signal !== 'SIGKILL') throw new Error(`${program} was not killed: ${stderr}`)
  }

  /** Runs a program and kills it with SIGKILL after a while, unless it ended before. */
  async killedAfter(delayMs: number, program: string, ...args: readonly string[]): Promise<void> {
    const child = spawn(program, args, { env: this.env, cwd: this.home, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
    await once(child, 'close')
    clearTimeout(timer)
  }

  /** Starts squidd on any free port. */
  async start(): Promise<Service> {
    this.squidd = await Service.start('squidd', ['--port', '0', '--json'], this.env)
    return this.squidd
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.squidd?.stop()
    await this.nix[Symbol.asyncDispose]()
    await rm(this.home, { recursive: true, force: true })
  }
}

async function runProgram(
  program: string,
  args: readonly string[],
  env: Environment,
  cwd: string,
): Promise<Outcome> {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

/** The network, and who is on it. */
export class World implements AsyncDisposable {
  readonly devnet: Devnet
  readonly #people = new AsyncDisposableStack()

  private constructor(devnet: Devnet) {
    this.devnet = devnet
  }

  static async start(): Promise<World> {
    return new World(await startDevnet({ rpcPort: 0, adminPort: 0 }))
  }

  /** Somebody without key and name. */
  async stranger(settings: Readonly<Record<string, string>> = {}): Promise<Person> {
    const home = await mkdtemp(join(tmpdir(), 'squid-person-'))
    return this.#people.use(new Person(home, await NixEnvironment.create(settings)))
  }

  /** Somebody with a key, money, and a name when one is given. */
  async person(name?: string, settings: Readonly<Record<string, string>> = {}): Promise<Person> {
    const person = await this.stranger(settings)
    await person.json('init', '--network', this.devnet.networkUrl)
    if (name !== undefined) await person.json('name', 'claim', name)
    return person
  }

  /** A person's copy of the sample flake. @returns its reference */
  async sample(person: Person): Promise<string> {
    return await writeSampleFlake(join(person.home, 'sample'))
  }

  /** The descriptor without its faucet, as a file. */
  async withoutFaucet(person: Person): Promise<string> {
    const { faucet: _, ...rest } = this.devnet.descriptor
    const file = join(person.home, 'network.json')
    await writeFile(file, JSON.stringify(rest))
    return file
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#people.disposeAsync()
    await this.devnet.stop()
  }
}
