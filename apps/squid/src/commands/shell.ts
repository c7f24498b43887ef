/** `squid shell REF[#attr]… [-c COMMAND ARGS]`: released programs first in PATH, without evaluating anything. */
import { shellCommand } from '@squid/host/nix'
import { ask, BRING_IN_OPTIONS, bringIn, openBringIn, REFERENCE_HELP } from '../bring-in.ts'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { keepRun } from '../gc-roots.ts'
import { replaceProcess } from '../shim/replace-process.ts'

export const shell: Command = defineCommand({
  name: 'shell',
  summary: 'Start a shell, or a command, with released programs in PATH',
  arguments: 'REF[#ATTR]… [-c COMMAND ARGUMENTS]',
  count: [1, 256],
  restAfter: ['-c', '--command'],
  options: BRING_IN_OPTIONS,
  details: `${REFERENCE_HELP}
Without -c (or --command) it is $SHELL. Everything after -c belongs to the command.`,
  async run({ values, positionals, rest }, context) {
    const { env, signal } = context
    const [program, ...args] = rest ?? [env['SHELL'] ?? 'bash']
    if (program === undefined) throw new UsageError('after -c comes a command', 'shell')
    const wanted = await openBringIn(values, context)
    const asked = await ask(wanted, positionals, context)
    const paths = [...new Set(asked.flatMap(({ report }) => report.outputs.map(({ path }) => path)))]
    await bringIn(wanted, asked, nix => keepRun(nix, wanted.home, paths, { signal }), context)
    const start = shellCommand(wanted.nix, paths, [program, ...args])
    return await replaceProcess(start.command, start.env)
  },
})
