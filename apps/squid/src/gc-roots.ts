/**
 * Links that keep store paths from being collected as garbage.
 * @module
 */
import { lutimesSync, mkdirSync, readdirSync, readlinkSync, lstatSync, rmSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Home } from '@squid/client/home'
import { type Nix, type NixCallOptions, realise } from '@squid/host/nix'

/** A place for roots that last as long as a command. */
export interface TemporaryRoots extends AsyncDisposable {
  /** The folder, empty at first. */
  readonly folder: string
}

/**
 * A place for Nix's garbage collector roots, gone at the end; what killed processes left goes first, for it keeps
 * their outputs from being collected.
 */
export async function temporaryRoots(home: Home): Promise<TemporaryRoots> {
  const all = join(home.state, 'gc-roots')
  const left = (await readdir(all).catch(() => [])).filter(name => !isRunning(Number(name)))
  for (const name of left) await rm(join(all, name), { recursive: true, force: true })
  const folder = join(all, String(process.pid))
  await mkdir(folder, { recursive: true })
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // somebody else's now
  }
}

/** Programs that stay in the store after they ran, so that they start again at once. */
const MOST_RUN = 64

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link)
  } catch {
    return undefined
  }
}

/**
 * Keeps what is about to run, and the paths that ran last before it. Costs no process when they were kept already.
 * @param paths in the store
 * @returns false when they were
 */
export async function keepRun(
  nix: Nix,
  home: Pick<Home, 'state'>,
  paths: readonly string[],
  options: NixCallOptions,
): Promise<boolean> {
  const folder = join(home.state, 'run-roots')
  let isNew = false
  for (const path of paths) {
    const link = join(folder, basename(path))
    if (linkTarget(link) === path) {
      const now = Date.now() / 1000
      lutimesSync(link, now, now)
      continue
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await realise(nix, [path], { ...options, gcRoot: link })
    forgetOldest(folder)
    isNew = true
  }
  return isNew
}

function forgetOldest(folder: string): void {
  const links = readdirSync(folder).map(name => join(folder, name))
  const byAge = links.map(link => [lstatSync(link).mtimeMs, link] as const).sort(([a], [b]) => b - a)
  for (const [, link] of byAge.slice(MOST_RUN)) rmSync(link, { force: true })
}
