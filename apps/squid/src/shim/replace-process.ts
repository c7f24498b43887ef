/**
 * Becoming another program, as a shell's `exec`: the terminal, signals and the exit status are that program's own.
 * @module
 */
import { spawn } from 'node:child_process'
import { flushCompileCache } from 'node:module'
import { constants } from 'node:os'
import { SquidError } from '@squid/formats/errors'
import { findProgram } from '@squid/host/nix'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Replaces this process. Returns only where that cannot be done: then the program ran as a child.
 * @returns its exit status
 * @throws {SquidError} NO_PROGRAM
 */
export async function replaceProcess(
  [program, ...args]: readonly [string, ...string[]],
  env: Environment,
): Promise<number> {
  const file = program.includes('/') ? program : findProgram(program, env['PATH'])
  if (file === undefined) throw new SquidError('NO_PROGRAM', `there is no program ${program}`)
  const defined = Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  // A failing execve would end Node with a stack trace; the shell says in a sentence what is wrong.
  const through = ['/bin/sh', '-c', 'exec "$0" "$@"', file, ...args] as const
  flushCompileCache() // nothing runs at exit when the process becomes another
  if (typeof process.execve === 'function') process.execve(through[0], through, defined)
  return await runChild(file, args, defined)
}

async function runChild(file: string, args: readonly string[], env: Record<string, string>): Promise<number> {
  const child = spawn(file, args, { env, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, forward)
  return await new Promise((resolve, reject) => {
    child.once('error', cause => reject(new SquidError('NO_PROGRAM', `${file} cannot be started`, { cause })))
    child.once('close', (status, signal) =>
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    )
  })
}
