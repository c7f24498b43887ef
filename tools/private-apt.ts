/**
 * An apt beside the machine's own: it reads the machine's mirror, keys and proxies, can look into another release of
 * Debian, and neither installs anything nor touches the machine's lists. No mirror is named here.
 * Formats: sources.list(5), apt.conf(5).
 * @module
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one entry of the machine's sources says. */
export interface Source {
  readonly uris: string
  readonly suites: readonly string[]
  readonly components: string
  /** Signed-By and the like, as lines of a .sources file. */
  readonly options: readonly string[]
}

/** An apt of its own in a folder. */
export class PrivateApt {
  readonly #dir: string
  readonly #options: readonly string[]

  private constructor(dir: string, options: readonly string[]) {
    this.#dir = dir
    this.#options = options
  }

  /** What the machine's own release has, its sources too. @param dir becomes its folder @throws {Error} */
  static ofThisRelease(dir: string): PrivateApt {
    const stanzas = debianSources().map(source => stanza(source, 'deb deb-src', source.suites))
    return PrivateApt.#start(dir, stanzas, [])
  }

  /**
   * What another release has, as though nothing were installed.
   * @param dir becomes its folder
   * @param codename for instance `trixie`
   * @throws {Error}
   */
  static ofRelease(dir: string, codename: string): PrivateApt {
    const own = ownCodename()
    const stanzas = debianSources()
      .filter(({ suites }) => suites.includes(own))
      .map(source => stanza(source, 'deb', [codename]))
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'status'), '')
    return PrivateApt.#start(dir, stanzas, [`Dir::State::status=${join(dir, 'status')}`])
  }

  static #start(dir: string, stanzas: readonly string[], options: readonly string[]): PrivateApt {
    for (const folder of ['parts', 'lists/partial', 'cache/archives/partial'])
      mkdirSync(join(dir, folder), { recursive: true })
    writeFileSync(join(dir, 'parts/debian.sources'), stanzas.join('\n'))
    const apt = new PrivateApt(dir, [
      'Dir::Etc::sourcelist=/dev/null',
      `Dir::Etc::sourceparts=${join(dir, 'parts')}`,
      `Dir::State::lists=${join(dir, 'lists')}`,
      `Dir::Cache=${join(dir, 'cache')}`,
      'APT::Sandbox::User=root',
      'APT::Default-Release=',
      'Debug::NoLocking=1',
      ...options,
    ])
    apt.#run(['update', '-qq', '--error-on=any'])
    return apt
  }

  /** Downloads packages and what they need that is not installed. @returns the archive files @throws {Error} */
  packages(names: readonly string[]): readonly string[] {
    this.#run(['install', '-qq', '-y', '--no-install-recommends', '--download-only', ...names])
    return globSync(join(this.#dir, 'cache/archives/*.deb'))
  }

  /** Downloads the original source of a package. @returns its archive file @throws {Error} */
  source(name: string, version: string): string {
    this.#run(['source', '-qq', '--download-only', `${name}=${version}`])
    const [file] = globSync(join(this.#dir, `${name}_*.orig.tar.*`))
    if (file === undefined) throw new Error(`apt brought no source of ${name} ${version}`)
    return file
  }

  #run(args: readonly string[]): void {
    const options = this.#options.flatMap(option => ['-o', option])
    run('apt-get', [...options, ...args], this.#dir)
  }
}

/** Unpacks Debian packages into a folder. @throws {Error} */
export function unpack(archives: readonly string[], folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const archive of archives) run('dpkg-deb', ['-x', archive, folder], folder)
}

/**
 * Runs a program to its end.
 * @returns what it printed
 * @throws {Error} with the last line that it wrote to standard error
 */
export function run(program: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env, encoding: 'utf8' })
  if (error !== undefined) throw new Error(`${program} cannot be started: ${error.message}`, { cause: error })
  if (status === 0) return stdout
  const lines = stderr.split('\n').filter(line => line.trim() !== '')
  throw new Error(`${program} failed: ${lines.at(-1)?.trim() ?? `status ${status}`}`)
}

function ownCodename(): string {
  const found = /^VERSION_CODENAME=(.+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  if (found === undefined) throw new Error('this system does not say which release of Debian it is')
  return found
}

function stanza({ uris, components, options }: Source, types: string, suites: readonly string[]): string {
  return [
    `Types: ${types}`,
    `URIs: ${uris}`,
    `Suites: ${suites.join(' ')}`,
    `Components: ${components}`,
    ...options,
    '',
  ].join('\n')
}

/** The machine's entries of its own Debian release. @throws {Error} when it has none */
function debianSources(): readonly Source[] {
  const folder = '/etc/apt/sources.list.d'
  const own = ownCodename()
  const single = ['/etc/apt/sources.list', ...globSync(join(folder, '*.list'))].filter(existsSync)
  const all = [
    ...single.flatMap(file => parseList(readFileSync(file, 'utf8'))),
    ...globSync(join(folder, '*.sources')).flatMap(file => parseSources(readFileSync(file, 'utf8'))),
  ].filter(({ suites }) => suites.some(suite => suite === own || suite.startsWith(`${own}-`)))
  if (all.some(({ suites }) => suites.includes(own))) return all
  throw new Error(`apt has no source for ${own} on this machine`)
}

const FIELD_OF_OPTION: Readonly<Record<string, string>> = {
  'signed-by': 'Signed-By',
  trusted: 'Trusted',
  'check-valid-until': 'Check-Valid-Until',
}

/** The entries of a .list file, those of packages. */
export function parseList(text: string): Source[] {
  return text.split('\n').flatMap(parseLine)
}

function parseLine(line: string): Source[] {
  const found = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line.trim())
  if (found === null) return []
  const [, given = '', uris = '', suite = '', components = ''] = found
  const options = given.split(/\s+/).flatMap(option => {
    const [name = '', value = ''] = option.split('=')
    const field = FIELD_OF_OPTION[name.toLowerCase()]
    return field === undefined ? [] : [`${field}: ${value}`]
  })
  return [{ uris, suites: [suite], components: components.trim(), options }]
}

/** The entries of a .sources file, those of packages that are not switched off. */
export function parseSources(text: string): Source[] {
  return text
    .replaceAll(/^#.*\n/gm, '')
    .split(/\n\s*\n/)
    .flatMap(part => {
      const field = (name: string): string | undefined =>
        new RegExp(`^${name}:(.*(?:\n[ \t].*)*)`, 'im').exec(part)?.[1]?.trim()
      const [types = '', uris = '', suites = '', components = ''] = [
        'Types',
        'URIs',
        'Suites',
        'Components',
      ].map(field)
      if (!types.split(/\s+/).includes('deb') || field('Enabled') === 'no') return []
      const options = Object.values(FIELD_OF_OPTION).flatMap(name => {
        const value = field(name)
        return value === undefined ? [] : [`${name}: ${value}`]
      })
      return [{ uris, suites: suites.split(/\s+/), components, options }]
    })
}
