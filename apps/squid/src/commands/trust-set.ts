/** `squid trust set publisher|keys`: whom this home believes about store paths. */
import { homeFrom } from '@squid/client/home'
import { type Belief, readPolicy, writePolicy } from '@squid/client/trust'
import { parsePublicKey, type PublicKey } from '@squid/formats/signature'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { requireConfig } from '../compose.ts'
import { describePolicy, policyReport } from './trust-show.ts'

const NAME = 'trust set'

export const trustSet: Command = defineCommand({
  name: NAME,
  summary: 'Say whom you believe about store paths',
  arguments: '[publisher | keys NAME:BASE64…]',
  count: [0, 101],
  options: {
    strict: {
      type: 'boolean',
      summary: 'evaluate flakes here before what a release records of an attribute is used',
    },
    'no-strict': { type: 'boolean', summary: 'believe what releases record of attributes (default)' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `publisher: the Space that you ask for is believed (default). keys: a path must be signed by one of these keys, which
are Nix's own, as in trusted-public-keys. What was signed for this machine's Nix before stays in its store: see
squid verify-store.`,
  async run({ values, positionals }, { env, stdout }) {
    if (values.strict && values['no-strict'])
      throw new UsageError('give --strict or --no-strict, not both', NAME)
    const belief = beliefOf(positionals)
    if (belief === undefined && !values.strict && !values['no-strict'])
      throw new UsageError('say what to set: publisher, keys NAME:BASE64…, --strict or --no-strict', NAME)
    const home = homeFrom(env)
    await requireConfig(home)
    const before = await readPolicy(home)
    const strict = values.strict || (before.strict && !values['no-strict'])
    const policy = { ...(belief ?? before), strict }
    await writePolicy(home, policy)
    stdout.write(values.json ? jsonLine(policyReport(policy)) : describePolicy(policy))
  },
})

/** Undefined where only strictness is to change. @throws {UsageError} */
function beliefOf([kind, ...keys]: readonly string[]): Belief | undefined {
  if (kind === undefined) return undefined
  if (kind === 'publisher') {
    if (keys.length === 0) return { kind }
    throw new UsageError('publisher takes no keys; did you mean squid trust set keys', NAME)
  }
  if (kind !== 'keys') throw new UsageError(`there is no policy '${kind}'; say publisher or keys`, NAME)
  if (keys.length === 0) throw new UsageError('say which keys: keys NAME:BASE64…', NAME)
  return { kind, keys: keys.map(parseKey) }
}

function parseKey(text: string): PublicKey {
  try {
    return parsePublicKey(text)
  } catch {
    throw new UsageError(`'${text}' is not a public key of Nix (NAME:BASE64)`, NAME)
  }
}
