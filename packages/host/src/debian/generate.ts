/**
 * From wanted packages to a locked flake: resolves, locks, downloads, writes.
 * @module
 */
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Apt, type AptFile, type AptOptions } from './apt.ts'
import { ArchiveIndex } from './archive-index.ts'
import { Archives, debianCache } from './archives.ts'
import { DebianError } from './errors.ts'
import {
  type DebianLock,
  formatLock,
  type LockedFile,
  type LockedSource,
  lockedSystem,
  type LockedUnit,
  storeName,
} from './lock.ts'
import { type ChosenPackage, resolvePackages, stronglyConnected } from './resolve.ts'

const TEMPLATE = join(import.meta.dirname, '../../../../nix/debian')

/** Every flake unpacks and patches all others with the first two; scripts need the rest without saying so. */
const BASE_PACKAGES: readonly string[] = ['libc6', 'patchelf', 'bash', 'coreutils', 'dash', 'perl-base']

/** Packages that only work in one folder: a program looks for the rest of itself beside it. */
const TOGETHER: readonly RegExp[] = [/^cmake(-data)?$/, /^(lib)?python3(\.\d+)?(-minimal|-stdlib)?$/]

/** With these a flake compiles from source. */
const STDENV_PACKAGES: readonly string[] =
  'bash binutils bzip2 coreutils diffutils file findutils g++ gawk gcc grep gzip libc6-dev make patch sed tar xz-utils'.split(
    ' ',
  )

/** Source packages that `nix/debian/programs.nix` compiles → what they link with. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  gawk: ['libgmp-dev', 'libmpfr-dev', 'libreadline-dev'],
  hello: [],
}

/** What a flake is made from. */
export interface GenerateOptions extends AptOptions {
  /** Binary packages that the flake offers. */
  readonly packages: readonly string[]
  /** Source packages that it compiles: of `hello` and `gawk`. Default: none. */
  readonly sources?: readonly string[]
  /** Where apt's lists and downloaded archives are kept. Default: `debianCache()`. */
  readonly cache?: string
}

/** What was written. */
export interface DebianFlake {
  readonly lock: DebianLock
  /** Holds every file that the lock names. */
  readonly archives: Archives
}

/**
 * Writes a flake: its lock, the Nix files that read it, and the one program that the rest is unpacked with.
 * @param dir made when missing; what an earlier call left is replaced
 * @throws {DebianError}
 */
export async function writeDebianFlake(dir: string, options: GenerateOptions): Promise<DebianFlake> {
  const cache = options.cache ?? debianCache()
  const apt = await Apt.open(join(cache, 'apt'), options)
  const archives = new Archives(join(cache, 'sha256'))
  const lock = await lockAndFetch(apt, archives, options)
  await rm(join(dir, 'debian.json'), { force: true })
  await cp(TEMPLATE, dir, { recursive: true })
  await mkdir(join(dir, 'seed'), { recursive: true })
  await archives.extract(await seedFile(apt, archives), 'bin/busybox', join(dir, 'seed/busybox'))
  await chmod(join(dir, 'seed/busybox'), 0o755)
  await writeFile(join(dir, 'debian.json'), formatLock(lock))
  return { lock, archives }
}

/** A mirror may have dropped what lists of yesterday name: then once more with lists of now. */
async function lockAndFetch(apt: Apt, archives: Archives, options: GenerateOptions): Promise<DebianLock> {
  const attempt = async (): Promise<DebianLock> => {
    const lock = await makeLock(apt, options)
    await archives.fetch(apt, lock)
    return lock
  }
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof DebianError) || !['DEBIAN_APT', 'DEBIAN_ARCHIVE'].includes(error.code)) throw error
    await apt.update()
    return await attempt()
  }
}

/** The archive of busybox-static: with it, everything else is unpacked inside of Nix. */
async function seedFile(apt: Apt, archives: Archives): Promise<string> {
  const [file] = await apt.packageFiles(['busybox-static'])
  if (file === undefined) throw new DebianError('DEBIAN_NO_PACKAGE', 'apt knows no package busybox-static')
  await archives.fetchPackages(apt, new Map([['busybox-static', file.sha256]]))
  return file.sha256
}

