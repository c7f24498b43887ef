/** `squid install`: squidd, its cache, its key and the shim, for good; all of it can be taken back. */
import { resolve } from 'node:path'
import { SquidError } from '@squid/formats/errors'
import { isTrustedUser, Nix } from '@squid/host/nix'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import type { Action } from '../install/install.ts'
import { placesOf } from '../install/plan.ts'
import { untrustedUser } from '../realise.ts'
import { shimFolders } from '../shim/folders.ts'
import { DEFAULT_PORT } from '../squidd-client.ts'
import { parsePort } from './port-option.ts'

export const install: Command = defineCommand({
  name: 'install',
  summary: 'Let Nix use squidd for good: cache, key, shim, start on demand',
  options: {
    system: { type: 'boolean', summary: 'for everybody, with one squidd: for a Nix with a daemon, as root' },
    port: { type: 'string', value: 'N', summary: `port of squidd (default ${DEFAULT_PORT})` },
    root: { type: 'string', value: 'DIR', summary: 'change the machine whose root folder this is' },
    'dry-run': { type: 'boolean', summary: 'only show what would be changed' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Writes into nix.conf and the profile of your shell, puts the shim there, and lets systemd start squidd when
Nix asks. What was changed is in state/install.json; squid uninstall takes it back. Running it again is harmless.`,
  async run({ values }, context) {
    const { env, cwd } = context
    const { system, json, 'dry-run': isDry } = values
    const root = resolve(cwd, values.root ?? '/')
    const port = parsePort(values.port, DEFAULT_PORT, 'port')
    if (port === 0) throw new SquidError('USAGE', '--port wants the port that Nix is told, not any free one')
    if (root === '/') await assertMay(system, context)
    const places = placesOf(env, system, root)
    const { install } = await import('../install/install.ts')
    const actions: Action[] = []
    const steps = await install(places, { port, isDry, tell: teller(actions, json, context) })
    if (json) context.stdout.write(jsonLine({ actions, steps }))
    else {
      if (actions.length === 0) context.stdout.write('everything is there already\n')
      for (const step of steps) context.stdout.write(`next: ${oneLine(step)}\n`)
    }
  },
})

/** @throws {SquidError} INSTALL_ROOT, NOT_TRUSTED_USER */
async function assertMay(isSystem: boolean, { env }: Context): Promise<void> {
  if (isSystem) {
    if (process.getuid?.() === 0) return
    throw new SquidError('INSTALL_ROOT', 'only root may change the system; run: sudo squid install --system')
  }
  if (!(await isTrustedUser(Nix.find({ env, skip: await shimFolders(env['PATH']) })))) throw untrustedUser()
}

/** Collects what is done, and shows it to people as it happens. */
export function teller(actions: Action[], isJson: boolean, { stdout }: Context): (action: Action) => void {
  return action => {
    actions.push(action)
    if (isJson) return
    const { what, path, text } = action
    stdout.write(`${what.padEnd(8)}${oneLine(path)}\n`)
    for (const line of (text ?? '').trimEnd().split('\n')) {
      if (text !== undefined) stdout.write(`        | ${oneLine(line)}\n`)
    }
  }
}
