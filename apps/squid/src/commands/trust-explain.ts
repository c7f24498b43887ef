/** `squid trust explain PATH`: who vouches for a store path, by which transaction, and why that is accepted or not. */
import { readlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { releaseTransaction } from '@squid/client/releases'
import {
  accepts,
  type Pins,
  type Policy,
  readPins,
  readPolicy,
  VouchedPaths,
  type VouchingRelease,
} from '@squid/client/trust'
import { equalBytes } from '@squid/formats/bytes'
import { SquidError } from '@squid/formats/errors'
import { formatSri } from '@squid/formats/sri'
import { parseStorePath, type StorePath } from '@squid/formats/store-path'
import { Nix, type NixPathInfo, presentPaths, storePathOf } from '@squid/host/nix'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import { openSession, type Session } from '../compose.ts'
import { shimFolders } from '../shim/folders.ts'
import { currentReleases, statementOf, vouchingTitle } from '../vouching.ts'

export const trustExplain: Command = defineCommand({
  name: 'trust explain',
  summary: 'Show who vouches for a store path, by which transaction, and why it is accepted',
  arguments: 'PATH',
  count: [1, 1],
  options: {
    in: { type: 'string', value: 'REF', multiple: true, summary: 'look into this release, too' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `PATH is a store path, a file below one, or a link to one such as ./result. Looked at are the releases by which squidd of
this home vouched for it, and those of --in. Ends with status 1 when the path is not accepted, when two accepted releases
disagree about it, or when this machine's store has other bytes.`,
  async run({ values, positionals }, context) {
    const { env, cwd, stdout, signal } = context
    const path = await storePathAt(resolve(cwd, positionals[0] ?? ''))
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const { chainId } = session.network.descriptor
    const releases = await vouchingReleases(session, path, values.in, signal)
    const [policy, pins] = [await readPolicy(home), await readPins(home, chainId)]
    const current = await currentReleases(session, releases, signal)
    const witnesses: Witness[] = []
    for (const release of releases) {
      const found = current.get(release)
      const transaction = await releaseTransaction(session.network, release.flake, release.version, signal)
      const statement = await statementOf(session, release, path, signal)
      const verdict =
        found?.revoked !== undefined
          ? { accepted: false, because: `it was revoked: ${found.revoked}` }
          : verdictOf(release, statement, policy, pins)
      witnesses.push({
        ...verdict,
        release: vouchingTitle(release),
        space: release.space,
        flake: release.flake,
        publisher: found?.publisher ?? null,
        published: found === undefined ? null : new Date(Number(found.createdMs)).toISOString(),
        transaction: transaction ?? null,
        yanked: found?.yanked ?? false,
        narHash: statement.kind === 'says' ? sri(statement.entry.narHash) : null,
      })
    }
    const report = concluded(path, witnesses, await inStore(path, context))
    stdout.write(values.json ? jsonLine(report) : formatReport(report))
    return report.accepted ? 0 : 1
  },
})

/** What one release says, and what that counts. */
interface Witness {
  readonly release: string
  readonly space: string
  readonly flake: string
  readonly publisher: string | null
  readonly published: string | null
  /** Digest of the transaction that appended the release. */
  readonly transaction: string | null
  readonly yanked: boolean
  /** SRI, as its manifest has it. */
  readonly narHash: string | null
  readonly accepted: boolean
  readonly because: string
}

interface Explanation {
  readonly path: string
  readonly store: { readonly narHash: string; readonly signedBy: readonly string[] } | null
  readonly witnesses: readonly Witness[]
  readonly accepted: boolean
  readonly because: string
}

function sri(digest: Uint8Array): string {
  return formatSri({ algorithm: 'sha256', digest })
}

const MAX_LINKS = 16

/** The store path at, or behind, a path. @throws {SquidError} NOT_IN_STORE */
async function storePathAt(typed: string): Promise<StorePath> {
  let path = typed
  for (let links = 0; links < MAX_LINKS && !path.startsWith('/nix/store/'); links++) {
    const target = await readlink(path).catch(() => undefined)
    if (target === undefined) break
    path = resolve(dirname(path), target)
  }
  try {
    return parseStorePath(storePathOf(path))
  } catch (cause) {
    throw new SquidError('NOT_IN_STORE', `${typed} is not in /nix/store and leads to nothing there`, {
      cause,
    })
  }
}

/** By squidd's record and by what the person names, each once. */
async function vouchingReleases(
  { home, network, resolver }: Session,
  path: StorePath,
  references: readonly string[],
  signal: AbortSignal,
): Promise<readonly VouchingRelease[]> {
  const { chainId } = network.descriptor
  using vouched = VouchedPaths.openIfAny(home)
  const recorded = (vouched?.ofPath(path) ?? []).map(({ release }) => release)
  const releases = new Map(
    recorded
      .filter(release => release.chainId === chainId)
      .map(release => [`${release.flake} ${release.version}`, release]),
  )
  for (const text of references) {
    const { space, flake, flakeName, name, release } = await resolver.resolve(parseReference(text), signal)
    const { version, manifest } = release
    releases.set(`${flake} ${version}`, { chainId, space, flake, flakeName, name, version, manifest })
  }
  return [...releases.values()]
}

/** Whether what a release says counts, and why. */
function verdictOf(
  { name, space }: VouchingRelease,
  statement: Awaited<ReturnType<typeof statementOf>>,
  policy: Policy,
  pins: Pins,
): { readonly accepted: boolean; readonly because: string } {
  if (statement.kind === 'unreadable')
    return { accepted: false, because: `its manifest cannot be read: ${oneLine(statement.reason)}` }
  if (statement.kind === 'silent') return { accepted: false, because: 'its manifest does not hold the path' }
  const pinned = name === undefined ? undefined : pins.get(name)
  if (pinned !== undefined && pinned !== space)
    return { accepted: false, because: `@${name} stands for the Space ${pinned} here, not for this one` }
  if (!accepts(policy, statement.entry))
    return { accepted: false, because: 'none of the keys of your policy signed it' }
  if (policy.kind === 'keys')
    return { accepted: true, because: `${signersOf(statement.entry.signatures, policy)} signed it` }
  const asked = name === undefined ? 'by its id' : `as @${name}, which is pinned to it`
  return {
    accepted: true,
    because: `you believe the Space that you ask for, and asked for this one ${asked}`,
  }
}

function signersOf(signatures: readonly string[], policy: Policy): string {
  const believed = policy.kind === 'keys' ? policy.keys.map(({ name }) => name) : []
  const names = signatures.map(signature => signature.split(':')[0] ?? '')
  return believed.filter(name => names.includes(name)).join(', ')
}

async function inStore(path: string, { env, signal }: Context): Promise<NixPathInfo | undefined> {
  const nix = await Nix.locate({ env, skip: await shimFolders(env['PATH']) })
  return (await presentPaths(nix, [path], { signal }))[0]
}

function concluded(path: string, witnesses: readonly Witness[], info: NixPathInfo | undefined): Explanation {
  const store =
    info === undefined
      ? null
      : {
          narHash: sri(info.narHash),
          signedBy: info.signatures.map(signature => signature.split(':')[0] ?? ''),
        }
  return { path, store, witnesses, ...conclusion(witnesses, info) }
}

function conclusion(
  witnesses: readonly Witness[],
  info: NixPathInfo | undefined,
): Pick<Explanation, 'accepted' | 'because'> {
  const accepted = witnesses.filter(witness => witness.accepted)
  const [first] = accepted
  if (first === undefined) {
    if (info !== undefined && info.contentAddress !== null)
      return { accepted: true, because: 'its content proves itself: its name is made of its hash' }
    return {
      accepted: false,
      because:
        witnesses.length > 0
          ? 'nobody whom you believe vouches for it'
          : 'no release by which squidd served anything holds it; name one with --in REF',
    }
  }
  const other = accepted.find(({ narHash }) => narHash !== first.narHash)
  if (other !== undefined)
    return {
      accepted: false,
      because: `${first.release} and ${other.release} disagree about it; neither is used`,
    }
  if (info !== undefined && !equalBytes(Buffer.from(sri(info.narHash)), Buffer.from(first.narHash ?? '')))
    return { accepted: false, because: 'the store of this machine has other bytes; see squid verify-store' }
  return { accepted: true, because: `${first.release} vouches for it` }
}

function formatReport({ path, store, witnesses, accepted, because }: Explanation): string {
  const row = (name: string, value: string | null): string[] =>
    value === null ? [] : [`  ${name.padEnd(12)}${value}`]
  const about = witnesses.flatMap(witness => [
    `${witness.release}${witness.yanked ? ' (yanked)' : ''}`,
    ...row('NAR hash', witness.narHash),
    ...row('Space', witness.space),
    ...row('published', witness.published),
    ...row('by', witness.publisher),
    ...row('transaction', witness.transaction),
    ...row(witness.accepted ? 'accepted' : 'refused', witness.because),
  ])
  const here =
    store === null
      ? 'not in the store of this machine'
      : `in this store: ${store.narHash}${store.signedBy.length === 0 ? '' : `, signed by ${store.signedBy.join(', ')}`}`
  return [path, here, ...about, `${accepted ? 'accepted' : 'refused'}: ${because}`, ''].join('\n')
}
