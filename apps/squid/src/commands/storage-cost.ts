/** `squid storage cost`: what a Space's storage costs, and which flake causes it. */
import { homeFrom } from '@squid/client/home'
import {
  estimateRenewalGas,
  planRenewal,
  readReleasePins,
  storageCost as costOf,
  surveySpace,
  type SpaceLeases,
} from '@squid/client/leases'
import type { Account } from '@squid/client/transactions'
import { type Command, defineCommand } from '../cli/command.ts'
import { formatBytes } from '../cli/progress.ts'
import { openSession } from '../compose.ts'
import { accountIfAny, formatCoins, SPACE_OPTION, storageSpace } from './storage-space.ts'
import { leaseWarnings } from './storage-warnings.ts'

export const storageCost: Command = defineCommand({
  name: 'storage cost',
  summary: 'Show what a Space’s storage costs, in all and for each flake',
  options: { space: SPACE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  details: `Prices are those of Walrus's current epoch. A chunk that several flakes share counts for each in equal parts.
The gas of a renewal is simulated; it needs a key that could pay for it. Spare is what was left of deleted blobs:
publishing uses it before it buys storage.`,
  async run({ values }, { env, stdout, stderr, signal }) {
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const space = await storageSpace(session, values.space, signal)
    const survey = await surveySpace(session, space, await readReleasePins(home), signal)
    const cost = costOf(survey)
    const gas = await renewalGas(await accountIfAny(session), survey.leases, signal)
    if (values.json) {
      stdout.write(
        `${JSON.stringify({ space, ...cost, renewalGas: gas ?? null }, (_, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        )}\n`,
      )
      return
    }
    const { terms } = survey.leases
    const lines = [
      [
        'blobs',
        `${cost.blobs}, ${formatBytes(Number(cost.bytes))}, on Walrus ${formatBytes(Number(cost.encodedBytes))}`,
      ],
      ['needed', `${formatBytes(Number(cost.liveBytes))}, unpacked ${formatBytes(Number(cost.rawBytes))}`],
      ['an epoch', `${formatCoins(cost.walPerEpoch)} WAL (${Number(terms.epochMs) / 86_400_000} days)`],
      ['30 days', `${formatCoins(BigInt(Math.round(cost.walPerMonth)))} WAL`],
      [
        'GiB, 30 days',
        cost.walPerGibMonth === undefined
          ? 'nothing stored'
          : `${formatCoins(BigInt(Math.round(cost.walPerGibMonth)))} WAL`,
      ],
      ['a renewal', gas === undefined ? 'gas unknown' : `${formatCoins(gas)} SUI gas`],
      ...cost.flakes.map(({ name, releases, bytes, walPerEpoch }) => [
        name,
        `${formatCoins(walPerEpoch)} WAL an epoch, ${formatBytes(bytes)}, ${releases} releases`,
      ]),
      ['overhead', `${formatCoins(cost.overheadPerEpoch)} WAL an epoch`],
      ...cost.spares.map(({ bytes, epochsLeft, wal }) => [
        'spare',
        `${formatBytes(Number(bytes))} on Walrus for ${epochsLeft} epochs, worth ${formatCoins(wal)} WAL`,
      ]),
    ]
    const width = Math.max(...lines.map(([left = '']) => left.length)) + 2
    stdout.write(lines.map(([left = '', right = '']) => `${left.padEnd(width)}${right}\n`).join(''))
    for (const warning of leaseWarnings(survey.leases)) stderr.write(`warning: ${warning}\n`)
  },
})

/** MIST of renewing everything by one epoch; undefined when nobody here could pay for it. */
async function renewalGas(
  account: Account | undefined,
  leases: SpaceLeases,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const { terms } = leases
  const last = Math.max(...leases.leases.map(({ endEpoch }) => endEpoch - terms.epoch), 0) + 1
  if (account === undefined || leases.leases.length === 0 || last > terms.maxEpochsAhead) return undefined
  const plan = planRenewal(leases, last, ({ condemnedMs }) => condemnedMs === undefined)
  try {
    return await estimateRenewalGas(account, leases, plan, signal)
  } catch {
    return undefined // a figure that is nice to have
  }
}
