/** `squid nix-shim NIX -- ARGS`: what the installed `nix` shim calls when a `sui:` reference is named. */
import { homeFrom } from '@squid/client/home/paths'
import { parseReference } from '@squid/client/references'
import { Nix, withSettings } from '@squid/host/nix'
import type { ResolveReport, RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { notice } from '../cli/terminal.ts'
import { besides } from '../nix-settings.ts'
import { hostSystem, realiseRelease } from '../realise.ts'
import { replaceProcess } from '../shim/replace-process.ts'
import { lockedUrl, type NixCall, parseNixCall, translate } from '../shim/translate.ts'
import { SquiddClient } from '../squidd-client.ts'

export const nixShim: Command = defineCommand({
  name: 'nix-shim',
  summary: 'Run Nix with sui: references translated (the shim calls this)',
  arguments: 'NIX -- ARGUMENTS',
  count: [1, 1],
  takesRest: true,
  async run({ positionals, rest }, context) {
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

interface Wanted extends Pick<Named, 'text' | 'url'> {
  readonly nix: Nix
  readonly squidd: SquiddClient
}

/**
 * Realises what will be started and compares it with the release. An attribute that the release does not record is
 * left to Nix, which evaluates and builds it from the verified source.
 */
async function bringIn({ nix, squidd, text, url }: Wanted, context: Context): Promise<void> {
  const { signal, stderr } = context
  let report: RunReport
  try {
    report = await squidd.program(text, hostSystem(), signal)
  } catch (error) {
    if (!(error instanceof SquidError) || error.code !== 'ATTRIBUTE_UNKNOWN') throw error
    notice(stderr, 'warning', `${error.message}; Nix builds it`)
    return
  }
  await realiseRelease({ nix, squidd, report }, context)
  if (report.derivation === null) return
  const [derivation] = await evaluatedDerivations(nix, url, signal)
  if (derivation !== undefined && derivation !== report.derivation) {
    stderr.write(
      `warning: this Nix evaluates the flake to ${derivation}, the release records ${report.derivation}; Nix takes its own\n`,
    )
  }
}

/** What Nix makes of the flake; nothing for an app, which it does not build by itself. */
async function evaluatedDerivations(nix: Nix, url: string, signal: AbortSignal): Promise<readonly string[]> {
  const { status, stdout } = await nix.attempt(['build', '--no-link', '--json', url], { signal })
  if (status !== 0) return []
  const built: unknown = JSON.parse(stdout)
  return (Array.isArray(built) ? built : []).flatMap((item: unknown) => {
    const { drvPath } = (item ?? {}) as { drvPath?: unknown }
    return typeof drvPath === 'string' ? [drvPath] : []
  })
}
