/** `squid subscribe remove @NAME`: ends a subscription. */
import { homeFrom, writeConfig } from '@squid/client/home'
import { SquidError } from '@squid/formats/errors'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { requireConfig } from '../compose.ts'

export const subscribeRemove: Command = defineCommand({
  name: 'subscribe remove',
  summary: 'End the subscription to a Space',
  arguments: '@NAME',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: 'What Nix took from the Space stays in its store.',
  async run({ values, positionals }, { env, stdout }) {
    const [text = ''] = positionals
    const home = homeFrom(env)
    const config = await requireConfig(home)
    const { subscriptions = [] } = config
    if (!subscriptions.includes(text)) {
      throw new SquidError('NOT_SUBSCRIBED', `you did not subscribe to ${text}; see squid subscribe list`)
    }
    const left = subscriptions.filter(other => other !== text)
    await writeConfig(home, { ...config, subscriptions: left })
    stdout.write(values.json ? jsonLine({ removed: text, subscriptions: left }) : `${text} is removed\n`)
  },
})
