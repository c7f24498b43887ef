/** `squid yank REF?version=N`: hides a release from latest and tags. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { unyank, yank as yankRelease } from '@squid/client/releases'
import { SquidError } from '@squid/formats/errors'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'
import { findChangeable } from './exact-release.ts'

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
    const change = { command: 'yank', role: 'publish' } as const
    const { account, flake, release } = await findChangeable(session, text, change, signal)
    const { version, yanked } = release
    if (yanked !== values.undo) {
      const state = yanked ? 'is yanked already; squid yank --undo shows it again' : 'is not yanked'
      throw new SquidError('RELEASE_STATE', `version ${version} ${state}`)
    }
    const { digest } = await (values.undo ? unyank : yankRelease)(account, flake, version, signal)
    const report = { flake, version: Number(version), yanked: !values.undo, transaction: digest }
    stdout.write(
      values.json ? jsonLine(report) : `version ${version} is ${values.undo ? 'offered again' : 'yanked'}\n`,
    )
  },
})
