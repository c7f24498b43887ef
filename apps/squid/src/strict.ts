/**
 * Not believing what a release records of an attribute: the flake, whose source is verified, is evaluated here, and the
 * derivation and the paths must be the same. On the ledger nobody attests attributes yet, so this is the one way.
 * @module
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Home } from '@squid/client/home'
import { parseReference } from '@squid/client/references'
import type { RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { describeOutputs, type FlakeOutput, type Nix } from '@squid/host/nix'
import type { Context } from './cli/command.ts'
import { notice } from './cli/terminal.ts'
import { besides } from './nix-settings.ts'
import { titleOf } from './realise.ts'
import { lockedUrl } from './shim/translate.ts'

/** Does this home want attributes evaluated? What reads the policy is loaded only where there is one. */
export async function wantsStrict(home: Home): Promise<boolean> {
  if (!existsSync(join(dirname(home.config), 'trust.toml'))) return false
  const { readPolicy } = await import('@squid/client/trust')
  return (await readPolicy(home)).strict
}

/** What is compared. */
interface Comparison {
  readonly nix: Nix
  /** As typed. */
  readonly reference: string
  readonly report: RunReport
}

/**
 * Evaluates what is asked for and compares. Says that it did.
 * @throws {SquidError} NOT_AS_EVALUATED; {NixError} when it cannot be evaluated
 */
export async function checkStrictly(
  { nix, reference, report }: Comparison,
  { signal, stderr }: Pick<Context, 'signal' | 'stderr'>,
): Promise<void> {
  const [typed = ''] = (parseReference(reference).attribute ?? '').split('^')
  const source = { reference: lockedUrl(report, undefined) }
  const through = nix.with(besides([report]))
  const [evaluated] = await describeOutputs(through, source, [typed], report.system, { signal })
  const difference = evaluated === undefined ? 'nothing' : differenceOf(report, evaluated)
  if (difference !== undefined) {
    throw new SquidError(
      'NOT_AS_EVALUATED',
      `'${report.attribute}' of ${titleOf(report)} evaluates here to ${difference}; by your strict policy it is not used`,
    )
  }
  notice(
    stderr,
    'note',
    `evaluated '${report.attribute}' of ${titleOf(report)} here: ${report.derivation ?? report.program ?? 'the same'}, as the release records`,
  )
}

/** What of an evaluated attribute is not as recorded, for a sentence; undefined when all is. */
function differenceOf(report: RunReport, evaluated: FlakeOutput): string | undefined {
  const { derivation, program, outputs } = report
  if (derivation !== null && derivation !== evaluated.derivation) {
    return `${evaluated.derivation ?? 'no derivation'}, while the release records ${derivation}`
  }
  for (const { name, path } of outputs) {
    const own = evaluated.outputs.find(output => output.name === name)?.path
    if (own !== path) return `${own ?? `no output ${name}`}, while the release records ${path}`
  }
  if (program !== null && program !== evaluated.program) {
    return `the program ${evaluated.program}, while the release records ${program}`
  }
  return undefined
}
