/** `squid storage export DIR`: a copy outside of Walrus. */
import { resolve } from 'node:path'
import { homeFrom } from '@squid/client/home'
import { copySpace, readReleasePins } from '@squid/client/leases'
import { type Command, defineCommand } from '../cli/command.ts'
import { formatBytes, Progress } from '../cli/progress.ts'
import { openSession } from '../compose.ts'
import { SPACE_OPTION, storageSpace } from './storage-space.ts'

export const storageExport: Command = defineCommand({
  name: 'storage export',
  summary: 'Copy everything that a Space stores into a folder',
  arguments: 'DIR',
  count: [1, 1],
  options: { space: SPACE_OPTION, json: { type: 'boolean', summary: 'print JSON' } },
  details: `Into the same folder again adds what is new. squid storage import brings a copy back. What is revoked and pinned here is
copied too; it is put back into its own Space only, and never released anew.`,
  async run({ values, positionals }, { env, cwd, stdout, stderr, signal }) {
    const folder = resolve(cwd, positionals[0] ?? '')
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const space = await storageSpace(session, values.space, signal)
    using progress = new Progress(stderr)
    const { releases, chunks, added, bytes } = await copySpace(
      session.network,
      session.storage,
      space,
      folder,
      {
        pinned: await readReleasePins(home),
        signal,
        onProgress: (done, of) => progress.update(`copied     ${done} of ${of} chunks`),
      },
    )
    stdout.write(
      values.json
        ? `${JSON.stringify({ space, folder, releases, chunks, added, bytes: Number(bytes) })}\n`
        : `${releases} releases, ${chunks} chunks in ${folder}: ${added} new, ${formatBytes(bytes)}\n`,
    )
  },
})
