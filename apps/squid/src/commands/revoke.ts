/** `squid revoke REF?version=N REASON`: makes every client refuse a release, for good. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { revoke as revokeRelease } from '@squid/client/releases'
import { type Command, defineCommand } from '../cli/command.ts'
import { openAccount, openSession } from '../compose.ts'
import { findExact } from './exact-release.ts'

export const revoke: Command = defineCommand({
  name: 'revoke',
  summary: 'Make every client refuse a release, for good',
  arguments: 'REF?version=N REASON',
  count: [2, 2],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values, positionals }, { env, stdout, signal }) {
    const [text = '', reason = ''] = positionals
    parseReference(text)
    await using session = await openSession(homeFrom(env), signal)
    const { flake, version } = await findExact(session, text, 'revoke', signal)
    const { digest } = await revokeRelease(await openAccount(session), flake, version, reason, signal)
    const report = { flake, version: Number(version), revoked: reason, transaction: digest }
    stdout.write(values.json ? `${JSON.stringify(report)}\n` : `version ${version} is revoked\n`)
  },
})
