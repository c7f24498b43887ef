/** `squid publish PATH#attr…`: builds, chunks, uploads, and releases in one transaction. */
import { join } from 'node:path'
import { homeFrom } from '@squid/client/home'
import {
  assertMayPublish,
  publish as publishRelease,
  type Publication,
  type PublishEvent,
  type PublishResult,
} from '@squid/client/publish'
import { parseReference, type Subject } from '@squid/client/references'
import type { MirrorReport } from '@squid/client/site'
import { formatHex } from '@squid/formats/bytes'
import { parseUploadPlace, type UploadPlace } from '@squid/daemon/uploads'
import { SquidError } from '@squid/formats/errors'
import { formatSri } from '@squid/formats/sri'
import { Nix } from '@squid/host/nix'
import { type Command, type Context, defineCommand, UsageError } from '../cli/command.ts'
import { jsonLine, notice } from '../cli/terminal.ts'
import { formatBytes, Progress } from '../cli/progress.ts'
import { homeSpace, openAccount, openSession, type Session } from '../compose.ts'
import { temporaryRoots } from '../gc-roots.ts'
import { joined, leftOut } from '../other-systems.ts'
import {
  buildFlake,
  defaultFlakeName,
  evaluateFlake,
  FLAKE_NAME,
  parseInstallables,
  publicationOf,
  type ReleaseHolds,
} from '../release-source.ts'
import { shimFolders } from '../shim/folders.ts'
import { DEFAULT_EPOCHS, mirrorText, runMirror } from '../site-mirror.ts'
import { stagedRelease } from '../staged-release.ts'

/** As the contract has it. */
const TAG = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Lines of Nix that say where it is; what else it writes comes back in its error. */
const NIX_PROGRESS = /^(?:building|copying|fetching|downloading|unpacking|querying) |^[\w.+-]+> /

export const publish: Command = defineCommand({
  name: 'publish',
  summary: 'Build attributes of a flake and release them',
  arguments: 'PATH#ATTR…',
  count: [1, 64],
  options: {
    as: {
      type: 'string',
      value: 'NAME',
      summary: 'name of the flake in the Space (default: the attribute’s or folder’s)',
    },
    tag: { type: 'string', value: 'TAG', multiple: true, summary: 'let this tag point to the release' },
    join: {
      type: 'string',
      value: 'VERSION',
      summary: 'hold also the other systems of this version, which must be of the same source',
    },
    sources: { type: 'boolean', summary: 'hold also all that builds download' },
    'build-closure': { type: 'boolean', summary: 'hold also all that builds need, downloads included' },
    staged: {
      type: 'string',
      value: '@NAME/FLAKE',
      summary: 'build nothing: release what was uploaded there (see squid token create)',
    },
    site: { type: 'boolean', summary: 'then mirror the release as a Walrus Site, see: squid site publish' },
    space: { type: 'string', value: '@NAME|0x…', summary: 'release there instead of in your own Space' },
    json: { type: 'boolean', summary: 'end with one line of JSON' },
  },
  details: `A release holds the flake's source, its locked inputs, the derivations, and the runtime closure of the attributes.
Each machine publishes for its own system: with --join the release also holds what another machine published before.
With --sources everything can be built again though what it was downloaded from is gone; with --build-closure each step can,
without those before it.
With --staged the outputs are those that were uploaded with Nix's own tools, and what was uploaded leaves the staging area.
Stopped at any moment it leaves no half release; the same command resumes and uploads nothing twice.`,
  async run({ values, positionals }, context) {
    const { env, cwd, stdout, stderr, signal } = context
    const installables = parseInstallables(positionals)
    const place = stagedPlace(values)
    const flakeName = place?.flake ?? values.as ?? defaultFlakeName(installables, cwd)
    const tags = values.tag
    const joinedVersion = parseVersion(values.join)
    assertNames(flakeName, tags)
    const home = homeFrom(env)
    using progress = new Progress(stderr)
    let misplaced = 0
    await using session = await openSession(home, signal)
    const account = await openAccount(session)
    const space =
      place === undefined
        ? await targetSpace(session, values.space, account.address, signal)
        : await session.resolver.findSpace(place.subject, signal)
    await assertMayPublish(account, { space, flakeName, tags }, signal)
    const nix = await Nix.locate({ env, skip: await shimFolders(env['PATH']) })
    await using roots = await temporaryRoots(home)
    const call = {
      cwd,
      signal,
      onLine: (line: string) => {
        if (NIX_PROGRESS.test(line)) progress.update(line)
      },
    }
    const target = { space, flakeName, tags }
    const staged =
      place &&
      (await stagedRelease(
        { session, nix, place, call },
        await evaluateFlake(nix, installables, call),
        target,
      ))
    const own =
      staged?.publication ??
      publicationOf(
        nix,
        await buildFlake(nix, installables, {
          ...call,
          gcRoot: join(roots.folder, 'out'),
          holds: holdsOf(values),
        }),
        target,
      )
    const verb = staged === undefined ? 'built ' : 'staged'
    progress.done(`${verb}     ${own.paths.length} store paths, ${formatBytes(narBytes(own))}`)
    if (joinedVersion === undefined) await warnOfLeftOut(session, own, context)
    const result = await publishRelease(
      { account, storage: session.storage, home },
      joinedVersion === undefined ? own : await joined(session, own, joinedVersion, signal),
      {
        onProgress: event => {
          show(progress, event)
          if (event.stage === 'misplaced') misplaced = event.chunks
        },
        signal,
      },
    )
    await staged?.finish()
    const mirrored = values.site ? await mirrorOf(session, flakeName, result, context) : undefined
    report({ own, result, mirrored, json: values.json, flakeName }, { stdout, stderr })
    if (misplaced > 0)
      stderr.write(
        `warning: ${misplaced} chunks are not where the Space's index says and were stored again; run: squid storage verify --repair\n`,
      )
  },
})

