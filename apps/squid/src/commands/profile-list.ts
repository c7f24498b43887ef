/** `squid profile list`: what is installed in a profile, and from which releases. */
import { readProfile } from '@squid/host/nix/profile'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import { releasedElement, titleOfElement } from '../profile/elements.ts'
import { currentGeneration, openProfile, PROFILE_OPTION } from '../profile/open-profile.ts'

export const profileList: Command = defineCommand({
  name: 'profile list',
  summary: 'List what is installed in a profile',
  options: { profile: PROFILE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values }, context) {
    const { stdout } = context
    const { nix, profile } = await openProfile(values.profile, context)
    const { elements } = await readProfile(nix, profile)
    const rows = elements.map(element => {
      const released = releasedElement(element)
      return {
        name: element.name,
        release: released === undefined ? null : titleOfElement(released),
        follows: released === undefined ? null : followed(released.asked.select),
        active: element.active,
        priority: element.priority,
        storePaths: element.storePaths,
      }
    })
    if (values.json) {
      stdout.write(jsonLine({ profile, generation: currentGeneration(profile), elements: rows }))
      return
    }
    const width = Math.max(0, ...rows.map(({ name }) => name.length))
    for (const { name, release, follows, storePaths } of rows) {
      const from = release === null ? 'not from a release' : `${release}, follows ${follows}`
      stdout.write(`${oneLine(name).padEnd(width)}  ${from}  ${storePaths.join(' ')}\n`)
    }
  },
})

function followed(select: { readonly kind: string; readonly tag?: string }): string {
  if (select.kind === 'version') return 'this version'
  return select.kind === 'tag' ? `the tag ${select.tag ?? ''}` : 'the latest'
}
