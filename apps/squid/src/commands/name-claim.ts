/** `squid name claim LABEL`: registers a name, makes a Space, and makes that Space what the name stands for. */
import { homeFrom } from '@squid/client/home'
import { claimName } from '@squid/client/names'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine, notice } from '../cli/terminal.ts'
import { homeSpace, openAccount, openSession } from '../compose.ts'

export const nameClaim: Command = defineCommand({
  name: 'name claim',
  summary: 'Register a name and make its Space your home',
  arguments: 'NAME',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: `NAME is without @ and .sui: squid name claim alice makes @alice. What a former attempt did already is not
done again.`,
  async run({ values, positionals }, { env, stdout, stderr, signal }) {
    const label = (positionals[0] ?? '').replace(/^@/, '').replace(/\.sui$/, '')
    await using session = await openSession(homeFrom(env), signal)
    const account = await openAccount(session)
    const former = await homeSpace(session, account.address, signal)
    const claimed = await claimName(account, label, signal)
    const { space, storage, registration } = claimed
    if (former !== undefined && former !== space) {
      notice(
        stderr,
        'note',
        `squid publish released into ${former} so far, from now on into @${label}'s Space`,
      )
    }
    stdout.write(
      values.json
        ? jsonLine({ name: `@${label}`, space, storage, registration })
        : `@${label} is yours; its Space is ${space}\n`,
    )
  },
})
