/** `squid storage import DIR`: restores a Space from its copy, or releases the copy in another Space. */
import { resolve } from 'node:path'
import { homeFrom } from '@squid/client/home'
import {
  type CopiedFlake,
  type CopiedRelease,
  publicationOfCopy,
  readReleasePins,
  releasedBefore,
  type ReleasedBefore,
  restoreSpace,
  SpaceCopy,
} from '@squid/client/leases'
import { publish } from '@squid/client/publish'
import { yank } from '@squid/client/releases'
import { type Command, defineCommand } from '../cli/command.ts'
import { Progress } from '../cli/progress.ts'
import { openAccount, openSession, type Session } from '../compose.ts'
import { SPACE_OPTION, storageSpace } from './storage-space.ts'

export const storageImport: Command = defineCommand({
  name: 'storage import',
  summary: 'Bring a copy of a Space back',
  arguments: 'DIR',
  count: [1, 1],
  options: { space: SPACE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  details: `A copy of the Space itself restores what Walrus has no more; releases stay what they are. A copy of another Space
is released anew, the oldest release of a flake first, with the tags and yanks of then. The ledger numbers releases one by one: in a
new flake they count from one, and what was revoked leaves no gap. What the Space has already is not released twice.`,
  async run({ values, positionals }, { env, cwd, stdout, stderr, signal }) {
    const home = homeFrom(env)
    const copy = await SpaceCopy.open(resolve(cwd, positionals[0] ?? ''))
    await using session = await openSession(home, signal)
    const space = await storageSpace(session, values.space, signal)
    if (space === copy.space) {
      const deps = { account: await openAccount(session), storage: session.storage, home }
      const { chunks, packs, lost } = await restoreSpace(deps, copy, space, {
        pinned: await readReleasePins(home),
        signal,
      })
      if (values.json)
        stdout.write(`${JSON.stringify({ space, restored: chunks, packs, lost, released: [] })}\n`)
      else
        stdout.write(chunks === 0 ? 'nothing is missing\n' : `restored ${chunks} chunks in ${packs} packs\n`)
      if (lost > 0) stderr.write(`warning: the copy lacks ${lost} releases of this Space\n`)
      return
    }
    using progress = new Progress(stderr)
    const released: ImportedRelease[] = []
    for (const flake of copy.flakes) {
      const before = await releasedBefore(session.network, space, flake)
      for (const [index, copied] of flake.releases.entries()) {
        const there = before[index]
        const version =
          there === undefined
            ? await releaseAgain(session, copy, space, flake, copied, signal)
            : await takeUp(session, there, copied, signal)
        const [from, to] = [Number(copied.version), Number(version)]
        released.push({ flake: flake.name, from, version: to, already: there !== undefined })
        progress.done(
          `${there === undefined ? 'released ' : 'present  '}  ${flake.name} version ${to}${from === to ? '' : `, version ${from} in the copy`}`,
        )
      }
    }
    if (values.json) {
      stdout.write(`${JSON.stringify({ space, restored: 0, packs: 0, lost: 0, released })}\n`)
      return
    }
    const fresh = released.filter(({ already }) => !already).length
    const rest = released.length === fresh ? '' : `, ${released.length - fresh} were there`
    stdout.write(`released ${fresh} releases of ${copy.flakes.length} flakes in ${space}${rest}\n`)
  },
})

/** `from` is the version in the copy. */
interface ImportedRelease {
  readonly flake: string
  readonly from: number
  readonly version: number
  readonly already: boolean
}

/** An import may have been stopped between a release and its yank. */
async function takeUp(
  session: Session,
  { flake, version, yanked, isNewest }: ReleasedBefore,
  copied: CopiedRelease,
  signal: AbortSignal,
): Promise<bigint> {
  if (copied.yanked && !yanked && isNewest) await yank(await openAccount(session), flake, version, signal)
  return version
}

async function releaseAgain(
  session: Session,
  copy: SpaceCopy,
  space: string,
  flake: CopiedFlake,
  copied: CopiedRelease,
  signal: AbortSignal,
): Promise<bigint> {
  const { home, storage } = session
  const account = await openAccount(session)
  const publication = await publicationOfCopy(copy, space, flake, copied)
  const result = await publish({ account, storage, home }, publication, { signal })
  if (copied.yanked && !result.alreadyPublished) await yank(account, result.flake, result.version, signal)
  return result.version
}
