/**
 * A gateway over releases in memory, built by real Nix from the sample flake: for tests of what comes after
 * publishing. The network is not needed here; test/cli has it.
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { formatReference } from '@squid/client/references'
import { Gateway, type GatewayRelease } from '@squid/daemon/gateway'
import { type MemoryPath, MemoryRelease } from '@squid/daemon/gateway/testing'
import { SquidError } from '@squid/formats/errors'
import { generateSecretKey } from '@squid/formats/signature'
import { parseStorePath } from '@squid/formats/store-path'
import {
  build,
  closure,
  derivationClosure,
  describeOutputs,
  dumpPath,
  flakeSource,
  type NixPathInfo,
} from '@squid/host/nix'
import { NixEnvironment, writeSampleFlake } from '@squid/host/nix/testing'

const SYSTEM = 'x86_64-linux'
const BIN: string = join(import.meta.dirname, '../../bin')

/** The sample flake, built and as a release. */
export interface BuiltSample extends AsyncDisposable {
  readonly release: MemoryRelease
  /** What the builder's store recorded of the closure of `hello`. */
  readonly closure: readonly NixPathInfo[]
  /** The same release but for one path, whose NAR is another's. */
  withAnotherNar(name: string): Promise<MemoryRelease>
  /** The same release, which records for `attribute` what `other` is. */
  withRecord(attribute: string, other: string): Promise<MemoryRelease>
}

/** Builds `hello`, `several`, `library`, `seven` and the app `greet` of the sample flake. */
export async function buildSample(): Promise<BuiltSample> {
  const builder = await NixEnvironment.create()
  const nix = await builder.nix()
  const source = await flakeSource(nix, await writeSampleFlake(join(builder.dir, 'sample')))
  const outputs = await describeOutputs(
    nix,
    source,
    ['hello', 'several', 'library', 'greet', 'seven'],
    SYSTEM,
  )
  await build(nix, outputs)
  const runtime = await closure(nix, [
    source.sourcePath,
    ...outputs.flatMap(output => output.outputs.map(({ path }) => path)),
  ])
  const derivations = await derivationClosure(
    nix,
    outputs.flatMap(output => output.derivation ?? []),
  )
  const infos = [...new Map([...runtime, ...derivations].map(info => [info.path, info])).values()]
  const described = {
    sourceNarHash: source.narHash,
    flake: { lastModified: BigInt(source.lastModified) },
    systems: [
      {
        system: SYSTEM,
        attributes: outputs.map(output => ({
          attribute: output.attribute,
          outputs: output.outputs.map(({ name, path }) => ({ name, path: parseStorePath(path) })),
          outputsToInstall: output.outputsToInstall,
          ...(output.attribute === 'library' ? {} : { mainProgram: output.program }),
        })),
      },
    ],
    holds: { sources: false, buildClosure: false },
  }
  const memoryPath = (info: NixPathInfo): MemoryPath => ({
    storePath: parseStorePath(info.path),
    narHash: info.narHash,
    narSize: info.narSize,
    references: info.references.map(parseStorePath),
    ...(info.contentAddress === null ? {} : { ca: info.contentAddress }),
    nar: () => dumpPath(nix, info.path),
  })
  const paths = infos.map(memoryPath)
  const hello = outputs.find(({ attribute }) => attribute === 'hello')
  return {
    release: await MemoryRelease.of(described, paths),
    closure: await closure(nix, hello?.outputs.map(({ path }) => path) ?? []),
    withAnotherNar: async name => {
      const other = paths.find(path => path.storePath.endsWith('-library-1'))
      const changed = paths.map(path =>
        path.storePath.endsWith(name) && other !== undefined
          ? { ...path, narHash: other.narHash, narSize: other.narSize, nar: other.nar }
          : path,
      )
      return await MemoryRelease.of(described, changed)
    },
    withRecord: async (attribute, other) => {
      const systems = described.systems.map(({ system, attributes }) => {
        const record = attributes.find(({ attribute: name }) => name === other)
        if (record === undefined) throw new Error(`the sample has no ${other}`)
        return {
          system,
          attributes: [
            ...attributes.filter(({ attribute: name }) => name !== attribute),
            { ...record, attribute },
          ],
        }
      })
      return await MemoryRelease.of({ ...described, systems }, paths)
    },
    [Symbol.asyncDispose]: () => builder[Symbol.asyncDispose](),
  }
}

