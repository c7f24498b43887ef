/** `squid profile remove NAME…`: takes packages out of a profile. */
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { temporaryRoots } from '../gc-roots.ts'
import { namedElements } from '../profile/named.ts'
import { changeProfile, openProfile, PROFILE_OPTION } from '../profile/open-profile.ts'

export const profileRemove: Command = defineCommand({
  name: 'profile remove',
  summary: 'Remove packages from a profile',
  arguments: 'NAME…',
  count: [1, 256],
  options: { profile: PROFILE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  details: `Names are those of squid profile list. Their store paths stay until no generation has them and Nix collects
garbage; squid profile rollback brings them back.`,
  async run({ values, positionals }, context) {
    const { signal, stdout } = context
    const open = await openProfile(values.profile, context)
    await using roots = await temporaryRoots(open.home)
    let removed: readonly string[] = []
    const { generation } = await changeProfile(
      open,
      elements => {
        const gone = namedElements(elements, positionals, open.profile)
        removed = gone.map(({ name }) => name)
        return elements.filter(element => !gone.includes(element))
      },
      roots.folder,
      signal,
    )
    stdout.write(
      values.json
        ? jsonLine({ profile: open.profile, generation, removed })
        : `removed ${removed.join(', ')}, generation ${generation} of ${open.profile}\n`,
    )
  },
})