/** What the release is to hold beyond what running needs. */
function holdsOf(values: { readonly sources: boolean; readonly 'build-closure': boolean }): ReleaseHolds {
  const buildClosure = values['build-closure']
  return { sources: values.sources || buildClosure, buildClosure }
}

/** Where the paths were uploaded that are to be released. @throws {UsageError} */
function stagedPlace({
  staged,
  as,
  space,
  sources,
  'build-closure': buildClosure,
}: {
  readonly staged: string | undefined
  readonly as: string | undefined
  readonly space: string | undefined
  readonly sources: boolean
  readonly 'build-closure': boolean
}): UploadPlace | undefined {
  if (staged === undefined) return undefined
  if (sources || buildClosure) {
    throw new UsageError('--staged builds nothing: leave out --sources and --build-closure', 'publish')
  }
  if (as === undefined && space === undefined) return parseUploadPlace(staged)
  throw new UsageError(
    '--staged names the Space and the flake already: leave out --as and --space',
    'publish',
  )
}

async function mirrorOf(
  session: Session,
  flakeName: string,
  { space, version }: PublishResult,
  context: Context,
): Promise<MirrorReport> {
  const epochs = Number(DEFAULT_EPOCHS)
  const add = [{ flakeName, version }]
  const request = { space, add, keep: () => true, portal: undefined, name: undefined, epochs }
  return await runMirror(session, request, false, context)
}

/** @throws {UsageError} */
function parseVersion(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,18}$/.test(text)) return BigInt(text)
  throw new UsageError('--join wants the number of a version', 'publish')
}

/** Who runs the latest release on another system would find nothing. */
async function warnOfLeftOut(
  session: Session,
  publication: Publication,
  { stderr, signal }: Context,
): Promise<void> {
  const left = await leftOut(session, publication, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    if (error instanceof SquidError) return undefined // what cannot be read now need not stop what comes
    throw error
  })
  if (left === undefined) return
  const { version, systems } = left
  const text = `version ${version}, of the same source, also holds ${systems.join(', ')}, this release will not; see --join ${version}`
  notice(stderr, 'warning', text)
}

/** @throws {UsageError} for what no flake or release can be called */
function assertNames(flakeName: string, tags: readonly string[]): void {
  const wanted = 'wants 1 to 64 of a-z 0-9'
  if (!FLAKE_NAME.test(flakeName)) {
    throw new UsageError(
      `--as ${wanted} _ -, beginning with a letter or digit, not '${flakeName}'`,
      'publish',
    )
  }
  const tag = tags.find(text => !TAG.test(text))
  if (tag !== undefined) {
    throw new UsageError(`--tag ${wanted} . _ -, beginning with a letter or digit, not '${tag}'`, 'publish')
  }
}

/** The Space to publish into: the given one, else the home Space of the key's owner. */
async function targetSpace(
  session: Session,
  given: string | undefined,
  address: string,
  signal: AbortSignal,
): Promise<string> {
  if (given !== undefined) return await session.resolver.findSpace(subjectOf(given), signal)
  const space = await homeSpace(session, address, signal)
  if (space === undefined) throw new UsageError('you have no Space yet; run: squid name claim NAME')
  return space
}

function subjectOf(text: string): Subject {
  return parseReference(`sui:${text}:x`).subject
}

function narBytes({ paths }: Publication): bigint {
  return paths.reduce((sum, { narSize }) => sum + narSize, 0n)
}

function show(progress: Progress, event: PublishEvent): void {
  switch (event.stage) {
    case 'chunked': {
      const text = `chunked    ${event.paths} of ${event.of} paths, ${formatBytes(event.bytes)}`
      if (event.paths === event.of) progress.done(text)
      else progress.update(text)
      return
    }
    case 'found':
      return progress.done(`found      pack ${event.pack + 1} on Walrus, ${formatBytes(event.bytes)}`)
    case 'uploaded':
      return progress.done(`uploaded   pack ${event.pack + 1}, ${formatBytes(event.bytes)}`)
    case 'certified':
      return progress.done(`certified  ${event.packs} ${event.packs === 1 ? 'pack' : 'packs'}`)
    case 'released':
      return progress.done(`${event.already ? 'present ' : 'released'}   version ${event.version}`)
  }
}

interface Finished {
  readonly own: Publication
  readonly result: PublishResult
  readonly mirrored: MirrorReport | undefined
  readonly json: boolean
  readonly flakeName: string
}

function report(
  { own, result, mirrored, json, flakeName }: Finished,
  { stdout }: Pick<Context, 'stdout' | 'stderr'>,
): void {
  const narHash = formatSri({ algorithm: 'sha256', digest: own.manifest.sourceNarHash })
  if (!json) {
    const again = result.alreadyPublished ? ' (it was released before)' : ''
    stdout.write(
      `${flakeName} version ${result.version}${again}: sui:${result.space}:${flakeName}?version=${result.version}\n`,
    )
    if (mirrored !== undefined) stdout.write(mirrorText(mirrored, false))
    return
  }
  const { space, flake, version, manifest, packs, transactions, gas, storedBytes, alreadyPublished } = result
  stdout.write(
    jsonLine({
      space,
      flake,
      version: Number(version),
      narHash,
      manifest: formatHex(manifest),
      paths: own.paths.length,
      bytes: Number(result.narBytes),
      packs,
      transactions: transactions.length,
      digests: transactions,
      gas: Number(gas),
      storedBytes,
      alreadyPublished,
      ...(mirrored && { site: mirrored.site, address: mirrored.address, publicKey: mirrored.publicKey }),
    }),
  )
}
