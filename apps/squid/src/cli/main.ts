/**
 * From the command line to a command, and from what it throws to one sentence and an exit status.
 * @module
 */
import { SquidError } from '@squid/formats/errors'
import { type Command, type Context, helpOf, splitRest, UsageError } from './command.ts'
import { COMMANDS, type CommandEntry, findCommand } from './commands.ts'
import { oneLine, terminal } from './terminal.ts'

/** 0 good · 1 it failed · 2 the command line makes no sense · 70 our own bug · 130 interrupted. */
const FAILED = 1
const USAGE = 2
const BUG = 70
const INTERRUPTED = 130

const VERSION = '0.1.0'

/** Names and summaries of commands, a line each. */
async function listed(entries: readonly CommandEntry[]): Promise<readonly string[]> {
  const rows = await Promise.all(
    entries.map(async entry => [entry.name, (await entry.load()).summary] as const),
  )
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}${summary}`)
}

async function groupHelp(group: string, entries: readonly CommandEntry[]): Promise<string> {
  return [`Usage: squid ${group} COMMAND [ARGUMENTS]`, '', ...(await listed(entries)), ''].join('\n')
}

async function overview(): Promise<string> {
  return [
    "Squid: a computer that is nobody's server. Nix flakes over Sui and Walrus.",
    '',
    'Usage: squid COMMAND [ARGUMENTS]      (squidd is the daemon: squidd --help)',
    '',
    ...(await listed(COMMANDS.filter(entry => entry.hidden !== true))),
    '',
    'squid COMMAND --help says more. SQUID_HOME names the folder of your files.',
    '',
  ].join('\n')
}

function asksForHelp(args: readonly string[]): boolean {
  return args.some(argument => argument === '--help' || argument === '-h')
}

/** Runs a command with its arguments, or shows its help. */
export async function startCommand(
  command: Command,
  args: readonly string[],
  context: Context,
  program: string,
): Promise<number> {
  const [own] = splitRest(command, args)
  if (asksForHelp(own.slice(0, own.includes('--') ? own.indexOf('--') : undefined))) {
    context.stdout.write(helpOf(command, program))
    return 0
  }
  return (await command.start(args, context)) ?? 0
}

/** Runs the `squid` command line. @returns the exit status */
export async function squid(words: readonly string[], context: Context): Promise<number> {
  const [first] = words
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    context.stdout.write(await overview())
    return first === undefined ? USAGE : 0
  }
  if (first === '--version') {
    context.stdout.write(`squid ${VERSION}\n`)
    return 0
  }
  const found = findCommand(words)
  if (found === undefined) return await unknownCommand(words, context)
  const [entry, length] = found
  return await startCommand(await entry.load(), words.slice(length), context, 'squid')
}

/** Shows the help of a group of commands. @throws {UsageError} for what is neither a command nor asks for that */
async function unknownCommand(words: readonly string[], { stdout }: Context): Promise<number> {
  const [first = ''] = words
  const group = COMMANDS.filter(entry => entry.name.startsWith(`${first} `))
  if (group.length > 0 && asksForHelp(words)) {
    stdout.write(await groupHelp(first, group))
    return 0
  }
  const hint =
    group.length > 0
      ? `; there is: squid ${group.map(({ name }) => name).join(', squid ')}`
      : '; see squid --help'
  const typed = words.slice(0, group.length > 0 ? 2 : 1).join(' ')
  throw new UsageError(`there is no command 'squid ${typed}'${hint}`)
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space and run the same command again',
  EDQUOT: 'your disk quota is used up; free some space and run the same command again',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files; raise the limit with ulimit -n',
}

/** An error of the operating system, as a sentence; undefined for anything else. */
function systemSentence(error: Error): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException
  const text = code === undefined ? undefined : SYSTEM_ERRORS[code]
  return text === undefined ? undefined : path === undefined ? text : `${text} (${path})`
}

/** The deepest system error below an error, as a sentence. */
function causeSentence(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const sentence = systemSentence(at)
    if (sentence !== undefined) return sentence
  }
  return undefined
}

function sentence(text: string): string {
  const line = oneLine(text)
  return /[.!?)]$/.test(line) ? line : `${line}.`
}

function writeError(text: string, { stderr, env }: Context): void {
  const isColoured = stderr.isTTY === true && env['NO_COLOR'] === undefined
  if (isColoured) stderr.control?.('\u001b[31m')
  stderr.write('error:')
  if (isColoured) stderr.control?.('\u001b[0m')
  stderr.write(` ${sentence(text)}\n`)
}

/** Writes what a command threw as one sentence and gives the exit status. */
export function reportError(error: unknown, context: Context): number {
  const { stderr, env, signal } = context
  if (signal.aborted) {
    stderr.write('interrupted\n')
    return INTERRUPTED
  }
  if (error instanceof SquidError) {
    writeError(error.message, context)
    return error.code === 'USAGE' || error.code === 'REFERENCE' ? USAGE : FAILED
  }
  const system = causeSentence(error)
  if (system !== undefined) {
    writeError(system, context)
    return FAILED
  }
  const text = error instanceof Error ? error.message : String(error)
  writeError(`squid failed inside, which is a bug of squid: ${text}`, context)
  if (env['SQUID_DEBUG'] !== undefined && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`)
  return BUG
}

/** Runs `body` as a process: signals abort it, its outcome is the exit status. */
export async function runAsProcess(body: (context: Context) => Promise<number>): Promise<void> {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
  const context: Context = {
    env: process.env,
    cwd: process.cwd(),
    stdout: terminal(process.stdout),
    stderr: terminal(process.stderr),
    signal: stopping.signal,
  }
  process.stdout.on('error', () => process.exit(FAILED)) // the reader of our output went away
  let status: number
  try {
    status = await body(context)
  } catch (error) {
    status = reportError(error, context)
  }
  process.exitCode = status
}
