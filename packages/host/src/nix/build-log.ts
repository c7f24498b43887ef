/**
 * What builds printed, as this machine's Nix kept it: one file for each derivation, by default compressed with bzip2.
 * Manual: https://nix.dev/manual/nix/latest/command-ref/conf-file#conf-keep-build-log
 * @module
 */
import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { NixError } from './errors.ts'
import { findProgram, type Nix, type NixCallOptions } from './nix.ts'
import { streamProcess } from './process.ts'
import { storeRoot } from './store.ts'

const FOLDER = 'nix/var/log/nix/drvs'

/** Of bytes that stand for nothing. */
const EMPTY_BZIP2 = 14

/** A log that can be read again and again. */
export type BuildLog = () => AsyncIterable<Uint8Array>

/**
 * The log of a derivation's build.
 * @returns undefined when it printed nothing, was not built here, or its log can not be read without Nix
 */
export function buildLog(nix: Nix, derivation: string, options: NixCallOptions = {}): BuildLog | undefined {
  const root = storeRoot(nix)
  if (root === undefined) return undefined
  const name = derivation.slice('/nix/store/'.length)
  const file = join('/', root, FOLDER, name.slice(0, 2), name.slice(2))
  if (sizeOf(file) > 0) return () => createReadStream(file)
  if (sizeOf(`${file}.bz2`) <= EMPTY_BZIP2) return undefined
  const bzip2 = findProgram('bzip2', nix.env['PATH'])
  return bzip2 === undefined ? undefined : () => unpacked(nix, bzip2, `${file}.bz2`, options)
}

function unpacked(
  nix: Nix,
  bzip2: string,
  file: string,
  { signal }: NixCallOptions,
): AsyncIterable<Uint8Array> {
  return streamProcess(bzip2, ['-dc', file], { env: nix.env, signal }, (_, stderr) => {
    return new NixError('NIX_FAILED', `the build log ${file} can not be read: ${stderr.trim()}`, { stderr })
  })
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
