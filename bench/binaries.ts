/**
 * Real programs to measure on: the Node binary that the project is locked to, and what this machine has in
 * `/usr/bin`; as they are, or as if Nix had built them.
 * @module
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { encodeUtf8 } from '@squid/formats/bytes'
import { sha256 } from '@squid/formats/hash'
import { joinStorePath, PATH_HASH_BYTES, type StorePath } from '@squid/formats/store-path'

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

/** A program as Nix would build it. */
export interface BuiltProgram {
  readonly storePath: StorePath
  readonly references: readonly StorePath[]
  readonly bytes: Uint8Array
}

/** Folders that a program of Nix would name in the store. */
const PATHS = /\/(?:usr\/(?:lib|share|bin|libexec)|lib64|lib|bin|etc)\/[\w.-]+/g

/** The program with each of its absolute paths in a store path, whose hash depends on the path and the `build`. */
export function asBuilt({ name, bytes }: Program, build: string): BuiltProgram {
  const references = new Set<StorePath>()
  const text = Buffer.from(bytes).toString('latin1')
  const store = text.replaceAll(PATHS, path => {
    const reference = builtPath(build, path, 'package')
    references.add(reference)
    return `${reference}${path}`
  })
  return {
    storePath: builtPath(build, name, name.replaceAll(/[^A-Za-z0-9+._-]/g, '-')),
    references: [...references],
    bytes: Buffer.from(store, 'latin1'),
  }
}

function builtPath(build: string, what: string, name: string): StorePath {
  return joinStorePath(sha256(encodeUtf8(`${build} ${what}`)).slice(0, PATH_HASH_BYTES), name)
}
