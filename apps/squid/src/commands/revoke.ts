/** `squid revoke REF?version=N REASON`: makes every client refuse a release, for good. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { revoke as revokeRelease } from '@squid/client/releases'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'
import { findChangeable } from './exact-release.ts'

/** Bytes, as the contract has it. */
const MAX_REASON = 256

export const revoke: Command = defineCommand({
  name: 'revoke',
  summary: 'Make every client refuse a release, for good',
  arguments: 'REF?version=N REASON',
  count: [2, 2],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values, positionals }, { env, stdout, signal }) {
    const [text = '', reason = ''] = positionals
    parseReference(text)
    const length = Buffer.byteLength(reason)
    if (length < 1 || length > MAX_REASON) {
      throw new UsageError(`REASON is 1 to ${MAX_REASON} bytes of UTF-8, not ${length}`, 'revoke')
    }
    await using session = await openSession(homeFrom(env), signal)
    const change = { command: 'revoke', role: 'admin' } as const
    const { account, flake, release } = await findChangeable(session, text, change, signal)
    const { version } = release
    const { digest } = await revokeRelease(account, flake, version, reason, signal)
    const report = { flake, version: Number(version), revoked: reason, transaction: digest }
    stdout.write(values.json ? jsonLine(report) : `version ${version} is revoked\n`)
  },
})
