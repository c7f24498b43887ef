/**
 * apt in a folder of its own: the machine's sources, keys, proxies and pinning, but its own lists, nothing installed,
 * and source packages switched on. It needs no root and changes nothing of the machine.
 * @module
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DebianError } from './errors.ts'

const run = promisify(execFile)

/** A file that apt can fetch, as apt describes it. */
export interface AptFile {
  /** Name of the file as apt writes it. */
  readonly name: string
  readonly url: string
  readonly size: number
  /** SHA-256, hexadecimal. */
  readonly sha256: string
}

/** How apt's lists are kept. */
export interface AptOptions {
  /** Lists that are older are fetched anew. Default: a day. */
  readonly maxAgeMs?: number
  readonly signal?: AbortSignal
}

const DAY_MS = 86_400_000
const MAX_OUTPUT = 512 * 1024 * 1024
const LOCK_ATTEMPTS = 120
const URI = /^'([^']+)' (\S+) (\d+) SHA256:([0-9a-f]{64})\r?$/gm

interface Failure {
  readonly code?: number | string
  readonly stderr?: string
}

/** Adds source packages to the entries of a list of the one-line format. */
export function withSourceLines(text: string): string {
  return text.replaceAll(/^deb(\s.*)$/gm, 'deb$1\ndeb-src$1')
}

/** Adds source packages to the stanzas of a deb822 list. */
export function withSourceTypes(text: string): string {
  return text.replaceAll(/^Types:[ \t]*deb[ \t]*$/gim, 'Types: deb deb-src')
}

/** An apt whose whole state lies in one folder. */
export class Apt {
  readonly #dir: string
  readonly #signal: AbortSignal | undefined

  private constructor(dir: string, signal: AbortSignal | undefined) {
    this.#dir = dir
    this.#signal = signal
  }

  /**
   * Opens the apt of a folder, made when missing; fetches the lists when there are none or they are too old.
   * @throws {DebianError} DEBIAN_APT
   */
  static async open(dir: string, options: AptOptions = {}): Promise<Apt> {
    const apt = new Apt(dir, options.signal)
    await Promise.all(
      ['lists/partial', 'cache/archives/partial', 'sources'].map(it =>
        mkdir(join(dir, it), { recursive: true }),
      ),
    )
    await apt.#configure()
    const stamp = join(dir, 'updated')
    const age = existsSync(stamp) ? Date.now() - (await stat(stamp)).mtimeMs : Infinity
    if (age > (options.maxAgeMs ?? DAY_MS)) await apt.update()
    return apt
  }

  /** Fetches the lists. @throws {DebianError} DEBIAN_APT */
  async update(): Promise<void> {
    await this.#run('apt-get', ['update', '-qq'])
    const stamp = join(this.#dir, 'updated')
    await writeFile(stamp, '')
    await utimes(stamp, new Date(), new Date())
  }

  /** Every package in the version that apt would install on an empty machine, as control data. */
  async available(): Promise<string> {
    return await this.#run('apt-cache', ['dumpavail'])
  }

  /** Base URLs of the configured archives, each with a slash at its end. */
  async mirrors(): Promise<readonly string[]> {
    const text = await this.#run('apt-get', ['indextargets', '--format', '$(REPO_URI)'])
    return [...new Set(text.split('\n').filter(line => line !== ''))].sort()
  }

  /** The archive files of binary packages. @param specifications names, or `name=version` */
  async packageFiles(specifications: readonly string[]): Promise<readonly AptFile[]> {
    return parseUris(await this.#run('apt-get', ['download', '--print-uris', ...specifications]))
  }

  /** The files of one source package: its description, the original, Debian's changes. */
  async sourceFiles(specification: string): Promise<readonly AptFile[]> {
    return parseUris(
      await this.#run('apt-get', [
        'source',
        '--only-source',
        '--download-only',
        '--print-uris',
        specification,
      ]),
    )
  }

  /** Downloads binary packages into a folder. */
  async downloadPackages(specifications: readonly string[], dir: string): Promise<void> {
    await this.#run('apt-get', ['download', '-qq', ...specifications], dir)
  }

