/** `squid nix-shim NIX -- ARGS`: what the installed `nix` shim calls when a `sui:` reference is named. */
import { homeFrom } from '@squid/client/home/paths'
import { parseReference } from '@squid/client/references'
import {
  build,
  checkClosure,
  closure,
  describeOutputs,
  type FlakeOutput,
  Nix,
  type NixPathInfo,
  storePathOf,
  withSettings,
} from '@squid/host/nix'
import type { ResolveReport, RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { notice } from '../cli/terminal.ts'
import { besides } from '../nix-settings.ts'
import { hostSystem } from '../host-system.ts'
import { realiseRelease } from '../realise.ts'
import { replaceProcess } from '../shim/replace-process.ts'
import { lockedUrl, type NixCall, parseNixCall, translate } from '../shim/translate.ts'
import { SquiddClient } from '../squidd-client.ts'

export const nixShim: Command = defineCommand({
  name: 'nix-shim',
  summary: 'Run Nix with sui: references translated (the shim calls this)',
  arguments: 'NIX -- ARGUMENTS',
  count: [1, 1],
  restAfter: ['--'],
  async run({ positionals, rest = [] }, context) {
    const [program = 'nix'] = positionals
    const { env } = context
    const call = parseNixCall(rest)
    if (call.references.length === 0) return await replaceProcess([program, ...rest], env)
    const squidd = await SquiddClient.of(homeFrom(env))
    const nix = await Nix.locate({ program, env })
    const all = await resolved(call, squidd, context)
    const settings = besides(all.map(({ report }) => report))
    if (call.command === 'run' || call.command === 'shell') {
      for (const named of all) await bringIn({ nix: nix.with(settings), squidd, ...named }, context)
    }
    const urls = new Map(all.map(({ index, url }) => [index, url]))
    const words = ['--extra-experimental-features', 'nix-command flakes', ...translate(call, urls)]
    return await replaceProcess([program, ...words], withSettings(env, settings))
  },
})

/** A reference of the command line and where it leads. */
interface Named {
  /** In the words of the call. */
  readonly index: number
  /** The reference as typed. */
  readonly text: string
  readonly report: ResolveReport
  /** What stands for it on Nix's command line. */
  readonly url: string
}

/** Resolves every reference of a call; tells what there is to warn of. */
async function resolved(
  call: NixCall,
  squidd: SquiddClient,
  { signal, stderr }: Context,
): Promise<readonly Named[]> {
  const named: Named[] = []
  for (const index of call.references) {
    const text = call.words[index] ?? ''
    const report = await squidd.resolve(text, signal)
    for (const warning of report.warnings) notice(stderr, 'warning', warning)
    named.push({ index, text, report, url: lockedUrl(report, parseReference(text).attribute) })
  }
  return named
}

interface Wanted extends Named {
  readonly nix: Nix
  readonly squidd: SquiddClient
}

/**
 * Realises what will be started and compares it with the release. An attribute that the release does not record is
 * left to Nix, which evaluates and builds it from the verified source.
 */
async function bringIn(wanted: Wanted, context: Context): Promise<void> {
  const { nix, squidd, text } = wanted
  let report: RunReport
  try {
    report = await squidd.program(text, hostSystem(), context.signal)
  } catch (error) {
    if (!(error instanceof SquidError) || error.code !== 'ATTRIBUTE_UNKNOWN') throw error
    notice(context.stderr, 'warning', `${error.message}; Nix looks for it in the flake itself`)
    return
  }
  await realiseRelease({ nix, squidd, report }, context)
  await compareEvaluated(wanted, report, context)
}

/**
 * Nix starts what it evaluates, which the release need not record: another Nix may evaluate otherwise, and a release may
 * lie. Then what Nix takes is built and compared by itself, as far as the release holds it.
 * @throws {NixError} when it cannot be evaluated or built, NIX_NAR_MISMATCH
 */
async function compareEvaluated(
  { nix, squidd, report: { scope }, url, text }: Wanted,
  report: RunReport,
  { signal, stderr }: Context,
): Promise<void> {
  const [reference = ''] = url.split('#')
  const attribute = parseReference(text).attribute ?? ''
  const outputs = await describeOutputs(nix, { reference }, [attribute], hostSystem(), { signal })
  const compared = new Set(report.closure.map(({ path }) => path))
  const taken = outputs.flatMap(takenPaths)
  if (taken.every(path => compared.has(path))) return
  notice(
    stderr,
    'warning',
    `this Nix takes ${taken.join(', ')} for ${text}, the release records ${report.paths.join(', ')}`,
  )
  await build(nix, outputs, { signal })
  const infos = (await closure(nix, taken, { signal })).filter(({ path }) => !compared.has(path))
  const held: [NixPathInfo, Uint8Array][] = []
  for (const info of infos) {
    const narHash = await squidd.narHash(scope, info.path, signal)
    if (narHash !== undefined) held.push([info, narHash])
  }
  checkClosure(
    held.map(([info]) => info),
    new Map(held.map(([{ path }, narHash]) => [path, narHash])),
  )
}

/** What `nix run` and `nix shell` would take of an output. */
function takenPaths({ outputs, outputsToInstall, program }: FlakeOutput): readonly string[] {
  const installed = outputs.filter(({ name }) => outputsToInstall.includes(name)).map(({ path }) => path)
  return [...new Set([...installed, storePathOf(program)])]
}
