/** `squid site show`: your mirror of a Space. */
import { homeFrom } from '@squid/client/home'
import { describeSite } from '@squid/client/site'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openAccount, openSession } from '../compose.ts'
import { SPACE_OPTION, storageSpace } from './storage-space.ts'

export const siteShow: Command = defineCommand({
  name: 'site show',
  summary: 'Show your mirror of a Space: where it is, what it holds, how long it is paid for',
  options: { space: SPACE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values }, { env, stdout, signal }) {
    await using session = await openSession(homeFrom(env), signal)
    const account = await openAccount(session)
    const space = await storageSpace(session, values.space, signal)
    const { site, address, versions, pages, epoch, endEpoch } = await describeSite(account, space, signal)
    const named = versions.map(({ flakeName, version }) => ({ flake: flakeName, version: Number(version) }))
    if (values.json) {
      stdout.write(
        jsonLine({
          space,
          site,
          address: address ?? null,
          versions: named,
          pages,
          epoch,
          endEpoch: endEpoch ?? null,
        }),
      )
      return
    }
    const end =
      endEpoch === undefined
        ? 'nothing'
        : endEpoch > epoch
          ? `until Walrus epoch ${endEpoch}, now is ${epoch}`
          : `not any more since Walrus epoch ${endEpoch}: run squid site publish again`
    stdout.write(`site       ${site}
address    ${address ?? 'unknown'}
holds      ${named.map(({ flake, version }) => `${flake} ${version}`).join(', ') || 'nothing'}
pages      ${pages}
paid       ${end}
`)
  },
})
