/** `squid yank REF?version=N`: hides a release from latest and tags. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { unyank, yank as yankRelease } from '@squid/client/releases'
import { type Command, defineCommand } from '../cli/command.ts'
import { openAccount, openSession } from '../compose.ts'
import { findExact } from './exact-release.ts'

export const yank: Command = defineCommand({
  name: 'yank',
  summary: 'Hide a release from latest and tags; exact versions still run, with a warning',
  arguments: 'REF?version=N',
  count: [1, 1],
  options: {
    undo: { type: 'boolean', summary: 'show it again' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  async run({ values, positionals }, { env, stdout, signal }) {
    const [text = ''] = positionals
    parseReference(text)
    await using session = await openSession(homeFrom(env), signal)
    const { flake, version } = await findExact(session, text, 'yank', signal)
    const change = values.undo ? unyank : yankRelease
    const { digest } = await change(await openAccount(session), flake, version, signal)
    const report = { flake, version: Number(version), yanked: !values.undo, transaction: digest }
    stdout.write(
      values.json
        ? `${JSON.stringify(report)}\n`
        : `version ${version} is ${values.undo ? 'offered again' : 'yanked'}\n`,
    )
  },
})
