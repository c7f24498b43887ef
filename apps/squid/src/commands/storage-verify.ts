/** `squid storage verify [REF]`: reads everything again and names what is hurt. */
import { homeFrom } from '@squid/client/home'
import {
  type Pinned,
  readReleasePins,
  repairSpace,
  type Repaired,
  verifySpace,
  type Verified,
} from '@squid/client/leases'
import { parseReference } from '@squid/client/references'
import { type Command, defineCommand, UsageError } from '../cli/command.ts'
import { formatBytes, Progress } from '../cli/progress.ts'
import { openAccount, openSession, type Session } from '../compose.ts'
import { SPACE_OPTION, storageSpace } from './storage-space.ts'

export const storageVerify: Command = defineCommand({
  name: 'storage verify',
  summary: 'Read everything that is stored again, and name the store paths that are hurt',
  arguments: '[REF]',
  count: [0, 1],
  options: {
    space: SPACE_OPTION,
    repair: { type: 'boolean', summary: 'find what the index places falsely in the packs, and correct it' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Without REF: every release of the Space that is not revoked, or pinned here. Ends with status 1 when something is hurt.
Storage nodes that lie or are down do not hurt anything as long as Walrus can rebuild its blobs without them.
--repair needs the role publish in the Space. What is in none of its packs can only come back from a copy: squid storage
import.`,
  async run({ values, positionals }, { env, stdout, stderr, signal }) {
    const [text] = positionals
    if (text !== undefined && values.space !== undefined)
      throw new UsageError('give a reference or --space, not both', 'storage verify')
    if (text !== undefined && values.repair)
      throw new UsageError('--repair is for a whole Space, not for one release', 'storage verify')
    const home = homeFrom(env)
    const pinned = await readReleasePins(home)
    await using session = await openSession(home, signal)
    const { network, storage } = session
    const what =
      text === undefined
        ? { space: await storageSpace(session, values.space, signal) }
        : await release(session, text, pinned, signal)
    const { space } = what
    using progress = new Progress(stderr)
    const onProgress = (chunks: number, bytes: bigint): void =>
      progress.update(`verified   ${chunks} chunks, ${formatBytes(bytes)}`)
    const found: Verified & Partial<Repaired> = values.repair
      ? await repairSpace({ account: await openAccount(session), storage, home }, space, {
          pinned,
          signal,
          onProgress,
        })
      : await verifySpace(network, storage, space, { ...what, pinned, signal, onProgress })
    progress.done(`verified   ${found.chunks} chunks, ${formatBytes(found.bytes)}`)
    const hurt = found.hurt.map(({ flake, version, storePath, reason }) => ({
      flake,
      version: Number(version),
      storePath: storePath ?? null,
      reason,
    }))
    const { releases, chunks, repaired = 0 } = found
    if (values.json) {
      stdout.write(
        `${JSON.stringify({ space, releases, chunks, bytes: Number(found.bytes), repaired, hurt })}\n`,
      )
    } else {
      if (repaired > 0) stdout.write(`repaired the places of ${repaired} chunks\n`)
      for (const { flake, version, storePath, reason } of hurt)
        stdout.write(`hurt: ${flake} version ${version}: ${storePath ?? 'its list of paths'}: ${reason}\n`)
      stdout.write(
        `${releases} releases, ${chunks} chunks: ${hurt.length === 0 ? 'all can be read' : `${hurt.length} hurt`}\n`,
      )
    }
    return hurt.length === 0 ? 0 : 1
  },
})

async function release(
  { resolver }: Session,
  text: string,
  pinned: Pinned,
  signal: AbortSignal,
): Promise<{ space: string; wanted: (flake: string, version: bigint) => boolean }> {
  const reference = parseReference(text)
  const { select } = reference
  if (select.kind === 'version') {
    const found = await resolver.findFlake(reference, signal)
    // It may be revoked, which nothing else resolves.
    if (pinned(found.flake, select.version))
      return {
        space: found.space,
        wanted: (id, version) => id === found.flake && version === select.version,
      }
  }
  const { space, flake, release: found } = await resolver.resolve(reference, signal)
  return { space, wanted: (id, version) => id === flake && version === found.version }
}
