/**
 * Node's cache of compiled code, one folder of the user for all homes. Loaded before everything else, and JavaScript:
 * to read the first TypeScript without the cache takes 40 ms (measured), a warm `squid run` all in all little more.
 * Whatever goes wrong here only costs that time.
 */
const { mkdirSync, readdirSync, rmSync, statfsSync } = require('node:fs')
const { enableCompileCache } = require('node:module')
const { isAbsolute, join } = require('node:path')

/** Where less is free, Node would leave files behind that it could not fill. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024
/** A checkout takes about 700 files; old ones are not told from new ones, so all go when there are too many. */
const MOST_FILES = 5000

/** The folder for caches by the XDG base directory specification, undefined when there is none. */
function cacheFolder({ XDG_CACHE_HOME: xdg = '', HOME: home = '' }) {
  if (isAbsolute(xdg)) return xdg
  return isAbsolute(home) ? join(home, '.cache') : undefined
}

function hasRoom(folder) {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize >= LEAST_FREE_BYTES
}

/** Node has one folder for each of its versions. Names only: to look at each file takes longer than to start Node (measured). */
function countFiles(folder) {
  const versions = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  return versions.reduce((count, { name }) => count + readdirSync(join(folder, name)).length, 0)
}

function useCodeCache() {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return // the person's own choice, which Node follows by itself
  const caches = cacheFolder(process.env)
  if (caches === undefined) return
  const folder = join(caches, 'squid', 'node')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!hasRoom(folder)) return
  if (countFiles(folder) > MOST_FILES) rmSync(folder, { recursive: true })
  enableCompileCache(folder)
}

try {
  useCodeCache()
} catch {
  // without it then
}

// Read by the C library as the process began (bin/squid): no business of the programs that are started from here.
delete process.env.MALLOC_MMAP_THRESHOLD_
delete process.env.MALLOC_TRIM_THRESHOLD_
