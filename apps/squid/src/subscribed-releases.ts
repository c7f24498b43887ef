/**
 * What the Spaces released to which a home subscribed.
 * @module
 */
import { stat } from 'node:fs/promises'
import { readConfig } from '@squid/client/home'
import { parseSubject } from '@squid/client/references'
import { listFlakes, listReleases } from '@squid/client/releases'
import { readLocator, type Resolution } from '@squid/client/resolve'
import type { Log, Subscriptions } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import type { Session } from './compose.ts'
import { gatewayRelease } from './gateway-release.ts'

/** The newest releases of each flake that are served, and of so many flakes of a Space. */
const MAX_RELEASES = 16
const MAX_FLAKES = 64

/** What keeps one subscription from being served, and will until the person or the publisher does something. */
const LASTING: ReadonlySet<string> = new Set([
  'NAME_REBOUND',
  'NAME_EXPIRED',
  'NAME_UNKNOWN',
  'NAME_WITHOUT_TARGET',
  'NO_HOME',
  'OBJECT_UNKNOWN',
  'OBJECT_KIND',
])

/** The subscriptions of a home, as config.toml has them at the moment. */
export function subscriptionsOf(session: Session, log: Log): Subscriptions {
  const { home } = session
  return {
    stamp: async () => {
      const found = await stat(home.config).catch(() => undefined)
      return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs}`
    },
    releases: async signal => {
      const { subscriptions = [] } = (await readConfig(home)) ?? {}
      const found = await Promise.all(subscriptions.map(text => releasesOf(session, text, log, signal)))
      return found.flat().map(resolution => gatewayRelease(session.storage, resolution))
    },
  }
}

async function releasesOf(
  session: Session,
  text: string,
  log: Log,
  signal: AbortSignal,
): Promise<readonly Resolution[]> {
  try {
    return await released(session, text, signal)
  } catch (error) {
    if (!(error instanceof SquidError) || !LASTING.has(error.code)) throw error
    log(`${text}, to which you subscribed, is not served: ${error.message}`)
    return []
  }
}

async function released(
  { network, resolver }: Session,
  text: string,
  signal: AbortSignal,
): Promise<readonly Resolution[]> {
  const subject = parseSubject(text)
  const space = await resolver.findSpace(subject, signal)
  const [flakes, locator] = await Promise.all([
    listFlakes(network, space, signal),
    readLocator(network, space, signal),
  ])
  const name = subject.kind === 'name' ? subject.name : undefined
  const all = [...flakes].slice(0, MAX_FLAKES).map(async ([flakeName, flake]) => {
    const releases = await listReleases(network, flake, { limit: MAX_RELEASES, signal })
    return releases
      .filter(({ revoked }) => revoked === undefined)
      .map(release => ({ space, flake, flakeName, name, release, locator, warnings: [] }))
  })
  return (await Promise.all(all)).flat()
}
