/**
 * The shape of a command, and from it: reading the command line, `--help`, shell completion.
 * @module
 */
import { parseArgs } from 'node:util'
import { SquidError } from '@squid/formats/errors'

/** One `--option`. */
interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** What the help calls the value, for instance `DIR`. */
  readonly value?: string
  readonly summary: string
  /** May be given several times. */
  readonly multiple?: boolean
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>

/** Values of the options of a table. */
type OptionValues<O extends OptionTable> = {
  readonly [K in keyof O]: O[K]['type'] extends 'boolean'
    ? boolean
    : O[K]['multiple'] extends true
      ? readonly string[]
      : string | undefined
}

/** Where a command writes to. */
export interface Output {
  write(text: string): unknown
  /** Writes a control sequence of a terminal. */
  control?(sequence: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** What surrounds a command. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Output
  readonly stderr: Output
  /** Aborts on the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/** What was typed. */
interface Input<O extends OptionTable> {
  readonly values: OptionValues<O>
  readonly positionals: readonly string[]
  /** What belongs to another program; undefined without the word that it follows. */
  readonly rest: readonly string[] | undefined
}

/** A command as one writes it. */
export interface CommandSpec<O extends OptionTable> {
  /** With its parents: `name claim`. */
  readonly name: string
  readonly summary: string
  /** Positional arguments as the usage line shows them. */
  readonly arguments?: string
  /** Fewest and most positional arguments. Default none. */
  readonly count?: readonly [fewest: number, most: number]
  /** Arguments after the first of these words, for instance `--`, belong to another program. */
  readonly restAfter?: readonly string[]
  readonly options?: O
  /** Further paragraphs of the help. */
  readonly details?: string
  /** @returns the exit status when it is not 0 */
  readonly run: (input: Input<O>, context: Context) => Promise<number | void>
}

/** A command as the frame uses it. */
export interface Command extends Omit<CommandSpec<OptionTable>, 'run'> {
  readonly options: OptionTable
  /** Reads the arguments and runs. @throws {UsageError} and whatever the command throws */
  start(args: readonly string[], context: Context): Promise<number | void>
}

/** The command line makes no sense. `code` is `USAGE`, the exit status 2. */
export class UsageError extends SquidError {
  override name = 'UsageError'

  /** @param command by whose help one gets on */
  constructor(message: string, command?: string) {
    super('USAGE', command === undefined ? message : `${message}; see ${calledAs(command)} --help`)
  }
}

/** How a command is typed: the one without a name is the daemon. */
function calledAs(name: string): string {
  return name === '' ? 'squidd' : `squid ${name}`
}

/** Splits off what belongs to another program. */
export function splitRest(
  { restAfter = [] }: Pick<Command, 'restAfter'>,
  args: readonly string[],
): readonly [own: readonly string[], rest: readonly string[] | undefined] {
  const at = args.findIndex(argument => restAfter.includes(argument))
  return at < 0 ? [args, undefined] : [args.slice(0, at), args.slice(at + 1)]
}

function read<O extends OptionTable>(spec: CommandSpec<O>, args: readonly string[]): Input<O> {
  const [own, rest] = splitRest(spec, args)
  const options = spec.options ?? ({} as O)
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({
      args: [...own],
      allowPositionals: true,
      strict: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, short, multiple }]) => [
          name,
          { type, multiple: multiple === true, ...(short === undefined ? {} : { short }) },
        ]),
      ),
    })
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(/[.\n]/)[0] ?? '') : String(error)
    throw new UsageError(message, spec.name)
  }
  const [fewest, most] = spec.count ?? [0, 0]
  const { length } = parsed.positionals
  if (length < fewest || length > most) {
    const wanted = spec.arguments === undefined ? 'takes no arguments' : `wants ${spec.arguments}`
    throw new UsageError(`${calledAs(spec.name)} ${wanted}`, spec.name)
  }
  const values = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple }]) => [
      name,
      parsed.values[name] ?? (type === 'boolean' ? false : multiple === true ? [] : undefined),
    ]),
  )
  return {
    values: values as OptionValues<O>,
    positionals: parsed.positionals,
    rest,
  }
}

/** Makes a command of its description. */
export function defineCommand<const O extends OptionTable>(spec: CommandSpec<O>): Command {
  const { run, ...described } = spec
  return {
    ...described,
    options: spec.options ?? {},
    start: (args, context) => run(read(spec, args), context),
  }
}

/** The text of `--help`. */
export function helpOf(command: Command, program = 'squid'): string {
  const options = Object.entries(command.options).map(([name, { short, value, summary }]) => [
    `  ${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    summary,
  ])
  const rows = [...options, ['      --help', 'show this']]
  const width = Math.max(...rows.map(([left = '']) => left.length)) + 2
  const usage = [
    command.name === '' ? program : `${program} ${command.name}`,
    ...(rows.length > 1 ? ['[OPTIONS]'] : []),
    ...(command.arguments === undefined ? [] : [command.arguments]),
  ].join(' ')
  return [
    `${command.summary}.`,
    '',
    `Usage: ${usage}`,
    '',
    ...rows.map(([left = '', right = '']) => left.padEnd(width) + right),
    ...(command.details === undefined ? [] : ['', command.details.trim()]),
    '',
  ].join('\n')
}
