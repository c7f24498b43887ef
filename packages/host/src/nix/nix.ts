/**
 * One installed Nix and the settings that our calls give it.
 * Manual: https://nix.dev/manual/nix/latest/command-ref/conf-file
 * @module
 */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { NixError } from './errors.ts'
import { type ProcessResult, runProcess, streamProcess } from './process.ts'

/** Settings as `nix.conf` names them. They add to what the caller's NIX_CONFIG holds and win over it. */
export type NixSettings = Readonly<Record<string, string>>

/** Where Nix is and what surrounds it. */
export interface NixOptions {
  /** The `nix` program. Default: the first one in PATH that is not in a folder of `skip`. */
  readonly program?: string
  /** Folders of PATH that do not count, for instance where our own `nix` shim lies. */
  readonly skip?: readonly string[]
  /** Environment of every call. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Settings of every call. */
  readonly settings?: NixSettings
}

/** Options of a single call. */
export interface NixCallOptions {
  readonly cwd?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with each line that Nix writes to standard error. */
  readonly onLine?: ((line: string) => void) | undefined
}

/** Version of a Nix, `[major, minor]`. */
export type NixVersion = readonly [major: number, minor: number]

/** The oldest Nix that is driven. */
const OLDEST: NixVersion = [2, 8]

/** How to get Nix, for error messages. */
const INSTALL =
  'install it (Debian: sudo apt-get install nix-bin; elsewhere: https://nixos.org/download) and try again'

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * The first program of that name in the folders of PATH.
 * @returns its path, or undefined
 */
export function findProgram(
  name: string,
  path: string | undefined,
  skip: readonly string[] = [],
): string | undefined {
  const folders = (path ?? '').split(delimiter).filter(folder => folder !== '' && !skip.includes(folder))
  return folders.map(folder => join(folder, name)).find(isProgram)
}

/**
 * Reads what `nix --version` prints: the last version number of the line, since Lix and Determinate Nix put their
 * own before it.
 * @throws {NixError} NIX_OUTPUT
 */
export function parseNixVersion(text: string): NixVersion {
  const found = [...(text.split('\n')[0] ?? '').matchAll(/(\d+)\.(\d+)(?:\.\d+)*/g)].at(-1)
  if (found === undefined)
    throw new NixError('NIX_OUTPUT', `cannot read a Nix version from: ${text.slice(0, 80)}`)
  return [Number(found[1]), Number(found[2])]
}

/**
 * The environment of a call: `settings` are appended to NIX_CONFIG, so that they win there and nothing else is lost.
 * @throws {RangeError} for a name or value of several lines, which would be further settings
 */
export function withSettings(
  env: Readonly<Record<string, string | undefined>>,
  settings: NixSettings,
): Record<string, string | undefined> {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  if (lines.some(line => /[\n\r]/.test(line))) throw new RangeError('a setting of Nix is one line')
  if (lines.length === 0) return { ...env }
  const before = env['NIX_CONFIG'] ?? ''
  return { ...env, NIX_CONFIG: [...(before === '' ? [] : [before]), ...lines].join('\n') }
}

/** The last `error:` paragraph of what Nix wrote, in one line. */
export function nixErrorLine(stderr: string): string {
  const at = stderr.lastIndexOf('error:')
  const text = at < 0 ? (stderr.trim().split('\n').at(-1) ?? '') : stderr.slice(at + 'error:'.length)
  const [first = '', ...more] = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  return (first === '' ? (more[0] ?? 'no message') : first).slice(0, 400)
}

/** A Nix that was found and is new enough. */
export class Nix {
  /** The `nix` program, absolute. */
  readonly program: string
  readonly #env: Readonly<Record<string, string | undefined>>

  private constructor(program: string, env: Readonly<Record<string, string | undefined>>) {
    this.program = program
    this.#env = env
  }

  /**
   * Finds Nix, whatever its version. What goes wrong with it later may be because it is too old: ask `version` then.
   * @throws {NixError} NIX_MISSING
   */
  static find(options: NixOptions = {}): Nix {
    const env = withSettings(options.env ?? process.env, options.settings ?? {})
    const program = options.program ?? findProgram('nix', env['PATH'], options.skip)
    if (program === undefined || !isProgram(program)) {
      throw new NixError('NIX_MISSING', `Nix is not installed on this machine; ${INSTALL}`)
    }
    return new Nix(program, env)
  }

