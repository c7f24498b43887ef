/**
 * Files that are either the old or the new one, whatever happens while they are written.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HomeError } from './home.ts'

/**
 * Replaces a file: a temporary one beside it is written, synced and renamed, then the folder is synced.
 * Missing folders are made, for the user alone.
 * @param mode permission bits of the new file
 * @throws {HomeError} WRITE_FAILED, the old file then being untouched
 */
export async function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await replace(path, data, mode, rename)
}

/**
 * Like {@link writeFileAtomically}, for a file that must not exist yet.
 * @throws {HomeError} FILE_EXISTS or WRITE_FAILED
 */
export async function createFileAtomically(
  path: string,
  data: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await replace(path, data, mode, linkNew)
}

async function linkNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    throw new HomeError('FILE_EXISTS', `${target} exists already.`, { cause: error })
  }
  await unlink(temporary)
}

/** The text of a file, undefined when there is none. */
export async function readFileIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new HomeError('READ_FAILED', `Cannot read ${path}: ${reasonOf(error)}.`, { cause: error })
  }
}

async function replace(
  path: string,
  data: string | Uint8Array,
  mode: number,
  put: (temporary: string, target: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(path)
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeSynced(temporary, data, mode)
    await put(temporary, path)
    await syncFolder(folder)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    if (error instanceof HomeError) throw error
    throw new HomeError('WRITE_FAILED', `Cannot write ${path}: ${reasonOf(error)}.`, { cause: error })
  }
}

async function writeSynced(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(data)
    await file.chmod(mode) // whatever the umask left
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Has the names in a folder written to disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** What a person needs to know of a system call's failure. */
function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of the path is not a folder'
    case 'EISDIR':
      return 'it is a folder'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
