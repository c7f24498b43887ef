/** `squid subscribe @NAME`: every call of Nix may take store paths from this Space. */
import { homeFrom, writeConfig } from '@squid/client/home'
import { parseSubject } from '@squid/client/references'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'

export const subscribe: Command = defineCommand({
  name: 'subscribe',
  summary: 'Let every call of Nix take store paths from a Space',
  arguments: '@NAME',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: `@NAME is a name, or the object id of a Space. squidd serves what its flakes released (of each the 16 newest
releases, but for those that were revoked) at its own address, besides what single calls ask for; it reads of a change
within two seconds. A subscription is as much trust as naming the Space in every call. See also squid subscribe list and
squid subscribe remove.`,
  async run({ values, positionals }, { env, stdout, signal }) {
    const [text = ''] = positionals
    const subject = parseSubject(text)
    await using session = await openSession(homeFrom(env), signal)
    const space = await session.resolver.findSpace(subject, signal)
    const { home, config } = session
    const { subscriptions = [] } = config
    const all = [...new Set([...subscriptions, text])]
    await writeConfig(home, { ...config, subscriptions: all })
    stdout.write(
      values.json
        ? jsonLine({ subscribed: text, space, subscriptions: all })
        : `subscribed to ${text} (${space})\n`,
    )
  },
})
