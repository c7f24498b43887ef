/** `squid nix-shim NIX -- ARGS`: what the installed `nix` shim calls when a `sui:` reference is named. */
import { homeFrom } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import { Nix, withSettings } from '@squid/host/nix'
import type { RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { type Command, type Context, defineCommand } from '../cli/command.ts'
import { besides } from '../nix-settings.ts'
import { hostSystem, realiseRelease } from '../realise.ts'
import { replaceProcess } from '../shim/replace-process.ts'
import { lockedUrl, parseNixCall, translate } from '../shim/translate.ts'
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
    const urls = new Map<number, string>()
    let settings = {}
    for (const index of call.references) {
      const text = call.words[index] ?? ''
      const report = await squidd.resolve(text, context.signal)
      for (const warning of report.warnings) context.stderr.write(`warning: ${warning}\n`)
      settings = besides(report)
      const url = lockedUrl(report, parseReference(text).attribute)
      if (call.command === 'run' || call.command === 'shell') {
        await bringIn({ nix: nix.with(settings), squidd, text, url }, context)
      }
      urls.set(index, url)
    }
    const words = ['--extra-experimental-features', 'nix-command flakes', ...translate(call, urls)]
    return await replaceProcess([program, ...words], withSettings(env, settings))
  },
})

interface Wanted {
  readonly nix: Nix
  readonly squidd: SquiddClient
  /** The reference as typed. */
  readonly text: string
  /** What stands for it on Nix's command line. */
  readonly url: string
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
    stderr.write(`warning: ${error.message}; Nix builds it\n`)
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
