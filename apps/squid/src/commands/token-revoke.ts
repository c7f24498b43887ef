/** `squid token revoke ID`: ends a token. */
import { homeFrom } from '@squid/client/home'
import { uploadTokens } from '@squid/daemon/uploads'
import { SquidError } from '@squid/formats/errors'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'

export const tokenRevoke: Command = defineCommand({
  name: 'token revoke',
  summary: 'End a token',
  arguments: 'ID',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: 'ID is the one that squid token list shows. What was uploaded with the token stays.',
  async run({ values, positionals }, { env, stdout }) {
    const [id = ''] = positionals
    const place = await uploadTokens(homeFrom(env).state).revoke(id)
    if (place === undefined) {
      throw new SquidError('TOKEN_UNKNOWN', `there is no token ${id}; see squid token list`)
    }
    stdout.write(values.json ? jsonLine({ revoked: id, place }) : `${id} for ${place} is revoked\n`)
  },
})
