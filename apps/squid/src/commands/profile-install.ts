/** `squid profile install REF[#attr]…`: adds released packages to a profile, by the manifest alone. */
import { DEFAULT_PRIORITY, type ProfileElement } from '@squid/host/nix/profile'
import { ask, type Asked, BRING_IN_OPTIONS, bringIn, openBringIn, REFERENCE_HELP } from '../bring-in.ts'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { temporaryRoots } from '../gc-roots.ts'
import { elementOf, isSamePackage, releasedElement, titleOfElement } from '../profile/elements.ts'
import { changeProfile, keepIn, openProfile, PROFILE_OPTION } from '../profile/open-profile.ts'

export const profileInstall: Command = defineCommand({
  name: 'profile install',
  summary: 'Install released packages in a profile',
  arguments: 'REF[#ATTR]…',
  count: [1, 256],
  options: {
    profile: PROFILE_OPTION,
    priority: {
      type: 'string',
      value: 'N',
      summary: `of two files of one name the lower number’s wins (default ${DEFAULT_PRIORITY})`,
    },
    ...BRING_IN_OPTIONS,
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `${REFERENCE_HELP}
A package that is installed already, of whichever release, is replaced. squid profile upgrade follows the latest release,
or the tag; what was installed with ?version=N stays. The profile is Nix's own: nix profile and nix-env --rollback know it.`,
  async run({ values, positionals }, context) {
    const priority = parsePriority(values.priority)
    const wanted = await openBringIn(values, context)
    const open = await openProfile(values.profile, context)
    const { signal, stdout } = context
    const asked = await ask(wanted, positionals, context)
    await using roots = await temporaryRoots(open.home)
    const paths = asked.flatMap(({ report }) => report.outputs.map(({ path }) => path))
    await bringIn(wanted, asked, keepIn(roots.folder, paths, signal), context)
    const { generation, elements } = await changeProfile(
      open,
      before => asked.reduce((all, one) => withElement(all, one, priority), before),
      roots.folder,
      signal,
    )
    const installed = elements.slice(-asked.length).flatMap(element => {
      const released = releasedElement(element)
      if (released === undefined) return []
      return [{ name: element.name, release: titleOfElement(released), storePaths: element.storePaths }]
    })
    const report = { profile: open.profile, generation, installed }
    if (values.json) stdout.write(jsonLine(report))
    else
      for (const { name, release } of report.installed)
        stdout.write(`installed ${name}: ${release}, generation ${report.generation} of ${report.profile}\n`)
  },
})

/** The elements with one more at their end, in whose place no former one of the same package stays. */
function withElement(
  elements: readonly ProfileElement[],
  one: Asked,
  priority: number,
): readonly ProfileElement[] {
  const added = elementOf(one, priority, [])
  const others = elements.filter(other => !isSamePackage(other, added))
  return [...others, elementOf(one, priority, others)]
}

function parsePriority(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PRIORITY
  if (/^-?\d{1,6}$/.test(text)) return Number(text)
  throw new UsageError('--priority wants a whole number', 'profile install')
}
