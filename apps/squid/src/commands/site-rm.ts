/** `squid site rm`: takes a flake, a version or the whole mirror away. */
import { homeFrom } from '@squid/client/home'
import { parseReference, type Reference } from '@squid/client/references'
import { describeSite, removeSite } from '@squid/client/site'
import { type Command, type Context, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openAccount, openSession, type Session } from '../compose.ts'
import { mirrorJson, mirrorText, runMirror } from '../site-mirror.ts'
import { formatCoins, SPACE_OPTION, storageSpace } from './storage-space.ts'

export const siteRm: Command = defineCommand({
  name: 'site rm',
  summary: 'Take a flake or one version off your mirror, or remove it altogether',
  arguments: '[REF]',
  count: [0, 1],
  options: {
    all: { type: 'boolean', summary: 'the whole site: another one would have another address' },
    space: SPACE_OPTION,
    'dry-run': { type: 'boolean', summary: 'tell what would be left, and do nothing' },
    json: { type: 'boolean', summary: 'end with one line of JSON' },
  },
  details: `REF without a version means every version of the flake. Walrus storage that was paid for goes to the Space, whose next
blobs use it; the ledger pays back what it charged for the pages. Releases themselves stay.`,
  async run({ values, positionals }, context) {
    const { env, stdout, signal } = context
    const [text] = positionals
    if ((text === undefined) !== values.all) throw new UsageError('give a reference or --all', 'site rm')
    if (values.all && values['dry-run']) throw new UsageError('--all has no --dry-run', 'site rm')
    await using session = await openSession(homeFrom(env), signal)
    if (text === undefined) {
      const space = await storageSpace(session, values.space, signal)
      const { site } = await describeSite(await openAccount(session), space, signal)
      const { pages, blobs, gas } = await removeSite(await openAccount(session), { site, space }, signal)
      stdout.write(
        values.json
          ? jsonLine({ space, site, pages, blobs, gas: Number(gas) })
          : `removed    site ${site}: ${pages} pages, ${blobs} Walrus blobs; got back ${formatCoins(-gas)} SUI\n`,
      )
      return
    }
    if (values.space !== undefined) throw new UsageError('give a reference or --space, not both', 'site rm')
    const report = await removeFlake(session, text, values['dry-run'], context)
    stdout.write(values.json ? mirrorJson(report) : mirrorText(report, values['dry-run']))
  },
})

async function removeFlake(session: Session, text: string, isDry: boolean, context: Context) {
  const { signal } = context
  const reference = parseReference(text)
  const { space, flakeName } = await session.resolver.findFlake(reference, signal)
  const account = await openAccount(session)
  await describeSite(account, space, signal)
  const only = await versionOf(session, reference, signal)
  return await runMirror(
    session,
    {
      space,
      add: [],
      keep: other => other.flakeName !== flakeName || (only !== undefined && other.version !== only),
      portal: undefined,
      name: undefined,
      epochs: 1,
    },
    isDry,
    context,
  )
}

/** A version may be revoked, and taken away all the same. */
async function versionOf(
  { resolver }: Session,
  reference: Reference,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const { select } = reference
  if (select.kind === 'latest') return undefined
  if (select.kind === 'version') return select.version
  return (await resolver.resolve(reference, signal)).release.version
}
