/**
 * From references on a command line to store paths that are there and are what the releases say: by the manifest alone,
 * nothing is evaluated unless the policy is strict, and nothing is built.
 * @module
 */
import { type Home, homeFrom } from '@squid/client/home/paths'
import { parseReference } from '@squid/client/references'
import type { RunReport } from '@squid/daemon/gateway'
import { Nix } from '@squid/host/nix'
import type { Context } from './cli/command.ts'
import { notice } from './cli/terminal.ts'
import { hostSystem } from './host-system.ts'
import { realiseReleases } from './realise.ts'
import { shimFolders } from './shim/folders.ts'
import { SquiddClient } from './squidd-client.ts'
import { checkStrictly, wantsStrict } from './strict.ts'

/** Options that all these commands have. */
export const BRING_IN_OPTIONS = {
  system: { type: 'string', value: 'SYSTEM', summary: 'for this system instead of this machine’s' },
  strict: {
    type: 'boolean',
    summary: 'evaluate the flake here, and refuse what the release records otherwise',
  },
} as const

/** How references are read; further paragraph of the help. */
export const REFERENCE_HELP = `REF is sui:@alice:hello, with ?version=3 or ?tag=stable; or sui:0x… with the id of a flake. ATTR is as in Nix:
nothing for the default, hello, hello^dev,doc for other outputs than the usual, hello^* for all.`

/** A reference and what squidd says of it. */
export interface Asked {
  /** As typed. */
  readonly reference: string
  readonly report: RunReport
}

/** Everything that it takes. */
export interface BringIn {
  readonly home: Home
  readonly nix: Nix
  readonly squidd: SquiddClient
  readonly values: { readonly system: string | undefined; readonly strict: boolean }
}

/** @throws {SquiddError} NO_SQUIDD; {NixError} NIX_MISSING */
export async function openBringIn(values: BringIn['values'], { env }: Context): Promise<BringIn> {
  const home = homeFrom(env)
  const squidd = await SquiddClient.of(home)
  const nix = Nix.find({ env, skip: await shimFolders(env['PATH']) })
  return { home, nix, squidd, values }
}

/**
 * Asks squidd for each reference; tells what there is to warn of.
 * @throws {ReferenceError}; {SquiddError} with squidd's code
 */
export async function ask(
  { squidd, values }: BringIn,
  references: readonly string[],
  { signal, stderr }: Context,
): Promise<readonly Asked[]> {
  for (const reference of references) parseReference(reference)
  const system = values.system ?? hostSystem()
  const asked = await Promise.all(
    references.map(async reference => ({
      reference,
      report: await squidd.program(reference, system, signal),
    })),
  )
  for (const { report } of asked) for (const warning of report.warnings) notice(stderr, 'warning', warning)
  return asked
}

/**
 * Brings everything into the store and compares it.
 * @param keep makes links that keep it; see `realiseReleases`
 * @throws {SquidError} PATH_CONFLICT, NOT_AS_EVALUATED; {NixError} NIX_NAR_MISMATCH, NIX_FAILED
 */
export async function bringIn(
  { home, nix, squidd, values }: BringIn,
  asked: readonly Asked[],
  keep: (nix: Nix) => Promise<boolean>,
  context: Context,
): Promise<void> {
  if (values.strict || (await wantsStrict(home))) {
    for (const one of asked) await checkStrictly({ nix, ...one }, context)
  }
  const reports = asked.map(({ report }) => report)
  await realiseReleases({ nix, squidd, reports, keep }, context)
}
