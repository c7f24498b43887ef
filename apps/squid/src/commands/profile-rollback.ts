/** `squid profile rollback`: turns a profile back to an earlier generation. */
import { listGenerations, readGeneration, switchGeneration } from '@squid/host/nix/profile'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { releasedElement } from '../profile/elements.ts'
import { lockProfile, openProfile, type OpenProfile, PROFILE_OPTION } from '../profile/open-profile.ts'

export const profileRollback: Command = defineCommand({
  name: 'profile rollback',
  summary: 'Turn a profile back to an earlier generation',
  options: {
    profile: PROFILE_OPTION,
    to: { type: 'string', value: 'N', summary: 'to this generation instead of the one before; see --list' },
    list: { type: 'boolean', summary: 'only list the generations' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Nothing is fetched: a generation keeps what it needs until you delete it (nix-env --delete-generations).`,
  async run({ values }, context) {
    const { signal, stdout } = context
    const number = values.to === undefined ? undefined : Number(values.to)
    if (number !== undefined && !(Number.isSafeInteger(number) && number > 0))
      throw new UsageError('--to wants the number of a generation', 'profile rollback')
    const open = await openProfile(values.profile, context)
    if (values.list) return void stdout.write(await listed(open, values.json))
    using _ = await lockProfile(open)
    const before = listGenerations(open.profile).find(({ isCurrent }) => isCurrent)
    const { number: now } = await switchGeneration(open.nix, open.profile, number, { signal })
    const report = { profile: open.profile, from: before?.number ?? null, to: now }
    stdout.write(
      values.json ? jsonLine(report) : `generation ${report.from ?? 'none'} → ${now} of ${open.profile}\n`,
    )
  },
})

/** Every generation with what it has. */
async function listed({ nix, profile }: OpenProfile, isJson: boolean): Promise<string> {
  const rows = await Promise.all(
    listGenerations(profile).map(async generation => {
      const { elements } = await readGeneration(nix, profile, generation)
      const { number, createdMs, isCurrent } = generation
      return {
        generation: number,
        created: new Date(createdMs).toISOString(),
        current: isCurrent,
        elements: elements.map(element => {
          const version = releasedElement(element)?.version
          return { name: element.name, version: version === undefined ? null : Number(version) }
        }),
      }
    }),
  )
  if (isJson) return jsonLine({ profile, generations: rows })
  return rows
    .map(({ generation, created, current, elements }) => {
      const names = elements.map(({ name, version }) => (version === null ? name : `${name} (${version})`))
      return `${String(generation).padStart(4)}  ${created}  ${names.join(', ')}${current ? '  current' : ''}\n`
    })
    .join('')
}
