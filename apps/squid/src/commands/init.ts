/** `squid init`: a key, a network, and where there is a faucet some SUI and WAL. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Config, type Home, homeFrom, readConfig, writeConfig } from '@squid/client/home'
import { createKey, importSuiKeystore, KeyError, loadKey } from '@squid/client/keys'
import {
  connect,
  contractsDigest,
  loadDescriptor,
  type NetworkDescriptor,
  takeFromFaucet,
} from '@squid/client/networks'
import { SquidError } from '@squid/formats/errors'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { EMBEDDED, embeddedDir, startDevnet } from '../compose.ts'
import { readSquiddState, SquiddClient, type SquiddState } from '../squidd-client.ts'

export const init: Command = defineCommand({
  name: 'init',
  summary: 'Make a key, join a network, take SUI and WAL from its faucet',
  options: {
    network: { type: 'string', value: 'embedded|URL', summary: 'the network to join (default: embedded)' },
    'sui-keystore': {
      type: 'string',
      value: 'FILE',
      summary: 'copy the key of the Sui command line instead',
    },
    address: { type: 'string', value: '0x…', summary: 'which key of the keystore, when it has several' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `URL is that of a network descriptor (http://HOST:9123/network.json of a squid devnet), or a file.
embedded is a network that squidd runs on this machine. A home stays with its network: for another one use
another SQUID_HOME. Running it again is harmless: it keeps the key and takes from the faucet once more.`,
  async run({ values }, { env, cwd, stdout, signal }) {
    const given = networkSource(values.network, cwd)
    const home = homeFrom(env)
    const before = await readConfig(home)
    const network = given ?? before?.network ?? EMBEDDED
    if (before !== undefined && before.network !== network) {
      throw new SquidError(
        'OTHER_NETWORK',
        `this home belongs to ${before.network}; set SQUID_HOME to another folder to join ${network}`,
      )
    }
    await using found = await findNetwork(home, network, before?.chainId, signal)
    const connected = await connect(found.descriptor, { signal })
    const config: Config = before ?? {
      network,
      chainId: found.descriptor.chainId,
      key: 'default',
      compare: [],
    }
    const address = await ownKey(home, config.key, values['sui-keystore'], values.address)
    await writeConfig(home, {
      ...config,
      chainId: found.descriptor.chainId,
      ...(network !== EMBEDDED && { contracts: contractsDigest(found.descriptor) }),
    })
    const hasFaucet = found.descriptor.faucet !== undefined
    if (hasFaucet) await takeFromFaucet(connected, address)
    const report = {
      address,
      network: found.descriptor.network,
      chainId: found.descriptor.chainId,
      funded: hasFaucet,
    }
    stdout.write(
      values.json
        ? jsonLine(report)
        : `address ${address}\nnetwork ${report.network} (${network})\n${
            hasFaucet ? 'SUI and WAL came from the faucet\n' : `send SUI and WAL to ${address}\n`
          }`,
    )
  },
})

/**
 * What `--network` says; a file with its folders, for it is read again wherever one is.
 * @throws {UsageError} when it is nothing of the kind
 */
function networkSource(text: string | undefined, cwd: string): string | undefined {
  if (text === undefined || text === EMBEDDED || /^https?:\/\//.test(text)) return text
  const file = resolve(cwd, text)
  if (existsSync(file)) return file
  throw new UsageError(`--network wants embedded, a URL or a file, and there is no file ${text}`, 'init')
}

interface FoundNetwork extends AsyncDisposable {
  readonly descriptor: NetworkDescriptor
}

/** An embedded network whose squidd is not running is started for the while. */
async function findNetwork(
  home: Home,
  network: string,
  chainId: string | undefined,
  signal: AbortSignal,
): Promise<FoundNetwork> {
  if (network !== EMBEDDED) {
    return {
      descriptor: await loadDescriptor(network, { chainId, signal }),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const state = await readSquiddState(home)
  if (state !== undefined && (await answers(state, signal))) {
    return {
      descriptor: await loadDescriptor(state.network, { chainId, signal }),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const devnet = await startDevnet({ dir: embeddedDir(home), rpcPort: 0, adminPort: 0 })
  return { descriptor: devnet.descriptor, [Symbol.asyncDispose]: () => devnet.stop() }
}

async function answers(state: SquiddState, signal: AbortSignal): Promise<boolean> {
  try {
    await new SquiddClient(state).status(signal)
    return true
  } catch {
    return false
  }
}

/** The address of the home's key, which is made or copied when there is none. */
async function ownKey(
  home: Home,
  name: string,
  keystore: string | undefined,
  address: string | undefined,
): Promise<string> {
  try {
    return (await loadKey(home, name)).toSuiAddress()
  } catch (error) {
    if (!(error instanceof KeyError) || error.code !== 'KEY_MISSING') throw error
  }
  const key =
    keystore === undefined
      ? await createKey(home, name)
      : await importSuiKeystore(home, name, keystore, address)
  return key.toSuiAddress()
}
