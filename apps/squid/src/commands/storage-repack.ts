/** `squid storage repack`: gives up what nothing needs; what the keeper in squidd does once a day. */
import { homeFrom } from '@squid/client/home'
import { collectGarbage, deleteCondemned, lostChunks, readReleasePins } from '@squid/client/leases'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { Progress } from '../cli/progress.ts'
import { openAccount, openSession } from '../compose.ts'
import { formatCoins, SPACE_OPTION, storageSpace } from './storage-space.ts'

export const storageRepack: Command = defineCommand({
  name: 'storage repack',
  summary: 'Write sparse packs anew, condemn what nothing needs, delete what was condemned three days ago',
  options: {
    space: SPACE_OPTION,
    below: {
      type: 'string',
      value: 'PERCENT',
      summary: 'packs of which less is needed are written anew (default 50)',
    },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Needed is what any release needs that is not revoked, or pinned here. Needs the role publish in the Space. Stopped at any moment
it loses nothing; run again it goes on.`,
  async run({ values }, { env, stdout, stderr, signal }) {
    const home = homeFrom(env)
    const percent = Number(values.below ?? 50)
    if (!(percent >= 0 && percent <= 100))
      throw new UsageError('--below wants a percentage from 0 to 100', 'storage repack')
    await using session = await openSession(home, signal)
    const space = await storageSpace(session, values.space, signal)
    const deps = { account: await openAccount(session), storage: session.storage, home }
    const pinned = await readReleasePins(home)
    using progress = new Progress(stderr)
    const collected = await collectGarbage(deps, space, {
      sparseBelow: percent / 100,
      pinned,
      signal,
      onProgress: event => {
        if (event.stage === 'moved') progress.update(`moved      ${event.chunks} of ${event.of} chunks`)
        if (event.stage === 'uploaded') progress.done(`uploaded   ${event.packs} packs`)
      },
    })
    const deleted = await deleteCondemned(deps, space, { pinned, signal })
    const { condemned, repacked, packs, moved, healed, lost, unreadable, gas } = collected
    if (values.json) {
      const named = unreadable.map(({ flake, version }) => ({ flake, version: Number(version) }))
      stdout.write(
        `${JSON.stringify({ space, ...collected, unreadable: named, gas: Number(gas), deleted })}\n`,
      )
      return
    }
    stdout.write(
      `condemned ${condemned} blobs, ${repacked} of them repacked (${moved} chunks into ${packs} packs), deleted ${deleted}: ${formatCoins(gas)} SUI gas\n`,
    )
    if (healed > 0) stdout.write(`found ${healed} chunks again that releases need\n`)
    if (lost > 0) stderr.write(`warning: ${lostChunks(lost, unreadable)}\n`)
  },
})
