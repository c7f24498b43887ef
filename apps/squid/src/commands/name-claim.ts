/** `squid name claim LABEL`: registers a name, makes a Space, and makes that Space what the name stands for. */
import { homeFrom } from '@squid/client/home'
import { claimName } from '@squid/client/names'
import { type Command, defineCommand } from '../cli/command.ts'
import { openAccount, openSession } from '../compose.ts'

export const nameClaim: Command = defineCommand({
  name: 'name claim',
  summary: 'Register a name and make its Space your home',
  arguments: 'NAME',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: `NAME is without @ and .sui: squid name claim alice makes @alice. What a former attempt did already is not
done again.`,
  async run({ values, positionals }, { env, stdout, signal }) {
    const label = (positionals[0] ?? '').replace(/^@/, '').replace(/\.sui$/, '')
    await using session = await openSession(homeFrom(env), signal)
    const claimed = await claimName(await openAccount(session), label, signal)
    const { space, storage, registration } = claimed
    stdout.write(
      values.json
        ? `${JSON.stringify({ name: `@${label}`, space, storage, registration })}\n`
        : `@${label} is yours; its Space is ${space}\n`,
    )
  },
})
