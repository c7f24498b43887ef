/**
 * Small flakes without nixpkgs for tests.
 * @module
 */
import { chmod, copyFile, cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { seedBusybox } from './debian.ts'

const SAMPLE = join(import.meta.dirname, '../../../../../nix/sample')

/**
 * Writes the sample flake of `nix/sample` with its seed into a folder; see the comments in its flake.nix for what
 * its attributes are.
 * @param dir made when missing
 * @returns the flake reference `path:DIR`
 */
export async function writeSampleFlake(dir: string): Promise<string> {
  await cp(SAMPLE, dir, { recursive: true })
  await mkdir(join(dir, 'seed'), { recursive: true })
  await copyFile(await seedBusybox(), join(dir, 'seed/busybox'))
  await chmod(join(dir, 'seed/busybox'), 0o755)
  return `path:${dir}`
}
