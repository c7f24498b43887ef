/**
 * Has processes do a job whole, or be killed in it; and what is asked of the world afterwards. The next process is
 * started while the one before is at work.
 *
 * CI takes some of the moments; SQUID_KILL_ALL=1 (nightly) takes all of them.
 * @module
 */
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

import { listReleases } from '@squid/client/releases'
import { readFlakeState } from '@squid/client/resolve'

import { bytesOf, openContents, openStorage, type Person } from '../publish/setting.ts'
import type { Moment, Steps } from './death.ts'
import { perform } from './jobs.ts'
import type { Job, Orders } from './victim.ts'

const PROGRAM = join(import.meta.dirname, 'victim.ts')

type Child = ChildProcessByStdio<Writable, Readable, null>

export class Rig implements AsyncDisposable {
  readonly #networkUrl: string
  #next: Child

  constructor(networkUrl: string) {
    this.#networkUrl = networkUrl
    this.#next = start()
  }

  /** Undisturbed, in a process of its own. */
  async whole(person: Person, job: Job): Promise<Steps> {
    const child = this.#give(person, job, undefined)
    const [[line]] = await Promise.all([
      once(createInterface(child.stdout), 'line') as Promise<[string]>,
      once(child, 'exit'),
    ])
    return JSON.parse(line) as Steps
  }

  /** @returns whether it came to that: what asks again and again does not always ask as often */
  async killed(person: Person, job: Job, death: Moment): Promise<boolean> {
    const child = this.#give(person, job, death)
    child.stdout.resume()
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    assert.ok(signal === 'SIGKILL' || status === 0, `it ended with ${status}`)
    return signal === 'SIGKILL'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#next, 'exit')
    this.#next.kill('SIGKILL')
    await exited
  }

  #give({ dir, space }: Person, job: Job, death: Moment | undefined): Child {
    const child = this.#next
    this.#next = start()
    const orders: Orders = { networkUrl: this.#networkUrl, homeDir: dir, space, job, death }
    child.stdin.end(`${JSON.stringify(orders)}\n`)
    return child
  }
}

function start(): Child {
  return spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** The job again, in this process. */
export async function resume({ account, home, space }: Person, job: Job): Promise<void> {
  const storage = openStorage(account.network)
  try {
    await perform({ account, home, storage }, space, job)
  } finally {
    await storage.close()
  }
}

const ALL = process.env['SQUID_KILL_ALL'] === '1'

/** Every one of them in the nightly run, else `few` at even distances. */
export function some<T>(items: readonly T[], few: number): readonly T[] {
  if (ALL || items.length <= few) return items
  return Array.from({ length: few }, (_, index) => {
    const item = items[Math.floor(((index + 0.5) * items.length) / few)]
    if (item === undefined) throw new Error('there is one at every place')
    return item
  })
}

/** Before and after each request. */
export function requestMoments({ requests }: Steps): readonly Moment[] {
  return requests.flatMap((_, index) =>
    (['before', 'after'] as const).map(when => ({ kind: 'request', at: index + 1, when }) as const),
  )
}

/** Before, in the middle of and after each change of a file. */
export function fileMoments({ files }: Steps): readonly Moment[] {
  return files.flatMap((name, index) =>
    (['before', 'middle', 'after'] as const)
      .filter(when => when !== 'middle' || name.startsWith('write'))
      .map(when => ({ kind: 'file', at: index + 1, when }) as const),
  )
}

/** `await`s at even distances; in the nightly run so many that few can hide between them. */
export function awaitMoments({ awaits }: Steps, few: number): readonly Moment[] {
  const wanted = ALL ? 400 : few
  return Array.from({ length: wanted }, (_, index) => ({
    kind: 'await',
    at: Math.floor(((index + 0.5) * awaits) / wanted) + 1,
    when: 'before',
  }))
}

/** For the name of a test. */
export function nameOf({ kind, at, when }: Moment, steps: Steps): string {
  if (kind === 'await') return `at await ${at} of about ${steps.awaits}`
  const step = kind === 'file' ? steps.files[at - 1] : steps.requests[at - 1]
  return when === 'middle' ? `in the middle of ${kind} ${at}, ${step}` : `${when} ${kind} ${at}, ${step}`
}

/** Base units of WAL. */
export async function wal({ account: { network, address } }: Person): Promise<bigint> {
  const coinType = `${network.descriptor.walrus.walPackageId}::wal::WAL`
  return BigInt((await network.sui.core.getBalance({ owner: address, coinType })).balance.balance)
}

/** Walrus blobs and storage that somebody has paid for and no Space has. */
export async function unused({ account: { network, address } }: Person): Promise<number> {
  let count = 0
  for (const type of ['blob::Blob', 'storage_resource::Storage']) {
    const { objects } = await network.sui.core.listOwnedObjects({
      owner: address,
      type: `${network.descriptor.walrus.packageId}::${type}`,
    })
    count += objects.length
  }
  return count
}

/** Reads every release of a flake that is not revoked, with nothing cached. @returns how many there are */
export async function readAll({ account, space }: Person, flakeName: string): Promise<number> {
  const { flake } = await readFlakeState(account.network, space, flakeName)
  if (flake === undefined) return 0
  const releases = (await listReleases(account.network, flake)).filter(({ revoked }) => revoked === undefined)
  const storage = openStorage(account.network)
  try {
    for (const { version } of releases) {
      const contents = await openContents(account, storage, space, flake, version)
      for await (const entry of contents.list()) await bytesOf(contents.nar(entry))
    }
  } finally {
    await storage.close()
  }
  return releases.length
}
