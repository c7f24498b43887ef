/**
 * A process that publishes, collects, renews or restores, and may be killed at a step of that. It waits for a line of
 * JSON, its orders, so that it can be started before they are known; prints one line of JSON when it ends by itself.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { type Moment, type Steps, watch } from './death.ts'

/** What there is to do. */
export type Job =
  | {
      readonly kind: 'publish'
      readonly flakeName: string
      /** Name, seed and size of each path. */
      readonly contents: readonly (readonly [name: string, seed: string, size: number])[]
      readonly tags: readonly string[]
      readonly upload: 'auto' | 'nodes'
      readonly packBytes: number
    }
  | { readonly kind: 'collect' | 'delete' }
  | { readonly kind: 'renew'; readonly epochs: number }
  | { readonly kind: 'restore'; readonly folder: string }

export interface Orders {
  readonly networkUrl: string
  readonly homeDir: string
  readonly space: string
  readonly job: Job
  /** When to die; undefined is not at all. */
  readonly death: Moment | undefined
}

// After the counting, so that nothing keeps what was before; loaded while nobody waits.
const { homeFrom } = await import('@squid/client/home')
const { openAccount, openStorage } = await import('../publish/setting.ts')
const { perform } = await import('./jobs.ts')

const [line] = (await once(createInterface(process.stdin), 'line')) as [string]
process.stdin.destroy()
const { networkUrl, homeDir, space, job, death } = JSON.parse(line) as Orders
const home = homeFrom({ SQUID_HOME: homeDir })
const account = await openAccount(networkUrl, home)
const storage = openStorage(account.network)
const steps: Steps = watch(homeDir, death)
await perform({ account, home, storage }, space, job)
const report = JSON.stringify(steps)
await storage.close()
console.log(report)
