/** `squid run REF[#attr] -- ARGS`: runs a released program by what the release records, without evaluating it. */
import { homeFrom } from '@squid/client/home/paths'
import { parseReference } from '@squid/client/references'
import { SquidError } from '@squid/formats/errors'
import { Nix, programCommand, storePathOf } from '@squid/host/nix'
import { type Command, defineCommand } from '../cli/command.ts'
import { notice } from '../cli/terminal.ts'
import { hostSystem, realiseRelease } from '../realise.ts'
import { SquiddClient } from '../squidd-client.ts'
import { shimFolders } from '../shim/folders.ts'
import { replaceProcess } from '../shim/replace-process.ts'

export const run: Command = defineCommand({
  name: 'run',
  summary: 'Run a released program',
  arguments: 'REF[#ATTR] [-- ARGUMENTS]',
  count: [1, 1],
  takesRest: true,
  options: {
    system: { type: 'string', value: 'SYSTEM', summary: 'for this system instead of this machine’s' },
  },
  details: `REF is sui:@alice:hello, with ?version=3 or ?tag=stable; or sui:0x… with the id of a flake. squidd says
which store path and which program the release records; Nix fetches the closure through squidd; every NAR hash is
compared with the release; only then the program starts. Nothing is evaluated and nothing is built.`,
  async run({ values, positionals, rest }, context) {
    const { env, stderr, signal } = context
    const [reference = ''] = positionals
    parseReference(reference)
    const squidd = await SquiddClient.of(homeFrom(env))
    const nix = Nix.find({ env, skip: await shimFolders(env['PATH']) })
    const report = await squidd.program(reference, values.system ?? hostSystem(), signal)
    for (const warning of report.warnings) notice(stderr, 'warning', warning)
    if (report.program === null) {
      throw new SquidError('NO_PROGRAM', `'${report.attribute}' of ${reference} has no program to run`)
    }
    await realiseRelease({ nix, squidd, report }, context)
    const command = programCommand(nix, storePathOf(report.program), report.program, rest)
    return await replaceProcess(command, nix.env)
  },
})
