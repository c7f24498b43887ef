/**
 * Real programs to measure on: the Node binary that the project is locked to, and what this machine has in
 * `/usr/bin`.
 * @module
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = '/usr/bin'

export interface Program {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The first bytes of the Node binary. */
export async function nodeBinary(bytes: number): Promise<Uint8Array> {
  return (await readFile(process.execPath)).subarray(0, bytes)
}

/** Programs in the order of their names, up to so many bytes together. */
export async function systemPrograms(bytes: number): Promise<Program[]> {
  const programs: Program[] = []
  let left = bytes
  for (const name of (await readdir(FOLDER)).toSorted()) {
    const path = join(FOLDER, name)
    const info = await stat(path).catch(() => undefined)
    if (info === undefined || !info.isFile() || info.size > left || info.size === 0) continue
    programs.push({ name, bytes: await readFile(path) })
    left -= info.size
  }
  return programs
}