  /**
   * Finds Nix and asks it for its version.
   * @throws {NixError} NIX_MISSING, NIX_TOO_OLD
   */
  static async locate(options: NixOptions = {}): Promise<Nix> {
    const nix = Nix.find(options)
    await nix.version()
    return nix
  }

  /** @throws {NixError} NIX_TOO_OLD */
  async version(): Promise<NixVersion> {
    const { status, stdout, stderr } = await runProcess(this.program, ['--version'], { env: this.#env })
    if (status !== 0) {
      throw new NixError('NIX_FAILED', `${this.program} does not run: ${nixErrorLine(stderr)}`, { stderr })
    }
    const version = parseNixVersion(stdout)
    if (atLeast(version, OLDEST)) return version
    throw new NixError(
      'NIX_TOO_OLD',
      `Nix ${version.join('.')} is too old, ${OLDEST.join('.')} is needed; ${INSTALL}`,
    )
  }

  /** The same Nix with further settings. */
  with(settings: NixSettings): Nix {
    return new Nix(this.program, withSettings(this.#env, settings))
  }

  /** The environment of every call. */
  get env(): Readonly<Record<string, string | undefined>> {
    return this.#env
  }

  /** The command line of a call: `nix` with the features that we need switched on. Start it with `env`. */
  command(args: readonly string[]): readonly [program: string, ...args: string[]] {
    return [this.program, '--extra-experimental-features', 'nix-command flakes', ...args]
  }

  /** Runs `nix ARGS` and returns what it printed, whatever its exit status. */
  async attempt(args: readonly string[], options: NixCallOptions = {}): Promise<ProcessResult> {
    const [program, ...all] = this.command(args)
    return await runProcess(program, all, { env: this.#env, ...options })
  }

  /**
   * Runs `nix ARGS` and returns its standard output.
   * @throws {NixError} NIX_FAILED with Nix's own last error line
   */
  async capture(args: readonly string[], options: NixCallOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(args, options)
    if (status !== 0) throw failure(`nix ${args[0] ?? ''}`, stderr)
    return stdout
  }

  /** As `capture`, and reads the output as JSON. @throws {NixError} NIX_FAILED, NIX_OUTPUT */
  async json(args: readonly string[], options: NixCallOptions = {}): Promise<unknown> {
    return parseJson(await this.capture([...args, '--json'], options), `nix ${args[0] ?? ''}`)
  }

  /** Runs `nix-store ARGS`, the stable commands. @throws {NixError} NIX_FAILED */
  async store(args: readonly string[], options: NixCallOptions = {}): Promise<string> {
    return await this.classic('nix-store', args, options)
  }

  /** Runs one of the programs beside `nix`. @throws {NixError} NIX_FAILED */
  async classic(
    program: 'nix-build' | 'nix-env' | 'nix-store',
    args: readonly string[],
    options: NixCallOptions = {},
  ): Promise<string> {
    const call = { env: this.#env, ...options }
    const { status, stdout, stderr } = await runProcess(this.#companion(program), args, call)
    if (status !== 0) throw failure(`${program} ${args[0] ?? ''}`, stderr)
    return stdout
  }

  /** Yields the standard output of `nix ARGS` as it comes. @throws {NixError} NIX_FAILED, after the last part */
  stream(args: readonly string[], options: NixCallOptions = {}): AsyncGenerator<Uint8Array, void, void> {
    const [program, ...all] = this.command(args)
    return streamProcess(program, all, { env: this.#env, ...options }, (_, stderr) =>
      failure(`nix ${args[0] ?? ''}`, stderr),
    )
  }

  /** A program that is installed beside `nix`, else the one in PATH. */
  #companion(name: string): string {
    const beside = join(this.program, '..', name)
    return isProgram(beside) ? beside : (findProgram(name, this.#env['PATH']) ?? beside)
  }
}

function atLeast([major, minor]: NixVersion, [wantedMajor, wantedMinor]: NixVersion): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

function failure(what: string, stderr: string): NixError {
  return new NixError('NIX_FAILED', `${what} failed: ${nixErrorLine(stderr)}`, { stderr })
}

/** Reads JSON that Nix printed. @throws {NixError} NIX_OUTPUT */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NixError('NIX_OUTPUT', `${what} printed what is not JSON: ${text.slice(0, 80)}`, { cause })
  }
}
