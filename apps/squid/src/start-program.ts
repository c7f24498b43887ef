/**
 * From what squidd says of a program to that program.
 * @module
 */
import type { RunReport } from '@squid/daemon/gateway'
import { SquidError } from '@squid/formats/errors'
import { Nix, programCommand, storePathOf } from '@squid/host/nix'
import type { Context } from './cli/command.ts'
import { notice } from './cli/terminal.ts'
import { realiseRelease } from './realise.ts'
import { shimFolders } from './shim/folders.ts'
import { replaceProcess } from './shim/replace-process.ts'
import type { SquiddClient } from './squidd-client.ts'

/** What to start. */
interface Start {
  readonly squidd: SquiddClient
  /** As typed. */
  readonly reference: string
  /** What squidd was asked already. */
  readonly asked: Promise<RunReport>
  /** Of the program. */
  readonly args: readonly string[]
}

/**
 * Realises and compares the program's closure, then becomes the program.
 * @returns its exit status, where a process cannot become another
 * @throws {SquidError}
 */
export async function startProgram(
  { squidd, reference, asked, args }: Start,
  context: Context,
): Promise<number> {
  const { env, stderr } = context
  const nix = Nix.find({ env, skip: await shimFolders(env['PATH']) })
  const report = await asked
  for (const warning of report.warnings) notice(stderr, 'warning', warning)
  if (report.program === null) {
    throw new SquidError('NO_PROGRAM', `'${report.attribute}' of ${reference} has no program to run`)
  }
  await realiseRelease({ nix, squidd, report }, context)
  return await replaceProcess(programCommand(nix, storePathOf(report.program), report.program, args), nix.env)
}
