/** `squid devnet`: Sui and Walrus on this machine, in the foreground. */
import { resolve } from 'node:path'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { parsePort } from './port-option.ts'

export const devnet: Command = defineCommand({
  name: 'devnet',
  summary: 'Run a Sui and Walrus network on this machine, in the foreground',
  options: {
    dir: { type: 'string', value: 'DIR', summary: 'keep the network here (default: in memory only)' },
    'rpc-port': { type: 'string', value: 'N', summary: 'Sui RPC (default 9000, 0 = any free one)' },
    'admin-port': {
      type: 'string',
      value: 'N',
      summary: 'faucet, descriptor, admin (default 9123, 0 = any)',
    },
    json: { type: 'boolean', summary: 'print one line of JSON when ready' },
  },
  details: `Others join with: squid init --network URL, where URL is the network descriptor's.
POST ADMIN/walrus/nodes/INDEX with {"fault":"tamper"|"down"|"slow"|null} sets what a storage node does (0 to 11).`,
  async run({ values }, { stdout, signal, cwd }) {
    const { startDevnet } = await import('../compose.ts')
    await using net = await startDevnet({
      ...(values.dir === undefined ? {} : { dir: resolve(cwd, values.dir) }),
      rpcPort: parsePort(values['rpc-port'], 9000, 'rpc-port'),
      adminPort: parsePort(values['admin-port'], 9123, 'admin-port'),
    })
    const urls = { rpc: net.rpcUrl, faucet: net.faucetUrl, network: net.networkUrl, admin: net.adminUrl }
    stdout.write(
      values.json
        ? jsonLine(urls)
        : Object.entries(urls)
            .map(([name, url]) => `${name.padEnd(8)} ${url}\n`)
            .join(''),
    )
    await new Promise<void>(stopped => {
      if (signal.aborted) stopped()
      else signal.addEventListener('abort', () => stopped(), { once: true })
    })
  },
})
