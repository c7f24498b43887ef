/**
 * Builds `nix/plugin` for the Nix that Debian installed here, against the headers of its source package.
 *
 * Usage: node tools/nix-plugin.ts   (prints where the plugin is)
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { kept, tell } from './kept.ts'
import { PrivateApt, run, unpack } from './private-apt.ts'

const SOURCES = join(import.meta.dirname, '../nix/plugin')
const NAME = 'squid-nix-plugin.so'

/** The one version whose plugin interface we know: others have other classes. */
const NIX = '2.8.0'

const FLAGS = [
  '-std=c++17',
  '-O1',
  '-fPIC',
  '-shared',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wno-unused-parameter',
]

/** Folders of Nix's source with the headers of its libraries. */
const LIBRARIES = ['libutil', 'libstore', 'libfetchers', 'libexpr', 'libcmd', 'libmain']

interface InstalledNix {
  /** Of the source package. */
  readonly source: string
  readonly architecture: string
}

/** @throws {Error} */
function installedNix(): InstalledNix {
  const format = '${source:Version} ${Architecture}'
  const [source = '', architecture = ''] = run('dpkg-query', ['-W', '-f', format, 'nix-bin'], '/').split(' ')
  if (source.split('-')[0] === NIX) return { source, architecture }
  throw new Error(
    `Debian's nix-bin here is ${source}, and the plugin is for Nix ${NIX}; see nix/plugin/README.md`,
  )
}

/** Compiles all of it as one: the headers take most of the time. */
function compile(folder: string, scratch: string, { source }: InstalledNix): void {
  const apt = PrivateApt.ofThisRelease(join(scratch, 'apt'))
  const [nix, headers] = [join(scratch, 'nix'), join(scratch, 'headers')] as const
  mkdirSync(nix)
  run('tar', ['-xf', apt.source('nix', source), '-C', nix, '--strip-components=1'], scratch)
  unpack(apt.packages(['libboost-dev', 'nlohmann-json3-dev']), headers)
  const all = join(scratch, 'all.cc')
  const parts = globSync(join(SOURCES, '*.cc')).toSorted()
  writeFileSync(all, parts.map(file => `#include "${file}"\n`).join(''))
  const system = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux`
  const include = [...LIBRARIES.map(library => join(nix, 'src', library)), join(headers, 'usr/include')]
  run(
    'g++',
    [
      ...FLAGS,
      `-DSYSTEM="${system}"`,
      `-DSQUID_NIX_VERSION="${NIX}"`,
      `-I${SOURCES}`,
      ...include.flatMap(path => ['-isystem', path]),
      '-o',
      join(folder, NAME),
      all,
    ],
    scratch,
  )
}

/**
 * The plugin, built when it is not there yet.
 * @returns its file, for `plugin-files`
 * @throws {Error} a sentence that says what is missing
 */
export function nixPlugin(): string {
  try {
    if (!existsSync('/usr/bin/g++')) throw new Error('there is no g++; run: sudo apt-get install g++')
    const nix = installedNix()
    const files = globSync(join(SOURCES, '*.{cc,hh}')).toSorted()
    const recipe = [
      readFileSync(import.meta.filename, 'utf8'),
      JSON.stringify(nix),
      run('g++', ['-dumpfullversion'], '/'),
      ...files.flatMap(file => [basename(file), readFileSync(file, 'utf8')]),
    ]
    return join(
      kept('nix-plugin', recipe, (folder, scratch) => compile(folder, scratch, nix)),
      NAME,
    )
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`the plugin for Nix cannot be built: ${reason}`, { cause })
  }
}

if (process.argv[1] === import.meta.filename) tell(nixPlugin)