  /** Downloads the files of one source package into a folder. */
  async downloadSource(specification: string, dir: string): Promise<void> {
    await this.#run('apt-get', ['source', '-qq', '--only-source', '--download-only', specification], dir)
  }

  /** Copies the machine's source lists. */
  async #configure(): Promise<void> {
    const dir = this.#dir
    const { list, parts } = await machineSources()
    const files = existsSync(parts) ? (await readdir(parts)).map(name => join(parts, name)) : []
    for (const file of [list, ...files].filter(it => /\.(list|sources)$/.test(it) && existsSync(it))) {
      const text = await readFile(file, 'utf8')
      const name = file === list ? 'main.list' : `part-${file.slice(parts.length).replaceAll('/', '')}`
      const copy = join(dir, 'sources', name)
      await replaceFile(copy, file.endsWith('.list') ? withSourceLines(text) : withSourceTypes(text))
    }
  }

  /** On the command line, where they win over the machine's configuration; its proxies and pinning stay. */
  #settings(): readonly string[] {
    const dir = this.#dir
    const settings = {
      'Dir::Etc::sourcelist': '/dev/null',
      'Dir::Etc::sourceparts': join(dir, 'sources'),
      'Dir::State::lists': join(dir, 'lists'),
      'Dir::State::status': '/dev/null',
      'Dir::Cache': join(dir, 'cache'),
      'Dir::Cache::pkgcache': 'pkgcache.bin',
      'Dir::Cache::srcpkgcache': 'srcpkgcache.bin',
      ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {}),
    }
    return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  }

  /** Runs apt; waits while another process holds the lists. */
  async #run(program: string, args: readonly string[], cwd: string = this.#dir): Promise<string> {
    const env = { ...process.env, LC_ALL: 'C' }
    for (let attempt = 1; ; attempt++) {
      try {
        const signal = this.#signal === undefined ? {} : { signal: this.#signal }
        const { stdout } = await run(program, [...this.#settings(), ...args], {
          cwd,
          env,
          maxBuffer: MAX_OUTPUT,
          ...signal,
        })
        return stdout
      } catch (cause) {
        this.#signal?.throwIfAborted()
        const { code, stderr = '' } = cause as Failure
        if (code === 'ENOENT')
          throw new DebianError('DEBIAN_APT', `${program} is not there; this needs a Debian with apt`, {
            cause,
          })
        if (!stderr.includes('Could not get lock') || attempt >= LOCK_ATTEMPTS)
          throw new DebianError('DEBIAN_APT', `${program} ${args[0] ?? ''} failed: ${errorLine(stderr)}`, {
            cause,
          })
        await sleep(500)
      }
    }
  }
}

/** Another process may read the file meanwhile: it sees the old or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  if (existsSync(path) && (await readFile(path, 'utf8')) === text) return
  await writeFile(`${path}.${process.pid}.tmp`, text)
  await rename(`${path}.${process.pid}.tmp`, path)
}

/** Where the machine has its source lists. */
async function machineSources(): Promise<{ readonly list: string; readonly parts: string }> {
  const asked = ['LIST', 'Dir::Etc::sourcelist/f', 'PARTS', 'Dir::Etc::sourceparts/d']
  const { stdout } = await run('apt-config', ['shell', ...asked]).catch((cause: unknown) => {
    throw new DebianError('DEBIAN_APT', 'apt-config does not run; this needs a Debian with apt', { cause })
  })
  const value = (name: string): string | undefined => new RegExp(`^${name}='(.*)'$`, 'm').exec(stdout)?.[1]
  return {
    list: value('LIST') ?? '/etc/apt/sources.list',
    parts: value('PARTS') ?? '/etc/apt/sources.list.d/',
  }
}

/** Reads what `--print-uris` prints. */
export function parseUris(text: string): readonly AptFile[] {
  return [...text.matchAll(URI)].map(([, url = '', name = '', size, sha256 = '']) => ({
    name,
    url,
    size: Number(size),
    sha256,
  }))
}

/** The first error that apt names, else the last line. */
function errorLine(stderr: string): string {
  const lines = stderr.split('\n').filter(line => line.trim() !== '')
  return (lines.find(line => line.startsWith('E:')) ?? lines.at(-1) ?? 'no message').slice(0, 400)
}
