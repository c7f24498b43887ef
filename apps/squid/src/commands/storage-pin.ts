/** `squid storage pin REF?version=N`: keeps what a release needs, even when it is revoked. */
import { homeFrom } from '@squid/client/home'
import { setReleasePin } from '@squid/client/leases'
import { parseReference } from '@squid/client/references'
import { readRelease } from '@squid/client/releases'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { openSession } from '../compose.ts'

export const storagePin: Command = defineCommand({
  name: 'storage pin',
  summary: 'Keep what a release needs, even when it is revoked',
  arguments: 'REF?version=N',
  count: [1, 1],
  options: {
    undo: { type: 'boolean', summary: 'do not keep it for that any more' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `The list is this home's: a keeper elsewhere does not know it. What is not revoked is kept anyway.`,
  async run({ values, positionals }, { env, stdout, signal }) {
    const home = homeFrom(env)
    const reference = parseReference(positionals[0] ?? '')
    if (reference.select.kind !== 'version')
      throw new UsageError('say which version: REF?version=N', 'storage pin')
    const { version } = reference.select
    await using session = await openSession(home, signal)
    const { flake } = await session.resolver.findFlake(reference, signal)
    await readRelease(session.network, flake, version, signal)
    const changed = await setReleasePin(home, flake, version, !values.undo)
    stdout.write(
      values.json
        ? `${JSON.stringify({ flake, version: Number(version), pinned: !values.undo, changed })}\n`
        : `version ${version} is ${values.undo ? 'not pinned' : 'pinned'}\n`,
    )
  },
})
