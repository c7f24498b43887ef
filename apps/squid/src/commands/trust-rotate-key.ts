/** `squid trust rotate-key`: another key for this machine's Nix. */
import { homeFrom } from '@squid/client/home'
import { forgetFormerKeys, machineKeys, rotateMachineKey } from '@squid/client/trust'
import { formatPublicKey, publicKeyOf } from '@squid/formats/signature'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine, notice } from '../cli/terminal.ts'

export const trustRotateKey: Command = defineCommand({
  name: 'trust rotate-key',
  summary: 'Make another key with which squidd signs for this machine’s Nix',
  options: {
    'forget-old': { type: 'boolean', summary: 'make none, but let the former keys sign no more' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `squidd takes it up at once and signs with the former keys, too, so that a Nix that is configured with one of those goes
on. When every nix.conf names the new key: squid trust rotate-key --forget-old. If somebody else may have had the old key,
do both at once, take the old key out of every trusted-public-keys, and run squid verify-store. Keys lie in files of mode 0600.`,
  async run({ values }, { env, stdout, stderr }) {
    const home = homeFrom(env)
    const forgotten = values['forget-old'] ? await forgetFormerKeys(home) : []
    const [current, ...former] = values['forget-old'] ? await machineKeys(home) : await rotateMachineKey(home)
    const publicKey = formatPublicKey(publicKeyOf(current))
    const report = { publicKey, former: former.map(({ name }) => name), forgotten }
    if (values.json) {
      stdout.write(jsonLine(report))
      return
    }
    stdout.write(`${publicKey}\n`)
    if (former.length > 0) {
      notice(
        stderr,
        'note',
        `${report.former.join(', ')} signs on; end that with squid trust rotate-key --forget-old`,
      )
    }
    for (const name of forgotten) {
      notice(
        stderr,
        'note',
        `${name} signs no more; take it out of trusted-public-keys where it is in a nix.conf`,
      )
    }
  },
})
