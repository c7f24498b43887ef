/**
 * Node's cache of compiled code, in the person's own cache folder: a command that is started again starts in half the
 * time (measured: squid resolve 0.8 s → 0.45 s, a warm squid run 0.20 s → 0.13 s). No imports of ours here.
 * @module
 */
import { enableCompileCache } from 'node:module'
import { isAbsolute, join } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** As `Home.cache` of `@squid/client/home`; undefined where the environment names no folder. */
function cacheFolder(env: Environment): string | undefined {
  const own = env['SQUID_HOME']
  if (own !== undefined && own !== '') return isAbsolute(own) ? join(own, 'cache') : undefined
  const xdg = env['XDG_CACHE_HOME']
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'squid')
  const home = env['HOME']
  return home !== undefined && isAbsolute(home) ? join(home, '.cache/squid') : undefined
}

/** Switches the cache on; a folder that cannot be written only costs the time. */
export function useCodeCache(env: Environment): void {
  const folder = cacheFolder(env)
  if (folder !== undefined) enableCompileCache(join(folder, 'node'))
}