/** Resolves what is wanted with what every flake needs. @throws {DebianError} */
async function makeLock(apt: Apt, options: GenerateOptions): Promise<DebianLock> {
  const system = lockedSystem()
  const sources = [...new Set(options.sources)].sort()
  const linked = sources.flatMap(name => {
    const packages = SOURCES[name]
    if (packages === undefined)
      throw new DebianError(
        'DEBIAN_UNSUPPORTED',
        `there is no recipe that compiles ${name}; there are: ${Object.keys(SOURCES).join(', ')}`,
      )
    return [...STDENV_PACKAGES, ...packages]
  })
  const wanted = [...new Set(options.packages)].sort()
  const index = new ArchiveIndex(await apt.available())
  const chosen = resolvePackages(index, [...new Set([...BASE_PACKAGES, ...linked, ...wanted])])
  const mirrors = await apt.mirrors()
  const locate = fileLocator(mirrors)
  const { units, packages } = lockUnits(chosen, await packageFiles(apt, chosen), locate)
  const lockedSources: Record<string, LockedSource> = {}
  for (const name of sources) lockedSources[name] = await lockSource(apt, name, locate)
  return { format: 1, system, mirrors, wanted, units, packages, sources: lockedSources }
}

type Locate = (file: AptFile) => LockedFile

/** Splits URLs into mirror and path. */
function fileLocator(mirrors: readonly string[]): Locate {
  return file => {
    const base = mirrors.filter(it => file.url.startsWith(it)).sort((a, b) => b.length - a.length)[0]
    if (base === undefined)
      throw new DebianError('DEBIAN_INDEX', `apt fetches ${file.name} from none of its configured archives`)
    const path = file.url.slice(base.length)
    const name = storeName(decodeURIComponent(path.split('/').at(-1) ?? file.name))
    return { name, mirror: mirrors.indexOf(base), path, sha256: file.sha256, size: file.size }
  }
}

/** Package → its archive file. */
async function packageFiles(
  apt: Apt,
  chosen: ReadonlyMap<string, ChosenPackage>,
): Promise<ReadonlyMap<string, AptFile>> {
  const names = [...chosen.values()].map(({ package: { name, version } }) => `${name}=${version}`)
  const files = await apt.packageFiles(names)
  return new Map(files.map(file => [file.name.split('_')[0] ?? '', file]))
}

function lockUnits(
  chosen: ReadonlyMap<string, ChosenPackage>,
  files: ReadonlyMap<string, AptFile>,
  locate: Locate,
): Pick<DebianLock, 'units' | 'packages'> {
  const graph = new Map(
    [...chosen].map(([name, { depends }]) => [name, depends] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  for (const pattern of TOGETHER) {
    const members = [...graph.keys()].filter(name => pattern.test(name))
    members.forEach((name, i) =>
      graph.set(name, [...(graph.get(name) ?? []), members[(i + 1) % members.length] ?? name]),
    )
  }
  const groups = stronglyConnected(graph)
  const packages: Record<string, string> = {}
  for (const group of groups) for (const name of group) packages[name] = shortest(group)
  const units: Record<string, LockedUnit> = {}
  for (const group of groups) {
    const key = shortest(group)
    const depends = group.flatMap(name => graph.get(name) ?? []).map(name => packages[name] ?? name)
    units[key] = {
      name: unitName(key, group, chosen.get(key)?.package.version ?? ''),
      packages: group,
      depends: [...new Set(depends)].filter(name => name !== key).sort(),
      archives: group.map(name => {
        const file = files.get(name)
        if (file === undefined) throw new DebianError('DEBIAN_INDEX', `apt has no archive file of ${name}`)
        return locate(file)
      }),
    }
  }
  return {
    units,
    packages: Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** The member that a group is named after: `python3` of all its parts. */
function shortest(group: readonly string[]): string {
  return group.reduce((best, name) => (name.length < best.length ? name : best), group[0] ?? '')
}

/** `git-2.39.5-0+deb12u3`, `libc6+libgcc-s1-2.36-9`; a large group by its shortest member alone. */
function unitName(key: string, group: readonly string[], version: string): string {
  return storeName(`${group.length <= 2 ? group.join('+') : key}-${version}`)
}

async function lockSource(apt: Apt, name: string, locate: Locate): Promise<LockedSource> {
  const files = (await apt.sourceFiles(name)).filter(file => !file.name.endsWith('.asc'))
  const description = files.find(file => file.name.endsWith('.dsc'))
  const version = description?.name.slice(name.length + 1, -'.dsc'.length)
  if (version === undefined) throw new DebianError('DEBIAN_NO_PACKAGE', `apt knows no source package ${name}`)
  return { version, files: files.map(locate) }
}
