/** `squid doctor`: looks at everything that a publish or a run needs and says what to do about what is wrong. */
import { homeFrom, type Home } from '@squid/client/home'
import { findProgram, isTrustedUser, Nix } from '@squid/host/nix'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import { untrustedUser } from '../realise.ts'
import { isShim, shimFolders } from '../shim/folders.ts'
import { SquiddClient } from '../squidd-client.ts'

/** One thing that was looked at. */
interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
}

export const doctor: Command = defineCommand({
  name: 'doctor',
  summary: 'Check everything that publishing and running need',
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values }, context) {
    const home = homeFrom(context.env)
    const findings = await Promise.all([
      check('nix', () => checkNix(context)),
      check('shim', () => checkShim(context)),
      check('home', () => checkHome(home)),
      check('squidd', () => checkSquidd(home, context)),
      check('network', () => checkNetwork(home, context)),
      check('storage', () => checkStorage(home, context)),
    ])
    if (values.json) context.stdout.write(jsonLine(findings))
    else
      for (const { what, ok, detail } of findings)
        context.stdout.write(`${ok ? 'ok ' : 'NO '} ${what.padEnd(8)} ${oneLine(detail)}\n`)
    return findings.every(({ ok }) => ok) ? 0 : 1
  },
})

async function check(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, ok: true, detail: await look() }
  } catch (error) {
    return { what, ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

async function checkNix({ env }: Context): Promise<string> {
  const nix = Nix.find({ env, skip: await shimFolders(env['PATH']) })
  if (!(await isTrustedUser(nix))) throw untrustedUser()
  return `${nix.program}, version ${(await nix.version()).join('.')}`
}

async function checkShim({ env }: Context): Promise<string> {
  const first = findProgram('nix', env['PATH'])
  if (first !== undefined && (await isShim(first))) return first
  return 'not first in PATH; squid run works without it, nix run sui:… needs squid shim install DIR'
}

async function checkHome(home: Home): Promise<string> {
  const { requireConfig } = await import('../compose.ts')
  const config = await requireConfig(home)
  const { loadKey } = await import('@squid/client/keys')
  return `${home.config}, address ${(await loadKey(home, config.key)).toSuiAddress()}`
}

async function checkSquidd(home: Home, { signal }: Context): Promise<string> {
  const { pid, origin, storage } = await (await SquiddClient.of(home)).status(signal)
  const aside = storage.setAside.map(({ node }) => node)
  return `${origin}, process ${pid}${aside.length === 0 ? '' : `, storage nodes set aside: ${aside.join(', ')}`}`
}

async function checkNetwork(home: Home, { signal }: Context): Promise<string> {
  const { openAccount, openSession } = await import('../compose.ts')
  await using session = await openSession(home, signal)
  const { address } = await openAccount(session)
  const { balance } = await session.network.sui.core.getBalance({ owner: address })
  const { network, rpc, faucet } = session.network.descriptor
  if (BigInt(balance.balance) === 0n) {
    throw new Error(`${address} has no SUI; ${faucet === undefined ? 'send some to it' : 'run: squid init'}`)
  }
  return `${network} at ${rpc}, ${balance.balance} MIST`
}

async function checkStorage(home: Home, { signal }: Context): Promise<string> {
  const { openAccount, openSession } = await import('../compose.ts')
  await using session = await openSession(home, signal)
  const { address } = await openAccount(session)
  const { readLeases } = await import('@squid/client/leases')
  const { leaseWarnings } = await import('./storage-warnings.ts')
  let space: string
  try {
    space = await session.resolver.findSpace({ kind: 'id', id: address }, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'NO_HOME') return 'you have no Space yet'
    throw error
  }
  const found = await readLeases(session.network, space, signal)
  const [warning] = leaseWarnings(found)
  if (warning !== undefined) throw new Error(warning)
  return `${found.leases.length} blobs, Walrus epoch ${found.terms.epoch}`
}
