/** `squid run REF[#attr] -- ARGS`: runs a released program by what the release records, without evaluating it. */
import { homeFrom } from '@squid/client/home/paths'
import { parseReference } from '@squid/client/references'
import { type Command, defineCommand } from '../cli/command.ts'
import { hostSystem } from '../host-system.ts'
import { SquiddClient } from '../squidd-client.ts'

export const run: Command = defineCommand({
  name: 'run',
  summary: 'Run a released program',
  arguments: 'REF[#ATTR] [-- ARGUMENTS]',
  count: [1, 1],
  restAfter: ['--'],
  options: {
    system: { type: 'string', value: 'SYSTEM', summary: 'for this system instead of this machine’s' },
    strict: {
      type: 'boolean',
      summary: 'evaluate the flake here, and refuse what the release records otherwise',
    },
  },
  details: `REF is sui:@alice:hello, with ?version=3 or ?tag=stable; or sui:0x… with the id of a flake. squidd says
which store path and which program the release records; Nix fetches the closure through squidd; every NAR hash is
compared with the release; only then the program starts. Nothing is evaluated and nothing is built.`,
  async run({ values, positionals, rest = [] }, context) {
    const { env, signal } = context
    const [reference = ''] = positionals
    parseReference(reference)
    const home = homeFrom(env)
    const squidd = await SquiddClient.of(home)
    const asked = squidd.programToRun(reference, values.system ?? hostSystem(), signal)
    asked.catch(() => undefined) // told below, after what is loaded meanwhile
    const { startProgram } = await import('../start-program.ts')
    return await startProgram({ home, squidd, reference, asked, strict: values.strict, args: rest }, context)
  },
})
