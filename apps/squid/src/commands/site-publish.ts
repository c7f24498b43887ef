/** `squid site publish REF`: writes a release to the Walrus Site that mirrors its Space. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { type Command, defineCommand } from '../cli/command.ts'
import { openSession } from '../compose.ts'
import { DEFAULT_EPOCHS, mirrorJson, mirrorText, PORTAL_OPTION, runMirror } from '../site-mirror.ts'
import { parseEpochs } from './storage-space.ts'

export const sitePublish: Command = defineCommand({
  name: 'site publish',
  summary: 'Mirror a release as a Walrus Site, for machines without Squid',
  arguments: 'REF',
  count: [1, 1],
  options: {
    portal: PORTAL_OPTION,
    name: { type: 'string', value: '@NAME', summary: 'let this name of yours stand for the site at portals' },
    epochs: {
      type: 'string',
      value: 'N',
      summary: `pay for so many epochs from now on (default ${DEFAULT_EPOCHS})`,
    },
    only: { type: 'boolean', summary: 'take every other version of the flake off the site' },
    'dry-run': { type: 'boolean', summary: 'tell what it would cost, and do nothing' },
    json: { type: 'boolean', summary: 'end with one line of JSON' },
  },
  details: `One site mirrors all of a Space that you publish to it, and belongs to your account. Versions that were mirrored before
stay, so that lock files keep working; revoked ones go. What is there already is neither stored nor written again, and its
lease is made as long: the same command renews.`,
  async run({ values, positionals }, context) {
    const { env, stdout, signal } = context
    const [text = ''] = positionals
    const epochs = parseEpochs(values.epochs ?? DEFAULT_EPOCHS, 'site publish')
    const reference = parseReference(text)
    await using session = await openSession(homeFrom(env), signal)
    const { space, flakeName, release } = await session.resolver.resolve(reference, signal)
    const isDry = values['dry-run']
    const report = await runMirror(
      session,
      {
        space,
        add: [{ flakeName, version: release.version }],
        keep: other => !values.only || other.flakeName !== flakeName,
        portal: values.portal,
        name: values.name?.replace(/^@/, ''),
        epochs,
      },
      isDry,
      context,
    )
    stdout.write(values.json ? mirrorJson(report) : mirrorText(report, isDry))
  },
})
