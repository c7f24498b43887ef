/**
 * What is killed, and what takes it up again: the same calls in both processes.
 * @module
 */
import type { Home } from '@squid/client/home'
import { collectGarbage, deleteCondemned, renewLeases, restoreSpace, SpaceCopy } from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import type { WalrusStorage } from '@squid/client/storage'
import type { Account } from '@squid/client/transactions'
import { noise, publicationOf } from '../publish/setting.ts'
import type { Job } from './victim.ts'

interface Deps {
  readonly account: Account
  readonly home: Home
  readonly storage: WalrusStorage
}

/** Does a job in a Space; whoever was killed doing it is taken up. */
export async function perform(deps: Deps, space: string, job: Job): Promise<void> {
  switch (job.kind) {
    case 'publish': {
      const { flakeName, contents, tags, upload, packBytes } = job
      const paths = contents.map(([name, seed, size]) => [name, noise(seed, size)] as const)
      const publication = { ...(await publicationOf(space, flakeName, paths)), tags }
      await publish(deps, publication, { upload, packBytes })
      return
    }
    case 'collect':
      await collectGarbage(deps, space)
      return
    case 'delete':
      await deleteCondemned(deps, space)
      return
    case 'renew':
      await renewLeases(deps.account, space, job.epochs, ({ condemnedMs }) => condemnedMs === undefined)
      return
    case 'restore':
      await restoreSpace(deps, await SpaceCopy.open(job.folder), space)
      return
  }
}
