/** `squid resolve REF`: where a reference leads, read from the ledger. */
import { homeFrom } from '@squid/client/home'
import { formatFlakePath, parseReference } from '@squid/client/references'
import { formatHex } from '@squid/formats/bytes'
import { formatSri } from '@squid/formats/sri'
import { type Command, defineCommand } from '../cli/command.ts'
import { jsonLine, notice, oneLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'
import { DEFAULT_PORT, readSquiddState } from '../squidd-client.ts'

export const resolve: Command = defineCommand({
  name: 'resolve',
  summary: 'Show where a reference leads',
  arguments: 'REF',
  count: [1, 1],
  options: { json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values, positionals }, { env, stdout, stderr, signal }) {
    const reference = parseReference(positionals[0] ?? '')
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const found = await session.resolver.resolve(reference, signal)
    for (const warning of found.warnings) notice(stderr, 'warning', warning)
    const squidd = await readSquiddState(home)
    const base =
      squidd?.publicBase ??
      session.config.publicBase ??
      squidd?.origin ??
      `http://squid.localhost:${DEFAULT_PORT}`
    const { release, space, flake, flakeName, name } = found
    const path = formatFlakePath({
      subject: name === undefined ? { kind: 'id', id: space } : { kind: 'name', name },
      flake: flakeName,
      select: { kind: 'version', version: release.version },
      attribute: undefined,
    })
    const report = {
      space,
      flake,
      version: Number(release.version),
      narHash: formatSri({ algorithm: 'sha256', digest: release.sourceNarHash }),
      manifest: formatHex(release.manifest),
      url: base + path,
      revision: release.revision,
      publisher: release.publisher,
      yanked: release.yanked,
    }
    stdout.write(
      values.json
        ? jsonLine(report)
        : Object.entries(report)
            .filter(([, value]) => value !== '')
            .map(([field, value]) => `${field.padEnd(10)}${oneLine(String(value))}\n`)
            .join(''),
    )
  },
})
