/** `squid storage renew [REF]`: pays for longer leases, of one's own Space or of anybody's. */
import { homeFrom } from '@squid/client/home'
import { type LeaseFilter, leasesOfRelease, readLeases, renewLeases } from '@squid/client/leases'
import { parseReference } from '@squid/client/references'
import { linkFromLedger } from '@squid/client/storage'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { openAccount, openSession, type Session } from '../compose.ts'
import { formatCoins, parseEpochs, SPACE_OPTION, storageSpace } from './storage-space.ts'
import { leaseWarnings } from './storage-warnings.ts'

export const storageRenew: Command = defineCommand({
  name: 'storage renew',
  summary: 'Pay for longer leases, of everything in a Space or of one release',
  arguments: '[REF]',
  count: [0, 1],
  options: {
    epochs: { type: 'string', value: 'N', summary: 'so many epochs from now on (default 12)' },
    space: SPACE_OPTION,
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Anyone may pay for anybody's release. Leases that last as long already cost nothing; those that have ended
cannot be renewed.`,
  async run({ values, positionals }, { env, stdout, stderr, signal }) {
    const epochs = parseEpochs(values.epochs ?? '12', 'storage renew')
    const [text] = positionals
    if (text !== undefined && values.space !== undefined)
      throw new UsageError('give a reference or --space, not both', 'storage renew')
    await using session = await openSession(homeFrom(env), signal)
    const account = await openAccount(session)
    const { space, wanted } =
      text === undefined
        ? { space: await storageSpace(session, values.space, signal), wanted: isKept }
        : await leasesOf(session, text, signal)
    const renewed = await renewLeases(account, space, epochs, wanted, signal)
    const { blobs, until, wal, gas, transactions } = renewed
    if (values.json) {
      const report = { space, blobs, until, wal: Number(wal), gas: Number(gas), digests: transactions }
      stdout.write(`${JSON.stringify(report)}\n`)
    } else if (blobs === 0) stdout.write(`nothing to pay: leases last until epoch ${until}\n`)
    else
      stdout.write(
        `renewed ${blobs} blobs until epoch ${until}: ${formatCoins(wal)} WAL, ${formatCoins(gas)} SUI gas\n`,
      )
    for (const warning of leaseWarnings(await readLeases(session.network, space, signal)))
      stderr.write(`warning: ${warning}\n`)
  },
})

const isKept: LeaseFilter = ({ condemnedMs }) => condemnedMs === undefined

async function leasesOf(
  { resolver, storage }: Session,
  text: string,
  signal: AbortSignal,
): Promise<{ space: string; wanted: LeaseFilter }> {
  const { space, release, locator } = await resolver.resolve(parseReference(text), signal)
  if (locator.link === undefined) return { space, wanted: () => false }
  return {
    space,
    wanted: await leasesOfRelease(storage, linkFromLedger(locator.link), release.manifest, signal),
  }
}
