/**
 * From what squidd says of a program to that program.
 * @module
 */
import type { Home } from '@squid/client/home'
import type { RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { Nix, programCommand, storePathOf } from '@squid/host/nix'
import type { Context } from './cli/command.ts'
import { notice } from './cli/terminal.ts'
import { ComparedClosure } from './compared-closure.ts'
import { keepRun } from './gc-roots.ts'
import { realiseRelease } from './realise.ts'
import { shimFolders } from './shim/folders.ts'
import { replaceProcess } from './shim/replace-process.ts'
import type { SquiddClient } from './squidd-client.ts'
import { checkStrictly, wantsStrict } from './strict.ts'

/** What to start. */
interface Start {
  readonly home: Home
  readonly squidd: SquiddClient
  /** As typed. */
  readonly reference: string
  /** What squidd was asked already. */
  readonly asked: Promise<RunReport>
  /** Whether to evaluate although the policy does not ask for it. */
  readonly strict: boolean
  /** Of the program. */
  readonly args: readonly string[]
}

/**
 * Realises and compares the program's closure, then becomes the program.
 * @returns its exit status, where a process cannot become another
 * @throws {SquidError}
 */
export async function startProgram(
  { home, squidd, reference, asked, strict, args }: Start,
  context: Context,
): Promise<number> {
  const { env, signal, stderr } = context
  const nix = Nix.find({ env, skip: await shimFolders(env['PATH']) })
  const report = await asked
  for (const warning of report.warnings) notice(stderr, 'warning', warning)
  if (report.program === null) {
    throw new SquidError('NO_PROGRAM', `'${report.attribute}' of ${reference} has no program to run`)
  }
  if (strict || (await wantsStrict(home))) await checkStrictly({ nix, reference, report }, context)
  const keep = (through: Nix): Promise<boolean> => keepRun(through, home, report.paths, { signal })
  const compared = new ComparedClosure(home, nix, report)
  if (!compared.isKnown() || (await keep(nix))) {
    const before = compared.look()
    await realiseRelease({ nix, squidd, report, keep }, context)
    compared.remember(before)
  }
  return await replaceProcess(programCommand(nix, storePathOf(report.program), report.program, args), nix.env)
}
