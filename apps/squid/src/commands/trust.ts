/** `squid trust`: whom this home believes about store paths, and what names stand for. */
import { homeFrom } from '@squid/client/home'
import { type Policy, readPins, readPolicy, writePolicy } from '@squid/client/trust'
import { formatPublicKey, parsePublicKey } from '@squid/formats/signature'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { requireConfig } from '../compose.ts'

export const trust: Command = defineCommand({
  name: 'trust',
  summary: 'Show or set whom you believe',
  options: {
    publisher: { type: 'boolean', summary: 'believe the Space that you ask for (default)' },
    key: {
      type: 'string',
      value: 'NAME:BASE64',
      multiple: true,
      summary: 'believe only paths that one of these keys signed',
    },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `A name is pinned to its Space at first use; when it stands for another Space later, everything stops until
squid trust accept @NAME. Keys are Nix's own, as in trusted-public-keys.`,
  async run({ values }, { env, stdout }) {
    if (values.publisher && values.key.length > 0)
      throw new UsageError('give --publisher or --key, not both', 'trust')
    const home = homeFrom(env)
    const config = await requireConfig(home)
    if (values.publisher) await writePolicy(home, { kind: 'publisher' })
    if (values.key.length > 0) await writePolicy(home, { kind: 'keys', keys: values.key.map(parseKey) })
    const policy = await readPolicy(home)
    const pins =
      config.chainId === undefined ? new Map<string, string>() : await readPins(home, config.chainId)
    const report = { policy: policy.kind, keys: keysOf(policy), pins: Object.fromEntries(pins) }
    if (values.json) {
      stdout.write(jsonLine(report))
      return
    }
    stdout.write(
      policy.kind === 'publisher'
        ? 'policy: publisher (the Space that you ask for is believed)\n'
        : `policy: keys (a path must be signed by one of these)\n${report.keys.map(key => `  ${key}\n`).join('')}`,
    )
    for (const [name, space] of pins) stdout.write(`@${name} is ${space}\n`)
  },
})

function parseKey(text: string): ReturnType<typeof parsePublicKey> {
  try {
    return parsePublicKey(text)
  } catch (cause) {
    throw new UsageError(
      `'${text}' is not a public key of Nix (NAME:BASE64)${cause instanceof Error ? '' : ''}`,
      'trust',
    )
  }
}

function keysOf(policy: Policy): readonly string[] {
  return policy.kind === 'keys' ? policy.keys.map(formatPublicKey) : []
}
