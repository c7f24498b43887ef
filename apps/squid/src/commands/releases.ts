/** `squid releases REF`: the releases of a flake, newest first. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { listReleases, listTags } from '@squid/client/releases'
import { formatHex } from '@squid/formats/bytes'
import { formatSri } from '@squid/formats/sri'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'

export const releases: Command = defineCommand({
  name: 'releases',
  summary: 'List the releases of a flake, newest first',
  arguments: 'REF',
  count: [1, 1],
  options: {
    limit: { type: 'string', value: 'N', summary: 'at most so many (default 50)' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  async run({ values, positionals }, { env, stdout, signal }) {
    const reference = parseReference(positionals[0] ?? '')
    const limit = values.limit === undefined ? 50 : Number(values.limit)
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new UsageError('--limit wants a number from 1 to 1000', 'releases')
    }
    await using session = await openSession(homeFrom(env), signal)
    const { network, resolver } = session
    const { space, flake } = await resolver.findFlake(reference, signal)
    const [found, tags] = await Promise.all([
      listReleases(network, flake, { limit, signal }),
      listTags(network, flake, signal),
    ])
    const rows = found.map(release => ({
      version: Number(release.version),
      tags: [...tags].filter(([, version]) => version === release.version).map(([tag]) => tag),
      published: new Date(Number(release.createdMs)).toISOString(),
      narHash: formatSri({ algorithm: 'sha256', digest: release.sourceNarHash }),
      manifest: formatHex(release.manifest),
      revision: release.revision,
      publisher: release.publisher,
      yanked: release.yanked,
      revoked: release.revoked ?? null,
    }))
    if (values.json) {
      stdout.write(jsonLine({ space, flake, releases: rows }))
      return
    }
    for (const row of rows) {
      const state =
        row.revoked !== null ? `revoked: ${JSON.stringify(row.revoked)}` : row.yanked ? 'yanked' : ''
      stdout.write(
        `${[String(row.version).padStart(4), row.published, row.tags.join(','), state].join('  ').trimEnd()}\n`,
      )
    }
  },
})
