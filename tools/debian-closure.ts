/**
 * The flake of `nix/debian`, built: real programs for tests and benches, in a store that is kept between runs.
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { debianCache, type DebianFlake, type GenerateOptions, writeDebianFlake } from '@squid/host/debian'
import { closure, Nix, type NixPathInfo } from '@squid/host/nix'
import { NixEnvironment } from '@squid/host/nix/testing'

/** What the large closure is made of: more than 150 store paths, more than 300 MB. */
export const LARGE: Required<Pick<GenerateOptions, 'packages' | 'sources'>> = {
  packages:
    'cmake curl g++ gcc gdb git jq make openssh-client perl python3 rsync sqlite3 strace tmux vim'.split(' '),
  sources: ['gawk', 'hello'],
}

/** A built closure in a store of its own. */
export interface BuiltClosure {
  /** The folder that holds `nix/store`: a value for NIX_REMOTE, and for `nix copy --from`. */
  readonly storeRoot: string
  /** The store path whose closure it is; programs are in its `bin`. */
  readonly path: string
  readonly paths: readonly NixPathInfo[]
  /** Sum of the NAR sizes, bytes. */
  readonly narBytes: number
}

/** How `buildDebian` builds. */
export interface BuildOptions extends GenerateOptions {
  /** An attribute of the flake. Default: `closure`, which is everything. */
  readonly attribute?: string
  readonly onLine?: (line: string) => void
}

/**
 * Makes every file that the lock names valid in a store, from what apt downloaded: Nix then fetches nothing.
 * @throws {NixError} when the store refuses them
 */
export async function addArchives(nix: Nix, { lock, archives }: DebianFlake): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'squid-debian-'))
  try {
    const files = await archives.stage(lock, dir)
    await nix.store(['--add-fixed', 'sha256', ...files])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/**
 * Writes the flake and builds it, in a store in the cache folder. A second call builds what changed, mostly nothing.
 * @throws {DebianError} {NixError}
 */
export async function buildDebian(options: BuildOptions): Promise<BuiltClosure> {
  const cache = options.cache ?? debianCache()
  const storeRoot = join(cache, 'store')
  await mkdir(storeRoot, { recursive: true })
  const flake = await mkdtemp(join(cache, 'flake-'))
  await using environment = await NixEnvironment.create({ 'max-jobs': String(availableParallelism()) })
  const nix = await Nix.locate({ env: { ...environment.env, NIX_REMOTE: storeRoot } })
  try {
    await addArchives(nix, await writeDebianFlake(flake, { ...options, cache }))
    const reference = `path:${flake}#${options.attribute ?? 'closure'}`
    const line = options.onLine === undefined ? {} : { onLine: options.onLine }
    await nix.capture(['build', '--no-link', '-L', reference], line)
    const path = (await nix.capture(['path-info', reference])).trim()
    const paths = await closure(nix, [path])
    const narBytes = paths.reduce((sum, { narSize }) => sum + Number(narSize), 0)
    return { storeRoot, path, paths, narBytes }
  } finally {
    await rm(flake, { recursive: true, force: true })
  }
}
