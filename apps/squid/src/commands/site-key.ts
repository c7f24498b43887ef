/** `squid site key`: what machines that use a mirror have to trust. */
import { homeFrom } from '@squid/client/home'
import { siteKey, siteKeyPath } from '@squid/client/site'
import { formatPublicKey, publicKeyOf } from '@squid/formats/signature'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'
import { SPACE_OPTION, storageSpace } from './storage-space.ts'

export const siteKeyCommand: Command = defineCommand({
  name: 'site key',
  summary: 'Print the public key of your mirror of a Space, for trusted-public-keys',
  options: { space: SPACE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  details: `The secret key is a file of this home, made at first use. Who publishes the same Space from another machine copies it there;
whoever has it can make Nix accept any store path on machines that trust it.`,
  async run({ values }, { env, stdout, signal }) {
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const space = await storageSpace(session, values.space, signal)
    const publicKey = formatPublicKey(publicKeyOf(await siteKey(home, space)))
    stdout.write(
      values.json ? jsonLine({ space, publicKey, file: siteKeyPath(home, space) }) : `${publicKey}\n`,
    )
  },
})
