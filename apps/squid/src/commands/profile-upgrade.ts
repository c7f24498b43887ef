/** `squid profile upgrade [NAME…]`: brings what is installed to the newest release, and says what changed. */
import { SquidError } from '@squid/formats/errors'
import { type ProfileElement, readProfile } from '@squid/host/nix/profile'
import { ask, type Asked, bringIn, type BringIn, openBringIn } from '../bring-in.ts'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { temporaryRoots } from '../gc-roots.ts'
import { elementOf, referenceOf, releasedElement, type ReleasedElement } from '../profile/elements.ts'
import { namedElements } from '../profile/named.ts'
import {
  changeProfile,
  keepIn,
  openProfile,
  type OpenProfile,
  PROFILE_OPTION,
} from '../profile/open-profile.ts'
import { formatPackageChange, type PackageChange } from '../profile/package-changes.ts'

export const profileUpgrade: Command = defineCommand({
  name: 'profile upgrade',
  summary: 'Bring what is installed to the newest releases',
  arguments: '[NAME]…',
  count: [0, 256],
  options: {
    profile: PROFILE_OPTION,
    strict: {
      type: 'boolean',
      summary: 'evaluate the flakes here, and refuse what releases record otherwise',
    },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Without NAME: everything that came from a release. What was installed with ?tag=stable follows the tag, what was
installed with ?version=N stays. All or nothing: where one package cannot be upgraded, none is.`,
  async run({ values, positionals }, context) {
    const { stdout } = context
    const wanted = await openBringIn({ system: undefined, strict: values.strict }, context)
    const open = await openProfile(values.profile, context)
    const { elements } = await readProfile(open.nix, open.profile)
    const upgrades = await findUpgrades(wanted, namedElements(elements, positionals, open.profile), context)
    const report =
      upgrades.length === 0
        ? { upgraded: [] as readonly Upgraded[], changes: [] as readonly PackageChange[] }
        : await upgrade({ wanted, open, upgrades }, context)
    if (values.json) {
      stdout.write(jsonLine({ profile: open.profile, ...report }))
      return
    }
    for (const { name, from, to } of report.upgraded) stdout.write(`${name}: version ${from} → ${to}\n`)
    for (const change of report.changes) stdout.write(`  ${formatPackageChange(change)}\n`)
    if (report.upgraded.length === 0) stdout.write('everything is current\n')
  },
})

/** Versions of a package. */
interface Upgraded {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** An element of which there is another release. */
interface Upgrade {
  readonly before: ReleasedElement
  readonly after: ProfileElement
  readonly asked: Asked
}

/** Fetches the new releases and puts each in its element's place, unless somebody else changed that meanwhile. */
async function upgrade(
  {
    wanted,
    open,
    upgrades,
  }: { readonly wanted: BringIn; readonly open: OpenProfile; readonly upgrades: readonly Upgrade[] },
  context: Context,
): Promise<{ generation: number; upgraded: readonly Upgraded[]; changes: readonly PackageChange[] }> {
  const { signal } = context
  await using roots = await temporaryRoots(open.home)
  const paths = upgrades.flatMap(({ after }) => after.storePaths)
  const asked = upgrades.map(one => one.asked)
  await bringIn(wanted, asked, keepIn(roots.folder, paths, signal), context)
  const replaced = new Map(upgrades.map(({ before, after }) => [fingerprint(before.element), after]))
  const { generation, changes } = await changeProfile(
    open,
    elements => elements.map(element => replaced.get(fingerprint(element)) ?? element),
    roots.folder,
    signal,
  )
  const upgraded = upgrades.map(({ before, asked: { report } }) => ({
    name: before.element.name,
    from: Number(before.version),
    to: report.version,
  }))
  return { generation, upgraded, changes }
}

/** The same for the same element. */
function fingerprint({ name, fields }: ProfileElement): string {
  return JSON.stringify([name, fields])
}

/** @throws {SquidError} with squidd's code, naming the package */
async function findUpgrades(
  wanted: BringIn,
  chosen: readonly ProfileElement[],
  context: Context,
): Promise<readonly Upgrade[]> {
  const upgrades: Upgrade[] = []
  for (const element of chosen) {
    const before = releasedElement(element)
    if (before === undefined || before.asked.select.kind === 'version') continue
    const values = { ...wanted.values, system: before.system }
    const [asked] = await ask({ ...wanted, values }, [referenceOf(before)], context).catch(
      (error: unknown) => {
        if (!(error instanceof SquidError) || error.code === 'NO_SQUIDD') throw error
        throw new SquidError(error.code, `${element.name} cannot be upgraded: ${error.message}`, {
          cause: error,
        })
      },
    )
    if (asked === undefined || BigInt(asked.report.version) === before.version) continue
    const made = elementOf(asked, element.priority, [])
    // It keeps its name, and the URL by which it was asked for.
    const { name, originalUrl, fields, active } = element
    const kept = { ...made.fields, originalUrl, active, outputs: fields['outputs'] ?? null }
    upgrades.push({ before, asked, after: { ...made, name, originalUrl, active, fields: kept } })
  }
  return upgrades
}
