/** `squid storage list`: the Walrus blobs of a Space and how long they are paid for. */
import { homeFrom } from '@squid/client/home'
import { epochsLeft, readLeases } from '@squid/client/leases'
import { type Command, defineCommand } from '../cli/command.ts'
import { formatBytes } from '../cli/progress.ts'
import { openSession } from '../compose.ts'
import { leaseWarnings } from './storage-warnings.ts'
import { SPACE_OPTION, storageSpace } from './storage-space.ts'

export const storageList: Command = defineCommand({
  name: 'storage list',
  summary: 'List the Walrus blobs of a Space and the ends of their leases',
  options: { space: SPACE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  async run({ values }, { env, stdout, stderr, signal }) {
    await using session = await openSession(homeFrom(env), signal)
    const space = await storageSpace(session, values.space, signal)
    const found = await readLeases(session.network, space, signal)
    const rows = found.leases
      .map(lease => ({
        object: lease.objectId,
        blob: blobName(lease.blobId),
        bytes: Number(lease.size),
        encodedBytes: Number(lease.encodedSize),
        endEpoch: lease.endEpoch,
        epochsLeft: epochsLeft(lease, found.terms),
        condemned: lease.condemnedMs === undefined ? null : new Date(Number(lease.condemnedMs)).toISOString(),
      }))
      .toSorted((a, b) => a.endEpoch - b.endEpoch || (a.object < b.object ? -1 : 1))
    const warnings = leaseWarnings(found)
    if (values.json) {
      stdout.write(`${JSON.stringify({ space, epoch: found.terms.epoch, blobs: rows, warnings })}\n`)
      return
    }
    for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
    for (const row of rows) {
      const left = row.epochsLeft === 0 ? 'expired' : `${row.epochsLeft} epochs left`
      const state = row.condemned === null ? left : `${left}, condemned ${row.condemned}`
      stdout.write(`${row.blob}  ${formatBytes(row.bytes).padStart(9)}  ${state}\n`)
    }
  },
})

/** Walrus's text form of a blob id. */
function blobName(blobId: bigint): string {
  const bytes = Buffer.from(blobId.toString(16).padStart(64, '0'), 'hex').reverse()
  return bytes.toString('base64url')
}
