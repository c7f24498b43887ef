/** `squid token list`: which tokens there are to upload with. */
import { homeFrom } from '@squid/client/home'
import { uploadTokens } from '@squid/daemon/uploads'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'

export const tokenList: Command = defineCommand({
  name: 'token list',
  summary: 'Show which tokens there are to upload with',
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: 'The tokens themselves are kept nowhere: only what they are checked by is.',
  async run({ values }, { env, stdout }) {
    const tokens = (await uploadTokens(homeFrom(env).state).list()).map(({ id, place, createdMs }) => ({
      id,
      place,
      created: new Date(createdMs).toISOString(),
    }))
    const lines = tokens.map(({ id, place, created }) => `${id}  ${created.slice(0, 10)}  ${place}\n`)
    stdout.write(values.json ? jsonLine({ tokens }) : lines.join(''))
  },
})
