/**
 * Telling our `nix` from the real one.
 * @module
 */
import { open } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Second line of every shim that we installed. */
export const SHIM_MARK = '# squid-nix-shim'

/** Is the file a shim of ours? False when there is none. */
export async function isShim(file: string): Promise<boolean> {
  let handle
  try {
    handle = await open(file, 'r')
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0)
    return buffer.toString('latin1', 0, bytesRead).split('\n')[1] === SHIM_MARK
  } catch {
    return false
  } finally {
    await handle?.close()
  }
}

/** The folders of PATH whose `nix` is a shim of ours. */
export async function shimFolders(path: string | undefined): Promise<readonly string[]> {
  const folders = (path ?? '').split(delimiter).filter(folder => folder !== '')
  const shims = await Promise.all(folders.map(folder => isShim(join(folder, 'nix'))))
  return folders.filter((_, index) => shims[index])
}
