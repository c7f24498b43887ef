/** `squid status`: what squidd did since it started. */
import { homeFrom } from '@squid/client/home/paths'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import { formatBytes } from '../cli/progress.ts'
import { SquiddClient } from '../squidd-client.ts'

export const status: Command = defineCommand({
  name: 'status',
  summary: 'Show what squidd served, from which storage, and which nodes it set aside',
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values }, { env, stdout, signal }) {
    const report = await (await SquiddClient.of(homeFrom(env))).status(signal)
    if (values.json) {
      stdout.write(jsonLine(report))
      return
    }
    const { served, storage } = report
    stdout.write(
      [
        `squidd ${report.pid} at ${report.origin}`,
        `served: ${served.nars} NARs (${formatBytes(served.narBytes)}), ${served.tarballs} source tarballs, ${served.requests} requests`,
        `storage: ${storage.requests} requests, ${formatBytes(storage.bytes)}`,
        ...storage.setAside.map(({ node, reason }) => `set aside: ${node} (${oneLine(reason)})`),
        '',
      ].join('\n'),
    )
  },
})
