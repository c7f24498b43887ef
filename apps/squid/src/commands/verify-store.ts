/** `squid verify-store`: what of the Nix store came from revoked releases, or is not what releases say. */
import { homeFrom } from '@squid/client/home'
import type { Release } from '@squid/client/resolve'
import { VouchedPaths, type Vouching, type VouchingRelease } from '@squid/client/trust'
import { equalBytes } from '@squid/formats/bytes'
import { hashStream } from '@squid/formats/nar'
import { dumpPath, Nix, type NixPathInfo, presentPaths, rootsOf } from '@squid/host/nix'
import { type Command, defineCommand } from '../cli/command.ts'
import { formatBytes, Progress } from '../cli/progress.ts'
import { jsonLine, oneLine } from '../cli/terminal.ts'
import { openSession } from '../compose.ts'
import { shimFolders } from '../shim/folders.ts'
import { currentReleases, vouchingTitle } from '../vouching.ts'

export const verifyStore: Command = defineCommand({
  name: 'verify-store',
  summary: 'Find what in the Nix store came from revoked releases, or is not what releases say',
  options: {
    quick: { type: 'boolean', summary: 'believe the hashes that Nix recorded, and do not read the files' },
    json: { type: 'boolean', summary: 'print JSON' },
  },
  details: `Looked at is every path of the store for which squidd of this home vouched; what came otherwise is not. Ends with
status 1 when something is found. revoked: nothing but revoked releases vouches for it. different: it came from elsewhere, or
two releases disagree. damaged: its files are not what Nix recorded. Each is named with what keeps it from being collected:
remove that (squid profile remove, a result link), then: nix store delete PATH.`,
  async run({ values }, context) {
    const { env, stdout, stderr, signal } = context
    const home = homeFrom(env)
    await using session = await openSession(home, signal)
    const nix = await Nix.locate({ env, skip: await shimFolders(env['PATH']) })
    using vouched = VouchedPaths.openIfAny(home)
    const byPath = Map.groupBy(
      vouched?.all(session.network.descriptor.chainId) ?? [],
      ({ storePath }) => storePath as string,
    )
    const infos = await presentPaths(nix, [...byPath.keys()], { signal })
    const present = infos.map(info => ({ info, vouchings: byPath.get(info.path) ?? [] }))
    const releases = [...new Set(present.flatMap(({ vouchings }) => vouchings.map(({ release }) => release)))]
    const current = await currentReleases(session, releases, signal)
    using progress = new Progress(stderr)
    const findings: Finding[] = []
    let bytes = 0n
    for (const { info, vouchings } of present) {
      const found = judged(info, vouchings, current)
      if (found !== undefined) findings.push(found)
      if (values.quick) continue
      progress.update(`verifying  ${info.path}`)
      if (!(await isIntact(nix, info, signal))) {
        findings.push({ path: info.path, kind: 'damaged', because: 'its files are not what Nix recorded' })
      }
      bytes += info.narSize
    }
    const report = {
      paths: present.length,
      bytes: Number(bytes),
      findings: await withRoots(nix, findings, signal),
    }
    if (values.json) stdout.write(jsonLine(report))
    else stdout.write(formatReport(report, values.quick))
    return findings.length === 0 ? 0 : 1
  },
})

/** Something that is not as it should be. */
interface Finding {
  readonly path: string
  readonly kind: 'revoked' | 'different' | 'damaged'
  readonly because: string
}

interface RootedFinding extends Finding {
  /** Links that keep the path. */
  readonly roots: readonly string[]
}

/** Compares what the store recorded of a path with what releases said of it, as the ledger has them today. */
function judged(
  { path, narHash }: NixPathInfo,
  vouchings: readonly Vouching[],
  current: ReadonlyMap<VouchingRelease, Release>,
): Finding | undefined {
  const standing = vouchings.filter(({ release }) => current.get(release)?.revoked === undefined)
  const [first] = standing
  if (first === undefined) {
    const because = vouchings.map(({ release }) => {
      const reason = current.get(release)?.revoked ?? ''
      return `${vouchingTitle(release)} was revoked: ${oneLine(reason)}`
    })
    return { path, kind: 'revoked', because: because.join('; ') }
  }
  const other = standing.find(vouching => !equalBytes(vouching.narHash, first.narHash))
  if (other !== undefined) {
    const because = `${vouchingTitle(first.release)} and ${vouchingTitle(other.release)} disagree about it`
    return { path, kind: 'different', because }
  }
  if (equalBytes(first.narHash, narHash)) return undefined
  return { path, kind: 'different', because: `${vouchingTitle(first.release)} says that it has other bytes` }
}

async function isIntact(nix: Nix, { path, narHash }: NixPathInfo, signal: AbortSignal): Promise<boolean> {
  try {
    return equalBytes((await hashStream(dumpPath(nix, path, { signal }))).hash, narHash)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error) return false // files that are missing, or that no store has
    throw error
  }
}

async function withRoots(
  nix: Nix,
  findings: readonly Finding[],
  signal: AbortSignal,
): Promise<readonly RootedFinding[]> {
  const rooted: RootedFinding[] = []
  for (const finding of findings) {
    rooted.push({ ...finding, roots: await rootsOf(nix, finding.path, { signal }) })
  }
  return rooted
}

function formatReport(
  {
    paths,
    bytes,
    findings,
  }: { readonly paths: number; readonly bytes: number; readonly findings: readonly RootedFinding[] },
  isQuick: boolean,
): string {
  const lines = findings.flatMap(({ kind, path, because, roots }) => [
    `${kind}: ${path}: ${because}`,
    ...roots.map(root => `  kept by ${root}`),
  ])
  const looked = `${paths} store paths${isQuick ? ', by what Nix recorded of them' : `, ${formatBytes(bytes)}`}`
  const advice =
    'remove what keeps them (squid profile remove or upgrade, links), then: nix store delete, each by its path'
  const end =
    findings.length === 0
      ? [`${looked}: all are what releases say`]
      : [`${looked}: ${findings.length} found`, advice]
  return [...lines, ...end, ''].join('\n')
}
