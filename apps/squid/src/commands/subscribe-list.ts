/** `squid subscribe list`: from which Spaces every call of Nix may take store paths. */
import { homeFrom } from '@squid/client/home'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { requireConfig } from '../compose.ts'

export const subscribeList: Command = defineCommand({
  name: 'subscribe list',
  summary: 'Show to which Spaces you subscribed',
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values }, { env, stdout }) {
    const { subscriptions = [] } = await requireConfig(homeFrom(env))
    stdout.write(values.json ? jsonLine({ subscriptions }) : subscriptions.map(text => `${text}\n`).join(''))
  },
})
