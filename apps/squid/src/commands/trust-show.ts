/** `squid trust show`: whom this home believes about store paths, and what names stand for. */
import { homeFrom } from '@squid/client/home'
import { type Policy, readPins, readPolicy } from '@squid/client/trust'
import { formatPublicKey } from '@squid/formats/signature'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { requireConfig } from '../compose.ts'

export const trustShow: Command = defineCommand({
  name: 'trust show',
  summary: 'Show whom you believe, and what names stand for',
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  details: `A name is pinned to its Space at first use; when it stands for another Space later, everything stops until
squid trust accept @NAME. The policy lies in trust.toml beside config.toml.`,
  async run({ values }, { env, stdout }) {
    const home = homeFrom(env)
    const config = await requireConfig(home)
    const policy = await readPolicy(home)
    const pins =
      config.chainId === undefined ? new Map<string, string>() : await readPins(home, config.chainId)
    stdout.write(
      values.json
        ? jsonLine({ ...policyReport(policy), pins: Object.fromEntries(pins) })
        : describePolicy(policy) + [...pins].map(([name, space]) => `@${name} is ${space}\n`).join(''),
    )
  },
})

/** A policy for programs. */
export function policyReport(policy: Policy): {
  readonly policy: string
  readonly keys: readonly string[]
  readonly strict: boolean
} {
  const keys = policy.kind === 'keys' ? policy.keys.map(formatPublicKey) : []
  return { policy: policy.kind, keys, strict: policy.strict }
}

/** A policy for people. */
export function describePolicy(policy: Policy): string {
  const { keys, strict } = policyReport(policy)
  const belief =
    policy.kind === 'publisher'
      ? 'policy: publisher (the Space that you ask for is believed)\n'
      : `policy: keys (a path must be signed by one of these)\n${keys.map(key => `  ${key}\n`).join('')}`
  return strict
    ? `${belief}strict: flakes are evaluated here before what a release records of an attribute is used\n`
    : belief
}
