/** `squid profile install REF[#attr]…`: adds released packages to a profile, by the manifest alone. */
import { DEFAULT_PRIORITY } from '@squid/host/nix/profile'
import { ask, BRING_IN_OPTIONS, bringIn, openBringIn, REFERENCE_HELP } from '../bring-in.ts'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { elementOf, isSamePackage, releasedElement, titleOfElement } from '../profile/elements.ts'
import { changeProfile, openProfile, PROFILE_OPTION, whileLocked } from '../profile/open-profile.ts'

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
    const report = await whileLocked(open, signal, async ({ manifest, roots, keep }) => {
      const asked = await ask(wanted, positionals, context)
      let elements = manifest.elements
      const added = asked.map(one => {
        const others = elements.filter(other => !isSamePackage(other, elementOf(one, priority, [])))
        const element = elementOf(one, priority, others)
        elements = [...others, element]
        return element
      })
      await bringIn(wanted, asked, keep(added.flatMap(({ storePaths }) => storePaths)), context)
      const { generation } = await changeProfile(open, manifest, elements, roots, signal)
      return {
        profile: open.profile,
        generation,
        installed: added.map(element => ({
          name: element.name,
          release: titleOfElement(releasedElement(element) ?? fail()),
          storePaths: element.storePaths,
        })),
      }
    })
    if (values.json) stdout.write(jsonLine(report))
    else
      for (const { name, release } of report.installed)
        stdout.write(`installed ${name}: ${release}, generation ${report.generation} of ${report.profile}\n`)
  },
})

function fail(): never {
  throw new Error('an element that was just made has no release')
}

function parsePriority(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PRIORITY
  if (/^-?\d{1,6}$/.test(text)) return Number(text)
  throw new UsageError('--priority wants a whole number', 'profile install')
}
