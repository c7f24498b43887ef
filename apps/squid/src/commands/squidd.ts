/** `squidd`: the daemon. Nix gateway, API, and with an embedded network the network too. */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import {
  type Config,
  type Home,
  homeFrom,
  isBaseUrl,
  readConfig,
  writeFileAtomically,
} from '@squid/client/home'
import type { Devnet } from '@squid/devnet'
import { type Command, type Context, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import { DEFAULT_PORT, readSquiddState, type SquiddState, squiddStatePath } from '../squidd-client.ts'
import { inheritedSocket } from '../install/inherited-socket.ts'
import { parsePort } from './port-option.ts'

const DEFAULT_CACHE_GIB = 10
const GIB = 1024 ** 3

export const squidd: Command = defineCommand({
  name: '',
  summary: 'The daemon of Squid: serves releases to Nix on this machine',
  options: {
    port: {
      type: 'string',
      value: 'N',
      summary: `port of the gateway (default ${DEFAULT_PORT}, 0 = any free one)`,
    },
    'rpc-port': { type: 'string', value: 'N', summary: 'port of the embedded network’s RPC (default 9000)' },
    'admin-port': { type: 'string', value: 'N', summary: 'port of its faucet and descriptor (default 9123)' },
    'cache-gib': {
      type: 'string',
      value: 'N',
      summary: `GiB of NARs to keep on disk (default ${DEFAULT_CACHE_GIB})`,
    },
    'public-base': {
      type: 'string',
      value: 'URL',
      summary: 'what URLs of releases begin with (default: this gateway)',
    },
    'no-keeper': { type: 'boolean', summary: 'do not renew and tidy up what your Space stores' },
    json: { type: 'boolean', summary: 'print one line of JSON when ready' },
  },
  details: `Joins the network that squid init fixed; without that, runs the embedded one: Sui and Walrus in this
process, kept in the state folder. Listens on 127.0.0.1 only. Ends cleanly on SIGTERM and SIGINT.`,
  async run({ values }, context) {
    const home = homeFrom(context.env)
    const port = parsePort(values.port, DEFAULT_PORT, 'port')
    const cacheBytes = parseGib(values['cache-gib'])
    const config = await readConfig(home)
    const publicBase = parseBase(values['public-base']) ?? config?.publicBase
    await using stack = new AsyncDisposableStack()
    const devnet = isEmbedded(config)
      ? stack.use(await startEmbedded(home, values['rpc-port'], values['admin-port']))
      : undefined
    const source = devnet?.networkUrl ?? config?.network ?? ''
    const { json, 'no-keeper': noKeeper } = values
    await serve({ home, source, port, cacheBytes, publicBase, context, json, keeps: !noKeeper }, stack)
  },
})

/** @throws {UsageError} */
function parseGib(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CACHE_GIB * GIB
  if (/^\d{1,6}(\.\d{1,3})?$/.test(text)) return Number(text) * GIB
  throw new UsageError(`--cache-gib wants a number of GiB, not '${text}'`, '')
}

/** @throws {UsageError} */
function parseBase(text: string | undefined): string | undefined {
  if (text === undefined || isBaseUrl(text)) return text
  throw new UsageError(
    `--public-base wants an http or https URL without trailing slash, query and fragment, not '${text}'`,
    '',
  )
}

function isEmbedded(config: Config | undefined): boolean {
  return config === undefined || config.network === 'embedded'
}

async function startEmbedded(
  home: Home,
  rpcPort: string | undefined,
  adminPort: string | undefined,
): Promise<Devnet> {
  const { embeddedDir, startDevnet } = await import('../compose.ts')
  return await startDevnet({
    dir: embeddedDir(home),
    rpcPort: parsePort(rpcPort, 9000, 'rpc-port'),
    adminPort: parsePort(adminPort, 9123, 'admin-port'),
  })
}

interface Serving {
  readonly home: Home
  readonly source: string
  readonly port: number
  /** Bytes of assembled NARs to keep on disk. */
  readonly cacheBytes: number
  /** Of `GatewayOptions`. */
  readonly publicBase: string | undefined
  readonly context: Context
  readonly json: boolean
  /** Whether a keeper renews what the home Space stores. */
  readonly keeps: boolean
}

/** Runs until the signal; what was started is on the stack. */
async function serve(
  { home, source, port, cacheBytes, publicBase, context, json, keeps }: Serving,
  stack: AsyncDisposableStack,
): Promise<void> {
  const { stdout, stderr, signal } = context
  const { createKeeper, openSessionOn, startGateway } = await import('../compose.ts')
  const log = (line: string): void => void stderr.write(`squidd: ${oneLine(line)}\n`)
  const session = stack.use(await openSessionOn(home, source, signal))
  const secret = randomBytes(32).toString('base64url')
  const gateway = stack.use(
    await startGateway({
      session,
      port,
      socket: inheritedSocket(context.env),
      secret,
      cacheBytes,
      publicBase,
      log,
    }),
  )
  const state: SquiddState = { pid: process.pid, origin: gateway.origin, network: source, secret, publicBase }
  await writeFileAtomically(squiddStatePath(home), `${JSON.stringify(state)}\n`, 0o600)
  stack.defer(() => removeState(home))
  if (keeps) {
    const keeping = createKeeper(session, log).run(signal)
    stack.defer(() => keeping)
  }
  stdout.write(
    json
      ? jsonLine({ origin: gateway.origin, network: source, pid: process.pid })
      : `squidd is at ${gateway.origin}, on ${session.network.descriptor.network} (${source})\n`,
  )
  await aborted(signal)
  log('stopping')
}

/** The file is another squidd's when one started after us. */
async function removeState(home: Home): Promise<void> {
  if ((await readSquiddState(home))?.pid === process.pid) await rm(squiddStatePath(home), { force: true })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
