/** `squid storage import DIR`: restores a Space from its copy, or releases the copy in another Space. */
import { resolve } from 'node:path'
import { homeFrom } from '@squid/client/home'
import {
  type CopiedFlake,
  type CopiedRelease,
  publicationOfCopy,
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
is released anew: the oldest release of a flake first, with the tags and yanks of then; versions count from one.`,
  async run({ values, positionals }, { env, cwd, stdout, stderr, signal }) {
    const home = homeFrom(env)
    const copy = await SpaceCopy.open(resolve(cwd, positionals[0] ?? ''))
    await using session = await openSession(home, signal)
    const space = await storageSpace(session, values.space, signal)
    if (space === copy.space) {
      const deps = { account: await openAccount(session), storage: session.storage, home }
      const { chunks, packs, lost } = await restoreSpace(deps, copy, space, signal)
      if (values.json)
        stdout.write(`${JSON.stringify({ space, restored: chunks, packs, lost, released: [] })}\n`)
      else
        stdout.write(chunks === 0 ? 'nothing is missing\n' : `restored ${chunks} chunks in ${packs} packs\n`)
      if (lost > 0) stderr.write(`warning: the copy lacks ${lost} releases of this Space\n`)
      return
    }
    using progress = new Progress(stderr)
    const released: { flake: string; from: number; version: number }[] = []
    for (const flake of copy.flakes) {
      for (const copied of flake.releases) {
        const version = await releaseAgain(session, copy, space, flake, copied, signal)
        released.push({ flake: flake.name, from: Number(copied.version), version: Number(version) })
        progress.done(`released   ${flake.name} version ${version}`)
      }
    }
    if (values.json) stdout.write(`${JSON.stringify({ space, restored: 0, packs: 0, lost: 0, released })}\n`)
    else stdout.write(`released ${released.length} releases of ${copy.flakes.length} flakes in ${space}\n`)
  },
})

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