/** What is offered under a reference, or as exactly this release. */
function offer(offered: Guest['offered'], text: string): GatewayRelease | SquidError | undefined {
  const exact = ({ space, flakeName, version }: GatewayRelease): string =>
    `sui:${space}:${flakeName}?version=${version}`
  return (
    offered.get(text) ??
    [...offered.values()].find(release => !(release instanceof SquidError) && exact(release) === text)
  )
}

/** What a program left. */
interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A gateway, and a person with an empty Nix store who uses it. */
export class Guest implements AsyncDisposable {
  /** What a reference leads to. */
  readonly offered: Map<string, GatewayRelease | SquidError>
  readonly nix: NixEnvironment
  readonly gateway: Gateway
  readonly home: string
  /** Words before every command, for instance those that enter another machine. */
  readonly #through: readonly string[]

  private constructor(
    { nix, gateway, home, offered }: Pick<Guest, 'nix' | 'gateway' | 'home' | 'offered'>,
    through: readonly string[],
  ) {
    this.#through = through
    this.nix = nix
    this.gateway = gateway
    this.home = home
    this.offered = offered
  }

  /**
   * @param through words before every command
   * @param publicBase of the gateway
   */
  static async create(through: readonly string[] = [], publicBase?: string): Promise<Guest> {
    const offered: Guest['offered'] = new Map()
    const home = await mkdtemp(join(tmpdir(), 'squid-guest-'))
    const keys = [generateSecretKey('squid-test-1')]
    const gateway = await Gateway.start(
      {
        releases: {
          resolve: reference => {
            const found = offer(offered, formatReference({ ...reference, attribute: undefined }))
            if (found === undefined)
              return Promise.reject(new SquidError('FLAKE_UNKNOWN', 'nobody published that.'))
            return found instanceof SquidError ? Promise.reject(found) : Promise.resolve(found)
          },
        },
        policy: { accepts: () => Promise.resolve(true) },
        keys: () => keys,
        secret: 'shared',
        storage: () => ({ requests: 0, bytes: 0, setAside: [] }),
        log: () => undefined,
      },
      { port: 0, publicBase, about: {} },
    )
    await mkdir(join(home, 'state'))
    await writeFile(
      join(home, 'state/squidd.json'),
      JSON.stringify({ pid: process.pid, origin: gateway.origin, network: 'memory', secret: 'shared' }),
    )
    const nix = await NixEnvironment.create({ 'max-jobs': '0' })
    return new Guest({ nix, gateway, home, offered }, through)
  }

  /** Runs a program with the shim folder first in PATH. */
  async run(program: string, ...args: readonly string[]): Promise<Outcome> {
    return await this.runWith(this.nix, process.env['PATH'] ?? '', program, ...args)
  }

  /** Runs a program in another Nix environment, with another PATH behind the shim and squid. */
  async runWith(
    nix: NixEnvironment,
    path: string,
    program: string,
    ...args: readonly string[]
  ): Promise<Outcome> {
    const [first, ...more] = this.#words(path, [program, ...args])
    return await nix.run(first, more)
  }

  /** The words that `run` runs in the environment of `nix`. */
  command(...words: readonly string[]): readonly [string, ...string[]] {
    return this.#words(process.env['PATH'] ?? '', words)
  }

  #words(path: string, words: readonly string[]): readonly [string, ...string[]] {
    const folders = [join(this.home, 'shim'), BIN, path].join(delimiter)
    const variables = [`SQUID_HOME=${this.home}`, `PATH=${folders}`, 'NODE_OPTIONS=']
    const [first = '', ...more] = [...this.#through, '/usr/bin/env', '-C', this.home, ...variables, ...words]
    return [first, ...more]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.stop()
    await this.nix[Symbol.asyncDispose]()
    await rm(this.home, { recursive: true, force: true })
  }
}
