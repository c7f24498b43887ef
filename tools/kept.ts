/**
 * What takes long to make and depends on nothing but its recipe is kept outside the checkout, in a folder named by the
 * recipe's hash.
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'

/** Of the user, whatever HOME a test has. */
function cacheFolder(): string {
  return join(userInfo().homedir, '.cache/squid-tools')
}

/**
 * The folder with what was made by a recipe; makes it first when it is not there.
 * @param name for people
 * @param recipe everything that the result depends on
 * @param make fills an empty folder; what it makes in `scratch` is thrown away
 */
export function kept(
  name: string,
  recipe: readonly string[],
  make: (folder: string, scratch: string) => void,
): string {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16)
  const folder = join(cacheFolder(), `${name}-${hash}`)
  if (existsSync(folder)) return folder
  mkdirSync(cacheFolder(), { recursive: true })
  const work = mkdtempSync(`${folder}.`)
  try {
    const [result, scratch] = [join(work, 'result'), join(work, 'scratch')] as const
    mkdirSync(result)
    mkdirSync(scratch)
    make(result, scratch)
    putInPlace(result, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return folder
}

/** Another process may have been as fast. */
function putInPlace(result: string, folder: string): void {
  try {
    renameSync(result, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  }
}

/** For a tool that is run by itself: prints where the result is, or in one sentence why there is none. */
export function tell(make: () => string): void {
  try {
    console.log(make())
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
